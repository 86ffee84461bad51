"""A code on a screen: one SVG, sharp at any size."""

from __future__ import annotations

from html import escape

from assets.printing import modules

QUIET = 4


def svg(payload: str) -> str:
    """The QR code of a payload as an SVG element with its quiet zone; black on white in any theme."""
    rows = modules(payload)
    size = len(rows) + 2 * QUIET
    path = "".join(
        f"M{x + QUIET} {y + QUIET}h1v1h-1z" for y, row in enumerate(rows) for x, level in enumerate(row) if not level
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" role="img" '
        f'aria-label="{escape(payload)}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{size}v{size}H0z"/>'
        f'<path fill="#000" d="{path}"/></svg>'
    )

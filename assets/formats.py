"""The papers that labels are printed on: sheets of self-adhesive labels, and rolls for label printers."""

from __future__ import annotations

from dataclasses import dataclass

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm

from core.errors import Invalid


class UnknownPaper(Invalid):
    """There is no label format {name}. Known ones: {known}."""


@dataclass(frozen=True, slots=True)
class Format:
    """A page with a grid of labels, all lengths in points. A roll has one label a page."""

    key: str
    page: tuple[float, float]
    columns: int
    rows: int
    left: float
    top: float
    width: float
    height: float
    gap_x: float = 0.0
    gap_y: float = 0.0

    @property
    def per_page(self) -> int:
        return self.columns * self.rows

    @property
    def is_sheet(self) -> bool:
        return self.per_page > 1

    @property
    def millimetres(self) -> str:
        """The size of a label as it stands on its box: `63.5 × 38.1`."""
        return f"{round(self.width / mm, 1):g} × {round(self.height / mm, 1):g}"


def _sheet(key: str, columns: int, rows: int, width: float, height: float, gap: float = 0.0) -> Format:
    """A grid in the middle of an A4 page; lengths in millimetres."""
    left = (A4[0] - (columns * width + (columns - 1) * gap) * mm) / 2
    return Format(
        key, A4, columns, rows, left, (A4[1] - rows * height * mm) / 2, width * mm, height * mm, gap_x=gap * mm
    )


def _roll(key: str, width: float, height: float) -> Format:
    return Format(key, (width * mm, height * mm), 1, 1, 0, 0, width * mm, height * mm)


# Sheets as Avery L7160, L7165 and 3474 and their likes are cut; rolls as Brother DK-11209 and thermal printers take.
FORMATS = {
    one.key: one
    for one in (
        _sheet("a4-21", 3, 7, 63.5, 38.1, 2.54),
        _sheet("a4-24", 3, 8, 70.0, 36.0),
        _sheet("a4-8", 2, 4, 99.1, 67.7, 2.5),
        _roll("roll-50x30", 50, 30),
        _roll("roll-60x40", 60, 40),
        _roll("roll-62x29", 62, 29),
    )
}
DEFAULT = "a4-21"


def format_named(key: str) -> Format:
    """Errors: UnknownPaper."""
    if key not in FORMATS:
        raise UnknownPaper(name=key, known=", ".join(FORMATS))
    return FORMATS[key]

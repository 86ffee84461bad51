"""What an import would change, as people look at it before it happens, and the steps that then do it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from assets.handover import Quarantined

T = TypeVar("T")

SHOWN = 12
MOST_REFUSED = 10_000
FATES = ("added", "changed", "unchanged", "refused")


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the writing that may be a transaction of its own. `size`: how many rows of the file it brings in."""

    size: int
    write: Callable[[Session], None]


@dataclass(slots=True)
class Diff:
    """How many rows of a file are added, changed, unchanged and refused; the first lines of each.

    A line is a label with (field, before, after) of everything that differs.
    """

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FATES, 0))
    lines: dict[str, list[Any]] = field(default_factory=lambda: {fate: [] for fate in FATES[:3]})
    refused: list[Quarantined] = field(default_factory=list)

    def tell(self, fate: str, label: str, differences: Iterable[tuple[str, str, str]] = ()) -> None:
        self.counts[fate] += 1
        if len(self.lines[fate]) < SHOWN:
            self.lines[fate].append([label, [list(one) for one in differences]])

    def refuse(self, refused: Sequence[Quarantined]) -> None:
        """Keep what stays out; a row with several faults counts once."""
        self.counts["refused"] += len({(one.sheet, one.row) for one in refused})
        self.refused = sorted([*self.refused, *refused], key=lambda one: (one.sheet, one.row))[:MOST_REFUSED]


@dataclass(frozen=True, slots=True)
class Task:
    """An import that is decided: what differs, and how it is written."""

    diff: Diff
    steps: list[Step]

    @property
    def total(self) -> int:
        return sum(step.size for step in self.steps)


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]

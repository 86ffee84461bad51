"""The requests of one night in New York: who reports what where, and how often that repeats."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

FILE = "03_reports/nyc311/nyc311_2024-05-26.csv"
PHOTOS = "06_badimg"
PICTURES = (".jpg", ".png", ".webp", ".tif", ".ppm", ".avif", ".heif")


@dataclass(frozen=True, slots=True)
class Row:
    """One request, which is one resident. `thing`: what is reported; the same address in another ZIP is another."""

    index: int
    kind: str
    descriptor: str
    address: str
    zip_code: str
    borough: str

    @property
    def text(self) -> str:
        """What a person would write."""
        return f"{self.kind}: {self.descriptor}" if self.descriptor else self.kind

    @property
    def key(self) -> str:
        """The category's key."""
        return re.sub(r"[^a-z0-9]+", "_", self.kind.lower()).strip("_")

    @property
    def area(self) -> str:
        return f"{self.borough}/{self.zip_code}" if self.zip_code and self.address else self.borough

    @property
    def thing(self) -> tuple[str, str]:
        return (self.area, self.address)

    @property
    def group(self) -> tuple[str, str, str]:
        """Rows of one group are reports of the same thing; those without an address are each their own."""
        return (*self.thing, self.kind) if self.address else (self.area, str(self.index), self.kind)


def read(folder: Path) -> list[Row]:
    with (folder / FILE).open(encoding="utf-8", newline="") as file:
        return [
            Row(
                index, row["complaint_type"], row["descriptor"], " ".join(row["incident_address"].split()),
                row["incident_zip"].removesuffix(".0"), row["borough"],
            )
            for index, row in enumerate(csv.DictReader(file))
        ]  # fmt: skip


def joins(rows: list[Row]) -> int:
    """How many of the rows report what another one has reported before."""
    return sum(count - 1 for count in Counter(row.group for row in rows).values())


def excerpt(rows: list[Row], groups: int) -> list[Row]:
    """A short form: some groups of repeated reports, the five rows without an address, and one of each kind."""
    sizes = Counter(row.group for row in rows)
    repeated = [group for group, size in sizes.items() if 1 < size < 4][:groups]
    kinds: set[str] = set()
    chosen = []
    for row in rows:
        if row.group in repeated or not row.address or row.kind not in kinds:
            chosen.append(row)
            kinds.add(row.kind)
    return chosen


def photos(folder: Path) -> list[Path]:
    return sorted(file for file in (folder / PHOTOS).rglob("*") if file.suffix in PICTURES)

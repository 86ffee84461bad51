"""What a handover file says, in one value for every format, and how a file finds the importer that reads it.

An importer is one file in `assets/importers`: rows in, a `Handover` out. Checking against the register and writing
is done once for all of them, in `assets.importing`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core import i18n, registry
from core.errors import Invalid

MOST_BYTES = 64 * 1024 * 1024
MEGABYTE = 1024 * 1024


class FileTooLarge(Invalid):
    """This file is over {megabytes} MB. Please split it."""


class UnknownFormat(Invalid):
    """This file is of no format that can be imported. Please save it as CSV or XLSX."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it was given."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class AssetRow:
    """An asset as a file states it, in the file's words; an empty text says nothing about a field."""

    sheet: str
    row: int
    name: str
    place: str
    code: str = ""
    type: str = ""
    parent: str = ""
    warranty: str = ""
    maker: str = ""
    model: str = ""
    serial: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place that a file states whether or not an asset is there. `path` as in `A/2F/201`."""

    sheet: str
    row: int
    path: str
    kind: str = "area"


@dataclass(frozen=True, slots=True)
class TypeRow:
    """A type that a file states; without a category its name tells one."""

    sheet: str
    row: int
    name: str
    category: str = ""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A cell that keeps its row out of the register, and why: a key of the catalog with its facts."""

    sheet: str
    row: int
    column: str
    value: str
    key: str
    facts: dict[str, Any] = field(default_factory=dict)

    def reason(self, locale: str = "en") -> str:
        return i18n.translate(self.key, locale, **self.facts)

    def as_dict(self, locale: str = "en") -> dict[str, Any]:
        shown = "".join(character if character.isprintable() else "\ufffd" for character in self.value[:200])
        told = {"column": self.column, "value": shown, "reason": self.reason(locale)}
        return {"sheet": self.sheet, "row": self.row, **told}


@dataclass(frozen=True, slots=True)
class Handover:
    """Everything that a file says. `quarantined`: what its importer could not read at all."""

    assets: tuple[AssetRow, ...] = ()
    places: tuple[PlaceRow, ...] = ()
    types: tuple[TypeRow, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()


@dataclass(frozen=True, slots=True)
class Importer:
    """One format. `fits` tells how well it suits a file: 0 not at all, 1 by its kind, 2 by its content."""

    name: str
    fits: Callable[[Source], int]
    read: Callable[[Source], Handover]


IMPORTERS: registry.Registry[Importer] = registry.Registry("importer")

Read = Callable[[Source], Handover]


def importer(name: str, fits: Callable[[Source], int]) -> Callable[[Read], Read]:
    """Register a function that reads one format."""

    def keep(function: Read) -> Read:
        IMPORTERS.register(name)(Importer(name, fits, function))
        return function

    return keep


def read(source: Source) -> Handover:
    """What a file says, read by the importer that suits it best."""
    if len(source.data) > MOST_BYTES:
        raise FileTooLarge(megabytes=MOST_BYTES // MEGABYTE)
    registry.load("assets.importers")
    best = max((one for _, one in IMPORTERS.items()), key=lambda one: one.fits(source))
    if not best.fits(source):
        raise UnknownFormat
    return best.read(source)


def check_size(path: Path) -> None:
    """Errors: FileTooLarge, before anything is read."""
    if path.stat().st_size > MOST_BYTES:
        raise FileTooLarge(megabytes=MOST_BYTES // MEGABYTE)


def read_file(path: Path) -> Handover:
    check_size(path)
    return read(Source(path.name, path.read_bytes()))

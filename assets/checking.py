"""Pure: whether the words of a handover row can go into the register at all, and the form in which they do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from assets import codes
from assets.codes import NotACode, WrongCheckDigit
from assets.editing import FACTS, LONGEST_FACT
from assets.handover import AssetRow, PlaceRow, Quarantined, TypeRow
from assets.register import LONGEST_NAME

DEEPEST = 12
FIELDS = ("code", "name", "type", "place", "parent")
DETAILS = ("warranty", *FACTS)
# The year comes first: of 3/4/2027 nobody can tell whether it is in March or in April.
DAY = re.compile(
    r"(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})日?|(\d{2})(\d{2}))(?:[ T][\d:.]+)?", re.ASCII
)
NEEDED = ("name", "place")
ERROR_CELLS = frozenset({"#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!"})
WHOLE_SITE = "/"


@dataclass(frozen=True, slots=True)
class Item:
    """A row that can go in: clean words, the code canonical, the place as a path from below the site.

    `details`: what it says of warranty, maker, model, serial number and note; the date in ISO form.
    """

    row: AssetRow
    code: str
    name: str
    type: str
    path: str
    parent: str
    details: dict[str, str] = field(default_factory=dict)

    def refused(self, column: str, key: str, **facts: object) -> Quarantined:
        row = self.row
        return Quarantined(row.sheet, row.row, column, getattr(row, column, ""), key, facts)


def checked(row: AssetRow) -> Item | list[Quarantined]:
    """The row as it can go in, or every reason why it cannot."""
    words = {column: clean(getattr(row, column)) for column in (*FIELDS, *DETAILS)}
    path = path_of(words["place"])
    code, problem = _code(words["code"])
    problems = [("code", problem)] if problem else []
    problems += [(column, "import.missing") for column in NEEDED if not words[column]]
    problems += [(column, key) for column in FIELDS for key in _problems(words[column], is_place=column == "place")]
    problems += [(column, key) for column in DETAILS for key in _detail_problems(column, words[column])]
    if problems:
        return [refusal(row, column, getattr(row, column), key) for column, key in problems]
    details = {column: words[column] for column in DETAILS if words[column]}
    if "warranty" in details:
        details["warranty"] = day_of(details["warranty"])
    return Item(row, code, words["name"], words["type"], path, words["parent"], details)


def refused_words(row: PlaceRow | TypeRow) -> list[Quarantined]:
    """The reasons why a place or type cannot go in; none where it can."""
    column, words = ("place", clean(row.path)) if isinstance(row, PlaceRow) else ("type", clean(row.name))
    keys = ["import.missing"] if not words else list(_problems(words, is_place=column == "place"))
    return [refusal(row, column, words, key) for key in keys]


def refusal(row: AssetRow | PlaceRow | TypeRow, column: str, value: str, key: str) -> Quarantined:
    most = LONGEST_FACT if column in FACTS else LONGEST_NAME
    return Quarantined(row.sheet, row.row, column, value, key, {"most": most, "deepest": DEEPEST})


def clean(words: str) -> str:
    """One form of each character, single spaces, nothing invisible."""
    return " ".join(unicodedata.normalize("NFC", words).translate(codes.UNSEEN).split())


def day_of(text: str) -> str:
    """A day in ISO form, from the ways in which people write it; empty where it is none."""
    if (found := DAY.fullmatch(text)) is None:
        return ""
    year, month, day = (int(part) for part in found.groups() if part)
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""


def path_of(place: str) -> str:
    return "/".join(name for part in place.replace("／", "/").split("/") if (name := part.strip()))


def ancestors(path: str) -> list[str]:
    """A path and every path above it, the topmost first; the site itself is not among them."""
    parts = path.split("/") if path else []
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]


def _code(words: str) -> tuple[str, str]:
    """The canonical code, or the reason why it is none."""
    if not words or words in ERROR_CELLS or not words.isprintable():
        return "", ""
    try:
        return codes.canonical(words), ""
    except WrongCheckDigit:
        return "", "import.code_check"
    except NotACode:
        return "", "import.code_shape"


def _detail_problems(column: str, words: str) -> Iterator[str]:
    if not words:
        return
    if words in ERROR_CELLS:
        yield "import.error_cell"
    elif not words.isprintable():
        yield "import.control"
    elif column == "warranty" and not day_of(words):
        yield "import.no_day"
    elif len(words) > LONGEST_FACT:
        yield "import.too_long"


def _problems(words: str, *, is_place: bool) -> Iterator[str]:
    names = path_of(words).split("/") if is_place else [words]
    if words in ERROR_CELLS:
        yield "import.error_cell"
    if not words.isprintable():
        yield "import.control"
    if any(len(name) > LONGEST_NAME for name in names):
        yield "import.too_long"
    if len(names) > DEEPEST:
        yield "import.too_deep"

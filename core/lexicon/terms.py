"""What one word means for a fault report, and the built-in words, read from the TOML files beside this module."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

Kind = Literal["thing", "fault", "hint", "shield", "before", "after", "turn"]
Priority = Literal["emergency", "urgent", "normal", "low"]

CATEGORIES = (
    "lift",
    "gas",
    "water",
    "drainage",
    "electricity",
    "heating_ac",
    "fire_safety",
    "doors_windows",
    "structure",
    "cleaning",
    "pests",
    "noise",
    "parking",
    "greenery",
    "security",
    "network",
    "equipment",
    "other",
)
PRIORITIES: tuple[Priority, ...] = ("emergency", "urgent", "normal", "low")
WEIGHTS: dict[Kind, float] = {"fault": 4, "thing": 3, "hint": 1}
LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase, and what it says.

    `kind` tells how it behaves: a `fault` says what is wrong and can be denied; a `thing` or a `hint` stays when
    the sentence denies something; a `shield` means nothing and hides the shorter words inside it; `before` denies
    the faults within `reach` words after it, `after` those before it, and a `turn` ends a denial.
    `signs` are what emergency rules combine; `emergency` raises one by itself.
    """

    phrase: str
    category: str | None = None
    weight: float = WEIGHTS["fault"]
    priority: Priority | None = None
    emergency: str | None = None
    language: str = "zh"
    kind: Kind = "fault"
    signs: tuple[str, ...] = ()
    reach: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """An emergency: all of `signs`, and none of `unless`, within `reach` words of each other."""

    emergency: str
    category: str
    signs: tuple[str, ...]
    unless: tuple[str, ...] = ()
    reach: int = 25


def built_in_terms() -> Iterator[Term]:
    for language in LANGUAGES:
        for group in _read(f"terms_{language}.toml")["words"]:
            yield from _terms(group, language)


def built_in_rules() -> Iterator[Rule]:
    for row in _read("emergencies.toml")["rule"]:
        yield Rule(
            emergency=row["emergency"],
            category=row["category"],
            signs=tuple(row["signs"]),
            unless=tuple(row.get("unless", ())),
            reach=row.get("reach", 25),
        )


def _terms(group: dict[str, Any], language: str) -> Iterator[Term]:
    kind: Kind = group["kind"]
    for phrase in group["words"]:
        yield Term(
            phrase=phrase,
            category=group.get("category"),
            weight=group.get("weight", WEIGHTS.get(kind, 0) if "category" in group else 0),
            priority=group.get("priority"),
            emergency=group.get("emergency"),
            language=language,
            kind=kind,
            signs=tuple(group.get("signs", ())),
            reach=group.get("reach", 0),
        )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((files(__package__) / name).read_text(encoding="utf-8"))

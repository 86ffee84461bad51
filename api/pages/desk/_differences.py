"""Changes as people read them: each field in words, before and after, with names in place of ids."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from api.pages.desk import _worked
from api.subjects import as_id
from assets import called
from core.changes import Change
from core.database import Session
from core.i18n import catalog, listed, translate

WORD = re.compile(r"[a-z][a-z_]*")
NOTHING: tuple[Any, ...] = (None, "", [], {}, 0)
PREFIXES = ("said", "role", "reason")  # of words that mean the same in every field
UNSAID = ("key",)  # of what a list holds: an id that means nothing to people


@dataclass(frozen=True, slots=True)
class Difference:
    """One field before and after; an empty `before` where it was added."""

    field: str
    before: str
    after: str


def of(db: Session, site_id: UUID, changes: Sequence[Change], locale: str) -> list[list[Difference]]:
    """The differences of each change at a site, in its order."""
    ids = {found for change in changes for side in (change.before, change.after) for found in _ids(side)}
    names = called.of(db, site_id, ids)
    return [_Words(change.kind, locale, names).differences(change) for change in changes]


def _ids(value: Any) -> Iterator[UUID]:
    """Every id in a value, however deep."""
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        for one in value:
            yield from _ids(one)
    elif (found := as_id(value) if isinstance(value, str) else None) is not None:
        yield found


@dataclass(frozen=True, slots=True)
class _Words:
    """Puts the values of one kind of change into words."""

    kind: str
    locale: str
    names: dict[UUID, str]

    def differences(self, change: Change) -> list[Difference]:
        is_calendar = self.kind == "calendar"
        fields = sorted(
            name for name in {**change.before, **change.after} if not (is_calendar and name in _worked.PARTS)
        )
        found = [
            Difference(
                self.field(name), self.said(name, change.before.get(name)), self.said(name, change.after.get(name))
            )
            for name in fields
        ]
        if is_calendar:
            found += [Difference(*row) for row in _worked.rows(change.before, change.after, self.names, self.locale)]
        return [one for one in found if one.before or one.after]

    def field(self, name: str) -> str:
        plain = name.removesuffix("_id")
        return self._first(f"field.{self.kind}_{plain}", f"field.{plain}", f"{self.kind}.{plain}") or name

    def said(self, name: str, value: Any) -> str:
        if isinstance(value, bool):
            return translate("desk.yes" if value else "desk.no", self.locale)
        if isinstance(value, dict):
            told = [(at, kept) for at, kept in value.items() if at not in UNSAID and kept not in NOTHING]
            return listed([f"{self.key(at)}: {self.said(at, kept)}" for at, kept in told], self.locale)
        if isinstance(value, list):
            return listed([self.said(name, one) for one in value], self.locale)
        return self.word(name, str(value)) if value is not None else ""

    def key(self, name: str) -> str:
        """What a value inside a value is called: a field, or a thing that its id stands for."""
        found = as_id(name)
        return self.names.get(found, name) if found else self.field(name)

    def word(self, name: str, value: str) -> str:
        """A value that has a word of its own, or the name of the thing that it is the id of."""
        if (found := as_id(value)) is not None:
            return self.names.get(found, value)
        if not WORD.fullmatch(value):
            return value
        parts = (name, *name.split("_"))
        own = [*(f"{self.kind}.{part}_{value}" for part in parts), f"{name}.{value}"]
        return self._first(*own, *(f"{prefix}.{value}" for prefix in PREFIXES)) or value

    def _first(self, *keys: str) -> str:
        """The text of the first key that there is. A text with a place for a fact is no word by itself."""
        texts = (catalog(self.locale).get(key, "") for key in keys)
        return next((text for text in texts if text and "{" not in text), "")

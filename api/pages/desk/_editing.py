"""Two people at one form: whoever saves second is told what changed meanwhile, and keeps what was typed.

A form carries, packed in its field `was`, the values that it was filled with. Of the fields that a person changed,
those that somebody else has changed too since then are a clash: nothing is written, and the form is shown again with
what was typed, the other value beside it. Saved once more, it counts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from api.pages._posting import Posted
from core import changes
from core.database import Session
from core.errors import Conflict
from core.i18n import full_time, translate
from core.places import SiteFacts
from core.tickets import queries
from core.trace import canonical


class ChangedMeanwhile(Conflict):
    """Somebody changed this while you were typing. Your entries are kept: compare them, then save again."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person wants to save. `values`: as it will be; `clashes`: the fields that two have changed."""

    values: dict[str, str]
    clashes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that somebody else changed meanwhile: its word, and what stands there now."""

    field: str
    theirs: str


def packed(values: Mapping[str, str]) -> str:
    """The values of a form for its hidden field `was`."""
    return canonical(dict(values))


def draft(posted: Posted, now: Mapping[str, str]) -> Draft:
    """Join what was typed with what stands there now. A form without a readable `was` clashes with nothing."""
    was = _unpacked(posted.one("was"), now)
    typed = {name: posted.one(name) if name in posted.fields else value for name, value in now.items()}
    mine = {name: value for name, value in typed.items() if value != was[name]}
    clashes = tuple(name for name, value in mine.items() if now[name] != was[name] and value != now[name])
    return Draft({**now, **mine}, clashes)


def shown(clashes: tuple[str, ...], now: Mapping[str, str], locale: str) -> list[Clash]:
    return [Clash(translate(f"field.{name}", locale), now[name]) for name in clashes]


def who_changed(session: Session, site: SiteFacts, kind: str, key: str, locale: str) -> str:
    """Who changed something last and when, as a sentence; empty when nobody has."""
    last = changes.last_of(session, site.id, kind, key)
    if last is None:
        return ""
    time = full_time(last.at, site.timezone, locale)
    return translate("desk.changed_by", locale, who=actor_name(session, last.actor_id, locale), time=time)


def actor_name(session: Session, person_id: UUID | None, locale: str) -> str:
    """Who did it, by name; nobody signed in is somebody at the command line."""
    names = queries.names_of(session, [person_id])
    return names[person_id] if person_id in names else translate("desk.command_line", locale)


def _unpacked(text: str, now: Mapping[str, str]) -> dict[str, str]:
    try:
        was = json.loads(text)
    except ValueError:
        return dict(now)
    return {name: str(was.get(name, value)) for name, value in now.items()} if isinstance(was, dict) else dict(now)

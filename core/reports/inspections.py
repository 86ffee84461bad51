"""What a digest tells of inspections. Whoever keeps their plans registers as a source and says when each was due."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core import registry
from core.places import SiteFacts


@dataclass(frozen=True, slots=True)
class Asked:
    """What a digest wants to know: of which tickets, what was decided in a period, what comes on a day."""

    tickets: Collection[UUID]
    starts_at: datetime
    ends_at: datetime
    today: date


@dataclass(frozen=True, slots=True)
class Due:
    """The day for which an inspection was planned, and the last one on which it is in time."""

    on: date
    until: date


@dataclass(frozen=True, slots=True)
class Skip:
    """A date on which nothing is done. `why`: what kind of day it is; `holiday`: its name."""

    name: str
    on: date
    why: str
    holiday: str


@dataclass(frozen=True, slots=True)
class Inspected:
    """`due`: by ticket. `coming`: the names of what is planned for the day and has no ticket yet."""

    due: Mapping[UUID, Due] = field(default_factory=dict)
    skipped: tuple[Skip, ...] = ()
    coming: tuple[str, ...] = ()


Source = Callable[[Session, SiteFacts, Asked], Inspected]
SOURCES: registry.Registry[Source] = registry.Registry("source of inspections")


def inspected(session: Session, site: SiteFacts, asked: Asked) -> Inspected:
    """What all sources say."""
    told = [source(session, site, asked) for _, source in SOURCES.items()]
    due = {ticket_id: one for found in told for ticket_id, one in found.due.items()}
    skipped, coming = (one for found in told for one in found.skipped), (one for found in told for one in found.coming)
    return Inspected(due, tuple(skipped), tuple(coming))

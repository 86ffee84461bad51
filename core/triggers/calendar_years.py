"""A year that is not published yet is told to the administrators weeks before somebody counts in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import calendars, decisions, outbox, people, places
from core.outbox import Letter
from core.trace import Entry, Event
from core.triggers import Tick, trigger
from core.upkeep import calendar
from core.upkeep.calendar import Unpublished

NAME = "calendar_years"
ACTION = "calendar_unpublished"


def untold(session: Session, tick: Tick) -> Sequence[Unpublished]:
    return [one for one in calendar.unpublished(session, tick.now) if not _is_told(session, one)]


@trigger(NAME, every=timedelta(hours=1), due=untold)
def tell(session: Session, found: Unpublished, tick: Tick) -> None:
    """Once for each site and year, outside the quiet hours. Two writers meet in the number of the site's event."""
    if _is_told(session, found):
        return
    site = places.site_of(session, found.site_id)
    readers = people.holders(session, site.id, "admin")
    waits = calendars.after_quiet(tick.now, site.settings.get("quiet", ()), site.timezone)
    facts = {"year": found.year, "country": found.country, "site": str(found.site_id), "site_name": found.name}
    letters = [Letter("calendar_unpublished", facts, who, not_before=waits) for who in readers]
    outbox.post(session, letters, tick.now)
    entry = Entry(ACTION, {"year": found.year, "country": found.country, "told": [str(who) for who in readers]}, NAME)
    decisions.append(session, found.site_id, _stream(found.site_id), [entry], tick.now)


def _is_told(session: Session, found: Unpublished) -> bool:
    query = select(Event.facts).where(Event.stream == _stream(found.site_id), Event.action == ACTION)
    return any(json.loads(facts)["year"] == found.year for facts in session.scalars(query))


def _stream(site_id: UUID) -> str:
    return f"site:{site_id}"

"""When a plan's next work falls: the dates of its rhythm in its site's calendar, from where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import islice

from assets.plans import recurrence
from assets.plans.models import Plan
from assets.plans.recurrence import COMPLETED, Cursor, Date, NotARule, Rhythm
from core import calendars, worktime
from core.places import SiteFacts
from core.trace import Entry

NAME = "plans"
METER = "meter"  # why a date is one: the meter has run far enough
REST = "rest"  # or: something was left of the last one
MOST_SKIPPED = 400  # dates skipped in a row, after which a plan has none


def dates(plan: Plan, site: SiteFacts) -> Iterator[Date]:
    """The coming dates of a plan with those that are skipped, each with its reason."""
    yield from _walked(recurrence.of(plan.rhythm), Cursor(plan.planned_on, plan.last_on), site)


def _walked(rhythm: Rhythm, cursor: Cursor, site: SiteFacts) -> Iterator[Date]:
    if rhythm.counts_from == COMPLETED and cursor.on is not None:
        rhythm, cursor = recurrence.completed(rhythm, cursor.on)
    return recurrence.walk(rhythm, worktime.of(site.settings, site.timezone), cursor)


def coming(plan: Plan, site: SiteFacts) -> Iterator[Date]:
    """The same with the one that a meter has made due, in front."""
    if plan.is_by_meter and plan.next_on is not None:
        yield by_meter(plan.next_on)
    yield from dates(plan, site)


def readable(found: Iterator[Date]) -> Iterator[Date]:
    """Dates for a page: a plan whose rule turns out to be none has no more, and takes no other plan's away."""
    with suppress(NotARule, AttributeError, *recurrence.BROKEN):
        yield from found


def today(site: SiteFacts, now: datetime) -> date:
    return calendars.local_day(now, site.timezone)


def preview(rhythm: Rhythm, site: SiteFacts, now: datetime, plan: Plan | None = None, count: int = 20) -> list[Date]:
    """The dates that a rhythm has from today on, as `start()` would find them; those of `plan` go on from there."""
    cursor = Cursor(plan.planned_on, plan.last_on) if plan is not None else Cursor()
    begins = _before(rhythm, today(site, now))
    if begins is not None and (cursor.planned is None or cursor.planned < begins):
        cursor = Cursor(begins, cursor.on)
    return list(islice(_walked(rhythm, cursor, site), count))


def _before(rhythm: Rhythm, today: date) -> date | None:
    """Dates that had passed when a plan was made are nobody's fault."""
    return today - timedelta(days=1) if rhythm.starts_on < today else None


def start(plan: Plan, site: SiteFacts, now: datetime) -> list[Entry]:
    """Let a plan that is new or was changed begin today, and find its next date; gives what is skipped on the way.

    One that was held goes on from where it stood: what was missed meanwhile is still to be made.
    """
    today = calendars.local_day(now, site.timezone)
    begins = _before(recurrence.of(plan.rhythm), today)
    if begins is not None and not plan.held_at and (plan.planned_on is None or plan.planned_on < begins):
        plan.planned_on = begins
    entries = schedule(plan, site)
    plan.held_for = ""  # what it is about may be something else now
    return entries


def schedule(plan: Plan, site: SiteFacts) -> list[Entry]:
    """Write when the next work falls and when its tickets are made; gives the events of what was skipped.

    What could not be worked out before, and now is, is not held any more.
    """
    found, entries = find(plan, site)
    if plan.held_at:
        plan.held_at, plan.held_for = None, ""
    plan.next_on = found.on if found and not plan.paused_at else None
    plan.wake_at = wakes_at(plan, site, found) if found and not plan.paused_at else None
    return entries


def find(plan: Plan, site: SiteFacts) -> tuple[Date | None, list[Entry]]:
    """The next date, which passes over what is skipped; None where there is none."""
    entries: list[Entry] = []
    for found in islice(dates(plan, site), MOST_SKIPPED):
        if not found.is_skipped:
            return found, entries
        plan.planned_on = found.planned_on
        entries.append(Entry("skip", found.facts(), NAME))
    return None, entries


def wakes_at(plan: Plan, site: SiteFacts, found: Date) -> datetime:
    rhythm = recurrence.of(plan.rhythm)
    return calendars.instant(found.on - timedelta(days=rhythm.lead_days), rhythm.hour, site.timezone)


def by_meter(on: date) -> Date:
    """The date on which a meter had run far enough."""
    return Date(on, on, METER)

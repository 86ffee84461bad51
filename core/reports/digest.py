"""The facts of a digest: what happened at a site in a period and how it stands now, each figure with its tickets.

It is read from the rows as they stand, by index: the cost grows with what is open and what happened, not with what
the site has ever seen. Work counts as done where its present round is signed off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import mean
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core import calendars
from core.places import SiteFacts
from core.reports import Figure, counted, share
from core.tickets.asking import Survey
from core.tickets.board import AWAITED
from core.tickets.models import Rating, Ticket
from core.tickets.queries import names_of

PERIODS = {"day": timedelta(days=1), "week": timedelta(days=7)}
BARS = {"day": 7, "week": 8}
OLDEST = 5
BATCH = 500
FIGURES = (
    "new", "done", "open", "overdue", "unassigned", "kept", "stars", "response_rate", "inspections_done",
    "inspections_missed", "today", "oldest",
)  # fmt: skip
HAPPENINGS = ("new", "done", "overdue", "today", "inspections_done", "inspections_missed")
_SEEN = (
    Ticket.id, Ticket.number, Ticket.kind, Ticket.state, Ticket.opened_at, Ticket.promised_at, Ticket.accepted_at,
    Ticket.done_at, Ticket.closed_at, Ticket.scheduled_from, Ticket.assignee_id, Ticket.place, Ticket.asset_name,
    Ticket.category, Ticket.is_open,
)  # fmt: skip
Seen = Any  # a row of these


@dataclass(frozen=True, slots=True)
class Span:
    """A period of a digest. `today`: the local day that it is written on. `now`: when."""

    period: str
    starts_at: datetime
    ends_at: datetime
    today: date
    now: datetime


@dataclass(frozen=True, slots=True)
class Late:
    """An open ticket whose promise was broken. `why`: nobody has it, has accepted it, or has arrived."""

    ticket_id: UUID
    number: str
    thing: str
    name: str
    why: str
    promised_at: datetime


@dataclass(frozen=True, slots=True)
class Bar:
    """One day or week of the chart: its first day, what was new and done in it, what was open at its end."""

    first: date
    new: int
    done: int
    open: int


@dataclass(frozen=True, slots=True)
class Digest:
    span: Span
    figures: tuple[Figure, ...]
    late: tuple[Late, ...]
    bars: tuple[Bar, ...]

    def figure(self, name: str) -> Figure:
        return next(one for one in self.figures if one.name == name)

    @property
    def is_empty(self) -> bool:
        """Whether nothing happened, nothing is late and nothing is planned for today."""
        return not any(self.figure(name).value for name in HAPPENINGS)


def span_of(period: str, since: datetime | None, zone: str, now: datetime) -> Span:
    """From a moment until the last midnight; by default the last whole day, or the week before this one."""
    today = calendars.local_day(now, zone)
    last = today - timedelta(days=today.weekday()) if period == "week" else today
    first = last - PERIODS[period]
    return Span(period, since or _midnight(first, zone), _midnight(last, zone), today, now)


def digest(session: Session, site: SiteFacts, span: Span) -> Digest:
    """Everything that a digest tells. All of it is true at `span.now`, which is what it says of itself."""
    standing = _read(session, site, Ticket.is_open)
    new = _read(session, site, *_within(Ticket.opened_at, span))
    done = _read(session, site, *_within(Ticket.done_at, span))
    late = [one for one in standing if _is_late(one, span.now)]
    figures = (
        counted("new", _works(new)), counted("done", _works(done)), counted("open", _works(standing)),
        counted("overdue", _works(late)),
        counted("unassigned", _works(one for one in standing if one.assignee_id is None)),
        _kept(new, span.now), *_satisfaction(session, site, span), *_inspections(standing, done, span),
        counted("today", [one.number for one in standing if _is_for(one, span.today, site.timezone)]),
        counted("oldest", _works(sorted(standing, key=lambda one: (one.opened_at, one.id)))[:OLDEST]),
    )  # fmt: skip
    return Digest(span, figures, tuple(_told_late(session, late)), tuple(_bars(session, site, span, standing)))


def _read(session: Session, site: SiteFacts, *conditions: Any) -> Sequence[Seen]:
    query = select(*_SEEN).where(Ticket.site_id == site.id, *conditions)
    return session.execute(query.order_by(Ticket.id)).all()


def _within(column: InstrumentedAttribute[Any], span: Span) -> tuple[Any, Any]:
    return column >= span.starts_at, column < span.ends_at


def _works(found: Iterable[Seen]) -> list[str]:
    """Faults and tasks; inspections have figures of their own."""
    return [one.number for one in found if one.kind != "inspection"]


def _is_late(one: Seen, now: datetime) -> bool:
    return one.kind != "inspection" and one.state in AWAITED and one.promised_at is not None and one.promised_at < now


def _kept(new: Sequence[Seen], now: datetime) -> Figure:
    """Of what was opened and had to be accepted by now: how much was, in time. What ended unaccepted before is none."""
    judged = [one for one in new if one.kind != "inspection" and one.promised_at and _is_judged(one, now)]
    kept = [one for one in judged if one.accepted_at and one.accepted_at <= one.promised_at]
    return share("kept", len(kept), (one.number for one in judged))


def _is_judged(one: Seen, now: datetime) -> bool:
    return one.accepted_at is not None or (one.closed_at or now) > one.promised_at


def _satisfaction(session: Session, site: SiteFacts, span: Span) -> Iterator[Figure]:
    """Stars given in the period; of the questions put in it, those that were answered by now."""
    rated = select(Rating.ticket_id, Rating.stars).where(*_within(Rating.rated_at, span)).order_by(Rating.id)
    put = select(Survey.ticket_id, Survey.answered_at).where(*_within(Survey.asked_at, span)).order_by(Survey.id)
    given, asked = (_here(session, site, session.execute(query).all()) for query in (rated, put))
    stars = round(mean(one for _, one in given), 2) if given else None
    yield Figure("stars", stars, tuple(number for number, _ in given), "stars")
    answered = sum(answered_at is not None for _, answered_at in asked)
    yield share("response_rate", answered, (number for number, _ in asked))


def _here(session: Session, site: SiteFacts, found: Sequence[Seen]) -> list[tuple[str, Any]]:
    """Rows of (ticket, value) with the ticket's number, of one site.

    Asked in two steps: with a join SQLite goes through every ticket that the site has ever had.
    """
    numbers: dict[UUID, str] = {}
    for start in range(0, len(found), BATCH):
        some = {row[0] for row in found[start : start + BATCH]}
        query = select(Ticket.id, Ticket.number).where(Ticket.id.in_(some), Ticket.site_id == site.id)
        numbers |= {row.id: row.number for row in session.execute(query)}
    return [(numbers[ticket_id], value) for ticket_id, value in found if ticket_id in numbers]


def _inspections(standing: Sequence[Seen], done: Sequence[Seen], span: Span) -> Iterator[Figure]:
    yield counted("inspections_done", (one.number for one in done if one.kind == "inspection"))
    missed = (one for one in standing if one.kind == "inspection" and one.promised_at and one.promised_at < span.now)
    yield counted("inspections_missed", (one.number for one in missed))


def _is_for(one: Seen, today: date, zone: str) -> bool:
    """Whether there is an appointment today, or an inspection that is due today."""
    at = one.scheduled_from or (one.promised_at if one.kind == "inspection" else None)
    return at is not None and calendars.local_day(at, zone) == today


def _told_late(session: Session, late: Sequence[Seen]) -> Iterator[Late]:
    names = names_of(session, [one.assignee_id for one in late])
    for one in sorted(late, key=lambda one: (one.promised_at, one.id)):
        why = "unassigned" if not one.assignee_id else "not_arrived" if one.accepted_at else "not_accepted"
        thing = one.asset_name or one.place
        yield Late(one.id, one.number, thing, names.get(one.assignee_id, ""), why, one.promised_at)


def _bars(session: Session, site: SiteFacts, span: Span, standing: Sequence[Seen]) -> Iterator[Bar]:
    """The last days or weeks up to the end of the period."""
    length, last = PERIODS[span.period], calendars.local_day(span.ends_at, site.timezone)
    days = [last - length * back for back in range(BARS[span.period], -1, -1)]
    edges = [_midnight(day, site.timezone) for day in days]
    touched = (Ticket.opened_at >= edges[0], Ticket.done_at >= edges[0], Ticket.closed_at >= edges[0])
    known = {one.id: one for some in touched for one in _read(session, site, some)} | {one.id: one for one in standing}
    found = [one for one in known.values() if one.kind != "inspection"]
    for day, begins, ends in zip(days, edges, edges[1:], strict=False):
        new = sum(begins <= one.opened_at < ends for one in found)
        done = sum(one.done_at is not None and begins <= one.done_at < ends for one in found)
        yield Bar(day, new, done, sum(_was_open(one, ends) for one in found))


def _was_open(one: Seen, moment: datetime) -> bool:
    """Whether it was open then, as far as the row tells: its last round counts as all of its time."""
    ended_at = None if one.is_open else one.done_at or one.closed_at
    return bool(one.opened_at < moment and (ended_at is None or ended_at >= moment))


def _midnight(day: date, zone: str) -> datetime:
    return calendars.instant(day, time(0), zone)


def tickets_of(session: Session, site_id: UUID, numbers: Sequence[str]) -> list[Ticket]:
    """The tickets behind a figure, in its order."""
    found = session.scalars(select(Ticket).where(Ticket.site_id == site_id, Ticket.number.in_(numbers)))
    return sorted(found, key=lambda one: numbers.index(one.number))

"""The facts of a digest: what happened at a site in a period and how it stands now, each figure with its tickets.

It is read from the rows as they stand, by index: the cost grows with what is open and what happened, not with what
the site has ever seen. Work counts as done where its present round is signed off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import mean
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core import calendars
from core.places import Place, SiteFacts
from core.reports import Figure, counted, inspections, share, tickets
from core.reports.inspections import Asked, Due, Inspected, Skip
from core.tickets.asking import Survey
from core.tickets.board import AWAITED
from core.tickets.deadlining import COLUMNS
from core.tickets.models import Rating, Ticket
from core.tickets.queries import names_of

PERIODS = {"day": timedelta(days=1), "week": timedelta(days=7)}
BARS = {"day": 7, "week": 8}
OLDEST = 5
BATCH = 500
FIGURES = (
    "new", "done", "open", "overdue", "unassigned", "kept_respond", "kept_arrive", "kept_repair", "stars",
    "response_rate", "inspections_done", "inspections_late", "inspections_missed", "today", "oldest",
)  # fmt: skip
HAPPENINGS = ("new", "done", "overdue", "today", "inspections_done", "inspections_missed")
_SEEN = (
    Ticket.id, Ticket.number, Ticket.kind, Ticket.state, Ticket.opened_at, Ticket.promised_at, Ticket.accepted_at,
    Ticket.arrive_by, Ticket.repair_by, Ticket.done_at, Ticket.closed_at, Ticket.scheduled_from, Ticket.assignee_id,
    Ticket.place_id, Ticket.place, Ticket.asset_name, Ticket.hold_reason, Ticket.is_open,
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
    """An open ticket with a deadline that passed unmet.

    `why`: nobody has it, has accepted it, has arrived, is ready, or it is on hold for `reason`. `outside`: the thing,
    without saying which home it is in.
    """

    ticket_id: UUID
    number: str
    thing: str
    outside: str
    name: str
    why: str
    reason: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Bar:
    """One day or week of the chart: its first day, what was new and done in it, what was open at its end."""

    first: date
    new: int
    done: int
    open: int


@dataclass(frozen=True, slots=True)
class Digest:
    """`skipped`, `coming`: inspections without a ticket: days off that left them out, and what is made later today."""

    span: Span
    figures: tuple[Figure, ...]
    late: tuple[Late, ...]
    bars: tuple[Bar, ...]
    skipped: tuple[Skip, ...] = ()
    coming: tuple[str, ...] = ()

    def figure(self, name: str) -> Figure:
        return next(one for one in self.figures if one.name == name)

    @property
    def is_empty(self) -> bool:
        """Whether nothing happened, nothing is late and nothing is planned for today."""
        return not (self.skipped or self.coming or any(self.figure(name).value for name in HAPPENINGS))


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
    late = [one for one in standing if _due_at(one, span.now)]
    checks = [one for one in (*standing, *done) if one.kind == "inspection"]
    asked = Asked({one.id for one in checks}, span.starts_at, span.ends_at, span.today)
    told = inspections.inspected(session, site, asked)
    figures = (
        counted("new", _works(new)), counted("done", _works(done)), counted("open", _works(standing)),
        counted("overdue", _works(late)),
        counted("unassigned", _works(one for one in standing if one.assignee_id is None)),
        *_kept(session, site, span, standing), *_satisfaction(session, site, span),
        *_inspections(standing, done, told, span, site.timezone),
        counted("today", [one.number for one in standing if _is_for(one, told.due, span.today, site.timezone)]),
        counted("oldest", _works(sorted(standing, key=lambda one: (one.opened_at, one.id)))[:OLDEST]),
    )  # fmt: skip
    bars = tuple(_bars(session, site, span, standing))
    return Digest(span, figures, tuple(_told_late(session, late, span.now)), bars, told.skipped, told.coming)


def _read(session: Session, site: SiteFacts, *conditions: Any) -> Sequence[Seen]:
    query = select(*_SEEN).where(Ticket.site_id == site.id, *conditions)
    return session.execute(query.order_by(Ticket.id)).all()


def _within(column: InstrumentedAttribute[Any], span: Span) -> tuple[Any, Any]:
    return column >= span.starts_at, column < span.ends_at


def _works(found: Iterable[Seen]) -> list[str]:
    """Faults and tasks; inspections have figures of their own."""
    return [one.number for one in found if one.kind != "inspection"]


def _due_at(one: Seen, now: datetime) -> datetime | None:
    """The first of its deadlines that has passed unmet, as the board counts what is late."""
    if one.kind == "inspection":
        return None
    is_promise = one.state in AWAITED and (one.state != "accepted" or one.arrive_by is None)
    due = (one.promised_at if is_promise else None, one.arrive_by if one.state in AWAITED else None, one.repair_by)
    return min((moment for moment in due if moment is not None and moment < now), default=None)


def _kept(session: Session, site: SiteFacts, span: Span, standing: Sequence[Seen]) -> Iterator[Figure]:
    """By goal: of the deadlines that were met, or passed, in the period, those that were met in time."""
    since = (Ticket.opened_at >= span.starts_at, Ticket.done_at >= span.starts_at, Ticket.closed_at >= span.starts_at)
    known = {one.id: one for some in since for one in _read(session, site, some)}
    known |= {one.id: one for one in standing if _may_be_settled(one, span)}
    numbers = {one.id: one.number for one in known.values() if one.kind != "inspection"}
    found = [one for one in tickets.settled(session, numbers, span.now) if span.starts_at <= one.at < span.ends_at]
    for goal in COLUMNS:
        judged = [one for one in found if one.goal == goal]
        yield share(f"kept_{goal}", sum(one.is_kept for one in judged), (one.number for one in judged))


def _may_be_settled(one: Seen, span: Span) -> bool:
    """Whether its trace may hold a deadline that was met or passed in the period."""
    was_taken = one.accepted_at is not None and one.accepted_at < span.starts_at
    return not was_taken or one.arrive_by is not None or one.repair_by is not None


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


def _inspections(
    standing: Sequence[Seen], done: Sequence[Seen], told: Inspected, span: Span, zone: str
) -> Iterator[Figure]:
    """Done in the period, those of them after their time, and what is open after its time."""
    ended = [one for one in done if one.kind == "inspection"]
    yield counted("inspections_done", (one.number for one in ended))
    late = (one for one in ended if one.id in told.due and _day(one.done_at, zone) > told.due[one.id].until)
    yield counted("inspections_late", (one.number for one in late))
    missed = (one for one in standing if one.kind == "inspection" and _is_missed(one, told.due, span))
    yield counted("inspections_missed", (one.number for one in missed))


def _is_missed(one: Seen, due: Mapping[UUID, Due], span: Span) -> bool:
    """Whether its last day in time has passed; one that no plan has made is measured by its promise."""
    if one.id in due:
        return due[one.id].until < span.today
    return one.promised_at is not None and one.promised_at < span.now


def _is_for(one: Seen, due: Mapping[UUID, Due], today: date, zone: str) -> bool:
    """Whether there is an appointment today, or an inspection that is planned for today."""
    if one.scheduled_from is None and one.id in due:
        return due[one.id].on == today
    at = one.scheduled_from or (one.promised_at if one.kind == "inspection" else None)
    return at is not None and _day(at, zone) == today


def _day(moment: datetime, zone: str) -> date:
    return calendars.local_day(moment, zone)


def _told_late(session: Session, late: Sequence[Seen], now: datetime) -> Iterator[Late]:
    names = names_of(session, [one.assignee_id for one in late])
    homes = _homes(session, {one.place_id for one in late})
    found = [(due, one) for one in late if (due := _due_at(one, now)) is not None]
    for due, one in sorted(found, key=lambda pair: (pair[0], pair[1].id)):
        thing = one.asset_name or one.place
        outside = one.place.rpartition("/")[0] if one.place_id in homes else thing
        name, why = names.get(one.assignee_id, ""), _why(one)
        yield Late(one.id, one.number, thing, outside, name, why, one.hold_reason or "", due)


def _why(one: Seen) -> str:
    if one.state == "on_hold":
        return "held"
    if not one.assignee_id:
        return "unassigned"
    return {"assigned": "not_accepted", "accepted": "not_arrived"}.get(one.state, "not_ready")


def _homes(session: Session, place_ids: Iterable[UUID]) -> set[UUID]:
    """Which of some places are somebody's."""
    wanted, found = list(place_ids), set()
    for start in range(0, len(wanted), BATCH):
        query = select(Place.id).where(Place.id.in_(wanted[start : start + BATCH]), Place.is_common.is_(False))
        found |= set(session.scalars(query))
    return found


def _bars(session: Session, site: SiteFacts, span: Span, standing: Sequence[Seen]) -> Iterator[Bar]:
    """The last days or weeks up to the end of the period."""
    length, last = PERIODS[span.period], _day(span.ends_at, site.timezone)
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

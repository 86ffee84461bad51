"""What two years must have brought about, counted once more from rules, deeds and ticks, with none of our code.

Of the product only its rows are read. Dates come from dateutil, chinesecalendar, holidays and zoneinfo directly.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, partial
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import chinese_calendar
import holidays
from dateutil.rrule import rrulestr
from sqlalchemy import select

from assets.plans.models import MeterReading, Occurrence, Plan
from assets.plans.recurrence import Rhythm
from core.calendars import Duty
from core.database import Session
from core.digests import Sent, Subscription
from core.scheduler import Heartbeat
from core.surveys import Survey
from core.tickets.asking import FEW_STARS
from core.tickets.deadlining import DeadlineAlarm
from core.tickets.models import Rating, Ticket
from core.trace import Event
from tests.durability.towns import COUNTRIES, QUIET, Town, World
from tests.plan_dates import expanded

DAY, WEEK = timedelta(days=1), timedelta(days=7)
PLANNED = {"steps": ((0, "supervisor"), (1440, "manager")), "remind": (240,)}  # what is told of a plan's window
MEETS = {"accept": "respond", "claim": "respond", "check_in": "arrive", "sign_off": "repair"}
PUBLISHED = max(chinese_calendar.holidays).year
OPEN = ("reported", "assigned", "accepted", "in_progress", "on_hold")


def check(session: Session, world: World) -> dict[str, int]:
    """Hold everything against what happened; the answer counts what was looked at."""
    assert world.failed == []
    assert [one.name for one in session.scalars(select(Heartbeat)) if one.error] == []
    counts = {"ticks": len(world.ticks), "kills": world.done["kills"], "outages": world.done["outages"]}
    for look in (_occurrences, _alarms, _digests, _surveys, _shifts):
        counts |= look(session, world)
    return counts


@cache
def is_worked(zone: str, day: date) -> bool:
    """Whether a day is worked; of a year that China has not published yet, as the week has it."""
    if COUNTRIES[zone] == "CN":
        return not chinese_calendar.is_holiday(day) if day.year <= PUBLISHED else day.weekday() < 5
    return day.weekday() < 5 and day not in holidays.country_holidays(COUNTRIES[zone], years=day.year)


def _instant(day: date, at: str, zone: str) -> datetime:
    """A local time of a day; one that the clock skips is the first after the gap."""
    naive = datetime.fromisoformat(f"{day}T{at}")
    there = naive.replace(tzinfo=ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))
    back = there.astimezone(ZoneInfo(zone))
    while back.replace(tzinfo=None) < naive or (there - timedelta(minutes=1)).astimezone(
        ZoneInfo(zone)
    ).replace(tzinfo=None) >= naive:  # fmt: skip
        step = 1 if back.replace(tzinfo=None) < naive else -1
        there += timedelta(minutes=step)
        back = there.astimezone(ZoneInfo(zone))
    return there


def _day(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


# Occurrences


def _occurrences(session: Session, world: World) -> dict[str, int]:
    found: dict[UUID, list[Occurrence]] = defaultdict(list)
    for one in session.scalars(select(Occurrence).where(Occurrence.reason != "rest").order_by(Occurrence.on_day)):
        found[one.plan_id].append(one)
    meters = {one.id: one for one in session.scalars(select(Plan))}
    last = world.ticks[-1]
    for town in world.towns:
        for plan_id, (rhythm, size, kind) in town.plans.items():
            made = found.pop(plan_id, [])
            if kind == "done":
                _check_from_done(session, town, rhythm, made, last)
            elif kind == "meter":
                _check_by_meter(session, town, meters[plan_id], made)
            else:
                wanted = Counter(dict.fromkeys(_dates(town.zone, rhythm, last), size))
                assert Counter(one.on_day for one in made) == wanted, (plan_id, rhythm)
    assert not found
    return {"occurrences": session.query(Occurrence).count()}


def _dates(zone: str, rhythm: Rhythm, last: datetime) -> list[date]:
    """The days whose tickets must be there by now."""
    days = expanded(rhythm, _day(last, zone) + 10 * DAY, partial(is_worked, zone))
    hour = f"{rhythm.hour:%H:%M}"
    return [on for on in days if _instant(on - rhythm.lead_days * DAY, hour, zone) <= last]


def _check_from_done(session: Session, town: Town, rhythm: Rhythm, made: list[Occurrence], last: datetime) -> None:
    """Each comes at the rule's first date after the day on which the one before was done."""
    closed = {one.ticket_id: session.get_one(Ticket, one.ticket_id).closed_at for one in made}
    assert len(made) == len({one.on_day for one in made})
    wanted, starts = rhythm.starts_on, rhythm.starts_on
    for number, one in enumerate(made):
        if number:
            before = closed[made[number - 1].ticket_id]
            assert before is not None, "made although the one before is open"
            starts = _day(before, town.zone)
            rule = rrulestr(rhythm.rule, dtstart=datetime.combine(starts, datetime.min.time()))
            wanted = rule.after(datetime.combine(starts, datetime.min.time())).date()
        else:
            rule = rrulestr(rhythm.rule, dtstart=datetime.combine(starts, datetime.min.time()))
            wanted = rule.after(datetime.combine(starts, datetime.min.time()), inc=True).date()
        assert one.on_day == wanted, (one.plan_id, one.on_day, wanted)
    ended = closed[made[-1].ticket_id] if made else None
    if made and ended is not None:
        starts = _day(ended, town.zone)
        rule = rrulestr(rhythm.rule, dtstart=datetime.combine(starts, datetime.min.time()))
        coming = rule.after(datetime.combine(starts, datetime.min.time())).date()
        assert _instant(coming, f"{rhythm.hour:%H:%M}", town.zone) > last, "the next one is lost"
    if not made:
        assert _instant(starts, f"{rhythm.hour:%H:%M}", town.zone) > last


def _check_by_meter(session: Session, town: Town, plan: Plan, made: list[Occurrence]) -> None:
    """One each time that the meter has run far enough since its first reading or since the last time."""
    query = select(MeterReading).where(MeterReading.asset_id == plan.asset_id).order_by(MeterReading.id)
    base, days = None, []
    for reading in session.scalars(query):
        if base is None or reading.value < base:
            base = reading.value
        elif plan.meter_every and reading.value - base >= plan.meter_every:
            base = reading.value
            days.append(_day(reading.read_at, town.zone))
    assert Counter(one.on_day for one in made) == Counter(dict.fromkeys(days, 1))


# Deadlines


@dataclass(slots=True)
class _Round:
    """One round of a ticket as its events tell it. `due`: (since when, the deadline or None, what is said) by goal."""

    number: int
    emergency: bool
    due: dict[str, list[tuple[datetime, datetime | None, dict[str, Any]]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    met: dict[str, datetime] = field(default_factory=dict)
    ended: datetime | None = None
    told: dict[tuple[str, str], datetime] = field(default_factory=dict)


def _alarms(session: Session, world: World) -> dict[str, int]:
    """Reminders and steps: each at most once by the trace, and none missing whose moment a tick has seen."""
    known = [(row.goal, row.name) for row in session.scalars(select(DeadlineAlarm))]
    told = reminded = 0
    for ticket in session.execute(select(Ticket.id, Ticket.number, Ticket.emergency, Ticket.kind)):
        rounds = _rounds(session, ticket)
        for one in rounds:
            _check_round(world, ticket.number, one)
            told += sum(name.startswith("step") for _, name in one.told)
            reminded += sum(name.startswith("remind") for _, name in one.told)
    assert told + reminded == len(known)
    return {"reminders": reminded, "escalations": told}


def _rounds(session: Session, ticket: Any) -> list[_Round]:
    query = select(Event.action, Event.at, Event.facts, Event.to_state).where(Event.stream == f"ticket:{ticket.id}")
    rounds: list[_Round] = []
    levels: list[int] = []
    for action, at, text, to_state in session.execute(query.order_by(Event.seq)):
        facts = json.loads(text)
        if action in ("report", "reopen"):
            rounds.append(_Round(len(rounds) + 1, bool(ticket.emergency)))
            levels = []
        here = rounds[-1]
        for goal in facts.get("deadlines", {}).get("goals", ()):
            due = datetime.fromisoformat(goal["due"]) if "due" in goal else None
            here.due[goal["goal"]].append((at, due, goal))
        if action in MEETS:
            here.met.setdefault(MEETS[action], at)
        if to_state not in OPEN and here.ended is None:
            here.ended = at
        if action == "escalate":
            levels.append(facts["level"])
            assert levels == list(range(1, len(levels) + 1)), ticket.number
        if action in ("remind", "overdue"):
            for name in (*facts["names"], *facts["superseded"]):
                key = (facts["goal"], name)
                assert key not in here.told, (ticket.number, "told twice", key)
                here.told[key] = at
    return rounds


def _check_round(world: World, number: str, one: _Round) -> None:
    for goal, counted in one.due.items():
        if one.emergency and goal == "respond":
            continue
        over = min(filter(None, (one.met.get(goal), one.ended)), default=None)
        for (since, due, said), after in zip(counted, [*counted[1:], None], strict=True):
            until = min(filter(None, (over, after[0] if after else None)), default=None)
            if due is not None:
                for name, at in _expected(world, said, due):
                    tick = _first(world.ticks, max(at, since + timedelta(microseconds=1)))  # not the one that made it
                    if tick is not None and (until is None or tick < until):
                        assert (goal, name) in one.told, (number, goal, name, at, tick, until)
        for (told_goal, name), at in one.told.items():
            if told_goal == goal:
                assert over is None or at <= over, (number, "told after it was met", goal, name)
                assert any(_was_due(world, name, at, row) for row in counted), (number, "told too early", goal, name)


def _expected(world: World, said: dict[str, Any], due: datetime) -> Iterator[tuple[str, datetime]]:
    """What has to be told about a deadline of a rule, or of a plan, and when."""
    is_plan = said["clock"] == "plan" and "rule" not in said
    rule: dict[str, Any] = PLANNED if is_plan else world.rules[said["rule"]]
    for level, (after, _) in enumerate(rule["steps"], 1):
        yield f"step:{level}", max(due, datetime.fromisoformat(said["from"])) + timedelta(minutes=after)
    for minutes in rule["remind"]:
        if minutes < said["minutes"]:
            yield f"remind:{minutes}", due - timedelta(minutes=minutes)


def _was_due(world: World, name: str, at: datetime, row: tuple[datetime, datetime | None, dict[str, Any]]) -> bool:
    _, due, said = row
    return due is not None and any(name == one and when <= at for one, when in _expected(world, said, due))


def _first(ticks: Sequence[datetime], at: datetime) -> datetime | None:
    """The first tick that ended at a moment or later."""
    found = bisect_left(ticks, at)
    return ticks[found] if found < len(ticks) else None


# Digests


def _digests(session: Session, world: World) -> dict[str, int]:
    zones = {town.site: town.zone for town in world.towns}
    total = merged = 0
    for one in session.scalars(select(Subscription)):
        sent = list(session.scalars(select(Sent).where(Sent.subscription_id == one.id).order_by(Sent.sent_at)))
        _check_digests(world, zones[one.site_id], one, sent)
        total += len(sent)
        merged += sum(row.ends_at - row.starts_at > (WEEK if one.period == "week" else DAY) * 1.5 for row in sent)
    return {"digests": total, "reaching back": merged}


def _check_digests(world: World, zone: str, one: Subscription, sent: list[Sent]) -> None:
    """Whole periods in a row, none twice, each one told by the first tick after its hour, and none before it."""
    due = list(_digest_hours(world, zone, one))
    assert len({row.day for row in sent}) == len(sent)
    assert all(before.ends_at == row.starts_at for before, row in pairwise(sent))
    for row, before in zip(sent, [None, *sent], strict=False):
        hours = due[bisect_right(due, before.sent_at) if before else 0 : bisect_right(due, row.sent_at)]
        assert hours, (one.id, row.day, "nothing was due")
        assert row.ends_at == _last_midnight(row.sent_at, zone, one.period)
    for hour in due:
        tick = _first(world.ticks, hour)
        told = [row for row in sent if tick is not None and row.sent_at <= tick]
        assert tick is None or (told and told[-1].ends_at >= _last_midnight(hour, zone, one.period)), (one.id, hour)


def _digest_hours(world: World, zone: str, one: Subscription) -> Iterator[datetime]:
    """Every moment at which a digest should come: worked days, or the first one of a week."""
    begins, day = world.size.begins, _day(world.size.begins, zone)
    weeks = set()
    while (at := _instant(day, one.at, zone)) <= world.ticks[-1]:
        if is_worked(zone, day):
            week = day - timedelta(days=day.weekday())
            first = next(one for one in (week + n * DAY for n in range(7)) if is_worked(zone, one))
            if at > begins and (one.period == "day" or (day == first and week not in weeks)):
                weeks.add(week)
                yield at
        day += DAY


def _last_midnight(moment: datetime, zone: str, period: str) -> datetime:
    day = _day(moment, zone)
    if period == "week":
        day -= timedelta(days=day.weekday())
    return _instant(day, "00:00", zone)


# Surveys, ratings, shifts


def _said_before(session: Session, survey: Survey, moment: datetime) -> int:
    """The stars that a person had given by a moment; they may have given others since. Silence is not low."""
    stream = Event.stream == f"ticket:{survey.ticket_id}"
    query = select(Event).where(stream, Event.action == "rate", Event.at <= moment).order_by(Event.seq)
    said = [json.loads(event.facts) for event in session.scalars(query) if event.actor == str(survey.person_id)]
    return next((int(facts["stars"]) for facts in reversed(said) if facts["round"] == survey.round), FEW_STARS + 1)


def _surveys(session: Session, world: World) -> dict[str, int]:
    given = {(row.ticket_id, row.round, row.person_id): row for row in session.scalars(select(Rating))}
    assert {key: row.stars for key, row in given.items()} == world.stars, "a rating that nobody gave"
    mine: dict[UUID, list[Survey]] = defaultdict(list)
    for one in session.scalars(select(Survey).where(Survey.asked_at.is_not(None)).order_by(Survey.asked_at)):
        mine[one.person_id].append(one)
    for row in session.scalars(select(Survey)):
        assert row.answered_at is None or (row.ticket_id, row.round, row.person_id) in given
    for asked in mine.values():
        for before, one in pairwise(asked):
            was_low = _said_before(session, before, one.asked_at) <= FEW_STARS  # type: ignore[arg-type]
            assert was_low or one.asked_at - before.asked_at >= WEEK, (one.person_id, one.asked_at)  # type: ignore[operator]
    query = select(Ticket).where(Ticket.resolution == "unanswered")
    silent = {ticket.id for ticket in session.scalars(query)}
    _check_told(session, world)
    return {"surveys": sum(map(len, mine.values())), "ratings": len(given), "silent": len(silent)}


def _check_told(session: Session, world: World) -> None:
    """One question and one reminder a round and person, by the trace; what time alone brings wakes nobody."""
    zones = {town.site: town.zone for town in world.towns}
    seen: Counter[tuple[str, int, str, str]] = Counter()
    query = select(Event.stream, Event.at, Event.facts, Event.from_state).where(Event.action == "survey")
    for stream, at, text, _ in session.execute(query):
        facts = json.loads(text)
        seen[stream, facts["round"], facts["person"], facts["kind"]] += 1
        if facts["kind"] == "reminded":
            site = session.get_one(Ticket, UUID(stream.removeprefix("ticket:"))).site_id
            local = f"{at.astimezone(ZoneInfo(zones[site])):%H:%M}"
            assert QUIET[1] <= local < QUIET[0], (stream, local)
    assert {key: times for key, times in seen.items() if times > 1} == {}


def _shifts(session: Session, world: World) -> dict[str, int]:
    last = world.ticks[-1]
    shifts = list(session.scalars(select(Duty).where(Duty.kind == "shift", Duty.ends_at <= last)))
    assert [one.id for one in shifts if one.settled_at is None] == []
    told = [
        json.loads(text)["duty"] for text in session.scalars(select(Event.facts).where(Event.action == "shift_ended"))
    ]
    assert len(told) == len(set(told))
    return {"shifts": len(shifts), "shifts with work": len(told), "tickets": session.query(Ticket).count()}

"""Two years of three sites, lived by a seed: people who do their work or do not, ticks, kills and outages.

Time, ids and chance are injected: the same seed lives the same years, but for what nobody should be able to guess.
Everything goes through the verbs that pages and chats use, and through the scheduler's own `wake`.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import event, select

from assets import register
from assets.models import Asset
from assets.plans import planning
from assets.plans.models import Occurrence
from assets.plans.planning import Draft
from assets.plans.recurrence import COMPLETED, Rhythm
from core import access, categories, clock, digests, people, places, registry, surveys
from core.calendars import Duty
from core.database import Database, Session
from core.digests import Subscription, Wish
from core.errors import GongdanError
from core.intake import FaultReport, report_fault
from core.places import Site
from core.scheduler import Scheduler
from core.settings import Settings
from core.surveys import Survey
from core.tickets import actions, additions, queries
from core.tickets.models import Subject, Ticket
from core.triggers import TRIGGERS
from core.upkeep import deadlines, duty

T = TypeVar("T")
SELDOM = 16  # ticks
BEGINS = datetime(2025, 1, 1, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
COUNTRIES = {"Europe/Berlin": "DE", "America/Los_Angeles": "US", "Asia/Shanghai": "CN"}
QUIET = ("22:00", "07:00")
RULES: tuple[dict[str, Any], ...] = (
    {"respond": 120, "arrive": 480, "repair": 2880, "clock": "always", "stops": ["waiting_parts"], "remind": [30],
     "steps": [(0, "technician"), (30, "supervisor"), (240, "manager")]},
    {"category": "lift", "respond": 60, "repair": 960, "clock": "working", "stops": ["waiting_parts", "access"],
     "remind": [15, 45], "steps": [(0, "technician"), (60, "supervisor")]},
)  # fmt: skip
RRULES: tuple[dict[str, Any], ...] = (
    "FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU", "FREQ=MONTHLY;BYMONTHDAY=1",
    "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=DAILY;INTERVAL=5", "FREQ=YEARLY;BYMONTH=5,10;BYDAY=-1SU",
    "FREQ=MONTHLY;BYMONTHDAY=31",
)  # fmt: skip
SOUND = {"question": "Sound?", "kind": "pass_fail"}
LEAKS = {"question": "Any leak?", "kind": "pass_fail"}
METER = {"question": "Hours", "kind": "meter", "unit": "h"}
TROUBLE = ("lift", "water", "electricity", "doors_windows", "other")
SHIFTS = ((time(7), time(15)), (time(14), time(22)), (time(22), time(6)))
EVIDENCE: dict[str, list[str]] = {"fault": [], "task": [], "inspection": ["checklist"]}


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is, and how long it lasts. `spacing`: how close ticks may come.

    `outages`: how many for ten ticks; `risk`: that a process dies with one of its commits.
    """

    begins: datetime
    days: int
    assets: int
    plans: int
    staff: int
    reports: int
    spacing: timedelta = 20 * MINUTE
    outages: float = 0.02
    risk: float = 0.0005


class Killed(BaseException):
    """The process that ticks has died; nothing catches that."""


class Mortal:
    """The database of a process that may die before or after any of its commits."""

    def __init__(self, database: Database, lot: random.Random, risk: float) -> None:
        self._database, self._lot, self._risk = database, lot, risk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def write(self, work: Callable[[Session], T], wait: float = 5.0) -> T:
        dies = self._lot.random() < self._risk
        is_kept = self._lot.random() < 0.5

        def lived(session: Session) -> T:
            found = work(session)
            if dies and not is_kept:
                raise Killed
            return found

        found = self._database.write(lived, wait)
        if dies:
            raise Killed
        return found


@dataclass(slots=True)
class Town:
    """One site: its people and plans. `meters`: what each meter shows; `plans`: each with its rhythm and tickets."""

    site: UUID
    zone: str
    technicians: list[UUID]
    supervisor: UUID
    manager: UUID
    residents: list[UUID]
    common: list[Subject]
    homes: list[Subject]
    plans: dict[UUID, tuple[Rhythm, int, str]] = field(default_factory=dict)
    meters: dict[UUID, float] = field(default_factory=dict)


@dataclass(slots=True)
class World:
    """What there is and what was done. `ticks`: ticks that ended; `stars`: every rating that somebody gave."""

    database: Database
    settings: Settings
    size: Size
    lot: random.Random
    towns: list[Town] = field(default_factory=list)
    queue: list[tuple[datetime, int, Callable[[Session, datetime], None]]] = field(default_factory=list)
    order: Any = field(default_factory=count)
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    ticks: list[datetime] = field(default_factory=list)
    stars: dict[tuple[UUID, int, UUID], int] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    down_until: datetime | None = None
    up_at: datetime = datetime(2000, 1, 1, tzinfo=UTC)

    def later(self, at: datetime, deed: Callable[[Session, datetime], None]) -> None:
        heappush(self.queue, (at, next(self.order), deed))

    @property
    def ends(self) -> datetime:
        return self.size.begins + self.size.days * DAY


def built(database: Database, settings: Settings, seed: int, size: Size) -> World:
    """Three sites, one in each zone, that share the things and people of a size."""
    registry.load("core.triggers")
    registry.load("assets.triggers")
    event.listen(database.engine, "connect", _hurried)  # the machine of a simulation loses no power
    world = World(database, settings, size, random.Random(seed))
    with clock.at(size.begins), database.write_scope() as session:
        for number, zone in enumerate(COUNTRIES):
            share = [n // 3 + (n % 3 > number) for n in (size.assets, size.plans, size.staff)]
            world.towns.append(_town(session, world, zone, *share))
    for number in range(size.days):
        world.later(size.begins + number * DAY, lambda session, now: _day(world, now))
    return world


def _hurried(connection: Any, record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _town(session: Session, world: World, zone: str, assets: int, plans: int, staff: int) -> Town:
    begins, lot = world.size.begins, world.lot
    site = places.add_site(session, zone, timezone=zone, locale="en").id
    admin = _person(session, site, "admin")
    session.get_one(Site, site).settings = {
        "calendar": {"country": COUNTRIES[zone]}, "quiet": list(QUIET), "evidence": EVIDENCE,
    }  # fmt: skip
    for rule in RULES:
        world.rules[deadlines.save(session, site, "", dict(rule), admin, begins)] = rule
    halls = [places.ensure_path(session, site, f"{block}/1/Hall") for block in "ABCD"]
    crew = people.add_team(session, f"Crew of {zone}", site).id
    town = Town(
        site, zone, [_person(session, site, "technician") for _ in range(max(2, staff - 2))],
        _person(session, site, "supervisor"), _person(session, site, "manager"), [],
        [Subject(site, hall.id, hall.path, is_common=True) for hall in halls], [],
    )  # fmt: skip
    for who in town.technicians:
        people.join_team(session, crew, who, lot.sample(TROUBLE, 3))
    for number in range(max(4, assets // 2)):
        home = places.ensure_path(session, site, f"A/{number // 4}/{number}", kind="unit", is_common=False)
        town.residents.append(_person(session, site, "resident"))
        town.homes.append(Subject(site, home.id, home.path, is_common=False))
    things = [
        register.add_asset(session, site, lot.choice(halls).id, f"T {n}", f"Kind {n // 3}", now=begins)
        for n in range(assets)
    ]
    _duties(session, town, lot, admin, world.size)
    for number in range(plans):
        _plan(session, world, town, things, number)
    _digests(session, town, admin, begins)
    categories.touch(session, site)
    return town


def _person(session: Session, site: UUID, role: str) -> UUID:
    person = people.add_person(session, f"{role} {clock.new_id().hex[-6:]}", locale="en")
    people.grant(session, person.id, role, site)
    return person.id


def _duties(session: Session, town: Town, lot: random.Random, admin: UUID, size: Size) -> None:
    """A shift for everybody, those over midnight too, and somebody on call at the weekend."""
    first, weeks = size.begins.date(), size.days // 7 + 1
    for number, who in enumerate(town.technicians):
        begins, ends = SHIFTS[number % 3]
        for week in range(0, weeks, 53):
            span = (first + week * 7 * DAY, tuple(range(5)), min(53, weeks - week), begins, ends)
            duty.add(session, town.site, town.zone, duty.Plan(who, "shift", *span), admin, size.begins)
    span = (first, (5, 6), min(53, weeks), time(8), time(20))
    duty.add(session, town.site, town.zone, duty.Plan(town.technicians[0], "on_call", *span), admin, size.begins)


def _digests(session: Session, town: Town, admin: UUID, now: datetime) -> None:
    for period, at in (("week", "09:30"), ("day", "02:30")):
        digests.subscribe(session, town.site, Wish(period, at, town.manager), admin, now)
    digests.subscribe(session, town.site, Wish("day", "18:00", address=("telegram", "1", f"-{town.zone}")), admin, now)


def _plan(session: Session, world: World, town: Town, things: list[Asset], number: int) -> None:
    """Any plan that there can be: most by their date, some from the day done, by type, or by a meter."""
    lot, begins, name = world.lot, world.size.begins, f"Plan {number}"
    thing, kind = lot.choice(things), {3: "type", 7: "meter", 11: "done", 13: "done"}.get(number % 20, "date")
    level, rhythm = rhythm_of(lot, begins.date(), world.size.days, kind)
    if kind == "meter":
        if thing.id in town.meters:
            return
        town.meters[thing.id] = 0.0
        weekly = Rhythm("FREQ=WEEKLY", begins.date() + 3 * DAY)
        reads = Draft(f"{name} read", "general", "asset", weekly, [METER], asset_id=thing.id)
        town.plans[planning.add(session, town.site, reads, None, begins).id] = (weekly, 1, "date")
        rhythm = Rhythm(starts_on=begins.date())
    ids = {"type_id": thing.type_id} if kind == "type" else {"asset_id": thing.id}
    more = {"meter_every": 300.0} if kind == "meter" else {}
    subject = "type" if kind == "type" else "asset"
    draft = Draft(name, level, subject, rhythm, [SOUND, LEAKS], **ids, **more)  # type: ignore[arg-type]
    size = sum(one.type_id == thing.type_id for one in things) if kind == "type" else 1
    town.plans[planning.add(session, town.site, draft, None, begins).id] = (rhythm, size, kind)


def rhythm_of(lot: random.Random, begins: date, days: int, kind: str) -> tuple[str, Rhythm]:
    """A rhythm by chance; statutory ones keep their limit."""
    starts_on = begins + lot.randrange(max(2, min(60, days // 3))) * DAY
    if kind == "date" and lot.random() < 0.15:
        on_holiday = lot.choice(("before", "after"))
        return "lift", Rhythm("FREQ=DAILY;INTERVAL=14", starts_on, on_holiday=on_holiday, limit_days=15)
    hour, lead = time(lot.randrange(24), 30 * lot.randrange(2)), lot.randrange(4)
    on_holiday = lot.choice(("keep", "before", "after", "skip"))
    if kind == "done":
        rule = lot.choice(("FREQ=WEEKLY", "FREQ=DAILY;INTERVAL=10", "FREQ=MONTHLY"))
        return "general", Rhythm(rule, starts_on, hour, on_holiday="keep", counts_from=COMPLETED)
    extra = tuple(starts_on + lot.randrange(1, days) * DAY for _ in range(lot.randrange(3)))
    left_out = tuple(starts_on + lot.randrange(1, days) * DAY for _ in range(lot.randrange(9)))
    months = lot.choice(((), (), (5, 6, 7, 8, 9, 10)))
    rule = lot.choice(RRULES)
    return "general", Rhythm(rule, starts_on, hour, extra, left_out, months, on_holiday, lead_days=lead)


def live(world: World) -> None:
    """Let the time pass: what people do at its moment, and a tick whenever something may be due."""
    ticker = _process(world)
    now = world.size.begins
    while now < world.ends:
        now = _next(world, now)
        if world.down_until is not None:
            world.up_at, world.down_until = min(world.down_until, world.ends), None
            now = max(now, world.up_at)
        _people(world, now)
        with clock.at(now):
            try:
                _tick(world, ticker, now)
            except Killed:
                world.done["kills"] += 1
                ticker = _process(world)
                world.down_until = now + _pause(world.lot)
        if world.down_until is None and world.lot.random() < world.size.outages / 10:
            world.done["outages"] += 1
            ticker = _process(world)
            world.down_until = now + world.lot.uniform(0.1, 72) * HOUR
    _settle(world)


def _pause(lot: random.Random) -> timedelta:
    """How long it takes until somebody starts it again: a minute, or a long weekend."""
    return lot.uniform(1, 72) * (HOUR if lot.random() < 0.2 else MINUTE)


def _process(world: World) -> Scheduler:
    mortal: Any = Mortal(world.database, world.lot, world.size.risk)
    return Scheduler(mortal, world.settings)


def _settle(world: World) -> None:
    """At the end everything that is due is done, without any more accidents."""
    ticker = Scheduler(world.database, world.settings)
    for minute in range(1, 8):
        with clock.at(world.ends + minute * MINUTE):
            _tick(world, ticker, world.ends + minute * MINUTE)


def _tick(world: World, ticker: Scheduler, now: datetime) -> None:
    """Every trigger once, as if all their intervals had come at the same moment; those of the hour now and then."""
    if not ticker.renew():
        world.done["other process ticks"] += 1
        return
    is_slow = len(world.ticks) % SELDOM == 0
    for name in TRIGGERS:
        if TRIGGERS[name].every >= HOUR and not is_slow:
            continue
        outcome = ticker.wake(name, now)
        if outcome is None or outcome.failed:
            world.failed.append(f"{name} at {now}: {outcome}")
        else:
            world.done[f"trigger {name}"] += outcome.handled
    world.ticks.append(now)


def _next(world: World, now: datetime) -> datetime:
    """The next moment at which anything may be due: by the columns that say so, or by what people do."""
    columns = (
        Ticket.wake_at, Ticket.alarm_at, Survey.next_at, Subscription.next_at, planning.Plan.wake_at,
    )  # fmt: skip
    with world.database.read_scope() as session:
        found = [session.scalar(select(one).where(one.is_not(None)).order_by(one).limit(1)) for one in columns]
        shift = select(Duty.ends_at).where(Duty.kind == "shift", Duty.settled_at.is_(None))
        found.append(session.scalar(shift.order_by(Duty.ends_at).limit(1)))
    ahead = [one for one in found if one is not None] + [one[0] for one in world.queue[:1]]
    return min(world.ends, max(now + world.size.spacing, min(ahead, default=world.ends)))


def _people(world: World, until: datetime) -> None:
    """What people do up to a moment; while the server was down they come when it is up again."""
    while world.queue and world.queue[0][0] <= until:
        at, _, deed = heappop(world.queue)
        now = max(at, world.up_at)
        with clock.at(now), world.database.write_scope() as session:
            deed(session, now)


def _day(world: World, now: datetime) -> None:
    """What people will do on a day: reports, looks at the list, the desk's morning."""
    lot = world.lot
    for town in world.towns:
        for _ in range(int(lot.uniform(0, 2) * world.size.reports / len(world.towns) + lot.random())):
            world.later(now + lot.uniform(0, 24) * HOUR, _reporting(world, town))
        world.later(now + lot.uniform(0, 24) * HOUR, _desk_work(world, town))
        for who in town.technicians:
            for _ in range(3):
                world.later(now + lot.uniform(0, 24) * HOUR, _working(world, town, who))


def _reporting(world: World, town: Town) -> Callable[[Session, datetime], None]:
    def report(session: Session, now: datetime) -> None:
        lot, at = world.lot, world.lot.randrange(len(town.residents))
        who, where = town.residents[at], lot.choice((*town.common, town.homes[at]))
        is_alarm = lot.random() < 0.01
        told = FaultReport(
            where, "I smell gas" if is_alarm else "it is broken", who,
            category="" if is_alarm else lot.choice(TROUBLE), is_own=True,
            priority="" if is_alarm else lot.choice(("urgent", "normal", "normal", "low")),
        )  # fmt: skip
        found = report_fault(session, told, now)
        world.done[f"report {found.outcome}"] += 1
        _notice(world, town, found.ticket, now)
        if found.ticket is not None and where.is_common and lot.random() < 0.1:
            additions.join(session, found.ticket, lot.choice(town.residents), "", now)

    return report


def _notice(world: World, town: Town, ticket: Ticket | None, now: datetime) -> None:
    """Most who are asked look at it, soon or too late; others wait for their next look at the list."""
    if ticket is not None and ticket.assignee_id and world.lot.random() < 0.75:
        world.later(now + world.lot.uniform(1, 30) * MINUTE, _working(world, town, ticket.assignee_id))


def _working(world: World, town: Town, who: UUID) -> Callable[[Session, datetime], None]:
    def look(session: Session, now: datetime) -> None:
        viewer = access.viewer(session, who)
        for one in queries.list_of(session, who)[:10]:
            _try(session, world, lambda one=one: _work_on(session, world, town, one.id, viewer, now))  # type: ignore[misc]

    return look


def _try(session: Session, world: World, deed: Callable[[], None]) -> None:
    try:
        with session.begin_nested():
            deed()
    except GongdanError as error:
        world.refused[type(error).__name__] += 1


def _work_on(session: Session, world: World, town: Town, ticket_id: UUID, viewer: Any, now: datetime) -> None:
    """What a technician does with a ticket of theirs: the next step, nothing, or something else."""
    ticket, luck = queries.by_id(session, ticket_id, lock=True), world.lot.random()
    if ticket.state == "assigned" and luck < 0.85:
        deed, facts = ("accept", {}) if luck < 0.72 else ("decline", {"reason": "other"})
    elif ticket.state == "accepted" and luck < 0.8:
        deed, facts = ("check_in", {}) if luck < 0.72 else ("hold", {"reason": world.lot.choice(("access", "other"))})
    elif ticket.state == "in_progress" and luck < 0.9:
        if luck > 0.85:
            deed, facts = "hold", {"reason": "waiting_parts"}
        else:
            _finish(session, world, town, ticket, viewer, now)
            return
    elif ticket.state == "on_hold" and luck < 0.4:
        deed, facts = "resume", {}
    else:
        return
    actions.act(session, ticket, deed, viewer, now, facts=facts)
    world.done[deed] += 1


def _finish(session: Session, world: World, town: Town, ticket: Ticket, viewer: Any, now: datetime) -> None:
    lot, is_check = world.lot, ticket.kind == "inspection"
    leaves = is_check and lot.random() < 0.05
    for item in queries.checklist_of(session, ticket.id) if is_check else ():
        if item.answer or (leaves and item.position > 1):
            continue
        answer = "fail" if lot.random() < 0.03 else "pass"
        if item.kind == "meter" and ticket.asset_id is not None:
            town.meters[ticket.asset_id] = round(town.meters.get(ticket.asset_id, 0) + lot.uniform(0, 90), 1)
            answer = str(town.meters[ticket.asset_id])
        additions.answer_item(session, ticket, item.position, answer, viewer.person_id, now)
    if leaves:
        desk = access.viewer(session, town.supervisor)
        actions.act(session, ticket, "waive", desk, now, facts={"evidence": "checklist", "reason": "other"})
    facts = {"resolution": "passed" if is_check else "fixed"}
    actions.act(session, ticket, "sign_off", viewer, now, facts=facts)
    world.done["sign_off"] += 1
    if ticket.reporter_id is not None and ticket.kind == "fault":
        _await_answer(world, town, ticket.id, ticket.reporter_id, now)


def _await_answer(world: World, town: Town, ticket_id: UUID, who: UUID, now: datetime) -> None:
    """The resident confirms, reopens or stays silent; some answer the question that comes later."""
    luck, lot = world.lot.random(), world.lot

    def answer(session: Session, at: datetime) -> None:
        def deed() -> None:
            ticket = queries.by_id(session, ticket_id, lock=True)
            if ticket.state == "done" and luck < 0.52:
                action = "confirm" if luck < 0.45 else "reopen"
                facts = {"reason": "not_fixed"} if action == "reopen" else {}
                actions.act(session, ticket, action, access.viewer(session, who), at, facts=facts)
                world.done[action] += 1

        _try(session, world, deed)

    def rate(session: Session, at: datetime) -> None:
        def deed() -> None:
            ticket, stars = queries.by_id(session, ticket_id, lock=True), lot.choice((1, 2, 3, 4, 5, 5, 5))
            if ticket.state == "closed":
                surveys.rate(session, ticket, who, stars, at)
                world.stars[ticket_id, ticket.round, who] = stars

        _try(session, world, deed)

    world.later(now + lot.uniform(0.2, 20) * HOUR, answer)
    if lot.random() < 0.4:
        world.later(now + (lot.uniform(20.5, 30) if luck < 0.45 else lot.uniform(75, 140)) * HOUR, rate)


def _desk_work(world: World, town: Town) -> Callable[[Session, datetime], None]:
    def give_out(session: Session, now: datetime) -> None:
        """The supervisor gives out what nobody took, and cancels a little."""
        desk = access.viewer(session, town.supervisor)
        query = select(Ticket.id).where(Ticket.is_open, Ticket.site_id == town.site, Ticket.state == "reported")
        for ticket_id in session.scalars(query.order_by(Ticket.id).limit(60)).all():
            ticket = queries.by_id(session, ticket_id, lock=True)
            is_cancelled = world.lot.random() < 0.03 and ticket.kind == "fault"
            action = "cancel" if is_cancelled else "assign"
            facts = {"reason": "other"} if is_cancelled else {"assignee": str(world.lot.choice(town.technicians))}
            with suppress(GongdanError), session.begin_nested():
                actions.act(session, ticket, action, desk, now, facts=facts)
                world.done[f"desk {action}"] += 1
                _notice(world, town, ticket, now)

    return give_out


def occurrences(session: Session) -> list[Occurrence]:
    return list(session.scalars(select(Occurrence).order_by(Occurrence.id)))

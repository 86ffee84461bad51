"""Three sites with their people and plans, made by chance and through the verbs that pages use."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from heapq import heappush
from itertools import count
from typing import Any
from uuid import UUID

from assets import register
from assets.models import Asset
from assets.plans import planning
from assets.plans.planning import Draft
from assets.plans.recurrence import COMPLETED, Rhythm
from core import categories, clock, digests, people, places
from core.database import Database, Session
from core.digests import Wish
from core.people import Person
from core.places import Site
from core.settings import Settings
from core.tickets.models import Subject
from core.upkeep import deadlines, duty

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
RRULES = (
    "FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU", "FREQ=MONTHLY;BYMONTHDAY=1",
    "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=DAILY;INTERVAL=5", "FREQ=YEARLY;BYMONTH=5,10;BYDAY=-1SU",
    "FREQ=MONTHLY;BYMONTHDAY=31",
)  # fmt: skip
PLANS = ("date", "done", "meter", "type", *["date"] * 12, "done", "date", "done", "date")
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


def founded(database: Database, settings: Settings, seed: int, size: Size) -> World:
    """Three sites, one in each zone, that share the things and people of a size."""
    world = World(database, settings, size, random.Random(seed))
    with clock.at(size.begins), database.write_scope() as session:
        for number, zone in enumerate(COUNTRIES):
            share = [n // 3 + (n % 3 > number) for n in (size.assets, size.plans, size.staff)]
            world.towns.append(_town(session, world, zone, *share))
    return world


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
    """Somebody with a name that the seed alone decides: between equals, dispatch goes by names."""
    person = people.add_person(session, f"{role} {session.query(Person).count():03d}", locale="en")
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
    thing, kind = lot.choice(things), PLANS[number % len(PLANS)]
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

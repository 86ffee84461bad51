"""The roster: shifts and who is on call, planned week by week in the site's local time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import calendars, changes, clock
from core.calendars import Duty
from core.errors import Invalid, Missing, NotFound
from core.people import Person, Team
from core.upkeep import staff, teams

KINDS = ("shift", "on_call")
MOST_WEEKS = 53
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Plan:
    """Duties to add: on these weekdays (0 is Monday) from a day on, for some weeks, between two local times.

    An end that is not after the begin lies on the next day. `team_id`: the team whose work it is for; None for all.
    """

    person_id: UUID
    kind: str
    first: date
    weekdays: tuple[int, ...]
    weeks: int
    begins: time
    ends: time
    team_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A duty as the roster shows it."""

    id: UUID
    person_id: UUID
    name: str
    kind: str
    starts_at: datetime
    ends_at: datetime
    team: str


def add(session: Session, site_id: UUID, zone: str, plan: Plan, actor: UUID, now: datetime) -> int:
    """Put a person on duty; what overlaps with the same duty of that person is left out. Returns how many are new.

    Whoever is on call for a team need not be of it. Errors: NotFound for somebody who is not of the staff, or a team
    of another site; Invalid, Missing.
    """
    _check(plan)
    person = staff.person_at(session, site_id, plan.person_id)
    team = teams.team_at(session, site_id, plan.team_id) if plan.team_id else None
    fresh = [span for span in _spans(plan, zone) if not _is_busy(session, site_id, plan, span)]
    for starts_at, ends_at in fresh:
        session.add(Duty(
            id=clock.new_id(), site_id=site_id, person_id=person.id, kind=plan.kind, starts_at=starts_at,
            ends_at=ends_at, team_id=plan.team_id,
        ))  # fmt: skip
        session.flush()
    if fresh:
        told = {"kind": plan.kind, "from": _minute(fresh[0][0]), "until": _minute(fresh[-1][1]), "count": len(fresh)}
        told |= {"team": str(team.id)} if team else {}
        changes.record(session, changes.Edit(site_id, "duties", str(person.id), {}, told, person.name), actor, now)
    return len(fresh)


def remove(session: Session, site_id: UUID, duty_id: UUID, actor: UUID, now: datetime) -> None:
    """Take a duty off the roster; one that has begun ends now, so that it stays known who was on duty."""
    duty = session.get(Duty, duty_id)
    if duty is None or duty.site_id != site_id:
        raise NotFound(what="word.duty")
    before, name = _values(duty), session.get_one(Person, duty.person_id).name
    has_begun = duty.starts_at <= now
    if has_begun:
        duty.ends_at = min(duty.ends_at, now)
    else:
        session.delete(duty)
    session.flush()
    after = _values(duty) if has_begun else {}
    changes.record(session, changes.Edit(site_id, "duty", str(duty_id), before, after, name), actor, now)


@changes.restores("duty")
def _restore(
    session: Session, site_id: UUID, key: str, values: dict[str, Any], actor: UUID | None, now: datetime
) -> None:
    """Put a duty that was taken off back on. A shift that runs again is looked at again when it ends."""
    duty = session.get(Duty, UUID(key))
    before = _values(duty) if duty else {}
    after = before | values
    if duty is None:
        team = UUID(after["team"]) if after.get("team") else None
        duty = Duty(id=UUID(key), site_id=site_id, person_id=UUID(after["person"]), kind=after["kind"], team_id=team)
        session.add(duty)
    duty.starts_at, duty.ends_at = (datetime.fromisoformat(after[name]) for name in ("from", "until"))
    if duty.ends_at > now:
        duty.settled_at = None
    session.flush()
    changes.record(session, changes.Edit(site_id, "duty", key, before, after), actor, now)


def week(session: Session, site_id: UUID, zone: str, monday: date) -> list[list[Entry]]:
    """The duties of a week, day by day; one over midnight stands on the day on which it begins."""
    days = [calendars.instant(monday + timedelta(days=number), time(0), zone) for number in range(8)]
    team = func.coalesce(Team.name, "")
    query = select(Duty.id, Duty.person_id, Person.name, Duty.kind, Duty.starts_at, Duty.ends_at, team)
    query = query.join(Person, Person.id == Duty.person_id).outerjoin(Team, Team.id == Duty.team_id)
    query = query.where(Duty.site_id == site_id)
    query = query.where(Duty.starts_at < days[7], Duty.ends_at > days[0]).order_by(Duty.starts_at, Duty.id)
    found: list[list[Entry]] = [[] for _ in range(7)]
    for row in session.execute(query):
        entry = Entry(*row)
        found[max(number for number in range(7) if number == 0 or days[number] <= entry.starts_at)].append(entry)
    return found


def _check(plan: Plan) -> None:
    if plan.kind not in KINDS:
        raise Invalid(field="field.kind")
    if not plan.weekdays:
        raise Missing(field="field.weekdays")
    if not 1 <= plan.weeks <= MOST_WEEKS or not set(plan.weekdays) <= set(range(7)):
        raise Invalid(field="field.weeks")


def _spans(plan: Plan, zone: str) -> list[tuple[datetime, datetime]]:
    """The instants of every duty of a plan, in order."""
    monday = plan.first - timedelta(days=plan.first.weekday())
    days = [monday + WEEK * number + timedelta(days=day) for number in range(plan.weeks) for day in plan.weekdays]
    over = timedelta(days=0 if plan.ends > plan.begins else 1)
    return [
        (calendars.instant(day, plan.begins, zone), calendars.instant(day + over, plan.ends, zone))
        for day in sorted(days)
        if day >= plan.first
    ]


def _is_busy(session: Session, site_id: UUID, plan: Plan, span: tuple[datetime, datetime]) -> bool:
    same = (Duty.kind == plan.kind, Duty.team_id.is_not_distinct_from(plan.team_id))
    query = select(Duty.id).where(Duty.site_id == site_id, Duty.person_id == plan.person_id, *same)
    return session.scalar(query.where(Duty.starts_at < span[1], Duty.ends_at > span[0]).limit(1)) is not None


def _values(duty: Duty) -> dict[str, Any]:
    return {
        "person": str(duty.person_id), "kind": duty.kind, "from": duty.starts_at.isoformat(),
        "until": duty.ends_at.isoformat(), **({"team": str(duty.team_id)} if duty.team_id else {}),
    }  # fmt: skip


def _minute(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")

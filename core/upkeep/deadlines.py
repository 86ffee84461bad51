"""The rules of a site about deadlines: what they match, how long each goal may take, and whom lateness is told to.

They stand in the site's settings under `deadlines`, where `core.deadlines` reads them. Open tickets are counted anew by
the trigger `recounts` as soon as a rule, the calendar or the time zone is another one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core import categories, changes, clock, deadlines, people, places
from core.deadlines import CLOCKS, GOALS, TOLD, WEIGHTS, Deadline, Matter, Rule
from core.errors import Invalid, Missing, NotFound
from core.places import Site
from core.tickets.states import KINDS, PRIORITIES

LONGEST_MINUTES = 60 * 24 * 90
MOST_RULES, MOST_STEPS, MOST_REMINDERS = 60, 6, 4
STOPS = ("waiting_parts", "resident_absent", "access")


def rules(session: Session, site_id: UUID) -> list[Rule]:
    """The rules of a site, the most specific in front: the order in which they are asked."""
    site = places.site_of(session, site_id)
    return list(deadlines.terms_of(site.settings, site.timezone).rules)


def default(session: Session, site_id: UUID, priority: str) -> Rule:
    """What holds where no rule says anything: the promise by priority, around the clock."""
    site = places.site_of(session, site_id)
    return deadlines.terms_of({**site.settings, "deadlines": []}, site.timezone).rule(Matter(priority=priority))


def save(session: Session, site_id: UUID, key: str, values: dict[str, Any], actor: UUID | None, now: datetime) -> str:
    """Add a rule (an empty key) or change one. The answer is its key. Errors: Missing, Invalid, NotFound."""
    kept = _kept(session, site_id)
    if key and key not in kept:
        raise NotFound(what="word.rule")
    checked = _checked(session, site_id, values)
    if len(kept) >= MOST_RULES and not key:
        raise Invalid(field="field.rule")
    others = [Matter(**{name: one.get(name, "") for name in WEIGHTS}) for at, one in kept.items() if at != key]
    if Matter(**{name: checked.get(name, "") for name in WEIGHTS}) in others:
        raise SameMatter(field="field.rule")
    key = key or str(clock.new_id())
    _set(session, site_id, {**kept, key: {"key": key, **checked}}, key, actor, now)
    return key


class SameMatter(Invalid):
    """There is a rule for exactly this already. Please change that one."""


class OutOfOrder(Invalid):
    """Nobody can arrive before accepting, nor be ready before arriving. Please give each step at least as long."""


def remove(session: Session, site_id: UUID, key: str, actor: UUID | None, now: datetime) -> None:
    """Errors: NotFound."""
    kept = _kept(session, site_id)
    if key not in kept:
        raise NotFound(what="word.rule")
    _set(session, site_id, {at: one for at, one in kept.items() if at != key}, key, actor, now)


def tried(session: Session, site_id: UUID, matter: Matter, opened_at: datetime) -> tuple[Deadline, ...]:
    """The deadlines that a ticket would have if it were reported at a moment."""
    site = places.site_of(session, site_id)
    return deadlines.opening(matter, opened_at, deadlines.terms_of(site.settings, site.timezone))


def _checked(session: Session, site_id: UUID, values: dict[str, Any]) -> dict[str, Any]:
    """A rule as it is kept: what it does not say is left out."""
    _check_matter(session, site_id, values)
    minutes = {goal: int(values[goal]) for goal in GOALS if values.get(goal)}
    if not minutes:
        raise Missing(field="field.respond")
    late = [goal for goal in minutes if not 1 <= minutes[goal] <= LONGEST_MINUTES]
    if late:
        raise Invalid(field=f"field.{late[0]}")
    if sorted(minutes.values()) != list(minutes.values()):
        raise OutOfOrder(field="field.repair")
    if values["clock"] not in CLOCKS or set(values["stops"]) - set(STOPS):
        raise Invalid(field="field.clock")
    reminders, steps = sorted(set(values["remind"])), sorted((int(after), tell) for after, tell in values["steps"])
    if len(reminders) > MOST_REMINDERS or not all(1 <= one <= LONGEST_MINUTES for one in reminders):
        raise Invalid(field="field.remind")
    if len(steps) > MOST_STEPS or not all(0 <= after <= LONGEST_MINUTES and tell in TOLD for after, tell in steps):
        raise Invalid(field="field.steps")
    named = {name: values[name] for name in WEIGHTS if values.get(name)}
    more = {"clock": values["clock"], "stops": list(values["stops"]), "remind": reminders}
    return {**named, **minutes, **more, "steps": [list(step) for step in steps]}


def _check_matter(session: Session, site_id: UUID, values: dict[str, Any]) -> None:
    """Whether what it names is there."""
    known = categories.handbook(session, places.site_of(session, site_id)).works
    teams = {str(team.id) for team in people.teams_of(session, site_id)}
    unknown = {
        "category": values.get("category") and values["category"] not in known,
        "priority": values.get("priority") and values["priority"] not in PRIORITIES,
        "kind": values.get("kind") and values["kind"] not in KINDS,
        "team": values.get("team") and values["team"] not in teams,
    }
    if name := next((name for name, is_unknown in unknown.items() if is_unknown), ""):
        raise Invalid(field=f"field.{name}")


def _kept(session: Session, site_id: UUID) -> dict[str, dict[str, Any]]:
    return {one["key"]: one for one in session.get_one(Site, site_id).settings.get("deadlines", [])}


def _set(
    session: Session, site_id: UUID, kept: dict[str, dict[str, Any]], key: str, actor: UUID | None, now: datetime
) -> None:
    """Write the rules; the change is that of the one rule."""
    site = session.get_one(Site, site_id)
    before, after = _kept(session, site_id).get(key, {}), kept.get(key, {})
    left = {name: value for name, value in site.settings.items() if name != "deadlines"}
    site.settings = {**left, "deadlines": list(kept.values())} if kept else left
    categories.touch(session, site_id)
    edit = changes.Edit(site_id, "deadline", key, {"rule": before}, {"rule": after}, site.name)
    changes.record(session, edit, actor, now)


@changes.restores("deadline")
def _restore(
    session: Session, site_id: UUID, key: str, values: dict[str, Any], actor: UUID | None, now: datetime
) -> None:
    """Write a rule as it was; without one it is not there again."""
    rule = values.get("rule")
    kept = {at: one for at, one in _kept(session, site_id).items() if at != key}
    _set(session, site_id, {**kept, key: rule} if rule else kept, key, actor, now)

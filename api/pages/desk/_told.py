"""Events of the trace in words, for streams that are no ticket's: what time decided about a plan, or at a site."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from api.pages.desk import _dates
from api.pages.desk._frame import At
from api.subjects import as_id
from assets.plans import planning
from assets.plans.deciding import METER
from assets.plans.recurrence import REASONS
from core.database import Session
from core.i18n import full_time, has_text, translate
from core.places import Place
from core.tickets import queries
from core.trace import Event

PLAN = "plan:"
# Which text tells an event, where its facts decide about that: a suffix of `decided.<action>`.
SUFFIXES: dict[str, Callable[[dict[str, Any]], str]] = {
    "make": lambda facts: "_late" if facts.get("late") else "",
    "carry": lambda facts: "_into" if facts.get("into") else "",
    "shift_ended": lambda facts: "" if facts.get("released") else "_on" if facts.get("goes_on") else "_kept",
    "digest": lambda facts: f"_{facts['skipped']}" if "skipped" in facts else "_merged" if facts["is_merged"] else "",
    "credential_issued": lambda facts: f"_{facts['kind']}",
    "home_decided": lambda facts: "" if facts.get("approved") else "_refused",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """An event. `thing`: what it is about where the page does not say, with its address."""

    id: str
    text: str
    who: str
    when: str
    thing: str
    href: str


def lines(here: At, db: Session, events: Sequence[Event]) -> list[Told]:
    """Events in words, in their order."""
    facts = [json.loads(event.facts) for event in events]
    both = list(zip(events, facts, strict=True))
    names = queries.names_of(db, [who for event, said in both for who in _people(event, said)])
    plans = planning.names_of(db, here.site.id, [_plan(event) for event in events])
    return [_line(here, db, event, said, names, plans) for event, said in both]


def _line(
    here: At, db: Session, event: Event, facts: dict[str, Any], names: dict[UUID, str], plans: dict[UUID, str]
) -> Told:
    plan, actor = _plan(event), as_id(event.actor)
    return Told(
        str(event.id), words(db, event, facts, names, here.locale),
        names.get(actor, "") if actor else translate("page.who.system", here.locale),
        full_time(event.at, here.site.timezone, here.locale), plans.get(plan, "") if plan else "",
        here.link(f"/desk/plans/{plan}") if plan in plans else "",
    )  # fmt: skip


def words(db: Session, event: Event, facts: dict[str, Any], names: dict[UUID, str], locale: str) -> str:
    """What an event says. A kind that no catalog knows is told by its name, which a test of the house forbids."""
    if event.action == "postpone" and facts["on"] < facts["was"]:
        return translate("decided.advance", locale, **facts, because=_because(facts, locale))
    suffix = SUFFIXES[event.action](facts) if event.action in SUFFIXES else ""
    key = f"decided.{event.action}{suffix}"
    return translate(key, locale, **_facts(db, facts, names, locale)) if has_text(key, locale) else event.action


def _facts(db: Session, facts: dict[str, Any], names: dict[UUID, str], locale: str) -> dict[str, str]:
    """The facts as words: people by name, places by path, fields and periods as they are called."""

    def person(value: str) -> str:
        return names.get(UUID(value), "")

    told = {name: ", ".join(map(str, one)) if isinstance(one, list) else str(one) for name, one in facts.items()}
    told.pop("key", None)  # of a change: an id
    told["because"] = _because(facts, locale)
    if "person" in facts:
        told["person"] = person(facts["person"])
    if "told" in facts:
        told["told"] = ", ".join(map(person, facts["told"])) or "\u2013"
    if "held" in facts:
        told["held"] = translate(f"plan.held.{facts['held']}", locale)
    if "fields" in facts:
        told["fields"] = ", ".join(_field(name, locale) for name in facts["fields"])
    if "period" in facts:
        told["period"] = translate(f"decided.period_{facts['period']}", locale)
    if place := facts.get("place_id") or facts.get("place"):
        found = db.get(Place, UUID(str(place)))
        told["place"] = (found.path or found.name) if found else ""
    return told


def _because(facts: dict[str, Any], locale: str) -> str:
    """Why a date is not where its rule has it, in brackets; nothing where it is."""
    reason = facts.get("reason", "")
    if reason in ("", "planned") or reason not in (*REASONS, METER) or "on" not in facts:
        return ""
    on, planned_on = (date.fromisoformat(facts.get(name) or facts["on"]) for name in ("on", "planned_on"))
    found = {"kind": facts.get("why", ""), "name": facts.get("holiday", "")}
    why = "" if reason == "skipped" else _dates.why(reason, locale, on=on, planned_on=planned_on, **found)
    return translate("decided.because", locale, why=why or _dates.short(found["kind"], found["name"], locale))


def _field(name: str, locale: str) -> str:
    key = f"field.{name.removesuffix('_id')}"
    return translate(key, locale) if has_text(key, locale) else name


def _plan(event: Event) -> UUID | None:
    return as_id(event.stream.removeprefix(PLAN)) if event.stream.startswith(PLAN) else None


def _people(event: Event, facts: dict[str, Any]) -> Iterator[UUID]:
    """Everybody whose name an event needs."""
    for value in (event.actor, facts.get("person", ""), *facts.get("told", ())):
        if (found := as_id(str(value))) is not None:
            yield found

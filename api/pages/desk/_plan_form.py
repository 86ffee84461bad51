"""The form of a plan: what was typed is read field by field, and what is wrong with it stands beside its own field.

Nothing that was typed is dropped in silence: a limit without a question, or stops of a plan that is about something
else, is said like everything else that cannot be kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from functools import partial
from itertools import zip_longest
from typing import Any, TypeVar

from api.pages._posting import Posted
from api.pages.desk import _route
from api.pages.desk._route import Route
from api.subjects import as_id
from assets.plans import checklists, recurrence
from assets.plans.models import Plan
from assets.plans.planning import LEVELS, Draft
from assets.plans.recurrence import MOST_DAYS, NotARule, Rhythm
from core import i18n
from core.errors import GongdanError, Invalid, Missing
from core.i18n import translate

COLUMNS = ("question", "kind", "low", "high", "unit", "choices")
USUAL, OWN = "usual", "own"
OFTEN = {
    "FREQ=DAILY": "daily", "FREQ=WEEKLY": "weekly", "FREQ=DAILY;INTERVAL=14": "fortnightly", "FREQ=MONTHLY": "monthly",
    "FREQ=MONTHLY;INTERVAL=3": "quarterly", "FREQ=MONTHLY;INTERVAL=6": "half_yearly", "FREQ=YEARLY": "yearly",
}  # fmt: skip
BLANK = {
    "name": "", "level": "general", "about": "", "often": "", "rule": LEVELS["general"].rule, "starts_on": "",
    "hour": "08:00", "extra": "", "left_out": "", "months": "", "on_holiday": "after", "counts_from": "scheduled",
    "lead_days": "0", "tolerance_days": "0", "limit_days": "0", "meter_every": "", "category": "equipment",
}  # fmt: skip
BETWEEN = re.compile(r"[\s,;\uff0c\u3001\uff1b]+")  # what people write between days and numbers
LONGEST_SAID = 40
NO_DAYS: tuple[date, ...] = ()
NO_MONTHS: tuple[int, ...] = ()
# Where an error stands whose field has another name in the form, and the text that stands above a field.
PLACES = {"rhythm": "often", "subject": "about", "checklist": "question-1", "plan_stops": "add_stops"}
LABELS = {
    "often": "field.rhythm", "about": "field.subject", "add_stops": "route.add", "name": "field.name",
    "level": "field.level", "category": "field.category", "months": "field.months", "meter_every": "field.meter_every",
}  # fmt: skip

T = TypeVar("T")
Errors = list[tuple[str, str]]


class NotADay(Invalid):
    """{field}: {said} is no day. Write it like 2026-12-24."""


class NotAnHour(Invalid):
    """{field}: {said} is no time. Write it like 08:00."""


class NoQuestion(Missing):
    """Question {n}: write what is to be looked at, or take the rest of it out."""


class RouteUnused(Invalid):
    """There are stops in the route below. Choose the round through several things, or take them out."""


@dataclass(slots=True)
class Entered:
    """A form as it was sent. `wrong`: the places where something is wrong, with what; the first of each place counts.

    `items`: the questions, also those where something but the question was typed.
    """

    values: dict[str, str]
    items: list[dict[str, str]]
    route: Route
    wrong: dict[str, GongdanError] = field(default_factory=dict)

    def refuse(self, place: str, error: GongdanError) -> None:
        self.wrong.setdefault(place, error)

    def read(self, name: str, how: Callable[[str], T], instead: T) -> T:
        """A field, read; what cannot be read is noted, and something takes its place."""
        try:
            return how(self.values[name])
        except GongdanError as error:
            self.refuse(name, error)
            return instead


def entered(form: Posted, route: Route) -> Entered:
    columns = [form.fields.get(name, []) for name in COLUMNS]
    rows = [dict(zip(COLUMNS, map(str.strip, row), strict=True)) for row in zip_longest(*columns, fillvalue="")]
    kept = [row for row in rows if any(value for name, value in row.items() if name != "kind")]
    return Entered({name: form.one(name) for name in BLANK}, kept, route)


def draft(found: Entered) -> Draft | None:
    """The plan that was typed; None where something in it is wrong, which `found` tells then."""
    typed = found.values
    kind, _, key = typed["about"].partition(":")
    ids: dict[str, Any] = {f"{kind}_id": as_id(key)} if kind in ("asset", "type", "place") else {}
    made = Draft(
        typed["name"], typed["level"], kind, _rhythm(found), _asked(found), stops=_stops(found, kind),
        meter_every=found.read("meter_every", partial(checklists.number, field="field.meter_every"), None),
        category=typed["category"] or BLANK["category"], **ids,
    )  # fmt: skip
    for problem in recurrence.problems(made.rhythm):
        misplaced(found, problem)
    return None if found.wrong else made


def _rhythm(found: Entered) -> Rhythm:
    typed = found.values
    starts_on = found.read("starts_on", partial(_day, "plan.starts_on"), date.max)
    hour = found.read("hour", _hour, time())
    extra, left_out = (found.read(name, partial(_days, f"plan.{name}"), NO_DAYS) for name in ("extra", "left_out"))
    months = found.read("months", _months, NO_MONTHS)
    numbers = {name: found.read(name, partial(_whole, f"plan.{name}"), 0) for name in MOST_DAYS}
    rule = _rule(typed).upper().removeprefix("RRULE:")
    return Rhythm(rule, starts_on, hour, extra, left_out, months, typed["on_holiday"], typed["counts_from"], **numbers)


def _rule(typed: dict[str, str]) -> str:
    """How often: by a choice, as is usual for the importance, or by its own rule."""
    if typed["often"] == USUAL and typed["level"] in LEVELS:
        return LEVELS[typed["level"]].rule
    return typed["often"] if typed["often"] in OFTEN else typed["rule"]


def _day(name: str, said: str) -> date:
    if not said:
        raise Missing(field=name)
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise NotADay(field=name, said=said[:LONGEST_SAID]) from None


def _days(name: str, said: str) -> tuple[date, ...]:
    return tuple(_day(name, one) for one in BETWEEN.split(said) if one)


def _hour(said: str) -> time:
    if not said:
        raise Missing(field="plan.hour")
    try:
        return time.fromisoformat(said).replace(tzinfo=None)
    except ValueError:
        raise NotAnHour(field="plan.hour", said=said[:LONGEST_SAID]) from None


def _months(said: str) -> tuple[int, ...]:
    return tuple(_whole("field.months", one) for one in BETWEEN.split(said) if one)


def _whole(name: str, said: str) -> int:
    """A whole number; nothing is 0, as the form shows it."""
    try:
        return int(said or "0")
    except ValueError:
        raise checklists.NotANumber(field=name, said=said[:LONGEST_SAID]) from None


def _asked(found: Entered) -> list[dict[str, Any]]:
    """The questions, each tried by itself, so that what is wrong with one stands beside it."""
    asked: list[dict[str, Any]] = []
    for at, item in enumerate(found.items, start=1):
        one = {**item, **checklists.choices(item["choices"])}
        try:
            if not item["question"]:
                raise NoQuestion(n=at, field="plan.question")
            checklists.checked([one])
            checklists.checked([*asked, one])
            asked.append(one)
        except GongdanError as error:
            found.refuse(_place(error, at), error)
    return asked


def _stops(found: Entered, kind: str) -> Sequence[dict[str, Any]]:
    if kind != _route.ROUTE:
        if found.route.legs or found.route.typed:
            found.refuse("about", RouteUnused(field="field.subject"))
        return ()
    wrong = list(found.route.mistakes())
    for key, error in wrong:
        found.refuse(f"{_route.OWN}{key}", error)
    try:
        return () if wrong else found.route.stops()
    except GongdanError as error:
        found.refuse("add_stops", error)
        return ()


def misplaced(found: Entered, error: GongdanError) -> None:
    """Note what only showed when the plan was put together, where it belongs."""
    found.refuse(_place(error, 1), error)


def _place(error: GongdanError, at: int) -> str:
    """The id of the field that an error is about; `at`: the question that it may be about."""
    name = str(error.facts.get("field") or "").rpartition(".")[2]
    if not name and isinstance(error, NotARule):
        return "rule"
    if name in COLUMNS or name == "checklist":
        return f"{'question' if name == 'checklist' else name}-{at}"
    return PLACES.get(name, name if name in BLANK else "name")


def said(found: Entered, locale: str) -> Errors:
    """What is wrong, by the place where it stands, each beginning with what the field is called."""
    return [(place, _named(found, place, error, locale)) for place, error in found.wrong.items()]


def _named(found: Entered, place: str, error: GongdanError, locale: str) -> str:
    label, text = _label(found, place, locale), i18n.explain(error, locale)
    if isinstance(error, Missing) and error.facts.get("field") == "field.checklist":
        return text
    return text if label.casefold() in text.casefold() else translate("plan.wrong", locale, field=label, why=text)


def _label(found: Entered, place: str, locale: str) -> str:
    column, _, number = place.partition("-")
    if number and column in COLUMNS:
        return translate("plan.question", locale, n=number)
    if place.startswith(_route.OWN):
        return next(leg.name for leg in found.route.legs if place == f"{_route.OWN}{leg.key}")
    return translate(LABELS.get(place, f"plan.{place}"), locale)


def kept(plan: Plan, route: Route) -> Entered:
    """A plan as its form shows it."""
    told = {name: value for name, value in plan.rhythm.items() if name in BLANK}
    values = {name: " ".join(map(str, v)) if isinstance(v, list) else str(v) for name, v in told.items()}
    about = f"{plan.subject}:{plan.asset_id or plan.type_id or plan.place_id or ''}"
    every = f"{plan.meter_every:g}" if plan.meter_every else ""
    often = values["rule"] if values.get("rule") in OFTEN else OWN
    values |= {
        "name": plan.name, "level": plan.level, "about": about, "meter_every": every, "category": plan.category,
        "often": often,
    }  # fmt: skip
    return Entered(BLANK | values, [_item(item) for item in plan.checklist], route)


def _item(item: dict[str, Any]) -> dict[str, str]:
    failing = item.get("failing", ())
    limits = {name: "" if item.get(name) is None else f"{item[name]:g}" for name in ("low", "high")}
    choices = ", ".join(f"!{one}" if one in failing else one for one in item.get("choices", ()))
    return {
        "question": item["question"],
        "kind": item["kind"],
        "unit": item.get("unit", ""),
        "choices": choices,
    } | limits

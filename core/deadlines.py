"""Pure: until when a ticket is to be accepted, reached and repaired, and why that is so.

A deadline follows from the moments of the ticket's trace, the rules of the site and its calendar, and from nothing
else, so it can be counted again at any time. What it was counted from is kept as facts, which become a sentence in the
reader's language.

    "deadlines": [{"key": "r1", "category": "lift", "respond": 30, "arrive": 60, "repair": 480, "clock": "working",
                   "stops": ["waiting_parts"], "remind": [15], "steps": [[0, "technician"], [30, "supervisor"]]}]
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from core import calendars, holidays, i18n, worktime
from core.worktime import Calendar, NeverWorked

RESPOND_WITHIN = {
    "emergency": timedelta(minutes=15),
    "urgent": timedelta(hours=2),
    "normal": timedelta(hours=8),
    "low": timedelta(hours=48),
}
RESPOND, REPAIR = "respond", "repair"
GOALS = (RESPOND, "arrive", REPAIR)
MEETS = {"accept": "respond", "claim": "respond", "check_in": "arrive", "sign_off": "repair"}
WORKING, ALWAYS = "working", "always"
PLAN = "plan"  # not a clock of any rule: the last moment of a plan's window, whatever the hours
CLOCKS = (WORKING, ALWAYS)
TOLD = ("technician", "supervisor", "manager")
EMERGENCY = "emergency"
HELD = "on_hold"
ENDED = ("cancelled", "merged")
MINUTE = timedelta(minutes=1)
WEIGHTS = {"priority": 1, "kind": 2, "category": 4, "team": 8}  # between rules that name as many things


@dataclass(frozen=True, slots=True)
class Step:
    """Whom an overdue deadline is told to, so many minutes after it."""

    after: int
    tell: str


STEPS = (Step(0, "technician"), Step(15, "supervisor"), Step(60, "manager"))
PLAN_REMINDS = (4 * 60,)  # minutes before the end of a plan's window, where no rule names its kind of work
PLAN_STEPS = (Step(0, "supervisor"), Step(24 * 60, "manager"))  # the technician was reminded; the digest tells the rest


@dataclass(frozen=True, slots=True)
class Matter:
    """What a rule looks at. `team`: the one that the work was offered to, such as a contractor's."""

    category: str = ""
    priority: str = ""
    kind: str = ""
    team: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """Minutes by goal for what it matches; an empty field of `of` matches anything.

    `stops`: the reasons of a hold for which the clock stands still. `remind`: minutes before a deadline. `says`: the
    goals that the site has set itself, where others were filled in.
    """

    key: str = ""
    of: Matter = field(default_factory=Matter)
    minutes: Mapping[str, int] = field(default_factory=dict)
    clock: str = ALWAYS
    stops: tuple[str, ...] = ()
    remind: tuple[int, ...] = ()
    steps: tuple[Step, ...] = STEPS
    says: tuple[str, ...] = ()

    def matches(self, matter: Matter) -> bool:
        return all(getattr(self.of, name) in ("", getattr(matter, name)) for name in WEIGHTS)

    def rank(self) -> tuple[int, int]:
        """How much it names: the rule that says most about a matter goes before the others."""
        named = [name for name in WEIGHTS if getattr(self.of, name)]
        return len(named), sum(WEIGHTS[name] for name in named)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a site says about its deadlines. `version`: differs as soon as anything differs that they follow from."""

    version: str
    rules: tuple[Rule, ...]
    settings: Mapping[str, Any]
    zone: str

    def rule(self, matter: Matter) -> Rule:
        """The most specific rule, its answer to the priority filled in; without any, the promise by priority alone."""
        found = next((rule for rule in self.rules if rule.matches(matter)), Rule())
        promised = promised_minutes(matter.priority, self.settings)
        minutes = {"respond": promised, **found.minutes}
        if matter.priority == EMERGENCY != found.of.priority:  # a rule for everything slows no emergency down
            minutes["respond"] = min(promised, minutes["respond"])
        clock = ALWAYS if matter.priority == EMERGENCY else found.clock
        return replace(found, minutes=minutes, clock=clock, says=tuple(found.minutes))

    def calendar(self, team: str) -> Calendar:
        return worktime.of(self.settings, self.zone, team)


@dataclass(frozen=True, slots=True)
class Moment:
    """An event of the trace, as far as deadlines follow from it."""

    at: datetime
    action: str
    facts: Mapping[str, Any]
    to_state: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """`due_at`: None where nothing is asked, or the clock stands still. `facts`: what it was counted from."""

    goal: str
    due_at: datetime | None
    met_at: datetime | None
    ended_at: datetime | None
    facts: dict[str, Any]
    rule: Rule

    @property
    def is_running(self) -> bool:
        return self.due_at is not None and self.met_at is None and self.ended_at is None

    def is_breached(self, now: datetime) -> bool:
        return is_overdue(self.due_at, self.met_at or self.ended_at, now)


@dataclass(frozen=True, slots=True)
class Alarm:
    """A reminder before a deadline (`before`, level 0), or a step after it (from level 1 on)."""

    at: datetime
    goal: str
    name: str
    level: int = 0
    tell: str = "technician"


@dataclass(slots=True)
class _Round:
    """What happened since the work was asked for, or asked for again. `met`: when, and what the matter was then.

    `until`: the last moment of a plan's window, for the work of a plan.
    """

    starts_at: datetime
    matter: Matter
    until: datetime | None = None
    met: dict[str, tuple[datetime, Matter]] = field(default_factory=dict)
    holds: list[tuple[datetime, datetime | None, str]] = field(default_factory=list)
    ended_at: datetime | None = None


def promised_minutes(priority: str, settings: Mapping[str, Any]) -> int:
    """Minutes to accept, by priority alone. A site may set them: `{"promise": {"urgent": 90}}`."""
    own = settings.get("promise", {}).get(priority)
    return int(own or RESPOND_WITHIN[priority] // MINUTE)


def is_overdue(due: datetime | None, met_at: datetime | None, now: datetime) -> bool:
    """Whether a deadline was missed: what it asks for had not happened when its time came."""
    return due is not None and (met_at or now) > due


def terms_of(settings: Mapping[str, Any], zone: str) -> Terms:
    """The terms of a site as its settings stand, and as far as its country has published its days off."""
    told = {name: settings[name] for name in ("calendar", "deadlines", "promise") if settings.get(name)}
    country = told.get("calendar", {}).get("country", "")
    known = holidays.last_published() if country == holidays.CHINA else 0
    return _terms(json.dumps([told, zone, known], sort_keys=True))


@lru_cache(maxsize=256)
def _terms(text: str) -> Terms:
    settings, zone, _ = json.loads(text)
    rules = sorted(map(read, settings.get("deadlines", [])), key=Rule.rank, reverse=True)
    return Terms(hashlib.sha256(text.encode()).hexdigest()[:12], tuple(rules), settings, zone)


def read(said: Mapping[str, Any]) -> Rule:
    """A rule as the settings hold it."""
    steps = tuple(Step(int(after), tell) for after, tell in said.get("steps", ()))
    return Rule(
        said.get("key", ""), Matter(**{name: said.get(name, "") for name in WEIGHTS}),
        {goal: int(said[goal]) for goal in GOALS if said.get(goal)}, said.get("clock", ALWAYS),
        tuple(said.get("stops", ())), tuple(said.get("remind", ())), steps if "steps" in said else STEPS,
    )  # fmt: skip


def judge(moments: Sequence[Moment], terms: Terms) -> tuple[Deadline, ...]:
    """The deadlines of the last round, from a trace that begins with the report.

    1. A round begins with the report or a reopening; its clock begins there.
    2. A goal is met by the first action of its kind in the round, under the rule that held at that moment.
    3. Until then the rule follows the matter: another category, priority or team counts from the round's beginning.
    4. The clock stands still while work is held for a reason that the rule names.
    5. The work of a plan is to be done within the plan's window; only a rule that names its kind asks for more.
    """
    rounds = _rounds(moments)
    return tuple(_deadline(goal, rounds[-1], terms) for goal in GOALS) if rounds else ()


def opening(matter: Matter, now: datetime, terms: Terms, until: datetime | None = None) -> tuple[Deadline, ...]:
    """The deadlines of what is reported now. `until`: the last moment of a plan's window."""
    return tuple(_deadline(goal, _Round(now, matter, until), terms) for goal in GOALS)


def alarms(deadline: Deadline) -> list[Alarm]:
    """Everything that is to be told about a deadline that runs, in order of time. Its end is told, if to nobody.

    Of what was too late when it came, as an inspection after an outage, the steps are counted from its coming.
    """
    due, rule = deadline.due_at, deadline.rule
    if due is None or not deadline.facts or not deadline.is_running:
        return []
    length = deadline.facts["minutes"]
    before = [Alarm(due - m * MINUTE, deadline.goal, f"remind:{m}") for m in rule.remind if m < length]
    steps = sorted(rule.steps or (Step(0, ""),), key=lambda step: step.after)
    missed_at = max(due, datetime.fromisoformat(deadline.facts["from"]))
    after = [
        Alarm(missed_at + step.after * MINUTE, deadline.goal, f"step:{level}", level, step.tell)
        for level, step in enumerate(steps, 1)
    ]
    return sorted([*before, *after], key=lambda alarm: (alarm.at, alarm.level))


def _rounds(moments: Sequence[Moment]) -> list[_Round]:
    rounds: list[_Round] = []
    for moment in moments:
        if moment.action == "report":
            until = moment.facts.get("until")
            rounds.append(
                _Round(moment.at, _named(Matter(), moment.facts), datetime.fromisoformat(until) if until else None)
            )
        elif moment.action == "reopen":
            rounds.append(_Round(moment.at, rounds[-1].matter))
        if rounds:
            _take_up(rounds[-1], moment)
    return rounds


def _take_up(here: _Round, moment: Moment) -> None:
    if moment.action in ("recategorise", "reprioritise", "offer_team"):
        here.matter = _named(here.matter, moment.facts)
    is_held = bool(here.holds) and here.holds[-1][1] is None
    if moment.to_state == HELD and not is_held:
        here.holds.append((moment.at, None, str(moment.facts.get("reason", ""))))
    elif moment.to_state != HELD and is_held:
        here.holds[-1] = (here.holds[-1][0], moment.at, here.holds[-1][2])
    if moment.action in MEETS:
        here.met.setdefault(MEETS[moment.action], (moment.at, here.matter))
    if moment.to_state in ENDED:
        here.ended_at = moment.at


def _named(matter: Matter, facts: Mapping[str, Any]) -> Matter:
    return replace(matter, **{name: str(facts[name]) for name in WEIGHTS if facts.get(name)})


def _deadline(goal: str, here: _Round, terms: Terms) -> Deadline:
    met_at, matter = here.met.get(goal, (None, here.matter))
    rule = terms.rule(matter)
    if here.until is not None and (goal == REPAIR or not (rule.of.kind and goal in rule.says)):
        return _within_window(goal, here, met_at, rule)
    minutes = rule.minutes.get(goal)
    if minutes is None:
        return Deadline(goal, None, met_at, here.ended_at, {}, rule)
    calendar = terms.calendar(matter.team) if rule.clock == WORKING else None
    holds = [one for one in here.holds if one[2] in rule.stops and (met_at is None or one[0] < met_at)]
    facts: dict[str, Any] = {"goal": goal, "minutes": minutes, "clock": rule.clock, "from": here.starts_at.isoformat()}
    if rule.key:
        facts["rule"] = rule.key
    if holds:
        facts["holds"] = [[began.isoformat(), ended.isoformat() if ended else "", why] for began, ended, why in holds]
    try:
        due, left = _due(here.starts_at, minutes * MINUTE, calendar, holds)
    except NeverWorked:
        return Deadline(goal, None, met_at, here.ended_at, {**facts, "never": True}, rule)
    facts |= _outcome(here.starts_at, due, left, calendar, holds, minutes)
    return Deadline(goal, due, met_at, here.ended_at, facts, rule)


def _within_window(goal: str, here: _Round, met_at: datetime | None, rule: Rule) -> Deadline:
    """Until when the work of a plan is to be done; no hold moves that, because the plan's next date does not wait.

    That is also the promise of what nobody has taken up yet; nothing is told of it by itself.
    """
    until = here.until
    assert until is not None
    if goal != REPAIR:
        return Deadline(goal, until if goal == RESPOND else None, met_at, here.ended_at, {}, rule)
    facts: dict[str, Any] = {
        "goal": goal, "minutes": (until - here.starts_at) // MINUTE, "clock": PLAN,
        "from": here.starts_at.isoformat(), "due": until.isoformat(),
    }  # fmt: skip
    if rule.of.kind:
        facts["rule"] = rule.key
    else:
        rule = replace(rule, remind=PLAN_REMINDS, steps=PLAN_STEPS)
    return Deadline(goal, until, met_at, here.ended_at, facts, rule)


def _due(
    start: datetime, length: timedelta, calendar: Calendar | None,
    holds: Sequence[tuple[datetime, datetime | None, str]],
) -> tuple[datetime | None, timedelta]:  # fmt: skip
    """When so much time has run outside the holds; None with what is left while the clock stands still."""
    at, rest = start, length
    for began, ended, _ in holds:
        ran = calendar.between(at, began) if calendar else began - at
        if ran >= rest:
            break
        rest -= ran
        if ended is None:
            return None, rest
        at = ended
    return (calendar.add(at, rest) if calendar else at + rest), rest


def _outcome(
    start: datetime, due: datetime | None, left: timedelta, calendar: Calendar | None,
    holds: Sequence[tuple[datetime, datetime | None, str]], minutes: int,
) -> dict[str, Any]:  # fmt: skip
    """What came out, with what somebody may wonder about: time off between, and years that nobody has published."""
    if due is None:
        return {"left": left // MINUTE}
    facts: dict[str, Any] = {"due": due.isoformat()}
    if calendar is None:
        return facts
    stood = sum((min(ended, due) - began for began, ended, _ in holds if ended and began < due), timedelta())
    if due - start - stood > minutes * MINUTE:
        facts["moved"] = True
    first, last = calendars.local_day(start, calendar.zone), calendars.local_day(due, calendar.zone)
    years = calendar.unpublished(first, last)
    return facts | ({"unpublished": years} if years else {})


def said(facts: Mapping[str, Any], locale: str, zone: str) -> str:
    """Why a deadline is when it is, in a sentence of the reader's language."""

    def at(text: str) -> str:
        return i18n.clock_time(datetime.fromisoformat(text), zone)

    def say(key: str, **told: Any) -> str:
        return i18n.translate(f"deadline.{key}", locale, **told)

    if facts["clock"] == PLAN:
        return say("window", until=at(facts["due"]))
    length = lasting(facts["minutes"], locale)
    parts = [say(f"{facts['goal']}_{facts['clock']}", length=length), say("from", at=at(facts["from"]))]
    for began, ended, why in facts.get("holds", ()):
        reason = i18n.translate(f"reason.{why}", locale) if i18n.has_text(f"reason.{why}", locale) else why
        parts.append(
            say("held" if ended else "held_still", at=at(began), until=at(ended) if ended else "", reason=reason)
        )
    parts += [say("moved")] if facts.get("moved") else []
    parts += [say("until", at=at(facts["due"]))] if facts.get("due") else []
    parts += [say("left", length=lasting(facts["left"], locale))] if "left" in facts else []
    parts += [say("never")] if facts.get("never") else []
    parts += [say("unpublished", year=year) for year in facts.get("unpublished", ())]
    return i18n.translate("deadline.comma", locale).join(parts)


def lasting(minutes: int, locale: str) -> str:
    """A length of time in hours and minutes; days would leave open whether they are working ones."""
    hours, rest = divmod(int(minutes), 60)
    keys = [("hours", hours)] * bool(hours) + [("minutes", rest)] * bool(rest or not hours)
    return " ".join(i18n.translate(f"deadline.{key}", locale, count=count) for key, count in keys)

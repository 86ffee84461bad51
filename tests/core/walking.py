"""A second way to count deadlines, to hold the first against: a walk from minute to minute through the calendar.

It shares no code with `core.deadlines` and `core.worktime`, only the kinds of days with `core.holidays`. At each minute
it asks: is this one worked? does the clock stand still? and counts down. What it reads is raw: the rows of the trace
and the settings of the site.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from core import holidays

MINUTE = timedelta(minutes=1)
OF_DAY = 24 * 60
START = datetime(2026, 10, 1, tzinfo=UTC)  # before the first report of any history
FARTHEST = 400  # days
BY_DEFAULT = {"emergency": 15, "urgent": 120, "normal": 480, "low": 2880}
GOALS = {"respond": ("accept", "claim"), "arrive": ("check_in",), "repair": ("sign_off",)}
NAMED = {"priority": 1, "kind": 2, "category": 4, "team": 8}
OFFICE = [[["09:00", "18:00"]]] * 5 + [[], []]


@lru_cache(maxsize=2000)
def shown(zone: str, day: int) -> list[tuple[date, int]]:
    """What a clock in a zone shows at each minute of a day of UTC: the local day, and the minute of it."""
    moments = (START + MINUTE * (day * OF_DAY + minute) for minute in range(OF_DAY))
    found = [moment.astimezone(ZoneInfo(zone)) for moment in moments]
    return [(one.date(), one.hour * 60 + one.minute) for one in found]


@lru_cache(maxsize=20_000)
def worked(calendar: str, team: str, day: date) -> bytes:
    """Whether each minute of a local day is worked, 1 or 0."""
    minutes = bytearray(OF_DAY)
    for begins, ends in hours_of(json.loads(calendar), team, day):
        first, last = (int(text[:2]) * 60 + int(text[3:]) for text in (begins, ends))
        minutes[first:last] = b"\1" * (last - first)
    return bytes(minutes)


def hours_of(said: Mapping[str, Any], team: str, day: date) -> Sequence[Sequence[str]]:
    week = said.get("teams", {}).get(team) or said.get("hours") or OFFICE
    own = said.get("days", {}).get(day.isoformat())
    if own is not None:
        if own.get("off"):
            return []
        found: Sequence[Sequence[str]] = own.get("hours") or week[0 if day.weekday() >= 5 else day.weekday()]
        return found
    kind = holidays.day_of(said.get("country", ""), said.get("region", ""), day)
    if kind.why == holidays.HOLIDAY:
        return []
    of_monday: Sequence[Sequence[str]] = week[0 if kind.why == holidays.MAKE_UP else day.weekday()]
    return of_monday


@dataclass(slots=True)
class Told:
    """What the trace says of the present round. `held`: from when until when the work was on hold, and why."""

    began: datetime | None = None
    matter: dict[str, str] = field(default_factory=lambda: dict.fromkeys(NAMED, ""))
    met: dict[str, tuple[datetime, dict[str, str]]] = field(default_factory=dict)
    held: list[list[Any]] = field(default_factory=list)


def told(events: Sequence[Any]) -> Told:
    """Read the rows of a trace, the first one in front."""
    found = Told()
    for event in events:
        facts = json.loads(event.facts)
        if event.action == "report":
            found = Told(event.at)
        if event.action == "reopen":
            found = Told(event.at, found.matter)
        if event.action in ("report", "recategorise", "reprioritise", "offer_team"):
            found.matter = found.matter | {name: str(facts[name]) for name in NAMED if facts.get(name)}
        if event.to_state == "on_hold" and not (found.held and found.held[-1][1] is None):
            found.held.append([event.at, None, facts.get("reason", "")])
        if event.to_state != "on_hold" and found.held and found.held[-1][1] is None:
            found.held[-1][1] = event.at
        for goal, actions in GOALS.items():
            if event.action in actions and goal not in found.met:
                found.met[goal] = (event.at, dict(found.matter))
    return found


def due(events: Sequence[Any], settings: Mapping[str, Any], zone: str) -> dict[str, datetime | None]:
    """When each goal is due by the rules of today; None where nothing is asked or the clock stands still."""
    story = told(events)
    return {goal: _due(goal, story, settings, zone) for goal in GOALS}


def _due(goal: str, story: Told, settings: Mapping[str, Any], zone: str) -> datetime | None:
    assert story.began is not None
    met_at, matter = story.met.get(goal, (None, story.matter))
    rule = _rule(matter, settings)
    left = rule.get(goal) or (_promised(matter, settings) if goal == "respond" else 0)
    if not left:
        return None
    is_always = matter["priority"] == "emergency" or rule.get("clock", "always") == "always"
    calendar = "" if is_always else json.dumps(settings.get("calendar", {}), sort_keys=True)
    held = tuple(
        (_minute(began), FARTHEST * OF_DAY if ended is None else _minute(ended))
        for began, ended, why in story.held
        if why in rule.get("stops", ()) and (met_at is None or began < met_at)
    )
    return _counted(_minute(story.began), left, _Clock(zone, calendar, matter["team"]), held)


@dataclass(frozen=True, slots=True)
class _Clock:
    """Which minutes count. `calendar`: the settings as JSON, empty around the clock."""

    zone: str
    calendar: str
    team: str

    def of_day(self, day: int) -> list[int]:
        """Each minute of a day of UTC: does it count?"""
        if not self.calendar:
            return [1] * OF_DAY
        return [worked(self.calendar, self.team, local)[minute] for local, minute in shown(self.zone, day)]


@lru_cache(maxsize=1000)
def _counted(at: int, left: int, clock: _Clock, held: tuple[tuple[int, int], ...]) -> datetime | None:
    """Count down, minute by minute."""
    first, minute = divmod(at, OF_DAY)
    for day in range(first, FARTHEST):
        counts = clock.of_day(day)
        while minute < OF_DAY:
            now = day * OF_DAY + minute
            if counts[minute] and not any(begins <= now < ends for begins, ends in held):
                left -= 1
                if not left:
                    return START + MINUTE * (now + 1)
            minute += 1
        minute = 0
    return None


def _minute(moment: datetime) -> int:
    assert (moment - START) % MINUTE == timedelta(), "histories are made of whole minutes"
    return (moment - START) // MINUTE


def _rule(matter: Mapping[str, str], settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """The rule that names most of the matter and nothing else; the heavier names where two name as many."""
    best: tuple[tuple[int, int], Mapping[str, Any]] = ((-1, -1), {})
    for rule in settings.get("deadlines", []):
        named = [name for name in NAMED if rule.get(name)]
        if all(rule[name] == matter[name] for name in named):
            rank = (len(named), sum(NAMED[name] for name in named))
            best = max(best, (rank, rule), key=lambda one: one[0])
    return best[1]


def _promised(matter: Mapping[str, str], settings: Mapping[str, Any]) -> int:
    return int(settings.get("promise", {}).get(matter["priority"]) or BY_DEFAULT[matter["priority"]])

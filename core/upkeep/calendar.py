"""A site's calendar at the desk: its country, its hours, those of its teams, and what it says about single days.

It stands in the site's settings under `calendar`, where `core.worktime` reads it. Nothing is ever chosen silently: a
new site takes the country of its time zone, one that is there already keeps what it has until somebody says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import calendars, categories, changes, holidays, worktime
from core.changes import Change
from core.errors import Invalid
from core.people import Team
from core.places import Site
from core.worktime import Span

BLANK: dict[str, Any] = {"country": "", "region": "", "hours": [], "teams": {}, "days": {}}
NOTICE = timedelta(days=60)  # before a year begins whose days nobody knows
MOST_SPANS, MOST_DAYS, LONGEST_NAME = 6, 2000, 60
SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*[-–~]\s*((?:[01]\d|2[0-3]):[0-5]\d|24:00)")
SEPARATORS = re.compile(r"\s*[,;，；、]\s*")


class NotHours(Invalid):
    """{text} are no hours. Write them in order, like 09:00-12:00, 13:00-18:00; leave it empty for a day off."""


@dataclass(frozen=True, slots=True)
class Unpublished:
    """A site that will need days which nobody has published yet."""

    site_id: UUID
    name: str
    country: str
    year: int


def values_of(session: Session, site_id: UUID) -> dict[str, Any]:
    """What the calendar of a site says, every field of it."""
    return {**BLANK, **session.get_one(Site, site_id).settings.get("calendar", {})}


def of_site(session: Session, site_id: UUID, team: str = "") -> worktime.Calendar:
    site = session.get_one(Site, site_id)
    return worktime.of(site.settings, site.timezone, team)


def begin(site: Site) -> None:
    """Give a new site the country of its time zone."""
    if country := suggested(site.timezone):
        site.settings = {**site.settings, "calendar": {"country": country}}


@cache
def suggested(zone: str) -> str:
    """The country that a time zone lies in, by its two letters; empty where that is not known."""
    table = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    found = next((row[0] for row in rows if row[2] == zone), "")
    return found if found in holidays.countries() else ""


def set_country(session: Session, site_id: UUID, country: str, region: str, actor: UUID | None, now: datetime) -> None:
    """Errors: Invalid for one that nobody knows."""
    if country and country not in holidays.countries():
        raise Invalid(field="field.country")
    if region and region not in holidays.countries().get(country, ()):
        raise Invalid(field="field.region")
    _set(session, site_id, {"country": country, "region": region}, actor, now)


def set_hours(session: Session, site_id: UUID, week: list[str], actor: UUID | None, now: datetime) -> None:
    """The hours of Monday to Sunday as they are written. Errors: NotHours, Invalid where no day is worked."""
    _set(session, site_id, {"hours": _week(week)}, actor, now)


def set_team_hours(
    session: Session, site_id: UUID, team_id: UUID, week: list[str], actor: UUID | None, now: datetime
) -> None:
    """The hours that a team keeps instead of the site's; all empty for the site's. Errors: NotHours, Invalid."""
    team = session.get(Team, team_id)
    if team is None or team.site_id != site_id:
        raise Invalid(field="field.team")
    kept = {key: hours for key, hours in values_of(session, site_id)["teams"].items() if key != str(team_id)}
    own = {str(team_id): _week(week)} if any(text.strip() for text in week) else {}
    _set(session, site_id, {"teams": kept | own}, actor, now)


def set_day(
    session: Session, site_id: UUID, day: date, said: dict[str, Any] | None, actor: UUID | None, now: datetime
) -> None:
    """Say of a day that it is off or worked, its name, and its hours as they are written; None takes that back.

    Errors: NotHours, Invalid.
    """
    days = {key: kept for key, kept in values_of(session, site_id)["days"].items() if key != day.isoformat()}
    if said is not None:
        hours = [] if said["off"] else [list(span) for span in spans(str(said.get("hours", "")))]
        name = str(said.get("name", "")).strip()[:LONGEST_NAME]
        days[day.isoformat()] = {"off": bool(said["off"]), "name": name, "hours": hours}
    if len(days) > MOST_DAYS:
        raise Invalid(field="field.day")
    _set(session, site_id, {"days": dict(sorted(days.items()))}, actor, now)


def spans(text: str) -> list[Span]:
    """Hours as people write them: `09:00-12:00, 13:00-18:00`. Errors: NotHours."""
    found: list[Span] = []
    for part in filter(None, SEPARATORS.split(text.strip())):
        match = SPAN.fullmatch(part)
        if match is None:
            raise NotHours(field="field.hours", text=text[:100])
        found.append((f"{match[1]}:{match[2]}", match[3]))
    edges = [edge for span in found for edge in span]
    is_backwards = any(begins >= ends for begins, ends in found)
    if is_backwards or edges != sorted(edges) or len(found) > MOST_SPANS:
        raise NotHours(field="field.hours", text=text[:100])
    return found


def written(hours: Any) -> str:
    """Hours as they are typed."""
    return ", ".join(f"{begins}-{ends}" for begins, ends in hours)


def unpublished(session: Session, now: datetime) -> list[Unpublished]:
    """The sites that will need a year soon, or need it already, whose days off nobody knows yet."""
    found = []
    for site in session.scalars(select(Site).order_by(Site.name)):
        zone = calendars.known_or_utc(site.timezone)  # one site's broken zone hides no other's missing years
        calendar, today = worktime.of(site.settings, zone), calendars.local_day(now, zone)
        years = calendar.unpublished(today, today + NOTICE)
        found += [Unpublished(site.id, site.name, calendar.country, year) for year in years]
    return found


def _week(texts: list[str]) -> list[list[list[str]]]:
    week = [[list(span) for span in spans(text)] for text in texts]
    if len(week) != 7 or not any(week):
        raise Invalid(field="field.hours")
    return week


def _set(session: Session, site_id: UUID, values: dict[str, Any], actor: UUID | None, now: datetime) -> None:
    """Write some fields of the calendar; what is empty is not kept."""
    site = session.get_one(Site, site_id)
    before = values_of(session, site_id)
    after = before | values
    site.settings = {**site.settings, "calendar": {name: value for name, value in after.items() if value}}
    categories.touch(session, site_id)
    changes.record(session, changes.Edit(site_id, "calendar", "calendar", before, after, site.name), actor, now)


@changes.ALONE.register("calendar")
def _former(session: Session, change: Change) -> dict[str, Any]:
    """The fields of a calendar without one change to it: each weekday, team and day stands for itself.

    Errors: OverlaidSince, and Lasting where no day would be worked.
    """
    now, values = values_of(session, change.site_id), {}
    for name in change.before:
        sides = (_spelt(name, side[name]) for side in (change.before, change.after, now))
        values[name] = _listed(name, changes.undone(f"field.{name}", *sides))
    if not any(values.get("hours", [True])):
        raise changes.Lasting
    return values


def _spelt(name: str, value: Any) -> Any:
    """Hours by weekday, those that nobody has set as the usual ones: so one day is undone beside another."""
    if name == "hours":
        week = value or [[list(span) for span in spans] for spans in worktime.WEEK]
        return {str(day): spans for day, spans in enumerate(week)}
    if name == "teams":
        return {team: _spelt("hours", week) for team, week in value.items()}
    return value


def _listed(name: str, value: Any) -> Any:
    """The same as the settings keep it."""
    if name == "hours":
        return [value[day] for day in sorted(value)]
    if name == "teams":
        return {team: _listed("hours", week) for team, week in value.items()}
    return value


@changes.restores("calendar")
def _restore(
    session: Session, site_id: UUID, key: str, values: dict[str, Any], actor: UUID | None, now: datetime
) -> None:
    _set(session, site_id, values, actor, now)

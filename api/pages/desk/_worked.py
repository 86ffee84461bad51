"""Changes of a calendar as people read them: which weekday, whose hours or which day, from what to what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from api.subjects import as_id
from core.i18n import translate
from core.upkeep import calendar
from core.worktime import WEEK

Row = tuple[str, str, str]  # what it is called, before, after
PARTS = ("hours", "teams", "days")


def rows(
    before: Mapping[str, Any], after: Mapping[str, Any], names: Mapping[UUID, str], locale: str
) -> Iterator[Row]:  # fmt: skip
    """What differs between two calendars, without country and region."""
    if "hours" in after:
        yield from _week(translate("field.hours", locale), before["hours"], after["hours"], locale)
    for team in _changed(before.get("teams", {}), after.get("teams", {})):
        name = names.get(as_id(team) or UUID(int=0), team)
        usual = translate("desk_calendar.as_site", locale)
        was, now = before["teams"].get(team), after["teams"].get(team)
        if was and now:
            yield from _week(name, was, now, locale)
        else:
            yield name, usual if not was else _line(was, locale), usual if not now else _line(now, locale)
    for day in _changed(before.get("days", {}), after.get("days", {})):
        yield day, _day(before["days"].get(day), locale), _day(after["days"].get(day), locale)


def of_day(kept: Mapping[str, Any], locale: str) -> str:
    """What an administrator has said about a day."""
    kind = translate("desk_calendar.own_off" if kept.get("off") else "desk_calendar.own_worked", locale)
    return " · ".join(filter(None, (kind, kept.get("name", ""), calendar.written(kept.get("hours", ())))))


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return sorted(key for key in {**before, **after} if before.get(key) != after.get(key))


def _week(name: str, before: Any, after: Any, locale: str) -> Iterator[Row]:
    """One line for each weekday whose hours differ; hours that nobody has set are the usual ones."""
    for day, (was, now) in enumerate(zip(before or WEEK, after or WEEK, strict=True)):
        if calendar.written(was) != calendar.written(now):
            yield f"{name} · {translate(f'weekday.{day}', locale)}", _spans(was, locale), _spans(now, locale)


def _line(week: Any, locale: str) -> str:
    days = ((translate(f"weekday.{day}", locale), _spans(spans, locale)) for day, spans in enumerate(week))
    return " · ".join(f"{day} {spans}" for day, spans in days)


def _spans(spans: Any, locale: str) -> str:
    return calendar.written(spans) or translate("desk_calendar.closed", locale)


def _day(kept: Mapping[str, Any] | None, locale: str) -> str:
    return of_day(kept, locale) if kept else translate("desk_calendar.as_year", locale)

"""The days of a plan counted a second time, day by day, with dateutil alone: what `assets.plans` is held against."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from dateutil.rrule import rrulestr

from assets.plans.recurrence import Rhythm

DAY = timedelta(days=1)


def expanded(rhythm: Rhythm, last: date, is_worked: Callable[[date], bool]) -> list[date]:
    """The days on which a plan's work falls, up to one."""
    ruled = rrulestr(rhythm.rule, dtstart=datetime.combine(rhythm.starts_on, datetime.min.time()))
    until = datetime.combine(last + 20 * DAY, datetime.min.time())
    days = {moment.date() for moment in ruled.between(datetime(2024, 1, 1), until, inc=True)} | set(rhythm.extra)  # noqa: DTZ001
    found: list[date] = []
    for day in sorted(one for one in days if one not in rhythm.left_out and one <= last + 15 * DAY):
        if rhythm.months and day.month not in rhythm.months:
            continue
        on = day
        if not is_worked(day) and rhythm.on_holiday != "keep":
            if rhythm.on_holiday == "skip":
                continue
            step = DAY if rhythm.on_holiday == "after" else -DAY
            while not is_worked(on):
                on += step
            on = on if on >= rhythm.starts_on else day
        if rhythm.limit_days and found and (on - found[-1]).days > rhythm.limit_days:
            on = found[-1] + rhythm.limit_days * DAY
            while not is_worked(on) and on > found[-1] + DAY:
                on -= DAY
        if not found or on > found[-1]:
            found.append(on)
    return [day for day in found if day <= last]

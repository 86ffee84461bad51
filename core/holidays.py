"""Public holidays and make-up working days (调休), from libraries that are kept for it.

Mainland China comes from chinesecalendar: `holidays` 0.109 answers for years whose days off the State Council has not
published yet, chinesecalendar 1.11 refuses them. A year that is not published is never guessed silently: its days
come as not known, and everybody who shows them says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

import chinese_calendar
import holidays

CHINA = "CN"
WEEKDAY, WEEKEND, HOLIDAY, MAKE_UP, OVERRIDE = "weekday", "weekend", "holiday", "make_up", "override"
SATURDAY = 5
LETTERS = 2  # of a country's code in ISO 3166-1
MOST_YEARS = 512  # that are kept at hand, of all countries
EARLIEST = 2004  # chinesecalendar knows no earlier one


@dataclass(frozen=True, slots=True)
class Day:
    """What a day is. `why`: one of the words above. `name`: of the holiday, in the country's own language or English.

    `is_known`: False where the year's days off are not published, so that the day of the week alone decides.
    """

    is_off: bool
    why: str
    name: str = ""
    is_known: bool = True


def day_of(country: str, region: str, day: date) -> Day:
    """A day as its country has it; without a country only the weekend is off."""
    plain = Day(day.weekday() >= SATURDAY, WEEKEND if day.weekday() >= SATURDAY else WEEKDAY)
    if country == CHINA:
        return _chinese(day, plain)
    name = _public(country, region, day.year).get(day, "") if country else ""
    return Day(is_off=True, why=HOLIDAY, name=name) if name else plain


def spoken(name: str, locale: str) -> str:
    """The name of a holiday in the reader's language where the library knows it."""
    return _in_chinese().get(name, name) if locale == "zh_CN" else name


@cache
def _in_chinese() -> dict[str, str]:
    return {one.value: one.chinese for one in chinese_calendar.Holiday}


def is_published(country: str, year: int) -> bool:
    """Whether the days off of a year are known. Countries whose holidays follow from rules know every year."""
    return country != CHINA or EARLIEST <= year <= last_published()


@cache
def last_published() -> int:
    """The last year whose days off in mainland China the library knows."""
    year: int = max(day.year for day in chinese_calendar.holidays)
    return year


@cache
def countries() -> dict[str, tuple[str, ...]]:
    """Every country that is known, by its two letters, with its regions."""
    known = holidays.list_supported_countries()
    return {code: tuple(regions) for code, regions in known.items() if len(code) == LETTERS}


def _chinese(day: date, plain: Day) -> Day:
    if not is_published(CHINA, day.year):
        return Day(plain.is_off, plain.why, is_known=False)
    is_off, name = chinese_calendar.get_holiday_detail(day)
    if is_off:
        return Day(is_off=True, why=HOLIDAY, name=name) if name else plain
    return Day(is_off=False, why=MAKE_UP, name=name or "") if plain.is_off else plain


@lru_cache(maxsize=MOST_YEARS)
def _public(country: str, region: str, year: int) -> Mapping[date, str]:
    return dict(holidays.country_holidays(country, subdiv=region or None, years=year))

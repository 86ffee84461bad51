"""Words for people: gettext catalogs with dotted keys, complete in every locale.

A catalog is split into domains (one .po file each) so that a text lives near its subject. They are read
directly: two languages load in a few milliseconds, and no compile step can be forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.messages.pofile import read_po

from core.errors import GongdanError, english

NAMES = {"zh_CN": "中文", "en": "English"}
LOCALES = tuple(NAMES)
DEFAULT_LOCALE = "zh_CN"
FOLDER = Path(__file__).parent / "locale"


@cache
def catalog(locale: str) -> dict[str, str]:
    """Every key of a locale with its text. A key that stands in two domains raises LookupError."""
    texts: dict[str, str] = {}
    for file in sorted((FOLDER / locale / "LC_MESSAGES").glob("*.po")):
        with file.open("rb") as stream:
            for message in read_po(stream, locale=locale):
                if not message.id:
                    continue
                if message.id in texts:
                    raise LookupError(f"{message.id} stands twice in {locale}")
                texts[str(message.id)] = str(message.string)
    return texts


def translate(key: str, locale: str, **params: Any) -> str:
    """The text of a key with its placeholders filled. An unknown key raises KeyError."""
    return catalog(locale)[key].format_map(params)


def has_text(key: str, locale: str = DEFAULT_LOCALE) -> bool:
    return key in catalog(locale)


def explain(error: GongdanError, locale: str) -> str:
    """What an error says to a person in a locale.

    A fact that is itself a key (`{"field": "field.place"}`) is translated before it is filled in.
    """
    facts = said(error.facts, locale)
    if locale == "en":
        return english(type(error), facts)
    return translate(error.key, locale, **facts)


def said(facts: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """Facts as a person reads them: those that are keys are translated, lists become words in one line."""
    return {name: _said(value, locale) for name, value in facts.items()}


def _said(value: Any, locale: str) -> Any:
    if isinstance(value, list | tuple):
        return listed([str(_said(item, locale)) for item in value], locale)
    return catalog(locale).get(value, value) if isinstance(value, str) else value


def listed(words: Iterable[str], locale: str) -> str:
    """Several words in one line, separated as the language does it."""
    return ("、" if locale == "zh_CN" else ", ").join(words)


def choose(*wishes: str | None) -> str:
    """The best locale for a list of wishes: language codes of a platform or an Accept-Language header."""
    for wish in wishes:
        for part in (wish or "").split(","):
            tag = part.split(";")[0].strip().replace("-", "_").lower()
            if tag.startswith("zh"):
                return "zh_CN"
            if tag.startswith("en"):
                return "en"
    return DEFAULT_LOCALE if not any(wishes) else "en"


@cache
def _manners(locale: str) -> Locale:
    """How a locale writes dates. Found once: Babel looks through all of its thousand locales for each name."""
    return Locale.parse(locale)


def country(code: str, locale: str) -> str:
    """The name of a country by its two letters; the letters where the locale has no name for it."""
    return str(_manners(locale).territories.get(code, code))


def _zone(name: str) -> tzinfo:
    """The time zone of that name; UTC where it is not known here, so that what was said at a time can still be read."""
    try:
        return ZoneInfo(name)
    except (LookupError, OSError, ValueError):
        return UTC


def clock_time(moment: datetime, zone: str) -> str:
    """Month, day and time without words, for sentences that name several."""
    return moment.astimezone(_zone(zone)).strftime("%m-%d %H:%M")


def local_time(moment: datetime, zone: str, locale: str, now: datetime) -> str:
    """A time as people say it: the hour alone today, with the day otherwise."""
    here = moment.astimezone(_zone(zone))
    clock = format_time(here, "HH:mm", locale=_manners(locale))
    if here.date() == now.astimezone(_zone(zone)).date():
        return clock
    day = format_date(here, "M月d日" if locale == "zh_CN" else "d MMM", locale=_manners(locale))
    return f"{day} {clock}" if locale == "zh_CN" else f"{day}, {clock}"


def span(start: datetime, end: datetime, zone: str, locale: str, now: datetime) -> str:
    """A stretch of time; its end names the day only when that is another one."""
    return f"{local_time(start, zone, locale, now)}–{local_time(end, zone, locale, start)}"


def full_time(moment: datetime, zone: str, locale: str) -> str:
    return format_datetime(moment.astimezone(_zone(zone)), "yyyy-MM-dd HH:mm", locale=_manners(locale))

"""Pure: times for an appointment, the usual ones to choose from and those that people type."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from core.calendars import instant, local_day

PARTS = {"morning": (9, 12), "afternoon": (14, 17)}
DAYS = ("today", "tomorrow", "after_tomorrow")
MOST_WINDOWS = 4
EARLIEST_HOUR = 7
ONE_HOUR = timedelta(hours=1)

DAY_WORDS = {
    "the day after tomorrow": 2, "day after tomorrow": 2, "tomorrow": 1, "today": 0, "后天": 2, "明天": 1, "明日": 1,
    "今天": 0, "今日": 0,
}  # fmt: skip
WEEKDAYS = {
    **{f"{word}{name}": day for word in ("星期", "周", "礼拜") for day, name in enumerate("一二三四五六日")},
    **{f"{word}天": 6 for word in ("星期", "周", "礼拜")},
    **dict(zip(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), range(7), strict=True)),
    **dict(zip(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), range(7), strict=True)),
}
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NUMBERED_DAY = re.compile(r"(?P<month>\d{1,2})\s*[月/]\s*(?P<day>\d{1,2})\s*[日号]?")
NAMED_DAY = re.compile(rf"(?P<day>\d{{1,2}})\s*(?P<month>{'|'.join(MONTHS)})[a-z]*")
HALF_DAYS = {"上午": "am", "早上": "am", "早晨": "am", "中午": "pm", "下午": "pm", "傍晚": "pm", "晚上": "pm"}
HALF_DAY_NAMES = {"morning": "am", "afternoon": "pm"} | HALF_DAYS
CLOCK = re.compile(
    rf"(?P<before>{'|'.join(HALF_DAYS)})?\s*(?P<hour>\d{{1,2}})"
    r"(?:\s*[点时]\s*(?P<half>半)?(?:(?P<past>\d{1,2})分?)?|:(?P<minute>\d{2}))?\s*(?P<after>am|pm)?"
)
NUMERALS = {name: number for number, name in enumerate("一二三四五六七八九十", 1)} | {"两": 2, "十一": 11, "十二": 12}
NUMERAL_HOUR = re.compile(r"(十[一二]?|[一二两三四五六七八九])(?=[点时])")
FILLERS = re.compile(r"from|between|until|till|and|to|at|on|in the|[到至~\-–—,。.!\s]|之间|可以|吗|吧|行|来|期间")

Window = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day as it was said; `half` is am, pm or empty."""

    hour: int
    minute: int
    half: str

    def at(self, half: str) -> time:
        """The time of day, in the half of the day that was said or is meant. Errors: ValueError."""
        is_afternoon = half == "pm" and self.hour < 12
        hour = 0 if half == "am" and self.hour == 12 else self.hour + 12 * is_afternoon
        return time(hour, self.minute)


def usual(now: datetime, zone: str) -> list[tuple[str, datetime, datetime]]:
    """The next mornings and afternoons: (label, start, end)."""
    today = local_day(now, zone)
    found = [
        (f"window.{name}_{part}", instant(day, time(start), zone), instant(day, time(end), zone))
        for name, day in ((name, today + timedelta(days=ahead)) for ahead, name in enumerate(DAYS))
        for part, (start, end) in PARTS.items()
    ]
    return [window for window in found if window[1] > now][:MOST_WINDOWS]


def read(text: str, now: datetime, zone: str) -> Window | None:
    """The window that words in Chinese or English tell; None when they do not. Its tests are full of examples."""
    words = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    words = NUMERAL_HOUR.sub(lambda found: str(NUMERALS[found[0]]), words)
    today = local_day(now, zone)
    try:
        day, words = _day(words, today)
        start, end, words = _times(words)
    except ValueError:
        return None
    if FILLERS.sub("", words):
        return None
    window = _window(day or today, start, end, zone)
    if day is None and window[0] <= now:
        window = _window(today + timedelta(days=1), start, end, zone)
    return window if now < window[1] and window[0] < window[1] else None


def _window(day: date, start: time, end: time | None, zone: str) -> Window:
    begins = instant(day, start, zone)
    return begins, instant(day, end, zone) if end else begins + ONE_HOUR


def _day(words: str, today: date) -> tuple[date | None, str]:
    """The day that is named, and the words without it. Errors: ValueError for a day that does not exist."""
    for name, ahead in DAY_WORDS.items():
        if name in words:
            return today + timedelta(days=ahead), words.replace(name, " ", 1)
    for name, weekday in WEEKDAYS.items():
        if re.search(rf"{name}(?![a-z])", words):
            return today + timedelta(days=(weekday - today.weekday()) % 7 or 7), words.replace(name, " ", 1)
    if found := NUMBERED_DAY.search(words):
        return _dated(today, int(found["month"]), int(found["day"])), words.replace(found[0], " ", 1)
    if found := NAMED_DAY.search(words):
        month = MONTHS.index(found["month"]) + 1
        return _dated(today, month, int(found["day"])), words.replace(found[0], " ", 1)
    return None, words


def _dated(today: date, month: int, day: int) -> date:
    """The next day of that date."""
    this_year = date(today.year, month, day)
    return this_year if this_year >= today else date(today.year + 1, month, day)


def _times(words: str) -> tuple[time, time | None, str]:
    """Start, end where one was said, and the words without them. Errors: ValueError when there is no time in them."""
    found = list(CLOCK.finditer(words))
    if not found:
        return _half_day(words)
    if len(found) > 2:
        raise ValueError(words)
    clocks = [_clock(match) for match in found]
    first, last = clocks[0], clocks[-1]
    start = first.at(_half_of_first(first, last))
    rest = CLOCK.sub(" ", words)
    if len(clocks) == 1:
        return start, None, rest
    end = last.at(last.half or first.half or _meant(last))
    return start, time(end.hour + 12, end.minute) if end <= start and end.hour < 12 else end, rest


def _half_day(words: str) -> tuple[time, time, str]:
    for name, half in HALF_DAY_NAMES.items():
        if name in words:
            start, end = PARTS["morning" if half == "am" else "afternoon"]
            return time(start), time(end), words.replace(name, " ", 1)
    raise ValueError(words)


def _clock(found: re.Match[str]) -> Clock:
    minute = 30 if found["half"] else int(found["past"] or found["minute"] or 0)
    return Clock(int(found["hour"]), minute, HALF_DAYS.get(found["before"] or "", found["after"] or ""))


def _half_of_first(first: Clock, last: Clock) -> str:
    """In "2-4pm" the first is meant as pm too; in "10-2pm" it is not."""
    if first.half:
        return first.half
    return last.half if last.half and first.hour <= last.hour else _meant(first)


def _meant(clock: Clock) -> str:
    """Nobody comes to repair something at three in the morning."""
    return "pm" if clock.hour < EARLIEST_HOUR else ""

"""Why a date of a plan is when it is, or is passed over, in the words in which it was decided."""

from __future__ import annotations

from datetime import date

from assets.plans import recurrence
from core import holidays
from core.i18n import translate


def why(reason: str, locale: str, *, on: date, planned_on: date, kind: str = "", name: str = "") -> str:
    """A sentence. `kind`: what the planned day is where that decided, and the `name` of the holiday."""
    key = reason
    if reason == recurrence.MOVED:
        key = "moved_before" if on < planned_on else "moved_after"
    return translate(f"plan.reason_{key}", locale, day=planned_on.isoformat(), why=_day_off(kind, name, locale))


def short(kind: str, name: str, locale: str) -> str:
    """What a day off is, in a word: the holiday by its name."""
    return holidays.spoken(name, locale) or (translate(f"plan.why_{kind}", locale) if kind else "")


def _day_off(kind: str, name: str, locale: str) -> str:
    what = translate(f"plan.off_{kind}", locale) if kind else ""
    return translate("plan.off_named", locale, what=what, name=holidays.spoken(name, locale)) if name else what

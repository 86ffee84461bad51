"""(outbox kind, facts, locale, limits) → Outgoing. Words are chosen, shortened and degraded here only."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot import degrade
from bot.cutting import shorten
from bot.messages import Button, Limits, Outgoing
from core import i18n
from core.storage import key_of

KIND = "{category}"


@dataclass(frozen=True, slots=True)
class Setting:
    """What rendering must know beside the facts: the reader's language, the site's zone, its names of categories.

    `page`: the address of the page on which the reader can do what the buttons of the message do; empty without one.
    """

    locale: str
    zone: str
    now: datetime
    category: Callable[[str], str]
    page: str = ""


def render(
    kind: str, facts: Mapping[str, Any], buttons: Sequence[tuple[Mapping[str, Any], str]], setting: Setting,
    limits: Limits, replaces: str = "",
) -> Outgoing:  # fmt: skip
    """A message as its reader sees it.

    `buttons`: (the button as the outbox keeps it, its token). What the platform has no button for becomes a link to
    the page that can do it, a number to reply with, or words with an address. Where the text is too long, the text
    is cut: never an address, and never a number that stands for a choice.
    """
    text = _told(f"chat.{kind}", facts, setting).strip()
    shown = [_button(button, token, setting, limits) for button, token in buttons]
    arranged = degrade.arrange(buttons, shown, setting.page, limits)
    photo = key_of(facts["photo"], ".screen.jpg") if facts.get("photo") and limits.has_photos else ""
    room = limits.caption if photo else limits.text
    whole = degrade.written(text, str(facts.get("url") or ""), arranged, setting.locale, room, limits)
    return Outgoing(whole, arranged.buttons, photo, replaces, numbered=arranged.numbered)


def _button(button: Mapping[str, Any], token: str, setting: Setting, limits: Limits) -> Button:
    label = shorten(_label(button, setting), limits.label, limits.unit)
    return Button(label, "" if button["url"] else token, button["url"], button["row"])


def _label(button: Mapping[str, Any], setting: Setting) -> str:
    """What a button is called: its own text, the category that it chooses, or the text of its action.

    One with a label and a text of its own is called by both: "Check in WX-261120-042".
    """
    if button["text"] and not button["label"]:
        return str(button["text"])
    if button["facts"].get("category") and not button["label"]:
        return setting.category(button["facts"]["category"])
    said = i18n.translate(f"button.{button['label'] or button['action']}", setting.locale)
    return f"{said} {button['text']}".strip()


def _told(key: str, facts: Mapping[str, Any], setting: Setting) -> str:
    """A text of the catalog with its facts. A thing is called by its whole name, unless its kind is said beside it."""
    words = _words(facts, setting)
    if KIND in i18n.catalog(setting.locale)[key]:
        words["thing"] = _without_kind(str(words["thing"]), str(words.get("category", "")), str(words.get("place", "")))
    words.setdefault("where", _where(words, setting.locale))
    return i18n.translate(key, setting.locale, **words)


def _words(facts: Mapping[str, Any], setting: Setting) -> dict[str, Any]:
    """What the placeholders of a text stand for; `span` is the time between `from_at` and `until_at`."""
    known = {name: _said(name, value, setting) for name, value in facts.items()}
    if facts.get("advice"):
        known["advice"] = i18n.translate(f"advice.{facts['advice']}", setting.locale, phone=facts.get("phone", ""))
    if facts.get("from_at") and facts.get("until_at"):
        known["span"] = _span(facts["from_at"], facts["until_at"], setting)
    is_planned = bool(facts.get("planned"))
    if is_planned:
        known["category"] = i18n.translate("line.inspection", setting.locale, name=facts["planned"])
    by = "line.by_done" if is_planned else "line.by_there"
    known["by"] = i18n.translate(by, setting.locale, promised_at=known.get("promised_at", ""))
    stops = facts.get("stops")
    known["round"] = f" · {i18n.translate('line.round', setting.locale, stops=stops)}" if stops else ""
    known.setdefault("thing", known.get("asset") or known.get("place") or "")
    return known


def _where(known: Mapping[str, Any], locale: str) -> str:
    """A thing with its place, in the order of the language; a place alone stands for itself.

    What the name of the thing says already is not said again: "Lift, entrance 1, building 3" for one at the entrance.
    """
    thing = str(known["thing"])
    if not known.get("asset") or not known.get("place"):
        return thing
    parts = str(known["place"]).split("/")
    while parts and len(parts[-1]) > 1 and parts[-1].casefold() in thing.casefold():
        parts.pop()
    return (" " if locale == "zh_CN" else ", ").join(filter(None, _ordered("/".join(parts), thing, locale)))


def _ordered(place: str, thing: str, locale: str) -> tuple[str, str]:
    return (place, thing) if locale == "zh_CN" else (thing, place)


def _without_kind(thing: str, kind: str, place: str) -> str:
    """The name of a thing without the word for its kind, where it begins with it and goes on, or only adds its place.

    "Lift, entrance 1" is not said as "Lift, Lift, entrance 1", and "entrance 1 lift" at entrance 1 not twice either.
    """
    if not kind:
        return thing
    if thing.casefold().endswith(kind.casefold()) and (rest := thing[: -len(kind)].strip()) in place.split("/"):
        return rest or thing
    rest = thing[len(kind) :] if thing.casefold().startswith(kind.casefold()) else ""
    is_apart = unicodedata.category(rest[:1] or "x").startswith("P")
    return rest[1:].lstrip() if is_apart and rest[1:].strip() else thing


def _span(start: str, end: str, setting: Setting) -> str:
    begins, ends = datetime.fromisoformat(start), datetime.fromisoformat(end)
    return i18n.span(begins, ends, setting.zone, setting.locale, setting.now)


def _line(facts: Mapping[str, Any], setting: Setting) -> str:
    """One line of a list: the text `line.<line>` with its own facts."""
    return _told(f"line.{facts['line']}", facts, setting)


def _piece(one: Mapping[str, Any], setting: Setting) -> str:
    """One of several pieces of news: what it would have said as a message of its own."""
    return _told(f"chat.{one['kind']}", one["facts"], setting).strip()


def _said(name: str, value: Any, setting: Setting) -> Any:
    """A fact in the reader's words: instants as local times, keys as their texts, lists as lines."""
    if value is None:
        return ""
    if name == "lines":
        return "\n".join(_line(facts, setting) for facts in value)
    if name == "news":
        return "\n\n".join(_piece(one, setting) for one in value)
    if name.endswith("_at"):
        return i18n.local_time(datetime.fromisoformat(value), setting.zone, setting.locale, setting.now)
    if name == "category":
        return setting.category(value)
    key = f"{_PREFIXES.get(name, name)}.{value}"
    return i18n.translate(key, setting.locale) if name in _PREFIXES and i18n.has_text(key, setting.locale) else value


_KEYED = ("priority", "state", "resolution", "reason", "emergency", "evidence")
_PREFIXES = {name: name for name in _KEYED} | {
    "told": "alarm_told",
    "platform": "channel",
    "goal": "deadline.goal",
    "why": "plan.why",
    "held": "plan.held",
}

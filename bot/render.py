"""(outbox kind, facts, locale, limits) → Outgoing. Words are chosen, shortened and degraded here only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.messages import Button, Limits, Outgoing
from core import i18n

ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Setting:
    """What rendering must know beside the facts: the reader's language, the site's zone, how its categories are called."""

    locale: str
    zone: str
    now: datetime
    category: Callable[[str], str]


def render(
    kind: str, facts: Mapping[str, Any], buttons: Sequence[tuple[Mapping[str, Any], str]], setting: Setting,
    limits: Limits, replaces: str = "",
) -> Outgoing:  # fmt: skip
    """A message as its reader sees it.

    `buttons`: (the button as the outbox keeps it, its token). Where taps cannot come back, the choices are
    numbered in the text.
    """
    known = {name: _said(name, value, setting) for name, value in facts.items()}
    if facts.get("advice"):
        known["advice"] = i18n.translate(f"advice.{facts['advice']}", setting.locale, phone=facts.get("phone", ""))
    known.setdefault("thing", known.get("asset") or known.get("place") or "")
    text = i18n.translate(f"chat.{kind}", setting.locale, **known).strip()
    shown = [_button(button, token, setting, limits) for button, token in buttons]
    if not limits.has_taps:
        text = "\n".join([text, *(f"{number}. {button.label}" for number, button in enumerate(shown, 1))])
        shown = []
    photo = str(facts.get("photo") or "") if limits.has_photos else ""
    room = limits.caption if photo else limits.text
    return Outgoing(shorten(text, room, limits.unit), tuple(shown[: limits.buttons]), photo, replaces)


def _button(button: Mapping[str, Any], token: str, setting: Setting, limits: Limits) -> Button:
    label = button["text"] or i18n.translate(f"button.{button['label'] or button['action']}", setting.locale)
    if button["facts"].get("category") and not button["label"]:
        label = setting.category(button["facts"]["category"])
    label = shorten(label, limits.label, limits.unit)
    return Button(label, "" if button["url"] else token, button["url"], button["row"])


def _said(name: str, value: Any, setting: Setting) -> Any:
    """A fact in the reader's words: instants as local times, keys as their texts."""
    if value is None:
        return ""
    if name.endswith("_at"):
        return i18n.local_time(datetime.fromisoformat(value), setting.zone, setting.locale, setting.now)
    if name == "category":
        return setting.category(value)
    key = f"{_PREFIXES.get(name, name)}.{value}"
    return i18n.translate(key, setting.locale) if name in _PREFIXES and i18n.has_text(key, setting.locale) else value


_PREFIXES = {name: name for name in ("priority", "state", "resolution", "reason")}


def shorten(text: str, limit: int, unit: str) -> str:
    """Cut a text on a character so that it fits, with an ellipsis where something is missing.

    A combining mark, a variation selector or a joined emoji is not torn from what it belongs to.
    """
    if _size(text, unit) <= limit:
        return text
    kept = text
    while kept and _size(kept + ELLIPSIS, unit) > limit:
        kept = kept[: -max(1, (_size(kept, unit) - limit) // 4)]
    while kept and _is_joined(text, len(kept)):
        kept = kept[:-1]
    return kept.rstrip() + ELLIPSIS


def _size(text: str, unit: str) -> int:
    if unit == "bytes":
        return len(text.encode())
    return len(text.encode("utf-16-le")) // 2 if unit == "utf16" else len(text)


def _is_joined(text: str, at: int) -> bool:
    """Whether the character at a place belongs to the one before it."""
    following, before = text[at : at + 1], text[at - 1 : at]
    marks = ("\u200d", "\ufe0f", "\u20e3")
    return following in marks or before == "\u200d" or "\u0300" <= following <= "\u036f" or "\U0001f3fb" <= following <= "\U0001f3ff"

"""What a platform's template shows of a message: a few named words and the page behind them, instead of its text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.messages import Outgoing
from bot.render import Setting
from core import i18n

PAGE = "/t/"


def as_template(
    message: Outgoing, kind: str, facts: Mapping[str, Any], setting: Setting, public_url: str
) -> Outgoing:  # fmt: skip
    """The message with the fields of its template.

    In their order: number, category, place, thing, time; `text`, what the message says, which a template shows the
    beginning of, so that it begins with what has happened; `moment`, when it says it, as platforms read a time in every
    language; `state`, what has happened in a few words.
    """
    category, promised = facts.get("category"), facts.get("promised_at")
    state = short(kind, setting.locale)
    known = {
        "number": facts.get("number"), "category": setting.category(category) if category else "",
        "place": facts.get("place"), "thing": facts.get("asset"),
        "time": _time(promised, setting) if promised else "", "text": _text(state, message.text, setting.locale),
        "moment": setting.now.astimezone(ZoneInfo(setting.zone)).strftime("%Y-%m-%d %H:%M"),
        "state": state or message.text,
    }  # fmt: skip
    fields = tuple((name, str(value)) for name, value in known.items() if value)
    url = f"{public_url}{PAGE}{facts['number']}" if facts.get("number") else public_url
    return replace(message, is_template=True, fields=fields, url=url)


def short(kind: str, locale: str) -> str:
    """What has happened, in the few characters that a template has for it; empty where no words are kept for it."""
    key = f"short.{kind}"
    return i18n.translate(key, locale) if i18n.has_text(key, locale) else ""


def _text(state: str, text: str, locale: str) -> str:
    return i18n.translate("template.text", locale, state=state, text=text) if state else text


def _time(moment: str, setting: Setting) -> str:
    return i18n.local_time(datetime.fromisoformat(moment), setting.zone, setting.locale, setting.now)

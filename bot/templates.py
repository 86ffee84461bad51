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


def as_template(message: Outgoing, facts: Mapping[str, Any], setting: Setting, public_url: str) -> Outgoing:
    """The message with the fields of its template.

    In their order: number, category, place, thing, time; `text`, what the message says, which a template shows the
    beginning of; `moment`, when it says it, as platforms read a time in every language.
    """
    category, promised = facts.get("category"), facts.get("promised_at")
    known = {
        "number": facts.get("number"), "category": setting.category(category) if category else "",
        "place": facts.get("place"), "thing": facts.get("asset"),
        "time": _time(promised, setting) if promised else "", "text": message.text,
        "moment": setting.now.astimezone(ZoneInfo(setting.zone)).strftime("%Y-%m-%d %H:%M"),
    }  # fmt: skip
    fields = tuple((name, str(value)) for name, value in known.items() if value)
    url = f"{public_url}{PAGE}{facts['number']}" if facts.get("number") else public_url
    return replace(message, is_template=True, fields=fields, url=url)


def _time(moment: str, setting: Setting) -> str:
    return i18n.local_time(datetime.fromisoformat(moment), setting.zone, setting.locale, setting.now)

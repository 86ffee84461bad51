"""Whether Telegram knows the bot and brings its updates where they are expected."""

from __future__ import annotations

from datetime import timedelta

from telegram import Bot, WebhookInfo

from bot.channels import Symptom
from bot.channels._telegram_errors import translated
from core import clock

LATELY = timedelta(hours=1)


async def examine(bot: Bot, hook: str) -> list[Symptom]:
    """What is wrong. `hook`: the address that Telegram should call; empty where we ask for updates ourselves."""
    await translated(bot.get_me(), is_repeatable=True)
    told = await translated(bot.get_webhook_info(), is_repeatable=True)
    if told.url != hook:
        key = "telegram.other_hook" if hook else "telegram.left_hook"
        return [Symptom(key, {"known": told.url or "–", "wanted": hook})]
    return [Symptom("telegram.failing_hook", {"reason": told.last_error_message})] if _is_failing(told) else []


def _is_failing(told: WebhookInfo) -> bool:
    """Whether Telegram could not bring us an update a short while ago."""
    return told.last_error_date is not None and clock.now() - told.last_error_date < LATELY

"""The menu below the app's chat: https://developer.work.weixin.qq.com/document/path/90231."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.channels._wecom_api import Api
from bot.messages import SendError
from core import i18n

log = logging.getLogger(__name__)

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=10)
SCAN = "scancode_waitmsg"
ENTRIES = {"report": "click", "mine": "click", "scan": SCAN}  # names of at most 16 bytes in wecom.po


async def set_up(api: Api, sleep: Callable[[float], Awaitable[None]]) -> None:
    """Give the app its menu, as often as it takes; what WeCom refuses is told and left.

    In Chinese: an app has one menu for all its members.
    """
    entries = [{"type": kind, "name": _name(name), "key": name} for name, kind in ENTRIES.items()]
    pause = FIRST_PAUSE
    while True:
        try:
            await api.post("/cgi-bin/menu/create", {"button": entries}, is_repeatable=True, agentid=str(api.agent))
        except SendError as error:
            if not error.retryable:
                log.warning("WeCom did not take the menu: %s", error.code)
                return
            log.warning("the menu could not be set yet: %s", error.code)
            await sleep((error.after or pause).total_seconds())
            pause = min(pause * 2, LONGEST_PAUSE)
        else:
            return


def _name(entry: str) -> str:
    return i18n.translate(f"wecom.menu.{entry}", i18n.DEFAULT_LOCALE)

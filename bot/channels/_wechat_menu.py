"""The menu below a chat with the account: what can be done, one tap away, and a camera for codes on the wall.

One menu serves everybody, so it speaks Chinese, with the way to English in it.
https://developers.weixin.qq.com/doc/service/api/custommenu/api_createcustommenu.html
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

from bot.channels._wechat_messages import MENU
from bot.channels._weixin_calls import Calls
from bot.messages import SendError
from core import i18n

log = logging.getLogger(__name__)

LOCALE = "zh_CN"
SHOWN = ("report", ("scan", "mine", "link"), ("work", "language", "help"))
SCAN = "scan"
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=10)
Sleep = Callable[[float], Awaitable[None]]
Json = dict[str, Any]


def menu() -> Json:
    """Ours: at most three buttons, or lists of at most five."""
    return {"button": [_button(item) if isinstance(item, str) else _list(item) for item in SHOWN]}


def _list(names: tuple[str, ...]) -> Json:
    title = i18n.translate(f"wechat.menu.of_{names[0]}", LOCALE)
    return {"name": title, "sub_button": [_button(name) for name in names]}


def _button(name: str) -> Json:
    kind = "scancode_waitmsg" if name == SCAN else "click"
    return {"type": kind, "name": i18n.translate(f"wechat.menu.{name}", LOCALE), "key": MENU + name}


async def is_somebody_elses(calls: Calls) -> bool:
    """Whether there is a menu that we have not made: it stays as it is."""
    shown = await calls.get("/cgi-bin/get_current_selfmenu_info")
    keys = list(_keys(shown.get("selfmenu_info")))
    return bool(shown.get("is_menu_open")) and bool(keys) and not any(key.startswith(MENU) for key in keys)


def _keys(value: Any) -> Iterator[str]:
    """What the buttons do, however deep they stand: a key of an event, an address, a text."""
    if isinstance(value, list):
        for one in value:
            yield from _keys(one)
    elif isinstance(value, dict):
        if "type" in value:
            yield str(value.get("key") or value.get("url") or value.get("value") or "?")
        for name in ("button", "sub_button", "list"):
            yield from _keys(value.get(name))


async def show(calls: Calls, sleep: Sleep) -> None:
    """Set the menu up, again until WeChat can be reached; what it refuses is told, not repeated."""
    pause = FIRST_PAUSE
    while True:
        try:
            if await is_somebody_elses(calls):
                log.info("the account has a menu of its own, which stays")
            else:
                await calls.post("/cgi-bin/menu/create", menu(), is_repeatable=True)
        except SendError as error:
            if not error.retryable:
                log.warning("WeChat refused the menu: %s %s", error.code, error.said)
                return
            log.warning("no menu at WeChat yet: %s", error.code)
        else:
            return
        await sleep(pause.total_seconds())
        pause = min(pause * 2, LONGEST_PAUSE)

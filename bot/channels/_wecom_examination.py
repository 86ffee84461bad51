"""Whether WeCom knows the app, takes our requests and can reach us."""

from __future__ import annotations

import re
from datetime import timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from bot.calling import certificates
from bot.channels import Symptom
from bot.channels._wecom_api import Api, numbered
from bot.channels._wecom_errors import UNTRUSTED
from bot.messages import SendError
from core import clock

PATIENCE = 5.0
OFF = timedelta(minutes=2)
ADDRESS = re.compile(r"from ip:\s*([0-9a-fA-F.:]+)")
NO_APP = (40056, 301002)  # no such app, or one that this secret is not for


async def examine(api: Api, base_url: str, public_url: str, question: tuple[str, str]) -> list[Symptom]:
    """What is wrong. `question`: our own address for callbacks, asked as WeCom asks it, and the right answer."""
    if (wrong := await _credentials(api)) is not None:
        return [wrong]
    found = [await _clock(base_url), await _app(api, public_url), await _hook(*question)]
    return [one for one in found if one is not None]


async def _credentials(api: Api) -> Symptom | None:
    try:
        await api.log_in()
    except SendError as error:
        if error.code == "bad_token":
            return Symptom("wecom.secret")
        raise
    return None


async def _app(api: Api, public_url: str) -> Symptom | None:
    """Trusted address, number of the app, whether it is switched on, and the domain of its pages."""
    host = urlsplit(public_url).hostname or ""
    try:
        told = await api.get("/cgi-bin/agent/get", agentid=str(api.agent))
    except SendError as error:
        if numbered(error) == UNTRUSTED:
            seen = ADDRESS.search(error.said)
            return Symptom("wecom.untrusted", {"address": seen[1] if seen else "?"})
        if numbered(error) in NO_APP:
            return Symptom("wecom.agent", {"agent": api.agent})
        raise
    if told.get("close"):
        return Symptom("wecom.closed")
    known = str(told.get("redirect_domain") or "").partition(":")[0]
    return None if known == host else Symptom("wecom.domain", {"known": known or "\u2013", "wanted": host})


async def _clock(base_url: str) -> Symptom | None:
    """Callbacks bear the time of WeCom, and one of another time is refused."""
    async with _client() as client:
        try:
            said = parsedate_to_datetime((await client.get(base_url)).headers.get("date", ""))
        except (httpx.HTTPError, ValueError, TypeError):
            return None
    off = abs(clock.now() - said)
    return Symptom("wecom.clock", {"minutes": int(off.total_seconds() // 60)}) if off > OFF else None


async def _hook(address: str, wanted: str) -> Symptom | None:
    """Whether our own address answers a genuine question, as it must answer WeCom's."""
    async with _client() as client:
        try:
            answer = await client.get(address)
            is_ours = answer.text == wanted
        except (httpx.HTTPError, httpx.InvalidURL):
            is_ours = False
    return None if is_ours else Symptom("wecom.hook", {"url": address.partition("?")[0]})


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=PATIENCE, verify=certificates(), follow_redirects=False)

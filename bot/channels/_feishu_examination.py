"""Whether Feishu knows the app, lets it do what it has to, and could reach us."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime

import httpx
import orjson

from bot.calling import Caller, PlatformError, certificates
from bot.channels import Symptom
from bot.channels._feishu_callbacks import Callbacks
from bot.channels._feishu_errors import NO_BOT, WRONG_ADDRESS
from bot.channels._feishu_sending import bearer
from core import clock

INFO, SCOPES = "/open-apis/bot/v3/info", "/open-apis/application/v6/scopes"
IN_USE = 2  # https://open.feishu.cn/document/ukTMukTMukTM/uAjMxEjLwITMx4CMyETM
GRANTED = 1  # https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/application-v6/scope/list
# What the app needs; any of those in a line will do.
NEEDED = (
    ("im:message:send_as_bot", "im:message", "im:message:send"),
    ("im:message.p2p_msg:readonly", "im:message.p2p_msg", "im:message"),
    ("im:message.group_at_msg:readonly", "im:message.group_at_msg", "im:message"),
    ("im:resource",),
)
PATIENCE = 5.0
MOST_SKEW = timedelta(minutes=2)  # half of what a tap may be old


async def examine(
    caller: Caller, log_in: Callable[[], Awaitable[str]], callbacks: Callbacks, base_url: str, hook: str
) -> list[Symptom]:
    """What is wrong. `hook`: where Feishu should call us; empty where nobody knows."""
    try:
        found = await _of_app(caller, await log_in())
    except PlatformError as error:
        found = [_refused(error)]
    looked_at = await asyncio.gather(_skew(base_url), _silence(callbacks, hook))
    return found + [symptom for symptom in looked_at if symptom]


def _refused(error: PlatformError) -> Symptom:
    """What can be done about a refusal that stops all the rest. Raises what has another reason."""
    if error.number == WRONG_ADDRESS:
        return Symptom("feishu.address")
    if error.code == "bad_token":
        return Symptom("feishu.secret")
    raise error


async def _of_app(caller: Caller, token: str) -> list[Symptom]:
    try:
        told = await caller.get(INFO, headers=bearer(token))
    except PlatformError as error:
        if error.number in NO_BOT:
            return [Symptom("feishu.no_bot")]
        raise
    status = (told.get("bot") or {}).get("activate_status")
    if status != IN_USE:
        return [Symptom("feishu.not_in_use", {"status": status})]
    told = await caller.get(SCOPES, headers=bearer(token))
    scopes = (told.get("data") or {}).get("scopes") or []
    granted = {one.get("scope_name") for one in scopes if one.get("grant_status") == GRANTED}
    missing = [names[0] for names in NEEDED if not granted.intersection(names)]
    return [Symptom("feishu.scopes", {"scopes": ", ".join(missing)})] if missing else []


async def _skew(base_url: str) -> Symptom | None:
    """How far our clock is from Feishu's. Callbacks carry Feishu's time, so a wrong clock refuses them all."""
    async with httpx.AsyncClient(timeout=PATIENCE, verify=certificates()) as client:
        try:
            answer = await client.head(base_url)
            theirs = parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
        except (httpx.HTTPError, ValueError):
            return None
    seconds = (clock.now() - theirs).total_seconds()
    is_wrong = abs(seconds) > MOST_SKEW.total_seconds()
    return Symptom("feishu.clock", {"seconds": round(abs(seconds))}) if is_wrong else None


async def _silence(callbacks: Callbacks, hook: str) -> Symptom | None:
    """Whether what Feishu asks first at our public address is answered there."""
    if not hook:
        return None
    said = {"challenge": clock.secret(), "token": callbacks.token, "type": "url_verification"}
    async with httpx.AsyncClient(timeout=PATIENCE, verify=certificates()) as client:
        try:
            answer = await client.post(hook, content=callbacks.sealed(orjson.dumps(said)))
            is_there = answer.is_success and answer.json().get("challenge") == said["challenge"]
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, AttributeError):
            is_there = False
    return None if is_there else Symptom("feishu.hook", {"url": hook})

"""Whether DingTalk knows the app, takes its calls, and lets messages come: what `gongdan doctor` asks."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from bot.calling import PlatformError, certificates
from bot.channels import Symptom
from bot.channels._dingtalk_api import DENIED, UNKNOWN_APP, UNTRUSTED, Api
from bot.messages import SendError
from core import clock

MAX_SKEW = timedelta(minutes=2)
STREAM, ROBOT, API = "dingtalk.no_stream", "dingtalk.unknown_robot", "dingtalk.refused"


async def examine(api: Api, *, is_hooked: bool, has_cards: bool) -> list[Symptom]:
    """What is wrong, the most basic first. Nobody is written to. Raises SendError when DingTalk does not answer."""
    try:
        await api.log_in()
        found = await _clock(api.base_url)
    except PlatformError as error:
        return [_explained(error, API)]
    found += await _tried(_call_for_nobody(api), ROBOT)
    if not is_hooked:
        found += await _tried(api.open_stream(), STREAM)
    if not found and not has_cards:
        found.append(Symptom("dingtalk.links.ok"))
    return found


async def _call_for_nobody(api: Api) -> None:
    """A message to nobody: address and rights of the caller are looked at before the readers are."""
    nobody = {"robotCode": api.app.robot, "userIds": [], "msgKey": "sampleText", "msgParam": '{"content":"-"}'}
    try:
        await api.post("/v1.0/robot/oToMessages/batchSend", nobody)
    except PlatformError as error:
        if error.number in (*UNTRUSTED, *DENIED, *UNKNOWN_APP) or _is_about_robot(error):
            raise


def _is_about_robot(error: PlatformError) -> bool:
    """Whether DingTalk does not know the robot; that nobody was to be written to is no complaint."""
    return "robot" in f"{error.number} {error.said}".lower()


async def _tried(call: Awaitable[object], key: str) -> list[Symptom]:
    try:
        await call
    except PlatformError as error:
        return [_explained(error, key)]
    return []


def _explained(error: PlatformError, key: str) -> Symptom:
    known: Iterable[tuple[tuple[object, ...], str]] = (
        (UNTRUSTED, "dingtalk.untrusted_ip"), (DENIED, "dingtalk.no_permission"), (UNKNOWN_APP, "dingtalk.unknown_app")
    )  # fmt: skip
    found = next((name for numbers, name in known if error.number in numbers), key)
    return Symptom(found, {"reason": error.said or str(error.number)})


async def _clock(base_url: str) -> list[Symptom]:
    """Whether our clock is DingTalk's: signatures are good for minutes only."""
    try:
        async with httpx.AsyncClient(verify=certificates(), follow_redirects=False) as client:
            told = (await client.head(f"{base_url}/")).headers.get("date", "")
    except httpx.HTTPError:
        raise SendError("unreachable", retryable=True) from None
    theirs = _read(told)
    if theirs is None or abs(clock.now() - theirs) <= MAX_SKEW:
        return []
    return [Symptom("dingtalk.clock", {"minutes": round(abs(clock.now() - theirs).total_seconds() / 60)})]


def _read(date: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(date)
    except ValueError:
        return None
    return found if found.tzinfo else None

"""Whether the account is set up: credentials, trusted addresses, clock, way back to us, templates, menu."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.calling import PlatformError, certificates
from bot.channels import Symptom
from bot.channels._wechat_calls import Calls
from bot.channels._wechat_menu import is_somebody_elses
from bot.channels._wechat_sending import Template
from bot.messages import SendError
from core import clock

SKEW = timedelta(minutes=2)
PATIENCE = 5.0
PORTS = (None, 80, 443)  # WeChat calls no others
NEEDED = ("work", "news")  # of the purposes that templates are for: what cannot wait until somebody writes
ADDRESS = re.compile(r"invalid ip ([0-9a-fA-F.:]+)")
KEYWORD = re.compile(r"\{\{\s*(\w+)\.DATA\s*\}\}")
NO_RIGHT = 48001
NO_HOOK = 40201


@dataclass(frozen=True, slots=True)
class Account:
    """What was chosen in the settings."""

    base_url: str
    public_url: str
    is_plain: bool
    templates: Mapping[str, Template]


async def examine(calls: Calls, account: Account) -> list[Symptom]:
    """What is wrong. Without a token nothing else can be asked."""
    found = [symptom async for symptom in _before(calls, account)]
    if any(symptom.key in ("wechat.bad_secret", "wechat.untrusted_ip") for symptom in found):
        return found
    for look in (_hook(calls), _templates(calls, account), _menu(calls)):
        found += [symptom async for symptom in look]
    return found


async def _before(calls: Calls, account: Account) -> AsyncIterator[Symptom]:
    if account.is_plain:
        yield Symptom("wechat.plain")
    if urlsplit(account.public_url).port not in PORTS:
        yield Symptom("wechat.port", {"url": account.public_url})
    try:
        await calls.fetch_token()
    except SendError as error:
        if error.code == "untrusted_ip":
            address = ADDRESS.search(error.said)
            yield Symptom("wechat.untrusted_ip", {"address": address[1] if address else "?"})
        elif error.code == "bad_token":
            yield Symptom("wechat.bad_secret", {"said": error.said or "–"})
        else:
            raise
    if (gap := await _gap(account.base_url)) > SKEW:
        yield Symptom("wechat.clock", {"seconds": int(gap.total_seconds())})


async def _gap(base_url: str) -> timedelta:
    """How far our clock is from WeChat's; none where it does not tell its time."""
    with suppress(httpx.HTTPError, httpx.InvalidURL, KeyError, ValueError, TypeError):
        async with httpx.AsyncClient(timeout=PATIENCE, verify=certificates()) as client:
            told = parsedate_to_datetime((await client.head(base_url)).headers["date"])
        return abs(clock.now() - (told if told.tzinfo else told.replace(tzinfo=UTC)))
    return timedelta(0)


async def _hook(calls: Calls) -> AsyncIterator[Symptom]:
    """Whether WeChat finds the way to the address that stands in its console.

    https://developers.weixin.qq.com/doc/service/api/base/api_callbackcheck.html
    """
    try:
        told = await calls.post("/cgi-bin/callback/check", {"action": "dns", "check_operator": "DEFAULT"})
    except PlatformError as error:
        if error.number == NO_HOOK:
            yield Symptom("wechat.no_hook")
        elif error.number != NO_RIGHT:
            yield Symptom("wechat.unchecked_hook", {"said": error.said})
        return
    if not told.get("dns"):
        yield Symptom("wechat.unresolved_hook")


async def _templates(calls: Calls, account: Account) -> AsyncIterator[Symptom]:
    missing = [purpose for purpose in NEEDED if purpose not in account.templates]
    if missing:
        yield Symptom("wechat.no_template", {"purposes": ", ".join(missing)})
    if not account.templates:
        return
    try:
        told = await calls.get("/cgi-bin/template/get_all_private_template")
    except PlatformError as error:
        yield Symptom("wechat.no_templates_right", {"said": error.said})
        return
    known = {one.get("template_id"): one for one in told.get("template_list", []) if isinstance(one, dict)}
    for purpose, template in account.templates.items():
        if symptom := _fits(purpose, template, known.get(template.id)):
            yield symptom


def _fits(purpose: str, template: Template, known: dict[str, Any] | None) -> Symptom | None:
    """WeChat refuses a message that leaves out a keyword of its template."""
    if known is None:
        return Symptom("wechat.unknown_template", {"purpose": purpose, "template": template.id})
    left_out = sorted(set(KEYWORD.findall(str(known.get("content", "")))) - set(template.slots))
    if not left_out:
        return None
    return Symptom("wechat.left_out_keyword", {"purpose": purpose, "keywords": ", ".join(left_out)})


async def _menu(calls: Calls) -> AsyncIterator[Symptom]:
    with suppress(PlatformError):  # an account that may not have a menu is no fault
        if await is_somebody_elses(calls):
            yield Symptom("wechat.other_menu")

"""What can be wrong with any account at WeChat: credentials, trusted addresses, clock, way back to us, templates."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.calling import PlatformError, certificates
from bot.channels import Symptom
from bot.channels._weixin_calls import Calls
from bot.channels._weixin_sending import Template
from bot.messages import SendError
from core import clock

SKEW = timedelta(minutes=2)
PATIENCE = 5.0
PORTS = (None, 80, 443)  # WeChat calls no others
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


def is_locked_out(found: Sequence[Symptom]) -> bool:
    return any(symptom.key.endswith((".bad_secret", ".untrusted_ip")) for symptom in found)


async def before(calls: Calls, account: Account) -> AsyncIterator[Symptom]:
    if account.is_plain:
        yield Symptom(f"{calls.channel}.plain")
    if urlsplit(account.public_url).port not in PORTS:
        yield Symptom(f"{calls.channel}.port", {"url": account.public_url})
    try:
        await calls.fetch_token()
    except SendError as error:
        if error.code == "untrusted_ip":
            address = ADDRESS.search(error.said)
            yield Symptom(f"{calls.channel}.untrusted_ip", {"address": address[1] if address else "?"})
        elif error.code == "bad_token":
            yield Symptom(f"{calls.channel}.bad_secret", {"said": error.said or "–"})
        else:
            raise
    if (gap := await _gap(account.base_url)) > SKEW:
        yield Symptom(f"{calls.channel}.clock", {"seconds": int(gap.total_seconds())})


async def _gap(base_url: str) -> timedelta:
    """How far our clock is from WeChat's; none where it does not tell its time."""
    with suppress(httpx.HTTPError, httpx.InvalidURL, KeyError, ValueError, TypeError):
        async with httpx.AsyncClient(timeout=PATIENCE, verify=certificates()) as client:
            told = parsedate_to_datetime((await client.head(base_url)).headers["date"])
        return abs(clock.now() - (told if told.tzinfo else told.replace(tzinfo=UTC)))
    return timedelta(0)


async def hook(calls: Calls) -> AsyncIterator[Symptom]:
    """Whether WeChat finds the way to the address that stands in its console.

    https://developers.weixin.qq.com/doc/service/api/base/api_callbackcheck.html
    """
    try:
        told = await calls.post("/cgi-bin/callback/check", {"action": "dns", "check_operator": "DEFAULT"})
    except PlatformError as error:
        if error.number == NO_HOOK:
            yield Symptom(f"{calls.channel}.no_hook")
        elif error.number != NO_RIGHT:
            yield Symptom(f"{calls.channel}.unchecked_hook", {"said": error.said})
        return
    if not told.get("dns"):
        yield Symptom(f"{calls.channel}.unresolved_hook")


def misfits(channel: str, account: Account, listed: Any, key: str) -> Iterator[Symptom]:
    """The chosen templates that the account does not have, or that ask for more than they get. `key`: of their ids."""
    found = listed if isinstance(listed, list) else []
    known = {one.get(key): one for one in found if isinstance(one, dict)}
    for purpose, template in account.templates.items():
        if symptom := _fits(channel, purpose, template, known.get(template.id)):
            yield symptom


def _fits(channel: str, purpose: str, template: Template, known: dict[str, Any] | None) -> Symptom | None:
    """WeChat refuses a message that leaves out a keyword of its template."""
    if known is None:
        return Symptom(f"{channel}.unknown_template", {"purpose": f"purpose.{purpose}", "template": template.id})
    left_out = sorted(set(KEYWORD.findall(str(known.get("content", "")))) - set(template.slots))
    if not left_out:
        return None
    return Symptom(f"{channel}.left_out_keyword", {"purpose": f"purpose.{purpose}", "keywords": ", ".join(left_out)})

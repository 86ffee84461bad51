"""Whether the account is set up: credentials, trusted addresses, clock, way back to us, templates, menu."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress

from bot.calling import PlatformError
from bot.channels import Symptom
from bot.channels._wechat_menu import is_somebody_elses
from bot.channels._weixin_calls import Calls
from bot.channels._weixin_examination import Account, before, hook, is_locked_out, misfits

NEEDED = ("work", "news")  # of the purposes that templates are for: what cannot wait until somebody writes


async def examine(calls: Calls, account: Account) -> list[Symptom]:
    """What is wrong. Without a token nothing else can be asked."""
    found = [symptom async for symptom in before(calls, account)]
    if is_locked_out(found):
        return found
    for look in (hook(calls), _templates(calls, account), _menu(calls)):
        found += [symptom async for symptom in look]
    return found


async def _templates(calls: Calls, account: Account) -> AsyncIterator[Symptom]:
    missing = [purpose for purpose in NEEDED if purpose not in account.templates]
    if missing:
        yield Symptom("wechat.no_template", {"purposes": [f"purpose.{one}" for one in missing]})
    if not account.templates:
        return
    try:
        told = await calls.get("/cgi-bin/template/get_all_private_template")
    except PlatformError as error:
        yield Symptom("wechat.no_templates_right", {"said": error.said})
        return
    for symptom in misfits(calls.channel, account, told.get("template_list"), "template_id"):
        yield symptom


async def _menu(calls: Calls) -> AsyncIterator[Symptom]:
    with suppress(PlatformError):  # an account that may not have a menu is no fault
        if await is_somebody_elses(calls):
            yield Symptom("wechat.other_menu")

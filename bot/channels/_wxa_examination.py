"""Whether the mini program is set up: credentials, trusted addresses, clock, way back to us, templates."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from bot.calling import PlatformError
from bot.channels import Symptom
from bot.channels._weixin_calls import Calls
from bot.channels._weixin_examination import Account, before, hook, is_locked_out, misfits

NEEDED = ("news",)
SURE = {"time": ("moment",), "date": ("moment",), "character_string": ("number",)}
WORDY = ("thing",)


async def examine(calls: Calls, account: Account, *, has_callbacks: bool) -> list[Symptom]:
    """What is wrong. Without a token nothing else can be asked."""
    found = [symptom async for symptom in before(calls, account)]
    if is_locked_out(found):
        return found
    if has_callbacks:
        found += [symptom async for symptom in hook(calls)]
    return found + [*_unfit(account)] + [symptom async for symptom in _templates(calls, account)]


async def _templates(calls: Calls, account: Account) -> AsyncIterator[Symptom]:
    missing = [purpose for purpose in NEEDED if purpose not in account.templates]
    if missing:
        yield Symptom("wxa.no_template", {"purposes": [f"purpose.{one}" for one in missing]})
    if not account.templates:
        return
    try:
        told = await calls.get("/wxaapi/newtmpl/gettemplate")
    except PlatformError as error:
        yield Symptom("wxa.no_templates_right", {"said": error.said})
        return
    for symptom in misfits(calls.channel, account, told.get("data"), "priTmplId"):
        yield symptom


def _unfit(account: Account) -> Iterator[Symptom]:
    """Keywords that WeChat would refuse with what they are to show: it reads the value of each by its kind."""
    for purpose, template in account.templates.items():
        kinds = {keyword: keyword.rstrip("0123456789") for keyword in template.slots}
        wrong = [
            f"{keyword}={template.slots[keyword]}"
            for keyword, kind in kinds.items()
            if kind not in WORDY and template.slots[keyword] not in SURE.get(kind, ())
        ]
        if wrong:
            yield Symptom("wxa.unfit_keyword", {"purpose": f"purpose.{purpose}", "keywords": ", ".join(wrong)})

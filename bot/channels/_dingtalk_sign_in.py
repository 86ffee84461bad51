"""Who has opened our page in DingTalk: a code, asked about at DingTalk, twice where the first does not know it.

A page inside of DingTalk gets its code by `requestAuthCode`, a page anywhere else from DingTalk's sign-in page; the
codes look alike, and only their own interface knows each.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from bot.channels import Proven
from bot.channels._dingtalk_api import Api
from bot.channels._dingtalk_messages import USERID
from bot.messages import SendError

PAGE = "https://login.dingtalk.com/oauth2/auth"
UNIONID = "ding_unionid"


def sign_in_url(client_id: str, state: str, redirect: str) -> str:
    """https://open.dingtalk.com/document/orgapp/tutorial-obtaining-user-personal-information"""
    wish = {
        "redirect_uri": redirect, "response_type": "code", "client_id": client_id, "scope": "openid", "state": state,
        "prompt": "consent",
    }  # fmt: skip
    return f"{PAGE}?{urlencode(wish)}"


async def who(api: Api, code: str) -> list[Proven]:
    """Everything by which DingTalk knows whom a code is of. Raises SendError where it does not answer."""
    known = await _unless_refused(api.post_old("/topapi/v2/user/getuserinfo", {"code": code}))
    if known:
        return _proven(known)
    person = await _unless_refused(api.as_person(code))
    union = str(person.get("unionId") or "")
    if not union:
        return []
    member = await _unless_refused(api.post_old("/topapi/user/getbyunionid", {"unionid": union}))
    return _proven({"result": {**(member.get("result") or {}), "unionid": union}})


def _proven(answer: dict[str, Any]) -> list[Proven]:
    """A member has a userid, by which we also write to them; everybody has a unionid."""
    found = answer.get("result") or {}
    member, union = str(found.get("userid") or ""), str(found.get("unionid") or "")
    proven = [Proven(USERID, member, conversation=member)] if member else []
    return proven + ([Proven(UNIONID, union)] if union else [])


async def _unless_refused(call: Any) -> dict[str, Any]:
    """The answer; nothing where DingTalk does not know what it was asked about."""
    try:
        return dict(await call)
    except SendError as error:
        if error.code == "refused":
            return {}
        raise

"""A WeChat mini program of our own on 127.0.0.1: sign-in codes, consents, subscribe messages, customer service.

    with FakeMiniProgram() as wxa:
        wxa.codes["code-1"] = {"openid": "o-li"}
        wxa.accept("o-li", "TM_news")    # the person taps "allow": one message more, and the callback that tells of it
        wxa.seen("o-li")

It is a WeChat account (`tests/fakes/wechat.py`) with other endpoints. It counts the consents that it knows, and holds
values to the lengths and signs that are documented:
https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-message-management/subscribe-message/sendMessage.html
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from bot.messages import HookRequest
from tests.fakes.wechat import KEYWORD, FakeWeChat, Json, Shown
from tests.fakes.wechat_http import Asked, Refusal
from tests.fakes.wechat_sealing import decrypted

SESSION, PHONE = "/sns/jscode2session", "/wxa/business/getuserphonenumber"
SUBSCRIBE = "/cgi-bin/message/subscribe/send"
WORDS = ("text", "image", "miniprogrampage")
AFTER_WORDS, AFTER_ENTERING = (timedelta(hours=48), 5), (timedelta(minutes=1), 2)
DATE = r"\d{4}(年\d{1,2}月\d{1,2}日|-\d{1,2}-\d{1,2})"
CLOCK = r"\d{1,2}:\d{2}(:\d{2})?"
# What each kind of value may hold.
TAKEN: Mapping[str, re.Pattern[str]] = {
    "thing": re.compile(r".{1,20}"), "character_string": re.compile(r"[!-~]{1,32}"),
    "phrase": re.compile(r"[\u4e00-\u9fff]{1,5}"), "number": re.compile(r"\d{1,32}(\.\d+)?"),
    "time": re.compile(rf"({DATE} )?{CLOCK}(~({DATE} )?{CLOCK})?"), "date": re.compile(rf"{DATE}( {CLOCK})?"),
    "name": re.compile(r"[\u4e00-\u9fff]{1,10}|[!-~ ]{1,20}"),
}  # fmt: skip


class FakeMiniProgram(FakeWeChat):
    def __init__(self) -> None:
        super().__init__()
        self.app_id, self.account = "wx0fake0of0mini", "gh_mini"
        self.is_json = True
        self.pages = {"pages/ticket/index"}
        self.phones: dict[str, str] = {}
        self.consents: Counter[tuple[str, str]] = Counter()
        self.sent_status = (0, "success")
        self.is_callback_known = True

    # What people do

    def accept(self, openid: str, *templates: str) -> HookRequest:
        """Allow one message more of each of these templates."""
        self.consents.update((openid, template) for template in templates)
        return self._asked(openid, "Popup", dict.fromkeys(templates, "accept"), PopupScene="0")

    def reject(self, openid: str, *templates: str) -> HookRequest:
        return self._asked(openid, "Popup", dict.fromkeys(templates, "reject"), PopupScene="0")

    def turn_off(self, openid: str, *templates: str) -> HookRequest:
        """Forbid them in the settings: whatever was allowed before is worth nothing."""
        for template in templates:
            self.consents[openid, template] = 0
        return self._asked(openid, "Change", dict.fromkeys(templates, "reject"))

    def enter(self, openid: str, session_from: str = "") -> HookRequest:
        """Open the chat with the customer service."""
        return self.callback(openid, "event", Event="user_enter_tempsession", SessionFrom=session_from)

    def callback(self, openid: str, kind: str, **content: Any) -> HookRequest:
        self._open_window(openid, kind, content.get("Event", ""))
        head = {"ToUserName": self.account, "FromUserName": openid, "CreateTime": self._stamp(), "MsgType": kind}
        told = head | content
        return self.post(json.dumps(told, ensure_ascii=False) if self.is_json else f"<xml>{_xml(told)}</xml>")

    def envelope(self, encrypted: str) -> str:
        told = {"ToUserName": self.account, "Encrypt": encrypted}
        return json.dumps(told) if self.is_json else f"<xml>{_xml(told)}</xml>"

    def grant(self, kind: str, event: str) -> tuple[timedelta, int] | None:
        return AFTER_WORDS if kind in WORDS else AFTER_ENTERING if event == "user_enter_tempsession" else None

    def _asked(self, openid: str, what: str, said: Mapping[str, str], **more: str) -> HookRequest:
        listed = [{"TemplateId": name, "SubscribeStatusString": word, **more} for name, word in said.items()]
        return self._event(openid, what, listed)

    def _event(self, openid: str, what: str, listed: list[Json]) -> HookRequest:
        """In JSON the list stands at the top, in XML within a name of its own."""
        inside = {"List": listed} if self.is_json else {f"SubscribeMsg{what}Event": {"List": listed}}
        return self.callback(openid, "event", Event=f"subscribe_msg_{what.lower()}_event", **inside)

    def _openid_in(self, request: HookRequest) -> str:
        if not self.is_json:
            return super()._openid_in(request)
        return str(json.loads(decrypted(self.aes_key, json.loads(request.body)["Encrypt"])[0])["FromUserName"])

    # The API

    def known(self) -> dict[str, Callable[[Asked], Json | tuple[str, bytes]]]:
        mine = {
            PHONE: self._phone, SUBSCRIBE: self._subscribed, "/wxaapi/newtmpl/gettemplate": self._chosen,
            "/cgi-bin/callback/check": self._checked,
        }  # fmt: skip
        return super().known() | mine

    def _answer(self, asked: Asked) -> Json | tuple[str, bytes]:
        if asked.path != SESSION:
            return super()._answer(asked)
        if asked.query["appid"] != self.app_id:
            raise Refusal(40013)
        known = self.of_code(asked, asked.query["js_code"])
        self.followers[known["openid"]].is_here = True
        return {"session_key": "canary+session+key==", **known}

    def _phone(self, asked: Asked) -> Json:
        """A code of a telephone is no code of a sign-in, and good once."""
        number = self.phones.pop(asked.json["code"], None)
        if number is None:
            raise Refusal(40029)
        info = {"phoneNumber": f"+86{number}", "purePhoneNumber": number, "countryCode": "86"}
        mark = {"timestamp": self._stamp(), "appid": self.app_id}
        return {"errcode": 0, "errmsg": "ok", "phone_info": info | {"watermark": mark}}

    def _subscribed(self, asked: Asked) -> Json:
        said = asked.json
        openid, template = said["touser"], said["template_id"]
        self._follower(openid)
        if template not in self.templates:
            raise Refusal(40037, "invalid template_id")
        if "page" in said and said["page"].partition("?")[0] not in self.pages:
            raise Refusal(41030, "invalid page")
        values = {name: one["value"] for name, one in said["data"].items()}
        for name in KEYWORD.findall(self.templates[template]):
            if not TAKEN[name.rstrip("0123456789")].fullmatch(values.get(name, "")):
                raise Refusal(47003, f"argument invalid! data.{name}.value invalid")
        if not self.consents[openid, template]:
            raise Refusal(43101, "user refuse to accept the msg")
        self.consents[openid, template] -= 1
        return self._sent_on(openid, template, values, said)

    def _sent_on(self, openid: str, template: str, values: Json, said: Json) -> Json:
        number, (code, status) = next(self._numbers), self.sent_status
        if code == 0:
            self.shown.append(Shown(openid, "subscribe", values=values, links=[said.get("page", "")]))
        result = {"TemplateId": template, "MsgID": str(number), "ErrorCode": str(code), "ErrorStatus": status}
        self.happened.append(self._event(openid, "Sent", [result]))
        return {"errcode": 0, "errmsg": "ok", "msgid": number}

    def _chosen(self, asked: Asked) -> Json:
        listed = [
            {"priTmplId": name, "title": "t", "content": text, "type": 2} for name, text in self.templates.items()
        ]
        return {"errcode": 0, "errmsg": "ok", "data": listed}

    def _checked(self, asked: Asked) -> Json:
        if not self.is_callback_known:
            raise Refusal(40201, "callback url is not set")
        return {"dns": self.dns}


def _xml(told: Mapping[str, Any]) -> str:
    return "".join(_tag(name, value) for name, value in told.items())


def _tag(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_tag(name, one) for one in value)
    inside = _xml(value) if isinstance(value, dict) else f"<![CDATA[{value}]]>"
    return f"<{name}>{inside}</{name}>"

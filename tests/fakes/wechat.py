"""A WeChat of our own on 127.0.0.1: an Official Account's API, its callbacks, and what its people see.

    with FakeWeChat() as wechat:
        channel = WeChatChannel(Access(..., base_url=wechat.url), ...)
        wechat.deliver(hook, wechat.text("o-li", "the lift does not move"))
        wechat.seen("o-li")              what this person sees, answers to callbacks among it

A callback is sealed and signed as WeChat does it, by code that shares nothing with wechatpy, and opens the window that
WeChat then grants: five messages in 48 hours after words, three in a minute after a tap, a scan or a subscription.
`deliver` asks a hook up to three times with the same bytes. Faults wait for the next calls of a path, one each:

    wechat.fail(SEND, says(45011), Fault(pause=2.0), Fault(is_cut=True))
"""

from __future__ import annotations

import base64
import json
import re
import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Self

from bot.messages import Answer, HookRequest
from core import clock
from tests.fakes.wechat_http import Asked, Fault, Refusal, Server, says
from tests.fakes.wechat_sealing import decrypted, encrypted, parsed, signature
from tests.fakes.wecom_wire import xml

__all__ = ["SEND", "SEND_TEMPLATE", "TOKEN", "FakeWeChat", "Fault", "Shown", "says"]
SEND, SEND_TEMPLATE, TOKEN = "/cgi-bin/message/custom/send", "/cgi-bin/message/template/send", "/cgi-bin/stable_token"
LIFE = timedelta(hours=2)
AFTER_WORDS, AFTER_A_TAP = (timedelta(hours=48), 5), (timedelta(minutes=1), 3)
WORDS = ("text", "image", "voice", "location", "link", "video", "shortvideo")
OPENING = {"subscribe", "SCAN", "CLICK", "scancode_push", "scancode_waitmsg"}
MOST_TEXT, MOST_SCENE = 2048, 64  # bytes, characters
AWAY = "(this account cannot serve you at the moment)"  # what a person reads after three tries
LINK = re.compile(r"<a\b[^>]*>", re.IGNORECASE)
KEYWORD = re.compile(r"\{\{(\w+)\.DATA\}\}")
Json = dict[str, Any]
Hook = Callable[[HookRequest], Answer | None]


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as a person sees it. `values`: those of a template; `links`: what can be tapped in the words.

    `is_reply`: it came in the answer to a callback.
    """

    openid: str
    kind: str
    text: str = ""
    media: bytes = b""
    values: Json = field(default_factory=dict)
    links: Sequence[str] = ()
    is_reply: bool = False


@dataclass(slots=True)
class Follower:
    windows: list[tuple[datetime, int]] = field(default_factory=list)
    is_here: bool = True
    template_status: str = "success"


class FakeWeChat:
    def __init__(self) -> None:
        self.app_id, self.account, self.secret = "wx0fake0of0tests", "gh_fake", "canary-app-secret"
        self.token, self.aes_key = "canaryToken", base64.b64encode(b"k" * 32).decode()[:43]
        self.is_safe = True
        self.now: Callable[[], datetime] = clock.now
        self.followers: defaultdict[str, Follower] = defaultdict(Follower)
        self.shown: list[Shown] = []
        self.happened: list[HookRequest] = []
        self.asked: list[Asked] = []
        self.media: dict[str, tuple[str, bytes]] = {}
        self.templates: dict[str, str] = {}
        self.codes: dict[str, Json] = {}
        self.menu: Json = {}
        self.is_trusted = True
        self.dns: list[Json] = [{"ip": "203.0.113.9", "real_operator": "UNICOM"}]
        self.fetches = 0
        self._held: tuple[str, datetime] = ("", datetime.min.replace(tzinfo=clock.now().tzinfo))
        self._used: set[str] = set()
        self._sent: dict[tuple[str, str], int] = {}
        self._faults: defaultdict[str, list[Fault]] = defaultdict(list)
        self._numbers = count(23456789012345678)
        self._server = Server(self.call)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        return self._server.url

    # What people do

    def text(self, openid: str, words: str) -> HookRequest:
        return self.message(openid, "text", Content=words)

    def photo(self, openid: str, data: bytes) -> HookRequest:
        media_id = self.keep("image/jpeg", data)
        return self.message(openid, "image", PicUrl="http://203.0.113.1/never-called", MediaId=media_id)

    def voice(self, openid: str, data: bytes, recognition: str = "") -> HookRequest:
        media_id = self.keep("audio/amr", data)
        return self.message(openid, "voice", MediaId=media_id, Format="amr", Recognition=recognition)

    def message(self, openid: str, kind: str, **content: str) -> HookRequest:
        return self.callback(openid, kind, **content, MsgId=str(next(self._numbers)))

    def event(self, openid: str, name: str, key: str = "", **content: Any) -> HookRequest:
        if name == "unsubscribe":
            self.followers[openid].is_here = False
        return self.callback(openid, "event", Event=name, EventKey=key, **content)

    def scan(self, openid: str, key: str, result: str) -> HookRequest:
        """The camera behind an entry of the menu has read a code."""
        return self.event(openid, "scancode_waitmsg", key, ScanCodeInfo={"ScanType": "qrcode", "ScanResult": result})

    def callback(self, openid: str, kind: str, **content: Any) -> HookRequest:
        """What WeChat posts about a person, in its own order of names."""
        self._open_window(openid, kind, content.get("Event", ""))
        head = {"ToUserName": self.account, "FromUserName": openid, "CreateTime": str(self._stamp()), "MsgType": kind}
        return self.post(f"<xml>{xml(head | content)}</xml>")

    def keep(self, mime: str, data: bytes) -> str:
        media_id = f"media-{len(self.media)}"
        self.media[media_id] = (mime, data)
        return media_id

    # The wire

    def post(self, xml: str, **wrong: str) -> HookRequest:
        """A genuine callback with this content; `wrong`: parameters of its address that are forged."""
        query = self.query() | {"openid": "o"}
        if not self.is_safe:
            return HookRequest("POST", xml.encode(), {}, query | wrong)
        encrypted = self.seal(xml)
        proof = signature(self.token, query["timestamp"], query["nonce"], encrypted)
        query |= {"encrypt_type": "aes", "msg_signature": proof}
        return HookRequest("POST", self.envelope(encrypted).encode(), {"content-type": "text/xml"}, query | wrong)

    def envelope(self, encrypted: str) -> str:
        return (
            f"<xml><ToUserName><![CDATA[{self.account}]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
        )

    def query(self) -> dict[str, str]:
        stamp, nonce = str(self._stamp()), secrets.token_hex(5)
        return {"signature": signature(self.token, stamp, nonce), "timestamp": stamp, "nonce": nonce}

    def knock(self, echo: str = "5838479218127813673") -> HookRequest:
        """What the console asks when the address is entered."""
        return HookRequest("GET", b"", {}, self.query() | {"echostr": echo})

    def seal(self, xml: str) -> str:
        return base64.b64encode(encrypted(self.aes_key, secrets.token_bytes(16), xml, self.app_id)).decode()

    def deliver(self, hook: Hook, request: HookRequest) -> Answer | None:
        """Ask up to three times with the same content, as WeChat does in 15 s, and show what comes back."""
        openid = self._openid_in(request)
        for _ in range(3):
            try:
                answer = hook(request)
            except TimeoutError:
                continue
            if answer is not None:
                self._show_reply(openid, answer)
                return answer
        self.shown.append(Shown(openid, "system", AWAY))
        return None

    def seen(self, openid: str) -> list[Shown]:
        return [one for one in self.shown if one.openid == openid]

    def fail(self, path: str, *faults: Fault) -> None:
        self._faults[path].extend(faults)

    def end_token(self) -> None:
        """Another server has fetched one by force: ours is worthless."""
        self._held = ("", self._held[1])

    # The API

    def call(self, asked: Asked) -> tuple[int, str, bytes] | None:
        """The answer to a call; None cuts the connection."""
        self.asked.append(asked)
        fault = self._faults[asked.path].pop(0) if self._faults[asked.path] else Fault()
        time.sleep(fault.pause)
        if fault.is_cut:
            return None
        if fault.error is not None:
            return fault.status, "application/json", json.dumps(fault.error).encode()
        try:
            told = self._answer(asked)
        except Refusal as refusal:
            return 200, "text/plain", json.dumps(refusal.answer).encode()
        if isinstance(told, tuple):
            return 200, *told
        return fault.status, "application/json; encoding=utf-8", json.dumps(told, ensure_ascii=False).encode()

    def known(self) -> dict[str, Callable[[Asked], Json | tuple[str, bytes]]]:
        """What can be called with an access token, by its path."""
        return {
            SEND: self._send, SEND_TEMPLATE: self._send_template, "/cgi-bin/media/upload": self._upload,
            "/cgi-bin/media/get": self._get, "/cgi-bin/qrcode/create": self._code, "/cgi-bin/menu/create": self._menu,
            "/cgi-bin/get_current_selfmenu_info": self._shown_menu, "/cgi-bin/ticket/getticket": self._ticket,
            "/cgi-bin/template/get_all_private_template": self._templates,
            "/cgi-bin/callback/check": lambda _: {"dns": self.dns},
        }  # fmt: skip

    def _answer(self, asked: Asked) -> Json | tuple[str, bytes]:
        if asked.path == TOKEN:
            return self._stable_token(asked)
        if asked.path == "/sns/oauth2/access_token":
            known = self.of_code(asked, asked.query["code"])
            return {"access_token": "canary-of-a-person", "expires_in": 7200, "scope": "snsapi_base", **known}
        self._prove(asked.query.get("access_token", ""))
        if b"\\u" in asked.body:
            raise Refusal(47001, "WeChat shows escapes as they are written")
        return self.known()[asked.path](asked)

    def _stable_token(self, asked: Asked) -> Json:
        said = asked.json
        if not self.is_trusted:
            raise Refusal(40164, "invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist rid: 1")
        if said.get("appid") != self.app_id:
            raise Refusal(40013)
        if said.get("secret") != self.secret:
            raise Refusal(40125, f"invalid appsecret {said.get('secret')}")
        self.fetches += 1
        if not self._held[0] or self._held[1] <= self.now() or said.get("force_refresh"):
            self._held = (f"canary-access-{self.fetches}", self.now() + LIFE)
        return {"access_token": self._held[0], "expires_in": int((self._held[1] - self.now()).total_seconds())}

    def _prove(self, token: str) -> None:
        if not token or token != self._held[0]:
            raise Refusal(40001, f"invalid credential, access_token is invalid or not latest {token}")
        if self._held[1] <= self.now():
            raise Refusal(42001)

    def _send(self, asked: Asked) -> Json:
        said = asked.json
        openid, kind = said["touser"], said["msgtype"]
        follower = self._follower(openid)
        if kind == "text":
            shown = Shown(openid, kind, said["text"]["content"], links=LINK.findall(said["text"]["content"]))
        else:
            shown = Shown(openid, kind, media=self._media(said[kind]["media_id"])[1])
        if len(shown.text.encode()) > MOST_TEXT:
            raise Refusal(45002)
        self._count(follower)
        self.shown.append(shown)
        return {"errcode": 0, "errmsg": "ok"}

    def _send_template(self, asked: Asked) -> Json:
        said = asked.json
        openid, key = said["touser"], (said["touser"], said.get("client_msg_id", ""))
        follower = self._follower(openid)
        wanted = KEYWORD.findall(self.templates.get(said["template_id"]) or "")
        if not wanted:
            raise Refusal(40037)
        values = {name: one["value"] for name, one in said["data"].items()}
        if any(not values.get(name) for name in wanted):
            raise Refusal(47003, "argument invalid! data")
        if key not in self._sent:
            self._sent[key] = number = next(self._numbers)
            status = follower.template_status
            if status == "success":
                self.shown.append(Shown(openid, "template", values=values, links=[said.get("url", "")]))
            finished = self.event(openid, "TEMPLATESENDJOBFINISH", MsgID=str(number), Status=status)
            self.happened.append(finished)
        return {"errcode": 0, "errmsg": "ok", "msgid": self._sent[key]}

    def _upload(self, asked: Asked) -> Json:
        data = asked.body.partition(b"\r\n\r\n")[2].rpartition(b"\r\n--")[0]
        if not data.startswith((b"\xff\xd8", b"\x89PNG")):
            raise Refusal(40009)
        return {"type": "image", "media_id": self.keep("image/jpeg", data), "created_at": self._stamp()}

    def _get(self, asked: Asked) -> tuple[str, bytes]:
        return self._media(asked.query["media_id"])

    def _media(self, media_id: str) -> tuple[str, bytes]:
        if media_id not in self.media:
            raise Refusal(40007)
        return self.media[media_id]

    def _code(self, asked: Asked) -> Json:
        scene = asked.json["action_info"]["scene"]["scene_str"]
        if not 1 <= len(scene) <= MOST_SCENE or asked.json["expire_seconds"] > 30 * 86400:
            raise Refusal(40053)
        return {
            "ticket": "gQ",
            "expire_seconds": asked.json["expire_seconds"],
            "url": f"http://weixin.qq.com/q/{scene}",
        }

    def _menu(self, asked: Asked) -> Json:
        rows = asked.json["button"]
        if len(rows) > 3 or any(len(row.get("sub_button", [])) > 5 for row in rows):
            raise Refusal(40017)
        if any(len(row["name"].encode()) > 16 for row in rows):
            raise Refusal(40018)
        self.menu = asked.json
        return {"errcode": 0, "errmsg": "ok"}

    def _shown_menu(self, asked: Asked) -> Json:
        rows = [
            {**row, "sub_button": {"list": row["sub_button"]}} if "sub_button" in row else row
            for row in self.menu.get("button", [])
        ]
        return {"is_menu_open": int(bool(rows)), "selfmenu_info": {"button": rows}}

    def _ticket(self, asked: Asked) -> Json:
        return {"errcode": 0, "errmsg": "ok", "ticket": "canary-ticket", "expires_in": 7200}

    def _templates(self, asked: Asked) -> Json:
        return {"template_list": [{"template_id": name, "content": text} for name, text in self.templates.items()]}

    def of_code(self, asked: Asked, code: str) -> Json:
        """Who a code is of, once."""
        if asked.query["secret"] != self.secret:
            raise Refusal(40125)
        if code in self._used:
            raise Refusal(40163)
        if code not in self.codes:
            raise Refusal(40029)
        self._used.add(code)
        return self.codes[code]

    # Its rules

    def _follower(self, openid: str) -> Follower:
        if openid not in self.followers:
            raise Refusal(40003)
        if not self.followers[openid].is_here:
            raise Refusal(43004)
        return self.followers[openid]

    def grant(self, kind: str, event: str) -> tuple[timedelta, int] | None:
        """How long after something, and how many messages, are taken."""
        return AFTER_WORDS if kind in WORDS else AFTER_A_TAP if event in OPENING else None

    def _open_window(self, openid: str, kind: str, event: str) -> None:
        grant = self.grant(kind, event)
        follower = self.followers[openid]
        if event == "subscribe":
            follower.is_here = True
        if grant:
            follower.windows = [*follower.windows[-3:], (self.now() + grant[0], grant[1])]

    def _count(self, follower: Follower) -> None:
        """A message uses up one of an open window."""
        open_ = [one for one in follower.windows if one[0] > self.now()]
        if not open_:
            raise Refusal(45015)
        with_room = [one for one in open_ if one[1] > 0]
        if not with_room:
            raise Refusal(45047)
        place = follower.windows.index(with_room[0])
        until, left = with_room[0]
        follower.windows[place] = (until, left - 1)

    def _show_reply(self, openid: str, answer: Answer) -> None:
        if answer.body in ("", "success"):
            return
        reply = self.unsealed(answer.body) if self.is_safe else parsed(answer.body)
        assert (reply["ToUserName"], reply["FromUserName"]) == (openid, self.account)
        assert len(reply["Content"].encode()) <= MOST_TEXT
        words = reply["Content"]
        self.shown.append(Shown(openid, reply["MsgType"], words, links=LINK.findall(words), is_reply=True))

    def unsealed(self, body: str) -> dict[str, str]:
        """An answer as WeChat reads it: its signature is right, and it is sealed for this account."""
        outer = parsed(body)
        assert outer["MsgSignature"] == signature(self.token, outer["TimeStamp"], outer["Nonce"], outer["Encrypt"])
        xml, app_id = decrypted(self.aes_key, outer["Encrypt"])
        assert app_id == self.app_id
        return parsed(xml)

    def _openid_in(self, request: HookRequest) -> str:
        body = request.body.decode()
        xml = decrypted(self.aes_key, parsed(body)["Encrypt"])[0] if self.is_safe else body
        return parsed(xml)["FromUserName"]

    def _stamp(self) -> int:
        return int(self.now().timestamp())

"""A WeCom of our own on 127.0.0.1: encrypted callbacks as its servers write them, and the part of its API that we use.

    with FakeWeCom() as wecom:
        wecom.url                                  the base address of the API
        request = wecom.says("li", "3 号楼电梯不动")   # a signed and encrypted callback
        wecom.again(request)                       the same message once more, encrypted and signed anew
        wecom.seen("li")                           what the member sees, one `Shown` a message
        wecom.press("li", "接单")                    the callback of the button of that label on the newest card
        wecom.faults["message/send"].append(error(45009, "api freq out of limit"))

What exceeds 30 messages a minute to one member is taken and dropped, as WeCom does; `dropped` counts it. Signatures and
cipher are written against the documents with `cryptography`, and tests/fakes/test_wecom.py holds them against the
published vectors and wechatpy.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from http.server import ThreadingHTTPServer
from typing import Any, Self

from bot.messages import HookRequest
from core import clock
from tests.fakes.wecom_wire import (
    AES_KEY,
    AGENT,
    CORP,
    SECRET,
    TEXT,
    TOKEN,
    Json,
    Shown,
    Vault,
    handler_of,
    shown_of,
    xml,
)

__all__ = ["AES_KEY", "AGENT", "CORP", "ROBOT", "SECRET", "SILENCE", "TOKEN", "FakeWeCom", "Shown", "Vault", "error"]

ROBOT = "canary-0f1e-robot-key"
PER_MINUTE, PER_HOUR, OF_ROBOT = 30, 1000, 20
MARKDOWN = 4096
TICKET = "canary-ticket-of-the-company"
LINKED = re.compile(r"\[([^\]]*)\]\((http[^)]*)\)")
REPLY = ("Encrypt", "MsgSignature", "TimeStamp", "Nonce")


def error(number: int, words: str = "no") -> Json:
    return {"errcode": number, "errmsg": words}


SILENCE: Json = {"silence": True}


class WeComError(Exception):
    def __init__(self, number: int, words: str, **more: Any) -> None:
        super().__init__(words)
        self.answer = {**error(number, words), **more}


class FakeWeCom:
    def __init__(self) -> None:
        self.vault = Vault()
        self.members: set[str] = {"li", "wang", "zhao", "chen"}
        self.trusted = True
        self.closed = 0
        self.domain = "fix.example"
        self.tokens: dict[str, bool] = {}
        self.codes: dict[str, str] = {}
        self.menu: Json = {}
        self.hook: Callable[[HookRequest], str] = lambda _: ""
        self.faults: defaultdict[str, list[Json]] = defaultdict(list)
        self.asked: list[tuple[str, Json]] = []
        self.shown: defaultdict[str, list[Shown]] = defaultdict(list)
        self.robot: list[Shown] = []
        self.files: dict[str, bytes] = {}
        self.dropped = 0
        self.ahead = timedelta(0)
        self.clock = clock.now
        self._sent: defaultdict[str, list[float]] = defaultdict(list)
        self._tasks: set[str] = set()
        self._number = 4561255354251345929
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    # What members do

    def says(self, member: str, text: str) -> HookRequest:
        return self.message(member, "text", Content=text)

    def shows(self, member: str, photo: bytes) -> HookRequest:
        media = self.keep(photo)
        return self.message(member, "image", PicUrl="http://p.qpic.cn/x", MediaId=media)

    def press(self, member: str, label: str) -> HookRequest:
        """Tap a button of the newest card that has it; the tap brings a new code."""
        for card in reversed(self.shown[member]):
            found = next((one for one in card.buttons if one["text"] == label and not card.is_used), None)
            if found is not None:
                assert "key" in found, f"{label} is a link: {found.get('url')}"
                return self.tap(member, card, found["key"])
        raise AssertionError(f"no button {label}; {member} sees {self.shown[member]}")

    def tap(self, member: str, card: Shown, key: str) -> HookRequest:
        card.code = self._code()
        told = {"EventKey": key, "TaskId": "task", "CardType": "button_interaction"}
        return self.event(member, "template_card_event", **told, ResponseCode=card.code)

    def message(self, member: str, kind: str, **fields: Any) -> HookRequest:
        self._number += 1
        return self.callback(FromUserName=member, MsgType=kind, **fields, MsgId=str(self._number))

    def event(self, member: str, event: str, **fields: Any) -> HookRequest:
        return self.callback(FromUserName=member, MsgType="event", Event=event, **fields)

    # How callbacks travel

    def callback(self, **fields: Any) -> HookRequest:
        told = {"ToUserName": CORP, "CreateTime": str(_second()), "AgentID": str(AGENT), **fields}
        return self.wrapped(f"<xml>{xml(told)}</xml>")

    def wrapped(self, text: str, corp: str = CORP) -> HookRequest:
        sealed = self.vault.seal(text, corp)
        told = xml({"ToUserName": corp, "AgentID": str(AGENT), "Encrypt": sealed})
        return HookRequest("POST", f"<xml>{told}</xml>".encode(), {}, self.proof(sealed))

    def again(self, request: HookRequest) -> HookRequest:
        sealed = request.body.split(b"<Encrypt><![CDATA[")[1].split(b"]]>")[0].decode()
        return self.wrapped(self.vault.open(sealed)[0])

    def proof(self, sealed: str) -> dict[str, str]:
        stamp, nonce = str(_second()), secrets.token_hex(5)
        return {"msg_signature": self.vault.sign(stamp, nonce, sealed), "timestamp": stamp, "nonce": nonce}

    def question(self, word: str) -> HookRequest:
        """What is asked when somebody saves the address of the hook."""
        sealed = self.vault.seal(word)
        return HookRequest("GET", b"", {}, {**self.proof(sealed), "echostr": sealed})

    def read_reply(self, body: str) -> str:
        """The words of a passive reply, or an assertion error for one that WeCom would not take."""
        found = (re.search(rf"<{name}>(?:<!\[CDATA\[)?([^\]<]+)", body) for name in REPLY)
        sealed, proof, stamp, nonce = (one[1] if one else "" for one in found)
        assert proof == self.vault.sign(stamp, nonce, sealed)
        text, corp = self.vault.open(sealed)
        assert corp == CORP
        return text

    def seen(self, member: str) -> list[Shown]:
        with self._lock:
            return list(self.shown[member])

    def keep(self, data: bytes) -> str:
        media = f"media-{len(self.files) + 1}"
        self.files[media] = data
        return media

    def expire(self) -> None:
        """Every access token has ended."""
        self.tokens = dict.fromkeys(self.tokens, False)

    def called(self, path: str) -> list[Json]:
        return [content for where, content in self.asked if where == path]

    # What the app asks

    def front(self, query: Mapping[str, str]) -> str:
        """Any other address; `hook` stands for the app's own server there."""
        return self.hook(HookRequest("GET", b"", {}, query))

    def answer(self, path: str, query: Mapping[str, str], body: bytes) -> Json | bytes:
        name = path.removeprefix("/cgi-bin/")
        content = {} if name == "media/upload" or not body else json.loads(body)
        with self._lock:
            self.asked.append((name, content))
            fault = self.faults[name].pop(0) if self.faults[name] else None
        if fault == SILENCE:
            self._over.wait(5)
        if fault is not None:
            return fault
        try:
            with self._lock:
                return self._do(name, query, content, body)
        except WeComError as problem:
            return problem.answer

    def _do(self, name: str, query: Mapping[str, str], content: Json, body: bytes) -> Json | bytes:
        if b"\\u" in body and name != "media/upload":
            raise WeComError(40033, "invalid charset")
        if name == "gettoken":
            return self._token(query)
        if name == "webhook/send":
            return self._post_to_group(query, content)
        if query.get("access_token") not in self.tokens:
            raise WeComError(40014, "invalid access_token")
        if not self.tokens[query["access_token"]]:
            raise WeComError(42001, "access_token expired")
        if not self.trusted:
            raise WeComError(60020, "not allow to access from your ip, hint: [1], from ip: 203.0.113.9")
        known: dict[str, Callable[[], Json | bytes]] = {
            "message/send": lambda: self._send(content), "message/update_template_card": lambda: self._update(content),
            "media/upload": lambda: self._upload(body), "media/get": lambda: self._file(query["media_id"]),
            "auth/getuserinfo": lambda: self._who(query["code"]), "agent/get": lambda: self._agent(query),
            "menu/create": lambda: self._set_menu(content),
            "get_jsapi_ticket": lambda: {**error(0, "ok"), "ticket": TICKET, "expires_in": 7200},
        }  # fmt: skip
        return known[name]()

    def _token(self, query: Mapping[str, str]) -> Json:
        if query.get("corpid") != CORP:
            raise WeComError(40013, "invalid corpid")
        if query.get("corpsecret") != SECRET:
            raise WeComError(40001, "invalid credential")
        token = f"access-token-{len(self.tokens)}"
        self.tokens[token] = True
        return {**error(0, "ok"), "access_token": token, "expires_in": 7200}

    def _agent(self, query: Mapping[str, str]) -> Json:
        if query["agentid"] != str(AGENT):
            raise WeComError(40056, "invalid agentid")
        return {**error(0, "ok"), "agentid": AGENT, "close": self.closed, "redirect_domain": self.domain}

    def _set_menu(self, content: Json) -> Json:
        assert 1 <= len(content["button"]) <= 3
        assert all(len(one["name"].encode()) <= 16 and one["key"] for one in content["button"])
        self.menu = content
        return error(0, "ok")

    def _who(self, code: str) -> Json:
        if code not in self.codes:
            raise WeComError(40029, "invalid code")
        return {**error(0, "ok"), **json.loads(self.codes.pop(code))}

    def _file(self, media: str) -> bytes:
        if media not in self.files:
            raise WeComError(40007, "invalid media_id")
        return self.files[media]

    def _upload(self, body: bytes) -> Json:
        head, _, rest = body.partition(b"\r\n\r\n")
        assert b'name="media"' in head
        assert b"filename=" in head
        return {**error(0, "ok"), "media_id": self.keep(rest.rpartition(b"\r\n--")[0]), "type": "image"}

    def _send(self, content: Json) -> Json:
        if content["agentid"] != AGENT:
            raise WeComError(40056, "invalid agentid")
        member = content["touser"]
        if member not in self.members:
            raise WeComError(81013, "user & party & tag all invalid", invaliduser=member)
        card = content.get("template_card", {})
        if content["msgtype"] == "template_card":
            self._check_card(card)
        shown = shown_of(content, self.files)
        shown.code = self._code() if card else ""
        if self._is_too_much(member, ((60, PER_MINUTE), (3600, PER_HOUR))):
            self.dropped += 1
        else:
            self.shown[member].append(shown)
        code = {"response_code": shown.code} if card else {}
        return {**error(0, "ok"), "invaliduser": "", "msgid": f"msg-{secrets.token_hex(4)}", **code}

    def _check_card(self, card: Json) -> None:
        buttons = card.get("button_list", [])
        keys = [one["key"] for one in buttons if one.get("type") != 1]
        is_odd = len(buttons) > 6 or len(set(keys)) < len(keys) or any(not 0 < len(key) <= 1024 for key in keys)
        if card["card_type"] == "button_interaction" and (not buttons or is_odd or not card["main_title"]["title"]):
            raise WeComError(40058, "invalid button_list")
        if card["card_type"] == "text_notice" and card["card_action"]["type"] not in (1, 2):
            raise WeComError(40058, "invalid card_action")
        if card["task_id"] in self._tasks or not card["task_id"].replace("-", "").isalnum():
            raise WeComError(40058, "invalid task_id")
        self._tasks.add(card["task_id"])

    def _is_too_much(self, reader: str, limits: Sequence[tuple[int, int]]) -> bool:
        now = self.clock().timestamp()
        sent = self._sent[reader] = [*self._sent[reader], now]
        return any(sum(now - at < span for at in sent) > most for span, most in limits)

    def _update(self, content: Json) -> Json:
        """A code is good once, for the card whose newest it is."""
        [member] = content["userids"]
        card = next((one for one in self.shown[member] if one.code and one.code == content["response_code"]), None)
        if card is None:
            raise WeComError(40058, "response_code is invalid or was used")
        card.code = ""
        if "button" in content:
            card.is_used = content["button"]["replace_name"]
            return error(0, "ok")
        self._check_card(content["template_card"])
        new = shown_of({"msgtype": "template_card", **content}, self.files)
        card.text, card.buttons, card.edits = new.text, new.buttons, card.edits + 1
        return {**error(0, "ok"), "invaliduser": ""}

    def _code(self) -> str:
        return f"code-{secrets.token_hex(8)}"

    def _post_to_group(self, query: Mapping[str, str], content: Json) -> Json:
        if query.get("key") != ROBOT:
            raise WeComError(93000, "invalid webhook url, hint: [1]")
        if self._is_too_much(ROBOT, ((60, OF_ROBOT),)):
            raise WeComError(45009, "api freq out of limit")
        kind = content["msgtype"]
        if kind in ("text", "markdown") and len(content[kind]["content"].encode()) > (
            TEXT if kind == "text" else MARKDOWN
        ):
            raise WeComError(40058, "content exceed max length")
        photo = base64.b64decode(content["image"]["base64"]) if kind == "image" else b""
        if photo and (
            hashlib.md5(photo, usedforsecurity=False).hexdigest() != content["image"]["md5"]
            or len(photo) > 2 * 1024 * 1024
        ):
            raise WeComError(40058, "invalid image")
        text = content[kind].get("content", "")
        links = LINKED.findall(text) if kind == "markdown" else []
        words = LINKED.sub("", text).removesuffix("\n" * len(links)) if links else text
        self.robot.append(Shown(kind, words, [{"text": label, "url": url} for label, url in links], photo))
        return error(0, "ok")


def _second() -> int:
    return int(clock.now().timestamp())

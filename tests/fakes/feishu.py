"""A Feishu of our own on 127.0.0.1: its interfaces with their errors, a record of what people see, scripted faults.

with FakeFeishu() as feishu:
    channel = feishu.channel(database, storage)
    feishu.messages("ou_li")          what a person or group sees: text, labels, has_photo, edits
    feishu.tap("ou_li", "接单")        the callback of the button of that label, in the newest card that has it
    feishu.take(event, answer)        what the answer to a tap changes in its card
    feishu.keep("om_1", "img_1", data)    a file that the app can download
    feishu.fail("send", says(230020), silence(), reset())
    feishu.blocked.add("ou_li")       this person wants no messages of the bot
    feishu.end_tokens()               no access token that was given is good any more
    feishu.peaks()                    the most messages in a second: of the app, and to one conversation
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.server import ThreadingHTTPServer
from itertools import count
from typing import Any, Self

from bot.channels._feishu_callbacks import Callbacks as Proof
from bot.channels.feishu import FeishuChannel
from bot.messages import Answer
from bot.tokens import Tokens
from core import clock
from core.database import Database
from core.storage import Storage
from tests.fakes.feishu_callbacks import APP_ID, ENCRYPT_KEY, TOKEN, Callbacks
from tests.fakes.feishu_http import Handler

SECRET = "canary-app-secret-of-the-tests"
MOST = 30 * 1024
Json = dict[str, Any]
SCOPES = ("im:message:send_as_bot", "im:message.p2p_msg:readonly", "im:message.group_at_msg:readonly", "im:resource")


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer instead of the true one. `kind`: error, silence (as long as the server runs), reset."""

    kind: str
    number: int = 0
    status: int = 400
    is_done: bool = False


def says(number: int, status: int = 400) -> Fault:
    return Fault("error", number, status)


def silence(*, is_done: bool = False) -> Fault:
    return Fault("silence", is_done=is_done)


def reset(*, is_done: bool = False) -> Fault:
    return Fault("reset", is_done=is_done)


@dataclass
class Message:
    """A message as a person sees it."""

    id: str
    chat: str
    kind: str
    content: Json
    at: datetime
    edits: int = 0

    @property
    def text(self) -> str:
        if self.kind == "post":
            return "".join(one["text"] for one in self._pieces() if one["tag"] in ("text", "a"))
        return "".join(one["text"]["content"] for one in self.content["elements"] if one["tag"] == "div")

    @property
    def buttons(self) -> list[Json]:
        rows = [one["actions"] for one in self.content.get("elements", ()) if one["tag"] == "action"]
        return [button for row in rows for button in row]

    @property
    def labels(self) -> list[str]:
        return [button["text"]["content"] for button in self.buttons]

    @property
    def has_photo(self) -> bool:
        return any(one["tag"] == "img" for one in self._pieces())

    @property
    def image(self) -> str:
        """The key of its picture; empty without one."""
        return next((str(one.get("image_key") or one["img_key"]) for one in self._pieces() if one["tag"] == "img"), "")

    def _pieces(self) -> list[Json]:
        if self.kind == "post":
            return [piece for line in self.content["zh_cn"]["content"] for piece in line]
        return list(self.content["elements"])


class Refusal(Exception):
    def __init__(self, number: int, said: str = "refused", status: int = 400) -> None:
        super().__init__(said)
        self.number, self.said, self.status = number, said, status


class FakeFeishu:
    def __init__(self) -> None:
        self.events = Callbacks()
        self.sent: dict[str, Message] = {}
        self.calls: list[tuple[str, int]] = []
        self.blocked: set[str] = set()
        self.left: set[str] = set()
        self.groups: set[str] = {"oc_group"}
        self.codes: dict[str, str] = {}
        self.scopes: set[str] = set(SCOPES)
        self.status = 2
        self.ahead = timedelta()  # of this platform's clock before ours
        self._files: dict[tuple[str, str, str], bytes] = {}
        self._images: dict[str, bytes] = {}
        self._tokens: set[str] = set()
        self._faults: defaultdict[str, list[Fault]] = defaultdict(list)
        self._said: dict[str, tuple[str, datetime]] = {}
        self._numbers = count(1)
        self._moments: list[tuple[float, str]] = []
        self._lock = threading.RLock()
        self.over = threading.Event()
        handler = type("Handler", (Handler,), {"fake": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def now(self) -> datetime:
        return clock.now() + self.ahead

    def start(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def stop(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def channel(self, database: Database, storage: Storage, **given: Any) -> FeishuChannel:
        """The app of this platform. It does not wait after taps, and not long for answers."""
        proof = Proof(APP_ID, ENCRYPT_KEY, TOKEN)
        known: Json = {"base_url": self.base_url, "patience": 0.4, "sleep": _no_pause, **given}
        return FeishuChannel(APP_ID, SECRET, proof, Tokens(database, b"key of the tests"), storage, **known)

    def messages(self, chat: str) -> list[Message]:
        with self._lock:
            return [one for one in self.sent.values() if one.chat == chat]

    def tap(self, chat: str, label: str, *, by: str = "") -> Json:
        found = [(one, button) for one in self.messages(chat) for button in one.buttons]
        fitting = [pair for pair in found if pair[1]["text"]["content"] == label]
        assert fitting, (label, [button["text"]["content"] for _, button in found])
        message, button = fitting[-1]
        return self.events.tap(by or chat, message.id, button["value"], chat)

    def take(self, event: Json, answer: Answer) -> None:
        """Feishu reads the answer to a tap: a card in it takes the place of the one that was tapped."""
        said = json.loads(answer.body)
        if shown := said.get("card"):
            assert shown["type"] == "raw"
            self._change(event["event"]["context"]["open_message_id"], shown["data"])

    def keep(self, message: str, key: str, data: bytes, kind: str = "image") -> None:
        self._files[message, key, kind] = data

    def picture(self, key: str) -> bytes:
        """A picture that the app has uploaded."""
        return b"\xff\xd8\xff" + self._images[key].partition(b"\xff\xd8\xff")[2].rpartition(b"\r\n--")[0]

    def fail(self, call: str, *faults: Fault) -> None:
        """What the next calls get, one each: token, send, patch, upload, download, info, scopes, redeem, who."""
        self._faults[call] += faults

    def end_tokens(self) -> None:
        self._tokens.clear()

    def peaks(self) -> tuple[int, int]:
        """The most messages within a second by the server's clock: of the app, and to one conversation."""
        moments = sorted(self._moments)
        app, chat = 0, 0
        for place, (at, _) in enumerate(moments):
            near = [to for then, to in moments[place:] if then < at + 1]
            app, chat = max(app, len(near)), max(chat, *Counter(near).values())
        return app, chat

    def answer(self, method: str, path: str, query: Json, headers: Any, body: bytes) -> tuple[int, bytes]:
        """What a call of the app gets. Raises ConnectionError where it gets nothing."""
        name, work, groups = self._route(method, path)
        fault = self._faults[name].pop(0) if self._faults[name] else None
        if fault and fault.kind != "error":
            if fault.is_done:
                self._done(name, work, groups, query, headers, body)
            if fault.kind == "silence":
                self.over.wait(20)
            raise ConnectionError
        status, told = self._failed(fault) if fault else self._done(name, work, groups, query, headers, body)
        self.calls.append((name, status))
        return status, told if isinstance(told, bytes) else json.dumps(told, ensure_ascii=False).encode()

    def _done(self, name: str, work: Any, groups: Any, query: Json, headers: Any, body: bytes) -> tuple[int, Any]:
        try:
            if name not in ("token", "redeem", "who", "nothing"):
                self._prove(headers.get("authorization", ""))
            with self._lock:
                return 200, work(*groups, query, headers, body)
        except Refusal as refusal:
            return refusal.status, {"code": refusal.number, "msg": refusal.said}

    def _failed(self, fault: Fault) -> tuple[int, Json]:
        return fault.status, {"code": fault.number, "msg": f"scripted, ext={SECRET}"}

    def _prove(self, authorization: str) -> None:
        if authorization.removeprefix("Bearer ") not in self._tokens:
            raise Refusal(99991663, "Invalid access token for authorization.")

    def _route(self, method: str, path: str) -> tuple[str, Callable[..., Any], tuple[str, ...]]:
        for name, (verb, pattern) in ROUTES.items():
            if verb == method and (found := re.fullmatch(pattern, path)):
                return name, getattr(self, f"_{name}"), found.groups()
        return "nothing", self._nothing, ()

    def _nothing(self, *_: Any) -> Json:
        raise Refusal(404, "not found", 404)

    def _token(self, query: Json, headers: Any, body: bytes) -> Json:
        told = json.loads(body)
        if (told["app_id"], told["app_secret"]) != (APP_ID, SECRET):
            raise Refusal(10014, "app secret invalid", 200)
        token = f"t-canary-{next(self._numbers):024}"
        self._tokens.add(token)
        return {"code": 0, "msg": "ok", "tenant_access_token": token, "expire": 7200}

    def _send(self, query: Json, headers: Any, body: bytes) -> Json:
        """https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/im-v1/message/create"""
        told = json.loads(body)
        chat = told["receive_id"]
        self._check_chat(chat, query["receive_id_type"])
        if len(body) > MOST:
            raise Refusal(230025, "The length of the message content reaches its limit.")
        said, at = self._said.get(told.get("uuid", ""), ("", self.now()))
        if not said or self.now() - at > timedelta(hours=1):
            said = f"om_sent_{next(self._numbers):024}"
            content = json.loads(told["content"])
            check(told["msg_type"], content, self._images)
            self.sent[said] = Message(said, chat, told["msg_type"], content, self.now())
            self._said[told.get("uuid", "")] = said, self.now()
            self._moments.append((time.monotonic(), chat))
        return {"code": 0, "msg": "success", "data": {"message_id": said, "msg_type": told["msg_type"]}}

    def _check_chat(self, chat: str, kind: str) -> None:
        if kind not in ("open_id", "chat_id") or not chat.startswith("ou_" if kind == "open_id" else "oc_"):
            raise Refusal(230001, "Your request contains an invalid request parameter, ext=invalid receive_id.")
        if chat in self.blocked:
            raise Refusal(230053, "The user has stopped the bot from sending messages.")
        if chat in self.left:
            raise Refusal(230029, "User has resigned.")
        if kind == "chat_id" and chat not in self.groups:
            raise Refusal(230002, "The bot can not be outside the group.")

    def _patch(self, message: str, query: Json, headers: Any, body: bytes) -> Json:
        if len(body) > MOST:
            raise Refusal(230025, "The length of the message content reaches its limit.")
        self._change(message, json.loads(json.loads(body)["content"]))
        return {"code": 0, "msg": "success", "data": {}}

    def _change(self, message: str, content: Json) -> None:
        """https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/im-v1/message/patch"""
        found = self.sent.get(message)
        if found is None:
            raise Refusal(230001, "Your request contains an invalid request parameter, ext=invalid message_id.")
        if found.kind != "interactive" or not (found.content["config"]["update_multi"] and content["config"]):
            raise Refusal(230054, "This operation is not supported for this message type.")
        if self.now() - found.at > timedelta(days=14):
            raise Refusal(230031, "The message exceeds the effective period.")
        check("interactive", content, self._images)
        found.content, found.edits = content, found.edits + 1

    def _upload(self, query: Json, headers: Any, body: bytes) -> Json:
        if b'name="image_type"\r\n\r\nmessage' not in body or b"\xff\xd8\xff" not in body:
            raise Refusal(234011, "Can't recognize the image format.")
        key = f"img_v3_{next(self._numbers):020}"
        self._images[key] = body
        return {"code": 0, "msg": "success", "data": {"image_key": key}}

    def _download(self, message: str, key: str, query: Json, headers: Any, body: bytes) -> bytes:
        if (found := self._files.get((message, key, query.get("type", "")))) is None:
            raise Refusal(234003, "File not in msg.")
        return found

    def _info(self, query: Json, headers: Any, body: bytes) -> Json:
        return {"code": 0, "msg": "ok", "bot": {"activate_status": self.status, "open_id": "ou_bot"}}

    def _scopes(self, query: Json, headers: Any, body: bytes) -> Json:
        granted = [{"scope_name": name, "grant_status": 1 if name in self.scopes else 2} for name in SCOPES]
        return {"code": 0, "msg": "success", "data": {"scopes": granted}}

    def _redeem(self, query: Json, headers: Any, body: bytes) -> Json:
        told = json.loads(body)
        assert (told["grant_type"], told["client_id"]) == ("authorization_code", APP_ID)
        if told["client_secret"] != SECRET:
            raise Refusal(20002, "invalid client secret")
        if (person := self.codes.pop(told["code"], "")) == "":
            raise Refusal(20003, "invalid_grant")
        return {"code": 0, "access_token": f"u-{person}", "expires_in": 7200, "token_type": "Bearer"}

    def _who(self, query: Json, headers: Any, body: bytes) -> Json:
        person = headers.get("authorization", "").removeprefix("Bearer u-")
        return {"code": 0, "msg": "success", "data": {"name": "Li", "open_id": person, "union_id": f"on_{person}"}}


def check(kind: str, content: Json, images: Json) -> None:
    """As strict as the platform about what it will show."""
    if kind == "post":
        for piece in [piece for line in content["zh_cn"]["content"] for piece in line]:
            fields = {"text": ("text",), "a": ("text", "href"), "img": ("image_key",)}.get(piece["tag"])
            if fields is None or not all(piece.get(name) for name in fields):
                raise Refusal(230001, "invalid post")
            if piece["tag"] == "img" and piece["image_key"] not in images:
                raise Refusal(230001, "invalid image_key")
        return
    if kind != "interactive" or not content["elements"]:
        raise Refusal(230099, "Failed to create card content")
    for element in content["elements"]:
        _check_element(element, images)


def _check_element(element: Json, images: Json) -> None:
    if element["tag"] == "div" and element["text"]["tag"] == "plain_text" and element["text"]["content"]:
        return
    if element["tag"] == "img" and element["img_key"] in images and element["alt"]["tag"] == "plain_text":
        return
    if element["tag"] == "action" and element["actions"] and all(map(_is_button, element["actions"])):
        return
    raise Refusal(230099, f"Failed to create card content, ext={element['tag']}")


def _is_button(button: Json) -> bool:
    is_link = str(button.get("url", "")).startswith(("http://", "https://"))
    return button["tag"] == "button" and bool(button["text"]["content"]) and is_link != isinstance(
        button.get("value"), dict
    )  # fmt: skip


async def _no_pause(_: float) -> None:
    return


API = "/open-apis"
ROUTES = {
    "token": ("POST", f"{API}/auth/v3/tenant_access_token/internal"),
    "send": ("POST", f"{API}/im/v1/messages"),
    "patch": ("PATCH", f"{API}/im/v1/messages/([^/]+)"),
    "upload": ("POST", f"{API}/im/v1/images"),
    "download": ("GET", f"{API}/im/v1/messages/([^/]+)/resources/([^/]+)"),
    "info": ("GET", f"{API}/bot/v3/info"),
    "scopes": ("GET", f"{API}/application/v6/scopes"),
    "redeem": ("POST", f"{API}/authen/v2/oauth/token"),
    "who": ("GET", f"{API}/authen/v1/user_info"),
}

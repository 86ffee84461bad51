"""A platform that exists in tests only, with everything that the four to come ask of a channel at once.

It signs callbacks with their time, asks for a challenge by POST, has a second hook, reads a reply in the answer to its
callback, and signs people in to our pages.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from bot.channels import Proven, Take
from bot.messages import Answer, HookRequest, Incoming, Limits, Outgoing, SendError
from bot.proofs import is_fresh, is_same
from core import clock
from core.errors import Invalid

KEY = b"courier"
NAME, ACCOUNT, SENDER = "courier", "c-1", "courier_id"
WITHIN = timedelta(minutes=5)


@dataclass
class Courier:
    """The channel, and what was sent through it. `refusals`: what the next sends raise, one each."""

    name: str = NAME
    account: str = ACCOUNT
    hooks: tuple[str, ...] = ("", "cards")
    limits: Limits = field(
        default_factory=lambda: Limits(text=2048, unit="bytes", has_taps=False, has_links=False,
                                       reply_within=timedelta(seconds=3), per_second=10_000, per_chat_second=10_000)
    )  # fmt: skip
    said: list[tuple[str, Outgoing]] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)
    longest_reply: int = 600
    codes: dict[str, list[Proven]] = field(default_factory=dict)
    is_away: bool = False

    def is_welcome(self, request: HookRequest) -> bool:
        return "signature" in request.query

    def is_authentic(self, request: HookRequest) -> bool:
        stamp = request.query.get("timestamp", "")
        given = request.query.get("signature", "")
        return is_same(given, signature(stamp, request.body)) and is_fresh(stamp, WITHIN)

    def handshake(self, request: HookRequest) -> Answer | None:
        if request.method == "GET":
            return Answer(request.query.get("echostr", ""), "text/plain")
        challenge = said_in(request.body).get("challenge") if self.is_authentic(request) else None
        return Answer(json.dumps({"challenge": challenge})) if challenge else None

    def answer(self, request: HookRequest, reply: Outgoing | None) -> Answer | None:
        """With random characters in it, as an encrypted answer has."""
        if reply is None:
            return Answer("success", "text/plain")
        if len(reply.text) > self.longest_reply:
            return None
        return Answer(f"<xml><nonce>{clock.secret()}</nonce>{reply.text}</xml>", "text/xml")

    def parse(self, request: HookRequest) -> list[Incoming]:
        said = said_in(request.body)
        if "from" not in said:
            raise Invalid(field="field.body")
        known: dict[str, Any] = {
            "channel": NAME, "account": ACCOUNT, "dedupe_key": said["id"], "conversation": said["from"],
            "sender": said["from"], "sender_kind": SENDER, "locale": "en",
        }  # fmt: skip
        if request.part == "cards":
            return [Incoming(**known, kind="action", action=said["tap"])]
        return [Incoming(**known, kind="text", text=said["text"], takes_reply=True)]

    async def send(self, conversation: str, message: Outgoing, key: str) -> str:
        if self.refusals:
            raise self.refusals.pop(0)
        self.said.append((conversation, message))
        return str(len(self.said))

    def sign_in_url(self, state: str, redirect: str) -> str:
        return f"https://courier.example/authorize?{urlencode({'state': state, 'redirect_uri': redirect})}"

    async def who(self, code: str) -> list[Proven]:
        """A code is good once."""
        if self.is_away:
            raise SendError("timeout", retryable=True)
        return self.codes.pop(code, [])

    def rooms(self) -> dict[str, str]:
        return {"managers": "Managers"}

    async def fetch(self, reference: str) -> bytes:
        raise SendError("gone")

    async def settle_tap(self, incoming: Incoming, notice: str) -> None:
        return

    async def listen(self, take: Take) -> None:
        return

    async def prepare(self) -> None:
        return


def signature(stamp: str, body: bytes) -> str:
    return hmac.new(KEY, stamp.encode() + body, hashlib.sha256).hexdigest()


def said_in(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        raise Invalid(field="field.body") from None
    if not isinstance(said, dict):
        raise Invalid(field="field.body")
    return said


def callback(said: dict[str, Any], part: str = "") -> HookRequest:
    """A genuine callback of this moment."""
    body = json.dumps(said).encode()
    stamp = str(int(clock.now().timestamp()))
    return HookRequest("POST", body, {}, {"timestamp": stamp, "signature": signature(stamp, body)}, part)


def words(text: str, sender: str = "li", key: str = "m-1") -> HookRequest:
    return callback({"id": key, "from": sender, "text": text})

"""What Feishu sends to an app: events and taps, encrypted and signed as it does, not by the channel's code.

    events = Callbacks()
    event = events.text("ou_li", "电梯坏了")            # a message to the bot in private
    request = events.request(event)                    # the callback with its headers, signed now
    events.request(events.again(event))                # a redelivery: another event, the same message

The layout is that of the platform's documentation and of the models of lark-oapi 1.7.5; tests/fakes/test_feishu.py
holds what that SDK itself took.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from datetime import timedelta
from itertools import count
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.messages import HookRequest
from core import clock

APP_ID, ENCRYPT_KEY, TOKEN = "cli_a1b2c3", "canary-encrypt-key-9f2-of-32-characters", "canary-verification-token"
TENANT = "tenant-of-the-tests"
BOT = {"key": "@_user_1", "id": {"open_id": "ou_bot"}, "name": "Gongdan", "mentioned_type": "bot"}
Json = dict[str, Any]


class Callbacks:
    def __init__(self) -> None:
        self._numbers = count(1)

    def message(self, sender: str, kind: str, content: Any, *, group: str = "", mentions: Any = ()) -> Json:
        number = next(self._numbers)
        message = {
            "message_id": f"om_{number:032}", "create_time": str(_milliseconds()), "update_time": str(_milliseconds()),
            "chat_id": group or f"oc_private_of_{sender}", "chat_type": "group" if group else "p2p",
            "message_type": kind, "content": json.dumps(content, ensure_ascii=False), "mentions": list(mentions),
        }  # fmt: skip
        ids = {"open_id": sender, "union_id": f"on_{sender}", "user_id": None}
        told = {"sender": {"sender_id": ids, "sender_type": "user", "tenant_key": TENANT}, "message": message}
        return self.event("im.message.receive_v1", told)

    def text(self, sender: str, text: str, *, group: str = "") -> Json:
        """In a group people name the bot, and the platform tells of no other message."""
        words = f"@_user_1 {text}" if group else text
        return self.message(sender, "text", {"text": words}, group=group, mentions=[BOT] if group else ())

    def picture(self, sender: str, key: str, words: str = "") -> Json:
        """A picture alone; with words it is a post."""
        if not words:
            return self.message(sender, "image", {"image_key": key})
        lines = [[{"tag": "img", "image_key": key, "width": 8, "height": 8}], [{"tag": "text", "text": words}]]
        return self.message(sender, "post", {"title": "", "content": lines})

    def tap(self, person: str, message: str, value: Any, chat: str = "oc_somewhere") -> Json:
        told = {
            "operator": {"tenant_key": TENANT, "user_id": None, "open_id": person, "union_id": f"on_{person}"},
            "token": "c-295ee57216a5dc9de90fefd0aadb4b1d7d", "host": "im_message", "delivery_type": "",
            "action": {"value": value, "tag": "button", "timezone": "Asia/Shanghai"},
            "context": {"open_message_id": message, "open_chat_id": chat},
        }  # fmt: skip
        return self.event("card.action.trigger", told)

    def event(self, kind: str, told: Json) -> Json:
        header = {
            "event_id": f"{next(self._numbers):032x}", "token": TOKEN, "create_time": str(_milliseconds()),
            "event_type": kind, "tenant_key": TENANT, "app_id": APP_ID,
        }  # fmt: skip
        return {"schema": "2.0", "header": header, "event": told}

    def again(self, event: Json) -> Json:
        """What comes when the first was not answered: Feishu says that the event may have another id."""
        repeated = copy.deepcopy(event)
        if "message" in event["event"]:
            repeated["header"]["event_id"] = f"{next(self._numbers):032x}"
        return repeated

    def request(self, said: Any, part: str = "", *, age: timedelta = timedelta()) -> HookRequest:
        return signed(seal(json.dumps(said, ensure_ascii=False).encode()), part, age=age)

    def challenge(self, challenge: str, *, token: str = TOKEN, is_signed: bool = False) -> HookRequest:
        said = {"challenge": challenge, "token": token, "type": "url_verification"}
        body = seal(json.dumps(said).encode())
        return signed(body) if is_signed else HookRequest("POST", body)


def seal(content: bytes, key: str = ENCRYPT_KEY, vector: bytes = b"vector-of-a-test") -> bytes:
    """{"encrypt": base64(vector + AES-256-CBC(content))}, padded to 16 as PKCS#7 says, under SHA-256 of the key."""
    missing = 16 - len(content) % 16
    writer = Cipher(algorithms.AES256(hashlib.sha256(key.encode()).digest()), modes.CBC(vector)).encryptor()
    sealed = vector + writer.update(content + bytes([missing]) * missing) + writer.finalize()
    return json.dumps({"encrypt": base64.b64encode(sealed).decode()}).encode()


def signed(body: bytes, part: str = "", *, age: timedelta = timedelta(), nonce: str = "nonce-1") -> HookRequest:
    """A callback with its proof, written `age` ago."""
    stamp = str(int((clock.now() - age).timestamp()))
    headers = {
        "x-lark-request-timestamp": stamp, "x-lark-request-nonce": nonce,
        "x-lark-signature": signature(stamp, nonce, body), "content-type": "application/json",
    }  # fmt: skip
    return HookRequest("POST", body, headers, part=part)


def signature(stamp: str, nonce: str, body: bytes, key: str = ENCRYPT_KEY) -> str:
    digest = hashlib.sha256()
    for piece in (stamp.encode(), nonce.encode(), key.encode(), body):
        digest.update(piece)
    return digest.hexdigest()


def _milliseconds() -> int:
    return int(clock.now().timestamp() * 1000)

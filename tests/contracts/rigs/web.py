"""The web chat under the contract: we are the platform, so its messages lie in our own database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, ClassVar

from pydantic import SecretStr

from bot.channels.web import ACCOUNT, DAYS, SENDER, WebChannel
from bot.messages import HookRequest, Location, Media
from core import clock, people, transcripts
from core.database import Database, Session
from core.settings import Settings
from core.storage import Storage
from tests.contracts.rigs import Case, Seen

HASH = "ab" * 32
FILE: dict[str, Any] = {"hash": HASH, "mime": "image/jpeg", "width": 4, "height": 3, "evidence": {}}
OURS = "the web chat is ours: its messages are rows of the same database"


def _open(session: Session) -> str:
    """The chat of a stranger, as its browser begins it."""
    chat = transcripts.open_chat(session, clock.now())
    person = people.add_person(session, "").id
    people.add_identity(session, person, "web", ACCOUNT, SENDER, chat, conversation=chat, via="first_contact")
    return chat


class Rig:
    lacks: ClassVar[Mapping[str, str]] = dict.fromkeys(("throttled", "timeout", "refused", "closed"), OURS)

    def __init__(self, database: Database, storage: Storage) -> None:
        self._database = database
        settings = Settings(secret_key=SecretStr("k"))
        self.channel = WebChannel(settings, database)
        self.conversation = database.write(_open)

    def incoming(self) -> Mapping[str, Case]:
        photo, voice = self.channel.sign_file("photo", FILE, ["A1B2"]), self.channel.sign_file("voice", FILE, [])
        spot = {"latitude": 30.2, "longitude": 120.1}
        return {
            "text": self._case({"kind": "text", "text": "电梯坏了", "locale": "zh"}, text="电梯坏了", locale="zh"),
            "photo": self._case(
                {"kind": "image", "text": "漏水", "media": [photo]},
                text="漏水", media=(Media("photo", HASH, FILE, ("A1B2",)),),
            ),
            "voice": self._case({"kind": "voice", "media": [voice]}, media=(Media("voice", HASH, FILE),)),
            "location": self._case({"kind": "location", "location": spot}, location=Location(30.2, 120.1)),
            "button": self._case({"kind": "action", "action": "t" * 40, "message": "5"}, action="t" * 40, message="5"),
            "scan": self._case({"kind": "scan", "argument": "A1B2"}, argument="A1B2"),
            "unknown": self._case({"kind": "dance"}, kind="unknown"),
        }  # fmt: skip

    def forged(self) -> list[HookRequest]:
        token = self.channel.token_of(self.conversation, 0)
        wrong = ["", "x", token[:-1], token + "0", f"{'0' * 48}.{token.partition('.')[2]}", "é.é"]
        return [self._hook({"kind": "text", "text": "x"}, bearer) for bearer in wrong]

    def stale(self) -> list[HookRequest]:
        """A token that has expired."""
        with clock.at(clock.now() - timedelta(days=DAYS + 1)):
            return [self._hook({"kind": "text", "text": "x"})]

    def garbage(self) -> list[HookRequest]:
        bad_file = {"kind": "image", "media": ["e30=.0"]}
        return [HookRequest("POST", body, self._proof()) for body in (b"", b"x", b"[]", b"{}")] + [self._hook(bad_file)]

    def faults(self) -> Mapping[str, Callable[[], None]]:
        return {"blocked": self._forget}

    def seen(self) -> list[Seen]:
        with self._database.read_scope() as session:
            bodies = [line.body for line in transcripts.lines_after(session, self.conversation, 0)]
        return [Seen(b["text"], [button["label"] for button in b["buttons"]], bool(b["photo"])) for b in bodies]

    def close(self, runner: asyncio.Runner) -> None:
        """Nothing is open."""

    def _forget(self) -> None:
        """The conversation is one that nobody has any more."""
        self.conversation = "0" * 48

    def _case(self, said: dict[str, Any], **expected: Any) -> Case:
        known = {"conversation": self.conversation, "sender": self.conversation, "kind": said["kind"]}
        return Case(self._hook(said), {**known, **expected})

    def _hook(self, said: dict[str, Any], token: str | None = None) -> HookRequest:
        return HookRequest("POST", json.dumps({"id": "message-1", **said}).encode(), self._proof(token))

    def _proof(self, token: str | None = None) -> dict[str, str]:
        bearer = self.channel.token_of(self.conversation, 0) if token is None else token
        return {"authorization": f"Bearer {bearer}"}

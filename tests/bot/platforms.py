"""A channel for tests of delivery: it notes what it is given, refuses when told to, and has the limits it is given."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from bot.delivery import Delivery
from bot.messages import Limits, Outgoing
from core import people
from core.conversations import Conversation
from core.database import Database
from core.outbox import OutboxMessage
from tests.bot.flows.chat import SETTINGS

QUICK = Limits(per_second=10_000, per_chat_second=10_000)


class Platform:
    """A channel that notes what it is given. `refusals`: what the next sends raise, one each."""

    account = "42"

    def __init__(self, *refusals: Exception, name: str = "telegram", **limits: Any) -> None:
        self.name = name
        self.limits = replace(QUICK, **limits)
        self.said: list[tuple[str, str]] = []
        self.messages: list[Outgoing] = []
        self.refusals = list(refusals)
        self.stuck: dict[str, asyncio.Event] = {}
        self.heard = asyncio.Event()

    async def send(self, conversation: str, message: Outgoing, key: str) -> str:
        if conversation in self.stuck:
            await self.stuck[conversation].wait()
        if self.refusals:
            raise self.refusals.pop(0)
        self.said.append((conversation, key))
        self.messages.append(message)
        self.heard.set()
        return str(len(self.said))

    async def has_said(self, conversation: str) -> None:
        async with asyncio.timeout(20):
            while conversation not in dict(self.said):
                self.heard.clear()
                await self.heard.wait()


def delivery(db: Database, *platforms: Platform) -> Delivery:
    channels: dict[str, Any] = {one.name: one for one in platforms}  # what delivery uses of a channel
    return Delivery(db, SETTINGS, channels)


def deliver(db: Database, *platforms: Platform) -> int:
    return asyncio.run(delivery(db, *platforms).deliver_due())


def states(db: Database, ids: Sequence[UUID]) -> list[tuple[str, str]]:
    with db.read_scope() as session:
        found = [session.get_one(OutboxMessage, one) for one in ids]
        return [(row.state, row.error) for row in found]


def meet(db: Database, person: UUID, channel: str, **heard: Any) -> None:
    """Somebody has a chat on a platform, called like the platform, and sent a message of each kind at its moment."""
    with db.write_scope() as session:
        people.add_identity(session, person, channel, "42", "user", channel, conversation=channel, via="test")
        told = {kind: at.isoformat() for kind, at in heard.items()}
        place = {"channel": channel, "account": "42", "conversation": channel, "sender": channel}
        session.add(Conversation(**place, person_id=person, heard=told))

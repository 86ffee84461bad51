"""A server of one channel, seen from its hook: what comes in, what goes back at once, what is sent later."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from assets import register
from bot.delivery import Delivery
from bot.messages import HookRequest, Incoming, Outgoing
from bot.replying import Replying, Told
from bot.router import Router
from core import access, clock, intake, people
from core.database import Database
from core.intake import FaultReport
from core.outbox import OutboxMessage
from core.tickets import queries
from tests.bot.flows.chat import SETTINGS
from tests.fakes.courier import ACCOUNT, NAME, SENDER, Courier, words
from tests.personas import NOW, Cast


class Desk:
    """A server of one channel, seen from its hook. Its clock stands at `now`."""

    def __init__(self, db: Database, channel: Courier) -> None:
        self.db, self.channel, self.now, self.keys = db, channel, NOW, 0
        self.replying = Replying(db, SETTINGS)

    def hear(self, request: HookRequest, *, is_late: bool = False) -> Told:
        """What a callback is answered with; settling is the caller's, as it comes after the answer."""
        with clock.at(self.now):
            messages = self.channel.parse(request)
            for incoming in messages:
                Router(self.db, SETTINGS).take(incoming)
            return self.replying.to(self.channel, request, messages, is_late=is_late)

    def hear_again(self, request: HookRequest, messages: list[Incoming]) -> Told:
        """The answer alone, to what was taken already."""
        with clock.at(self.now):
            return self.replying.to(self.channel, request, messages, is_late=False)

    def settle(self, told: Told) -> None:
        with clock.at(self.now):
            self.replying.settle(told)

    def deliver(self) -> list[str]:
        """What the senders send until nothing is due any more."""
        before, channels = len(self.channel.said), {NAME: self.channel}
        with clock.at(self.now):
            while asyncio.run(Delivery(self.db, SETTINGS, dict[str, Any](channels)).deliver_due()):
                pass
        return [message.text for _, message in self.channel.said[before:]]

    def rows(self) -> list[tuple[str, str]]:
        with self.db.read_scope() as session:
            found = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
            return [(row.kind, row.state) for row in found]

    def say(self, text: str) -> Outgoing:
        """Write a message, and read what is sent in answer to it; the last of it, where it is several."""
        self.now += timedelta(seconds=1)
        self.keys += 1
        self.settle(self.hear(words(text, key=f"said-{self.keys}"), is_late=True))
        self.deliver()
        return self.channel.said[-1][1]

    def report(self, cast: Cast) -> str:
        """A fault that is offered to the technician, whose chat is on this channel; returns its number."""
        with clock.at(self.now), self.db.write_scope() as session:
            mine = (NAME, ACCOUNT, SENDER, "wang")
            people.add_identity(session, cast.technician, *mine, conversation="wang", via="test")
            subject = register.subject_of_place(session, cast.hall)
            told = FaultReport(subject, "the lamp is broken", cast.resident, category="lift", is_own=True)
            ticket = intake.report_fault(session, told, self.now).ticket
            assert ticket is not None
            return ticket.number

    def opened_by(self, url: str) -> tuple[str, UUID]:
        """Which ticket a link opens, and as whom."""
        with self.db.read_scope() as session:
            found = access.look_up(session, "page", url.rpartition("/")[2], self.now)
            assert found is not None
            assert found.ticket_id is not None
            return queries.by_id(session, found.ticket_id).number, found.person_id

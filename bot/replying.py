"""What a platform gets to a callback: words of its own, and where it takes one there, our answer to the message.

1. The message was taken: its answer lies in the outbox, reserved for this callback (core.replies).
2. In time, and where the channel can carry it: the bytes are kept with the inbox row, and go out.
3. Only then the row is settled: a process that dies in between leaves it to the senders, and a platform that asks
   again gets the bytes that were kept. Else it is given back at once, and sent as every other message.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from bot.channels import Answering, Channel
from bot.messages import Answer, HookRequest, Incoming, Outgoing, unpacked_answer
from bot.wording import worded
from core import clock, numbers, outbox, replies
from core.database import Database, DBAPIError, Session, is_passing
from core.errors import Busy
from core.outbox import OutboxMessage
from core.settings import Settings

log = logging.getLogger(__name__)

# Seconds for the writer's lock: what the message itself has left of the platform's patience, 5 s for a reply, else 3.
WAIT_WITH_REPLY = 0.5
WAIT = 0.2


@dataclass(frozen=True, slots=True)
class Told:
    """What goes back, and the message that it carries."""

    answer: Answer
    message_id: UUID | None = None
    address: tuple[str, str, str] = ("", "", "")
    numbered: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Replying:
    """The answering half of the hooks."""

    database: Database
    settings: Settings

    def to(self, channel: Channel, request: HookRequest, messages: Sequence[Incoming], *, is_late: bool) -> Told:
        """What a callback is answered with; every repetition of it with the same bytes.

        `is_late`: the platform has waited as long as it may, so that nothing is carried.
        """
        if not isinstance(channel, Answering):
            return Told(Answer())
        if not messages:
            return Told(channel.answer(request, None) or Answer())
        wait = WAIT_WITH_REPLY if messages[0].takes_reply else WAIT
        try:
            return self.database.write(
                lambda session: self._tell(session, channel, request, messages, clock.now(), is_late=is_late), wait
            )
        except (Busy, DBAPIError) as error:
            if isinstance(error, DBAPIError) and not is_passing(error):
                raise
            # The answer stays reserved: a repetition may carry it, or a sender once its lease has ended.
            return Told(channel.answer(request, None) or Answer())

    def settle(self, told: Told) -> None:
        """The callback was answered with the message."""
        if told.message_id is not None:
            self.database.write(partial(_settle, told, told.message_id))

    def _tell(
        self, session: Session, channel: Answering, request: HookRequest, messages: Sequence[Incoming], now: datetime,
        *, is_late: bool,
    ) -> Told:  # fmt: skip
        first = messages[0]
        key = (first.channel, first.account, first.dedupe_key)
        if before := replies.answered(session, key):
            return Told(unpacked_answer(before))
        row = replies.reserved(session, key, now)
        reply, outgoing = None, None
        if row is not None and not is_late and len(messages) == 1:
            outgoing = self._worded(session, row, channel, now)
            reply = channel.answer(request, outgoing) if outgoing else None
        if row is not None and reply is None:
            replies.give_back(session, row.id)
        answer = reply or channel.answer(request, None) or Answer()
        replies.keep(session, key, answer.packed())
        if row is None or outgoing is None or reply is None:
            return Told(answer)
        return Told(answer, row.id, (row.channel, row.account, row.conversation), outgoing.numbered)

    def _worded(self, session: Session, row: OutboxMessage, channel: Channel, now: datetime) -> Outgoing | None:
        """The message for this platform; None for one that no sender could put into words either."""
        try:
            return worded(session, row, channel.limits, self.settings, now)
        except (KeyError, ValueError, TypeError):
            log.exception("outbox row %s of kind %s cannot be rendered", row.id, row.kind)
            return None


def _settle(told: Told, message_id: UUID, session: Session) -> None:
    now = clock.now()
    outbox.sent(session, message_id, replies.REFERENCE, now)
    numbers.offer(session, told.address, message_id, told.numbered, now)

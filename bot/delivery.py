"""Messages leave: claim → send → settle, under each account's rate limits, never inside a transaction.

1. Claim due rows under a lease, in one short transaction, as long as there is room for more under way. What is over by
   then is withdrawn; what its reader wants later is put off.
2. Find each a way that its platform's windows and quotas leave open, the more important first; what has none now waits.
3. Resolve language and words; send, one after another within a conversation.
4. Settle each: sent, again later, unknown, or undeliverable with its reason; a person who blocked us is marked.

A slow conversation holds up nobody else: the next rows are claimed while it is still being written to.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from assets.fonts import NoChineseFont
from bot import charts, ways
from bot.channels import Channel
from bot.messages import Limits, Outgoing, SendError
from bot.ways import Later, NoWay, Way
from bot.wording import locale_of, worded
from core import clock, digests, gathering, numbers, outbox, overtaken, people, quiet, sendings
from core.database import Database, Session
from core.importance import SUMMARY
from core.outbox import OutboxMessage
from core.settings import Settings
from core.storage import Storage, StorageUnavailable, key_of

log = logging.getLogger(__name__)

PAUSE = 0.5
ROOM = 100
CATCH_UP = 0.9  # of the pause that is kept to the platform's 80 %


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed message with where it goes and what it says there. `sending`: the attempt that is being made."""

    row: OutboxMessage
    way: Way
    outgoing: Outgoing
    sending: UUID
    locale: str

    @property
    def channel(self) -> Channel:
        return self.way.channel

    @property
    def conversation(self) -> str:
        return self.way.conversation


@dataclass(slots=True)
class Pace:
    """When an account and each of its conversations may be written to next (seconds of the loop's clock)."""

    account: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    chat: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    left: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    left_to: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))

    def wait(self, channel: Channel, conversation: str, now: float) -> float:
        """Seconds to wait before this send; the slot is taken with the asking."""
        key, limits = (channel.name, conversation), channel.limits
        begin = max(now, self.account[channel.name], self.chat[key])
        self.account[channel.name] = begin + 1 / limits.per_second
        self.chat[key] = begin + _interval(limits, conversation)
        return begin - now

    def rest(self, channel: Channel, conversation: str, now: float) -> float:
        """Seconds that are still to wait because others left later than they should have; 0 takes the moment.

        Without it a process that was held up would send in one burst what it had planned in the meantime. It is a
        little quicker than the plan, so that a delay is made up for.
        """
        key, limits = (channel.name, conversation), channel.limits
        until = max(
            self.left[channel.name] + CATCH_UP / limits.per_second,
            self.left_to[key] + CATCH_UP * _interval(limits, conversation),
        )
        if until > now:
            return until - now
        self.left[channel.name] = self.left_to[key] = now
        return 0


def _interval(limits: Limits, conversation: str) -> float:
    """Seconds between two messages to the same conversation; a group's are fewer."""
    if limits.is_group(conversation):
        return 60 / limits.per_group_minute
    return 1 / limits.per_chat_second


class Delivery:
    """The sender of one process. Any number may run: rows are claimed by a conditional update."""

    def __init__(
        self, database: Database, settings: Settings, channels: dict[str, Channel], storage: Storage | None = None
    ) -> None:
        self.database = database
        self.settings = settings
        self.channels = channels
        self.storage = storage
        self.pace = Pace()
        self.nudged = asyncio.Event()
        self._under_way = 0
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self) -> None:
        """Deliver until cancelled; `nudged` wakes it at once, otherwise it looks twice a second."""
        self._loop = asyncio.get_running_loop()
        if self.database.is_sqlite:  # which serves one process: what is still claimed was claimed by a dead one
            await asyncio.to_thread(self.database.write, outbox.release)
        async with asyncio.TaskGroup() as group:
            while True:
                self.nudged.clear()
                with _surviving("delivery"):
                    await self._take_up(group)
                await _wait(self.nudged, PAUSE)

    def nudge(self) -> None:
        """Look at the outbox now; may be called from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.nudged.set)

    async def deliver_due(self) -> int:
        """Send what is due now, as far as there is room, and return how many rows were taken."""
        async with asyncio.TaskGroup() as group:
            return await self._take_up(group)

    async def _take_up(self, group: asyncio.TaskGroup) -> int:
        """Claim what there is room for, once half of it is free, and send it in the background."""
        if self._under_way > ROOM // 2:
            return 0
        parcels, taken = await asyncio.to_thread(self._claim, ROOM - self._under_way)
        by_chat: dict[tuple[str, str], list[Parcel]] = defaultdict(list)
        for parcel in parcels:
            by_chat[parcel.channel.name, parcel.conversation].append(parcel)
        self._under_way += len(parcels)
        for chat in by_chat.values():
            group.create_task(self._send_all(chat))
        if taken > len(parcels):  # there may be more for somebody who can't be reached: that needs no waiting
            self.nudged.set()
        return taken

    async def _send_all(self, parcels: Sequence[Parcel]) -> None:
        """Send what a conversation gets, in order; what fails here comes back when its lease has ended."""
        for parcel in parcels:
            with _surviving("a message"):
                await asyncio.sleep(self.pace.wait(parcel.channel, parcel.conversation, _time()))
                await self._send(parcel)
            self._under_way -= 1
        self.nudged.set()

    async def _send(self, parcel: Parcel) -> None:
        outgoing = await asyncio.to_thread(self._illustrated, parcel)
        if not await asyncio.to_thread(self.database.write, lambda session: _leaves(session, parcel)):
            return
        await self._keep_pace(parcel)
        try:
            reference = await parcel.channel.send(parcel.conversation, outgoing, str(parcel.row.id))
        except SendError as error:
            await asyncio.to_thread(self._settle_failure, parcel, error)
            return
        await asyncio.to_thread(self.database.write, lambda session: self._sent(session, parcel, reference))

    def _sent(self, session: Session, parcel: Parcel, reference: str) -> None:
        _arrived(session, parcel, reference)
        self._offer_numbers(session, parcel, clock.now())

    def _offer_numbers(self, session: Session, parcel: Parcel, now: datetime) -> None:
        address = (parcel.channel.name, parcel.channel.account, parcel.conversation)
        numbers.offer(session, address, parcel.row.id, parcel.outgoing.numbered, now)

    async def _keep_pace(self, parcel: Parcel) -> None:
        """Right before it leaves, after everything that takes a time of its own."""
        where = (parcel.channel, parcel.conversation)
        while (rest := self.pace.rest(*where, _time())) > 0:  # noqa: ASYNC110 - only time ends it
            await asyncio.sleep(rest)

    def _illustrated(self, parcel: Parcel) -> Outgoing:
        """A message with figures to draw gets its picture; without a font or a store its words go alone."""
        rows = parcel.row.facts.get("chart")
        if not rows or self.storage is None or not parcel.channel.limits.has_photos:
            return parcel.outgoing
        try:
            picture = charts.draw(rows, str(parcel.row.facts.get("site_name", "")), parcel.locale)
            key = key_of(hashlib.sha256(picture).hexdigest(), ".png")
            self.storage.put(key, picture)
        except (NoChineseFont, StorageUnavailable) as problem:
            log.warning("a chart is left out: %s", type(problem).__name__)
            return parcel.outgoing
        return replace(parcel.outgoing, photo=key)

    def _settle_failure(self, parcel: Parcel, error: SendError) -> None:
        self.database.write(lambda session: self._failed(session, parcel, error, clock.now()))

    def _failed(self, session: Session, parcel: Parcel, error: SendError, now: datetime) -> None:
        is_harmless = parcel.channel.limits.is_repeatable
        is_unknown = error.is_unknown and not is_harmless
        sendings.failed(session, parcel.sending, _outcome(error), error.said, is_unknown=is_unknown)
        if error.code == ways.NO_CONSENT:
            ways.end_consents(session, parcel.row, parcel.way)
        elif not error.is_unknown:
            ways.give_back(session, parcel.row, parcel.way)
        if error.stop_contact and parcel.way.identity_id:
            people.mark_blocked(session, parcel.way.identity_id, now)
        self._keep_groups(session, parcel, error, now)
        if not outbox.is_waiting(session, parcel.row.id):
            return
        if error.moved_to and parcel.row.conversation:
            outbox.move(session, parcel.row, error.moved_to)
        if error.is_unknown:
            self._offer_numbers(session, parcel, now)  # it may have arrived, and be answered
        if error.is_unknown and not is_harmless:
            outbox.unknown(session, parcel.row, error.code, now)
        elif error.retryable or error.moved_to or error.is_unknown:
            outbox.retry(session, parcel.row, error.code, now, error.after)
        elif _has_other_ways(parcel, error):
            outbox.readdress(session, parcel.row.id, error.code, now)
        else:
            outbox.undeliverable(session, parcel.row.id, error.code, now)

    def _keep_groups(self, session: Session, parcel: Parcel, error: SendError, now: datetime) -> None:
        """Digests follow a group to a new address, and end where it has put us out."""
        address = (parcel.row.channel, parcel.row.account, parcel.row.conversation)
        if error.moved_to and address[-1]:
            digests.move(session, address, error.moved_to, now)
        elif error.stop_contact and parcel.row.person_id is None and address[-1]:
            digests.leave(session, address, now)

    def _claim(self, room: int) -> tuple[list[Parcel], int]:
        return self.database.write(lambda session: self._pack_due(session, room))

    def _pack_due(self, session: Session, room: int) -> tuple[list[Parcel], int]:
        now = clock.now()
        if ways.is_counted(self.channels):
            sendings.alone(session)
        rows = outbox.claim(session, now, room)
        going = self._gathered(session, quiet.hold(session, overtaken.withdraw(session, rows, now), now), now)
        packed = [self._pack(session, row, now) for row in sorted(going, key=lambda row: (row.importance, row.id))]
        parcels = [parcel for parcel in packed if parcel is not None]
        return sorted(parcels, key=lambda parcel: parcel.row.id), len(rows)

    def _gathered(self, session: Session, rows: Sequence[OutboxMessage], now: datetime) -> list[OutboxMessage]:
        """Where a chat takes a handful of messages only, the news for it become fewer before the first is sent."""
        news: dict[UUID, list[OutboxMessage]] = defaultdict(list)
        for row in filter(gathering.is_news, rows):
            news[row.person_id or row.id].append(row)
        crowds = [crowd for crowd in news.values() if len(crowd) > 1]
        merged: set[UUID] = set()
        for crowd in crowds:
            if ways.is_scarce(session, crowd[0], self.channels, now):
                merged |= gathering.gather(session, crowd, now)
        return [row for row in rows if row.id not in merged]

    def _pack(self, session: Session, row: OutboxMessage, now: datetime) -> Parcel | None:
        """Find where a message goes; without any way to its reader it waits or is undeliverable, never dropped."""
        left = sendings.unanswered(session, row.id) if row.attempts > 1 else 0
        if not outbox.may_repeat(row, left, is_awaited=True):
            outbox.unknown_for_good(session, row.id, "timeout", now)
            return None
        match ways.choose(session, row, self.channels, now):
            case Later(until, reason):
                outbox.put_off(session, row, until, reason)
                if gathering.is_news(row) and row.person_id:
                    gathering.gather(session, gathering.waiting(session, row.person_id), now)
            case NoWay(reason):
                outbox.undeliverable(session, row.id, reason, now)
            case Way(is_template=True) as way if row.kind == SUMMARY:
                ways.give_back(session, row, way)
                gathering.scatter(session, row, now)
            case Way() as way:
                return self._parcel(session, row, way, now)
        return None

    def _parcel(self, session: Session, row: OutboxMessage, way: Way, now: datetime) -> Parcel | None:
        try:
            outgoing = worded(session, row, way.channel.limits, self.settings, now, is_template=way.is_template)
        except (KeyError, ValueError, TypeError):
            log.exception("outbox row %s of kind %s cannot be rendered", row.id, row.kind)
            outbox.undeliverable(session, row.id, "unrenderable", now)
            ways.give_back(session, row, way)
            return None
        sending = sendings.begin(
            session, row.id, way.place, now, passed=way.passed, is_template=way.is_template
        )  # fmt: skip
        return Parcel(row, way, outgoing, sending, locale_of(session, row))


def _leaves(session: Session, parcel: Parcel) -> bool:
    """Whether a message may leave now. Where repeating it is harmless, nobody has to know that it did."""
    if parcel.channel.limits.is_repeatable:
        return True
    is_ours = sendings.leaves(session, parcel.sending, parcel.row.id, parcel.row.attempts, clock.now())
    if not is_ours:
        ways.give_back(session, parcel.row, parcel.way)
    return is_ours


def _arrived(session: Session, parcel: Parcel, reference: str) -> None:
    outbox.sent(session, parcel.row.id, reference, clock.now())
    if not parcel.channel.limits.is_repeatable:
        sendings.arrived(session, parcel.sending)


def _outcome(error: SendError) -> str:
    """How a failure is kept: a refusal that ends by itself closes its chat to nobody."""
    return sendings.THROTTLED if error.retryable and error.code in sendings.REFUSALS else error.code


def _has_other_ways(parcel: Parcel, error: SendError) -> bool:
    """Whether a message whose chat is closed or gone may look for another one of its reader, or go as a template."""
    is_closed = error.stop_contact or error.code in sendings.REFUSALS
    return is_closed and parcel.row.person_id is not None and not parcel.row.replaces


@contextmanager
def _surviving(what: str) -> Iterator[None]:
    """One failure is logged and ends neither the loop nor what else is under way."""
    try:
        yield
    except Exception:
        log.exception("%s failed, the rest goes on", what)


def _time() -> float:
    return asyncio.get_running_loop().time()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Not by `wait_for`: in Python 3.11 it loses a cancellation that comes with the event, and nobody would stop."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()

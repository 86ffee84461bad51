"""A server that several platforms call, and people who sit at them: each says, shows and presses with what it has.

    server = Server(db, storage, runner, cast, {"wechat": WeChatSeat(...), "feishu": FeishuSeat(...)})
    server.join("wechat", "li", cast.resident, "en")
    server.say("wechat", "li", "the lamp is broken")
    server.press("feishu", "wang", "Accept")        # a button, a card, or the number that stands before the words
    server.seen("wechat", "li")                     # everything that this person sees, oldest first

Time stands still between two messages.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import copy_context
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import select

from bot import flows
from bot.channels import Channel
from bot.channels._dingtalk_proofs import card_secret
from bot.channels._weixin_sending import template_of
from bot.channels.telegram import TelegramChannel
from bot.delivery import Delivery
from bot.fetching import Fetching
from bot.messages import Answer, HookRequest, Incoming
from bot.replying import Replying
from bot.router import Router
from core import access, clock
from core.database import Database
from core.people import Person
from core.storage import Storage
from core.tickets import actions, queries
from core.tickets.models import Attachment, Ticket
from tests.bot.channels.dingtalk_office import office_of
from tests.bot.flows.chat import SETTINGS
from tests.contracts.rigs import Seen
from tests.contracts.rigs import wechat as wechat_rig
from tests.contracts.rigs import wecom as wecom_rig
from tests.fakes import dingtalk, telegram
from tests.fakes.feishu import FakeFeishu
from tests.fakes.telegram import FakeTelegram, Sender
from tests.fakes.wechat import FakeWeChat
from tests.fakes.wecom import FakeWeCom, Shown
from tests.personas import NOW, Cast

A_MOMENT = timedelta(seconds=5)
flows.load()


class Seat(Protocol):
    """One platform as its people use it. `who` is their name there."""

    channel: Any

    def keep_time(self, now: Callable[[], datetime]) -> None:
        """Go by this clock: a fake's threads do not see the time that a test sets."""

    def text(self, who: str, words: str) -> HookRequest: ...

    def photo(self, who: str, data: bytes) -> HookRequest: ...

    def press(self, who: str, label: str) -> HookRequest: ...

    def take(self, request: HookRequest, answer: Answer) -> None:
        """What the platform does with our answer to a callback."""

    def seen(self, who: str) -> list[Seen]: ...


class Server:
    """Router, worker and senders of one server. `seats`: by the name of the channel."""

    def __init__(
        self, db: Database, storage: Storage, runner: asyncio.Runner, cast: Cast, seats: dict[str, Seat]
    ) -> None:
        self.db, self.cast, self.seats, self.now, self._runner = db, cast, seats, NOW, runner
        self.channels: dict[str, Channel] = {name: seat.channel for name, seat in seats.items()}
        for channel in self.channels.values():
            channel.limits = replace(channel.limits, per_second=10_000, per_chat_second=10_000)
        self._delivery = Delivery(db, SETTINGS, self.channels, storage)
        self._fetching = Fetching(db, SETTINGS, storage, self.channels)
        self._replying = Replying(db, SETTINGS)
        for seat in seats.values():
            seat.keep_time(lambda: self.now)

    def join(self, channel: str, who: str, person: UUID, locale: str) -> None:
        """Type the one-time code that joins a chat to a person."""
        with self.db.write_scope() as session:
            session.get_one(Person, person).locale = locale
            code = access.issue(session, "link", person, self.now, life=access.LINK_LIFE)
        self.say(channel, who, f"/link {code}")

    def say(self, channel: str, who: str, words: str) -> None:
        self.hear(channel, lambda seat: seat.text(who, words))

    def show(self, channel: str, who: str, photo: bytes) -> None:
        self.hear(channel, lambda seat: seat.photo(who, photo))

    def press(self, channel: str, who: str, label: str) -> None:
        self.hear(channel, lambda seat: seat.press(who, label))

    def seen(self, channel: str, who: str) -> list[Seen]:
        return self.seats[channel].seen(who)

    def hear(self, channel: str, make: Callable[[Any], HookRequest]) -> None:
        """A callback of this moment as the hook takes it, and everything that the server does because of it."""
        self.now += A_MOMENT
        seat = self.seats[channel]
        with clock.at(self.now):
            request = make(seat)
            assert seat.channel.is_welcome(replace(request, body=b""))
            assert seat.channel.is_authentic(request)
            messages = seat.channel.parse(request)
            self.take(messages)
            told = self._replying.to(seat.channel, request, messages, is_late=False)
            seat.take(request, told.answer)
            self._replying.settle(told)
        self.work(*(seat.channel.settle_tap(one, "") for one in messages if one.callback))

    def take(self, messages: Sequence[Incoming]) -> None:
        assert [Router(self.db, SETTINGS).take(one) for one in messages] == ["done"] * len(messages)

    def act(self, number: str, action: str, by: UUID, **facts: Any) -> None:
        """What somebody does on a page."""
        self.now += A_MOMENT
        with clock.at(self.now), self.db.write_scope() as session:
            ticket = queries.by_number(session, number, lock=True)
            actions.act(session, ticket, action, access.viewer(session, by), self.now, facts=facts)
        self.work()

    def work(self, *first: Any) -> None:
        """What the worker does until nothing is due, on the one loop that the connections belong to."""
        with clock.at(self.now):
            self._runner.run(self._settled(first), context=copy_context())

    async def _settled(self, first: Sequence[Any]) -> None:
        for one in first:
            await one
        while await self._fetching.fetch_due() or await self._delivery.deliver_due():
            continue

    def ticket(self) -> Ticket:
        with self.db.read_scope() as session:
            return session.scalars(select(Ticket)).one()

    def attached(self) -> list[str]:
        """The kinds of what was attached."""
        with self.db.read_scope() as session:
            return sorted(session.scalars(select(Attachment.kind)))


@dataclass
class TelegramSeat:
    """A person is named by a number."""

    fake: FakeTelegram
    channel: TelegramChannel

    def keep_time(self, now: Callable[[], datetime]) -> None:
        """It reads no clock that matters here."""

    def text(self, who: str, words: str) -> HookRequest:
        return self._hook(self.fake.updates.text(_sender(who), words))

    def photo(self, who: str, data: bytes) -> HookRequest:
        return self._hook(self.fake.updates.photo(_sender(who), self.fake.keep(data)))

    def press(self, who: str, label: str) -> HookRequest:
        for message in reversed(self.fake.messages(int(who))):
            for button in (button for row in message.buttons for button in row if button["text"] == label):
                return self._hook(
                    self.fake.updates.tap(_sender(who), button["callback_data"], int(who), message.message_id)
                )
        raise AssertionError((label, self.seen(who)))

    def take(self, request: HookRequest, answer: Answer) -> None:
        """Telegram reads only the status."""

    def seen(self, who: str) -> list[Seen]:
        return [Seen(one.text, one.labels, one.photo is not None) for one in self.fake.messages(int(who))]

    def _hook(self, update: dict[str, Any]) -> HookRequest:
        return HookRequest("POST", json.dumps(update).encode(), {"x-telegram-bot-api-secret-token": telegram.SECRET})


def _sender(who: str) -> Sender:
    return Sender(int(who), "Somebody", "en")


@dataclass
class WeChatSeat:
    """Nothing can be pressed there: people reply with the number that stands before the words."""

    fake: FakeWeChat
    channel: Any

    def keep_time(self, now: Callable[[], datetime]) -> None:
        self.fake.now = now

    def text(self, who: str, words: str) -> HookRequest:
        return self.fake.text(who, words)

    def photo(self, who: str, data: bytes) -> HookRequest:
        return self.fake.photo(who, data)

    def press(self, who: str, label: str) -> HookRequest:
        for message in reversed(self.seen(who)):
            for number, words in re.findall(r"(?m)(\d+) ([^/\n]+?)(?: /|$)", message.text):
                if label in (words, f"{number} {words}"):
                    return self.text(who, number)
        raise AssertionError((label, self.seen(who)))

    def take(self, request: HookRequest, answer: Answer) -> None:
        assert self.fake.deliver(lambda _: answer, request)

    def seen(self, who: str) -> list[Seen]:
        """A picture stands below its words."""
        shown = self.fake.seen(who)
        photos = {place - 1 for place, one in enumerate(shown) if one.kind == "image"}
        return [Seen(one.text, [], place in photos) for place, one in enumerate(shown) if one.kind == "text"]


@dataclass
class WeComSeat:
    fake: FakeWeCom
    channel: Any

    def keep_time(self, now: Callable[[], datetime]) -> None:
        self.fake.clock = now

    def text(self, who: str, words: str) -> HookRequest:
        return self.fake.says(who, words)

    def photo(self, who: str, data: bytes) -> HookRequest:
        return self.fake.shows(who, data)

    def press(self, who: str, label: str) -> HookRequest:
        return self.fake.press(who, label)

    def take(self, request: HookRequest, answer: Answer) -> None:
        if answer.body:
            words = self.fake.read_reply(answer.body).partition("<Content><![CDATA[")[2].partition("]]>")[0]
            [member] = [one.sender for one in self.channel.parse(request)]
            self.fake.shown[member].append(Shown("text", words))

    def seen(self, who: str) -> list[Seen]:
        return [Seen(one.text, one.labels, bool(one.photo)) for one in wecom_rig.joined(self.fake.seen(who))]


@dataclass
class DingTalkSeat:
    """With a card template, so that buttons come back."""

    fake: dingtalk.FakeDingTalk
    channel: Any

    def keep_time(self, now: Callable[[], datetime]) -> None:
        """It reads no clock that matters here."""

    def text(self, who: str, words: str) -> HookRequest:
        return self.hook(self.fake.callbacks.text(dingtalk.Member(who), words))

    def photo(self, who: str, data: bytes) -> HookRequest:
        code = self.fake.keep(f"c{len(self.fake.api.files)}", data)
        return self.hook(self.fake.callbacks.picture(dingtalk.Member(who), code))

    def press(self, who: str, label: str) -> HookRequest:
        return self.hook(self.fake.press(who, label), "cards")

    def take(self, request: HookRequest, answer: Answer) -> None:
        """DingTalk reads only the status."""

    def seen(self, who: str) -> list[Seen]:
        return [Seen(one.text, one.labels, bool(one.photo)) for one in self.fake.messages(who)]

    def hook(self, data: dict[str, Any], part: str = "") -> HookRequest:
        make = self.fake.callbacks
        headers = make.card_headers(card_secret(dingtalk.SECRET)) if part else make.headers()
        return HookRequest("POST", json.dumps(data).encode(), headers, part=part)


@dataclass
class FeishuSeat:
    fake: FakeFeishu
    channel: Any
    _event: dict[str, Any] | None = None

    def keep_time(self, now: Callable[[], datetime]) -> None:
        """It reads no clock that matters here."""

    def text(self, who: str, words: str) -> HookRequest:
        return self._hook(self.fake.events.text(who, words))

    def photo(self, who: str, data: bytes) -> HookRequest:
        event = self.fake.events.picture(who, "img_1")
        self.fake.keep(event["event"]["message"]["message_id"], "img_1", data)
        return self._hook(event)

    def press(self, who: str, label: str) -> HookRequest:
        return self._hook(self.fake.tap(who, label), "cards")

    def take(self, request: HookRequest, answer: Answer) -> None:
        assert self._event is not None
        self.fake.take(self._event, answer)

    def seen(self, who: str) -> list[Seen]:
        return [Seen(one.text, one.labels, one.has_photo) for one in self.fake.messages(who)]

    def _hook(self, event: dict[str, Any], part: str = "") -> HookRequest:
        self._event = event
        return self.fake.events.request(event, part)


OFFER = "TM0000000001 character_string1=number thing2=place thing3=category"


def open_telegram(stack: ExitStack, db: Database, storage: Storage, runner: asyncio.Runner) -> Seat:
    fake = stack.enter_context(FakeTelegram())
    known: dict[str, Any] = {"base_url": fake.base_url, "secret": telegram.SECRET, "public_url": SETTINGS.public_url}
    return TelegramSeat(fake, TelegramChannel(telegram.TOKEN, storage, **known))


def open_wechat(stack: ExitStack, db: Database, storage: Storage, runner: asyncio.Runner) -> Seat:
    fake = stack.enter_context(FakeWeChat())
    fake.templates = {"TM0000000001": "{{character_string1.DATA}} {{thing2.DATA}} {{thing3.DATA}}"}
    templates = {"work": template_of("work", OFFER)}
    return WeChatSeat(fake, wechat_rig.channel_of(fake, db, storage, templates=templates))


def open_wecom(stack: ExitStack, db: Database, storage: Storage, runner: asyncio.Runner) -> Seat:
    fake = stack.enter_context(FakeWeCom())
    return WeComSeat(fake, wecom_rig.opened(fake, db, storage))


def open_dingtalk(stack: ExitStack, db: Database, storage: Storage, runner: asyncio.Runner) -> Seat:
    office = stack.enter_context(office_of(db, storage, runner))
    office.dingtalk.api.registered = {"callbackRouteKey": "gongdan"}
    return DingTalkSeat(office.dingtalk, office.open(public_url=SETTINGS.public_url, template=dingtalk.TEMPLATE))


def open_feishu(stack: ExitStack, db: Database, storage: Storage, runner: asyncio.Runner) -> Seat:
    fake = stack.enter_context(FakeFeishu())
    return FeishuSeat(fake, fake.channel(db, storage))


OPENERS = {
    "telegram": open_telegram, "wechat": open_wechat, "wecom": open_wecom, "dingtalk": open_dingtalk,
    "feishu": open_feishu,
}  # fmt: skip


@contextmanager
def serving(db: Database, storage: Storage, runner: asyncio.Runner, cast: Cast, *names: str) -> Iterator[Server]:
    """A server of these channels."""
    with ExitStack() as stack:
        seats = {name: OPENERS[name](stack, db, storage, runner) for name in names}
        yield Server(db, storage, runner, cast, seats)
        for seat in seats.values():
            runner.run(seat.channel.close())

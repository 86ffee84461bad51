"""A stage for conversations: people say and press things and read what leaves for them, in both languages.

Every message goes through a new Router, so nothing of a dialogue lives in memory; every message takes a second.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import select

from assets import register
from bot import flows
from bot.messages import Incoming, Limits, Media, Outgoing
from bot.render import Setting, render
from bot.router import Router
from core import access, categories, clock, i18n, intake, outbox, people, places
from core.conversations import Conversation
from core.database import Database, Session
from core.intake import FaultReport
from core.outbox import OutboxMessage
from core.people import Person
from core.places import Site
from core.settings import Settings
from core.tickets import actions, queries
from core.tickets.models import Ticket
from tests.personas import NOW, Cast

SETTINGS = Settings(secret_key=SecretStr("the key of the tests"), public_url="https://fix.example")
CHANNEL = "web"
NOTICES = ("privacy", "privacy_group")
PREFACES = ("home_asked", "linked")  # a report that waited goes on behind them
flows.load()


@dataclass(frozen=True, slots=True)
class Message:
    """One message as its reader finds it."""

    row: OutboxMessage
    shown: Outgoing

    @property
    def kind(self) -> str:
        return self.row.kind

    @property
    def text(self) -> str:
        return self.shown.text

    @property
    def actions(self) -> list[str]:
        """The buttons that come back when they are pressed."""
        return [button["action"] for button in self.row.buttons if not button["url"]]

    @property
    def links(self) -> list[str]:
        return [button.url for button in self.shown.buttons if button.url]

    def token(self, action: str, **facts: Any) -> str:
        """The token of the button of an action, the one with these facts where there are several."""
        for index, button in enumerate(self.row.buttons):
            if button["action"] == action and facts.items() <= button["facts"].items():
                return outbox.token_of(self.row.id, index, SETTINGS.key)
        raise AssertionError(f"no {action} {facts} among {self.row.buttons}")


class Stage:
    """One site with its cast and a time that passes."""

    def __init__(self, db: Database, cast: Cast) -> None:
        self.db, self.cast, self.now = db, cast, NOW
        self.keys = count(1)

    def tick(self, span: timedelta = timedelta(seconds=1)) -> datetime:
        self.now += span
        return self.now

    def chat(self, person: UUID, name: str) -> Chat:
        """The private chat of a person whose identity is known already."""
        with self.db.write_scope() as session:
            people.add_identity(session, person, CHANNEL, "", "web_id", name, conversation=name, via="test")
            session.get_one(Person, person).informed_at = self.now
        return Chat(self, person, name)

    def stranger(self, name: str) -> Chat:
        """The chat of somebody who was never here; the person is made by the first message."""
        chat = Chat(self, UUID(int=0), name)
        chat.send(kind="follow")
        with self.db.read_scope() as session:
            found = people.identify(session, CHANNEL, "", "web_id", name)
        assert found is not None
        chat.person = found.id
        return chat

    def report(
        self, reporter: UUID, text: str = "the lamp is broken", *, code: str = "", category: str = "lift"
    ) -> str:
        """A fault in the hall, or of the thing behind a code; returns its number."""
        now = self.tick()
        with clock.at(now), self.db.write_scope() as session:
            place = register.subject_of_place(session, self.cast.hall)
            subject = register.subject_of(session, code) if code else place
            told = FaultReport(subject, text, reporter, category=category, is_own=True)
            ticket = intake.report_fault(session, told, now).ticket
            assert ticket is not None
            return ticket.number

    def act(self, number: str, action: str, by: UUID, **facts: Any) -> None:
        """Something that happens elsewhere: at the desk, on a page, in another chat."""
        now = self.tick()
        with clock.at(now), self.db.write_scope() as session:
            ticket = queries.by_number(session, number, lock=True)
            actions.act(session, ticket, action, access.viewer(session, by), now, facts=facts)

    def sign_off(self, number: str, by: UUID) -> None:
        """Work until it is done; the evidence was waived."""
        for item in ("after_photo", "technician_signature", "code_scan"):
            self.act(number, "waive", self.cast.supervisor, evidence=item, reason="test")
        if self.ticket(number).state == "assigned":
            self.act(number, "accept", by)
        self.act(number, "check_in", by)
        self.act(number, "sign_off", by, resolution="fixed")

    def ticket(self, number: str) -> Ticket:
        with self.db.read_scope() as session:
            return queries.by_number(session, number)

    def lift(self) -> str:
        """A lift in the hall; returns its code."""
        with self.db.write_scope() as session:
            return register.add_asset(session, self.cast.site, self.cast.hall, "Lift A", "Lift", now=self.now).code

    def stay_silent(self, span: timedelta) -> None:
        now = self.tick(span)
        with clock.at(now):
            Router(self.db, SETTINGS).wake_silent()


class Chat:
    """The private chat of one person."""

    def __init__(self, stage: Stage, person: UUID, name: str) -> None:
        self.stage, self.person, self.name = stage, person, name

    def say(self, text: str) -> Message:
        return self.send(kind="text", text=text)

    def command(self, command: str, argument: str = "") -> Message:
        return self.send(kind="command", command=command, argument=argument)

    def photo(self, text: str = "", *, stored: str = "", code: str = "") -> Message:
        """A photo; `stored`: the hash of one whose bytes lie in the storage, with the code that was read from it."""
        kept = {"hash": stored, "mime": "image/jpeg", "width": 8, "height": 8, "evidence": {}} if stored else None
        media = Media("photo", f"file-{next(self.stage.keys)}", kept, (code,) if code else ())
        return self.send(kind="image", text=text, media=(media,))

    def press(self, message: Message, action: str, **facts: Any) -> Message:
        return self.send(kind="action", action=message.token(action, **facts))

    def send(self, **given: Any) -> Message:
        """Send one message; returns the answer to it."""
        here = OutboxMessage.conversation == given.get("conversation", self.name)
        before = self._rows(here)
        envelope = {
            "channel": CHANNEL, "account": "", "dedupe_key": f"m{next(self.stage.keys):06}", "conversation": self.name,
            "sender": self.name, "sender_kind": "web_id", "sender_name": self.name, "locale": "en",
        }  # fmt: skip
        with clock.at(self.stage.tick()):
            assert Router(self.stage.db, SETTINGS).take(Incoming(**{**envelope, **given})) == "done"
        known = {row.id for row in before}
        answers = self._read(here, OutboxMessage.kind.not_in(NOTICES), known=known)
        assert {message.kind for message in answers[:-1]} <= set(PREFACES), [message.kind for message in answers]
        return answers[-1] if answers else Message(OutboxMessage(kind=""), Outgoing(""))

    def inbox(self, kind: str = "") -> list[Message]:
        """What has left for this person, oldest first."""
        of_kind = OutboxMessage.kind == kind if kind else OutboxMessage.kind != ""
        return self._read(OutboxMessage.person_id == self.person, of_kind)

    def last(self, kind: str) -> Message:
        return self.inbox(kind)[-1]

    @property
    def step(self) -> tuple[str, str]:
        """Where the dialogue stands."""
        with self.stage.db.read_scope() as session:
            query = select(Conversation).where(Conversation.conversation == self.name)
            found = session.scalars(query).one()
            return found.flow, found.step

    def _rows(self, *conditions: Any) -> list[OutboxMessage]:
        with self.stage.db.read_scope() as session:
            return list(session.scalars(select(OutboxMessage).where(*conditions).order_by(OutboxMessage.id)))

    def _read(self, *conditions: Any, known: Collection[UUID] = ()) -> list[Message]:
        found = [row for row in self._rows(*conditions) if row.id not in known]
        with self.stage.db.read_scope() as session:
            return [Message(row, rendered(session, row, self.stage.now)) for row in found]


def rendered(session: Session, row: OutboxMessage, now: datetime) -> Outgoing:
    """A row as its reader sees it, after it was rendered in every language, with and without taps."""
    person = session.get(Person, row.person_id) if row.person_id else None
    ticket = session.get(Ticket, row.ticket_id) if row.ticket_id else None
    site = places.site_of(
        session, ticket.site_id if ticket else session.scalars(select(Site.id).order_by(Site.prefix)).all()[0]
    )
    works = categories.handbook(session, site).works
    buttons = [(button, outbox.token_of(row.id, index, SETTINGS.key)) for index, button in enumerate(row.buttons)]
    views = {}
    for locale in i18n.LOCALES:
        labels = {key: work.label(locale) for key, work in works.items()}
        setting = Setting(locale, site.timezone, now, labels.__getitem__)
        for has_taps in (True, False):
            limits = replace(Limits(), has_taps=has_taps)
            views[locale, has_taps] = render(row.kind, row.facts, buttons, setting, limits, row.replaces)
    assert all(view.text and "{" not in view.text for view in views.values())
    return views[person.locale if person else i18n.DEFAULT_LOCALE, True]

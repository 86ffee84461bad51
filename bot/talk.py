"""One turn of a conversation: what came in, who said it, where the dialogue stands, and what is said back.

A flow reads and steers through this value alone. Nothing is sent from here: words become outbox rows when the
turn ends, in the transaction that holds its effects.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import Any
from uuid import UUID

from assets import codes
from bot.messages import Incoming, Media
from core import access, conversations, fetches, i18n, outbox, people, replies
from core.access import Viewer
from core.conversations import Standing
from core.database import Session
from core.errors import GongdanError
from core.outbox import Choice, Letter
from core.people import Person
from core.settings import Settings
from core.tickets import additions, news, queries
from core.tickets.models import Ticket

PUNCTUATION = re.compile(r"\W+$")  # behind the last word
NOTICES = ("privacy", "privacy_group")  # told once to each person
DRAFT_PATIENCE = timedelta(minutes=15)


class NotYours(GongdanError):
    """This button was meant for somebody else."""


class OldButton(GongdanError):
    """This button no longer works. Please look at the newest message."""


@cache
def words_of(command: str) -> frozenset[str]:
    """The words that start a command when they are typed alone, in every language."""
    texts = (
        i18n.translate(f"say.{command}", locale) for locale in i18n.LOCALES if i18n.has_text(f"say.{command}", locale)
    )
    return frozenset(word for text in texts for word in text.casefold().split("|"))


@dataclass
class Talk:
    session: Session
    incoming: Incoming
    person_id: UUID
    locale: str
    standing: Standing
    settings: Settings
    now: datetime
    letters: list[Letter] = field(default_factory=list)
    is_moved: bool = False

    @property
    def text(self) -> str:
        return self.incoming.text.strip()

    @property
    def data(self) -> dict[str, Any]:
        return self.standing.data

    @property
    def is_asking(self) -> bool:
        """Whether a step waits for the answer to a question; what may be added to a report was not asked for."""
        return bool(self.standing.step) and self.standing.step != "open"

    @property
    def is_drafting(self) -> bool:
        """Whether a question about a report that is not made yet is waiting for its answer."""
        return self.standing.flow == "report" and self.standing.step != "open"

    @property
    def draft(self) -> dict[str, Any]:
        """The report that is not made yet, with the step `asked`, also while something else is asked in between."""
        return {**self.data, "asked": self.standing.step} if self.is_drafting else self.data.get("draft", {})

    @property
    def address(self) -> tuple[str, str, str]:
        return (self.incoming.channel, self.incoming.account, self.incoming.conversation)

    @property
    def is_group(self) -> bool:
        """Whether others read this conversation, too."""
        return self.incoming.is_group or self.standing.is_group

    @cached_property
    def viewer(self) -> Viewer:
        return access.viewer(self.session, self.person_id)

    def is_command_word(self, command: str) -> bool:
        """Whether the message is nothing but a word that starts a command."""
        said = self.text.casefold()
        return said in words_of(command) or PUNCTUATION.sub("", said) in words_of(command)

    def say(self, kind: str, buttons: Sequence[Choice] = (), ticket: Ticket | None = None, **facts: Any) -> None:
        """Answer in this conversation with the text `chat.<kind>`."""
        self.letters.append(self._letter(kind, buttons, ticket, facts))

    def replace(self, kind: str, buttons: Sequence[Choice] = (), ticket: Ticket | None = None, **facts: Any) -> None:
        """Answer in the place of the message whose button was pressed, where the platform can edit."""
        self.letters.append(replace(self._letter(kind, buttons, ticket, facts), replaces=self.incoming.message))

    def confide(self, kind: str, buttons: Sequence[Choice] = (), ticket: Ticket | None = None, **facts: Any) -> None:
        """Answer with what is for this person alone: a link or contact data. From a group it goes to their own chat."""
        if not self.is_group:
            self.say(kind, buttons, ticket, **facts)
        elif people.is_reachable(self.session, self.person_id):
            self.letters.append(replace(self._letter(kind, buttons, ticket, facts), address=("", "", "")))
            self.say("told_in_private")
        else:
            self.say("in_private")

    def _letter(self, kind: str, buttons: Sequence[Choice], ticket: Ticket | None, facts: dict[str, Any]) -> Letter:
        if ticket is None:
            known = {name: news.plain(value) for name, value in facts.items()}
            return Letter(kind, known, self.person_id, self.address, buttons=tuple(buttons))
        known = news.card(ticket, **facts)
        return Letter(kind, known, self.person_id, self.address, ticket.id, ticket.version, tuple(buttons))

    def go(self, flow: str, step: str, **data: Any) -> None:
        """Wait for the person's next message in a step, with what is to be remembered until then.

        A report that is not made yet waits below what another flow asks.
        """
        if flow not in ("", "report") and self.draft:
            data.setdefault("draft", self.draft)
        self.standing.flow, self.standing.step, self.standing.data = flow, step, data
        self.standing.wake_at = None
        self.is_moved = True

    def wake_in(self, span: timedelta) -> None:
        """Go on by itself when the person stays silent that long."""
        self.standing.wake_at = self.now + span
        self.is_moved = True

    def end(self) -> None:
        """Nothing is asked any more, but what a report that waited below still needs."""
        if self.standing.flow != "report" and (draft := self.draft):
            self.go("report", draft["asked"], **draft)
            self.wake_in(DRAFT_PATIENCE)
        else:
            self.forget()

    def leave(self) -> None:
        """Go on to something else. A report that is not made yet stays."""
        if not self.is_drafting:
            self.end()

    def forget(self) -> None:
        """Nothing is asked any more, and a report that was not made is gone."""
        if self.standing.flow:
            self.go("", "")

    def become(self, person: Person) -> None:
        """This chat is somebody else's from now on, and so is what it was just told; a notice they had is not said."""
        said = [one for one in self.letters if person.informed_at is None or one.kind not in NOTICES]
        self.letters = [replace(one, person_id=person.id) if one.person_id == self.person_id else one for one in said]
        person.informed_at = person.informed_at or self.now
        self.person_id, self.locale = person.id, person.locale
        self.__dict__.pop("viewer", None)

    def keep_media(self, *, ticket: Ticket | None = None, purpose: str = "report", wants_code: bool = False) -> None:
        """Note the photos and voice notes of this message: attached at once when stored, else fetched later."""
        for item in self.incoming.media:
            self._keep_one(item, ticket, purpose, wants_code=wants_code)

    def seen_code(self) -> str | None:
        """The code on a photo of this message that was read already; others are read when they are fetched."""
        texts = [text for item in self.incoming.media for text in item.texts]
        return next((code for text in texts if (code := codes.parse(text, self.settings.public_url))), None)

    def _keep_one(self, item: Media, ticket: Ticket | None, purpose: str, *, wants_code: bool) -> None:
        fetch = fetches.ask(
            self.session, self.incoming.channel, self.incoming.account, item.kind, item.reference,
            conversation_id=self.standing.id, person_id=self.person_id, now=self.now,
            ticket_id=ticket.id if ticket else None, purpose=purpose, wants_code=wants_code,
        )  # fmt: skip
        if item.stored is not None:
            fetch.state, fetch.stored = "fetched", item.stored
            self.session.flush()
            if ticket is not None:
                self.attach(fetch, ticket)

    def attach(self, fetch: fetches.Fetch, ticket: Ticket) -> None:
        """Attach what was fetched to a ticket."""
        kind = "voice" if fetch.kind == "voice" else fetch.purpose
        locked = queries.by_id(self.session, ticket.id, lock=True)
        additions.add_file(self.session, locked, kind, fetch.stored, fetch.person_id, self.now)

    def adopt_draft(self, ticket: Ticket) -> None:
        """Give a new ticket what was sent in this conversation before it existed."""
        for fetch in fetches.of_draft(self.session, self.standing.id):
            fetch.ticket_id = ticket.id
            if fetch.state == "fetched":
                self.attach(fetch, ticket)
        self.session.flush()

    def finish(self) -> None:
        """Write the answers and where the dialogue stands."""
        posted = outbox.post(self.session, self.letters, self.now)
        self._offer_as_reply(posted)
        standing = self.standing
        values: dict[str, Any] = {
            "counted_from": standing.counted_from, "counted": standing.counted, "heard": standing.heard,
        }  # fmt: skip
        if self.is_moved:
            values |= {"flow": standing.flow, "step": standing.step, "data": standing.data, "wake_at": standing.wake_at}
            values["asked_at"] = self.now
        conversations.save(self.session, standing.id, standing.version, self.now, **values)

    def _offer_as_reply(self, posted: Sequence[UUID]) -> None:
        """Where the platform takes an answer in that to its callback, the first one said here may go that way."""
        incoming = self.incoming
        here = (id_ for id_, letter in zip(posted, self.letters, strict=True) if letter.address == self.address)
        first = next(here, None)
        if incoming.takes_reply and first is not None:
            key = (incoming.channel, incoming.account, incoming.dedupe_key)
            replies.reserve(self.session, key, first, self.now)

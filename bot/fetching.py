"""Photos and voice notes come in: downloaded outside any transaction, checked, cleaned, attached.

Where a conversation waits for a code, the code on the photo goes on with it; a photo without one, or one that
cannot be used, is answered, so that the person can send it again.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import asdict
from typing import Any, Literal

from assets import codes, scan
from bot import router
from bot.channels import Channel
from bot.messages import Incoming, SendError
from core import clock, conversations, fetches, media, photos
from core.conversations import Conversation
from core.database import Database, Session
from core.errors import Busy, GongdanError
from core.fetches import Fetch
from core.settings import Settings
from core.storage import Storage
from core.tickets import additions, queries

log = logging.getLogger(__name__)

PAUSE = 0.7
REPORT = "report"


class UnreadablePhoto(GongdanError):
    """There is no code of ours on this photo. Please go closer, or type the letters below the code."""


class Lost(GongdanError):
    """The photo could not be fetched from the chat. Please send it again."""


class Fetching:
    def __init__(self, database: Database, settings: Settings, storage: Storage, channels: dict[str, Channel]) -> None:
        self.database = database
        self.settings = settings
        self.storage = storage
        self.channels = channels

    async def run(self) -> None:
        while True:
            if not await self.fetch_due():
                await asyncio.sleep(PAUSE)

    async def fetch_due(self) -> int:
        """Download one batch; returns how many files were taken."""
        due = await asyncio.to_thread(self.database.write, lambda session: fetches.claim(session, clock.now()))
        await asyncio.gather(*(self._fetch(fetch) for fetch in due))
        return len(due)

    async def _fetch(self, fetch: Fetch) -> None:
        try:
            data = await self._open(fetch).fetch(fetch.reference)
        except SendError as error:
            await asyncio.to_thread(self._not_fetched, fetch, error)
            return
        await asyncio.to_thread(self._arrived, fetch, data)

    def _open(self, fetch: Fetch) -> Channel:
        channel = self.channels.get(fetch.channel)
        if channel is None:
            raise SendError("channel_off", retryable=True)
        return channel

    def _not_fetched(self, fetch: Fetch, error: SendError) -> None:
        def settle(session: Session) -> None:
            if error.retryable and fetches.later(session, fetch, error.code, clock.now()):
                return
            fetches.failed(session, fetch.id, error.code)
            self._refuse(session, fetch, Lost())

        self.database.write(settle)

    def _arrived(self, fetch: Fetch, data: bytes) -> None:
        """Clean, store and attach the file, then let its code answer the conversation.

        The second has a transaction of its own: a code that is refused does not take the photo with it.
        """
        try:
            stored, texts = self.keep(fetch, data)
            is_first = self.database.write(lambda session: self._settle(session, fetch, stored))
        except Busy as error:
            log.warning("a file waits until its lease ends: %s", error)
        except GongdanError as error:
            reason = error
            self.database.write(lambda session: self._unusable(session, fetch, reason))
        else:
            if is_first and fetch.wants_code:
                self._answer(fetch, texts)

    def _answer(self, fetch: Fetch, texts: list[str]) -> None:
        try:
            self.database.write(lambda session: self._go_on(session, fetch, texts))
        except GongdanError as error:
            reason = error
            self.database.write(lambda session: self._refuse(session, fetch, reason))

    def keep(self, fetch: Fetch, data: bytes) -> tuple[dict[str, Any], list[str]]:
        """The stored file as a ticket's attachment knows it, and the codes on it where one is waited for."""
        if fetch.kind == "voice":
            return stored_voice(self.storage, data), []
        with self.database.read_scope() as session:
            keeps_evidence = bool(fetch.ticket_id) and _is_assignee(session, fetch)
        texts = scan.read_codes(data) if fetch.wants_code else []
        return stored_photo(self.storage, data, keep_evidence=keeps_evidence), texts

    def _settle(self, session: Session, fetch: Fetch, stored: dict[str, Any]) -> bool:
        """Keep what was fetched; False when that was done already."""
        row = session.get_one(Fetch, fetch.id)
        if row.state != "waiting":
            return False
        row.state, row.stored = "fetched", stored
        session.flush()
        if row.ticket_id is not None:
            ticket = queries.by_id(session, row.ticket_id, lock=True)
            kind = "voice" if row.kind == "voice" else row.purpose
            additions.add_file(session, ticket, kind, stored, row.person_id, clock.now())
        return True

    def _go_on(self, session: Session, fetch: Fetch, texts: list[str]) -> None:
        """The code on the photo answers the conversation that waits for it."""
        known = [code for text in texts if (code := codes.parse(text, self.settings.public_url))]
        if not known:
            if fetch.purpose != REPORT:  # a photo of the fault itself needs no code
                self._refuse(session, fetch, UnreadablePhoto())
        elif not _is_over(session, fetch):
            router.turn(session, _said(session, fetch, "scan", known[0]), self.settings, clock.now())

    def _unusable(self, session: Session, fetch: Fetch, error: GongdanError) -> None:
        fetches.failed(session, fetch.id, type(error).__name__)
        self._refuse(session, fetch, error)

    def _refuse(self, session: Session, fetch: Fetch, error: GongdanError) -> None:
        if not _is_over(session, fetch):
            router.refuse(session, _said(session, fetch, "unknown", ""), error, self.settings, clock.now())


def stored_photo(storage: Storage, data: bytes, *, keep_evidence: bool) -> dict[str, Any]:
    """Clean a photo and put it into the storage; what `additions.add_file` takes."""
    kept = media.store_photo(storage, photos.clean_photo(data, keep_evidence=keep_evidence))
    evidence = asdict(kept.evidence) if kept.evidence else {}
    plain = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in evidence.items()}
    return {
        "hash": kept.sha256, "mime": photos.PHOTO_MIME, "width": kept.width, "height": kept.height, "evidence": plain,
    }  # fmt: skip


def stored_voice(storage: Storage, data: bytes) -> dict[str, Any]:
    kept = media.store_voice(storage, media.check_voice(data))
    return {"hash": kept.sha256, "mime": kept.mime, "width": 0, "height": 0, "evidence": {}}


def _is_assignee(session: Session, fetch: Fetch) -> bool:
    assert fetch.ticket_id is not None
    return queries.by_id(session, fetch.ticket_id).assignee_id == fetch.person_id


def _is_over(session: Session, fetch: Fetch) -> bool:
    """Whether the conversation's person has left since: nobody waits for an answer there."""
    row = session.get_one(Conversation, fetch.conversation_id)
    return conversations.standing(session, row.channel, row.account, row.conversation, row.sender) is None


def _said(session: Session, fetch: Fetch, kind: Literal["scan", "unknown"], text: str) -> Incoming:
    """The photo's own conversation, going on with what the photo said."""
    row = session.get_one(Conversation, fetch.conversation_id)
    key = f"fetch:{fetch.id}"
    return Incoming(row.channel, row.account, key, kind, row.conversation, row.sender, "", text=text)

"""A report on its way to becoming a ticket: what it is about, and the words so far. It lives in the conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from assets import naming, register
from bot.flows import _where
from bot.talk import Talk
from core import categories, places
from core.intake import FaultReport
from core.tickets.models import Subject

MAX_WORDS = 4000
MAX_WHERE = 200


class Draft:
    """The draft of one conversation. Every answer is written back before the turn ends, so a kill loses nothing."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self.data: dict[str, Any] = dict(talk.draft)
        self._named: tuple[str, list[Subject]] | None = None
        self.data.setdefault("id", talk.incoming.dedupe_key[-20:])

    @property
    def words(self) -> str:
        return str(self.data.get("words", ""))

    @property
    def told(self) -> str:
        """All that was said: what is broken, and where."""
        return f"{self.words}\n{self.data.get('where', '')}".strip()

    @property
    def has_media(self) -> bool:
        return bool(self.data.get("has_media"))

    @property
    def is_told(self) -> bool:
        """Whether there is anything to report yet."""
        return bool(self.words or self.has_media)

    def add(self) -> None:
        """Take in what this message says: words, photos, voice, a position."""
        incoming = self._talk.incoming
        if incoming.text.strip() and incoming.kind != "scan":
            self.data["words"] = f"{self.words}\n{incoming.text.strip()}".strip()[:MAX_WORDS]
        if incoming.media:
            self.data["has_media"] = True
            self._talk.keep_media(wants_code=not self._is_placed)
            if not self._is_placed and (code := self._talk.seen_code()):
                self.at_code(code)
        if incoming.location:
            where = incoming.location
            self.data["location"] = {"latitude": where.latitude, "longitude": where.longitude}

    def add_where(self) -> None:
        """Keep what was said about the place beside what is broken: it is no report yet, but part of one."""
        self.data["where"] = self._talk.text[:MAX_WHERE]

    @property
    def _is_placed(self) -> bool:
        return "code" in self.data or "place" in self.data

    def at_code(self, code: str) -> None:
        self.data.pop("place", None)
        self.data["code"] = code

    def at(self, facts: Mapping[str, Any]) -> None:
        """At what a button remembers: a thing's code, or a place."""
        if "code" in facts:
            self.at_code(facts["code"])
        else:
            self.at_place(UUID(facts["place"]))

    def at_place(self, place_id: UUID) -> None:
        self.data.pop("code", None)
        self.data["place"] = str(place_id)

    def subject(self) -> Subject | None:
        """What it is about: a scanned or typed thing, a chosen place, what the words name, else the only home.

        None where that is not known, or where the words may mean several things.
        """
        session = self._talk.session
        if code := self.data.get("code"):
            return register.subject_of(session, code)
        if place := self.data.get("place"):
            return register.subject_of_place(session, UUID(place))
        if self.named:
            return self.named[0] if len(self.named) == 1 else None
        return _where.only_home(self._talk)

    @property
    def named(self) -> list[Subject]:
        """What the words name, found once for the same words."""
        if self._named is None or self._named[0] != self.words:
            self._named = (self.words, _where.named(self._talk, self.words))
        return self._named[1]

    def guessed(self) -> Subject | None:
        """The same for a report that cannot wait: of several things what holds them all, else the home, else the site.

        That is how an emergency opens, and a report whose question nobody answers.
        """
        return (
            self.subject()
            or naming.together(self._talk.session, self.named)
            or _where.only_home(self._talk)
            or _where.whole_site(self._talk)
        )

    def report(self, subject: Subject, *, may_ask: bool = True) -> FaultReport:
        return FaultReport(
            subject, self.told, self._talk.person_id, category=self.data.get("category", ""),
            location=self.data.get("location", {}), is_own=bool(self.data.get("own")), may_ask=may_ask,
            has_media=self.has_media,
        )  # fmt: skip

    def wait(self, step: str) -> None:
        """Remember it and wait for the person's answer in a step."""
        self._talk.go("report", step, **self.data)


def handbook(talk: Talk, site_id: UUID) -> categories.Handbook:
    return categories.handbook(talk.session, places.site_of(talk.session, site_id))

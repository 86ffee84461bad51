"""One night and what follows it: everybody reports, the technician accepts, the work ends, and it all happens again.

The whole is played once; what was seen on the way is kept, so that each test can ask about one thing.
"""

from __future__ import annotations

import hashlib
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.durability import verdict
from tests.durability.harness import Installation
from tests.durability.residents import FIRST_CHAT, Post, Resident, all_report
from tests.durability.town import Town
from tests.durability.verdict import Ticket
from tests.fakes.telegram import FakeTelegram

WAIT = 240
REASONS = ("This is not a photo", "This photo is ")
STROKES = [[[10, 10, 0], [80, 42, 16], [120, 20, 32]]]


@dataclass(slots=True)
class Night:
    """`first` and `second`: the tickets of the night and of its repetition. `accepted`: those taken in between."""

    installation: Installation
    town: Town
    telegram: FakeTelegram
    residents: list[Resident]
    first: list[Ticket] = field(default_factory=list)
    second: list[Ticket] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    replayed: list[Resident] = field(default_factory=list)

    @property
    def technician(self) -> str:
        return self.town.tokens["technician"]

    @property
    def admin(self) -> str:
        return self.town.tokens["admin"]

    def play(self) -> None:
        all_report(self.residents)
        self.first = verdict.assert_every_report_counts_once(self.installation, self.admin, self.residents)
        wait_until(lambda: self.photos_without_outcome() == [])
        self._accept_what_was_repeated()
        self._end_everything()
        post = Post(self.telegram)
        self.replayed = [Resident(one.row, one.code, post) for one in self.residents]
        all_report(self.replayed)
        self.second = verdict.assert_every_report_counts_once(
            self.installation, self.admin, self.replayed, but=self.first
        )

    def photos_without_outcome(self) -> list[Resident]:
        """Whose photo is neither at the ticket nor refused with a reason."""
        kept: dict[str, set[str]] = defaultdict(set)
        for ticket in self.first:
            whole = self.read(ticket["number"])
            standing = (whole["links"]["merged_into"] or "").rpartition("/")[2] or ticket["number"]
            kept[standing] |= {photo["hash"] for part in whole["rounds"] for photo in part["photos"]}
        return [one for one in self.residents if not self.is_settled(one, kept[one.number])]

    def is_settled(self, one: Resident, kept: set[str]) -> bool:
        sent = hashlib.sha256(one.photo).hexdigest() in kept
        return sent or any(text.startswith(REASONS) for text in self.telegram.sent_texts(one.chat))

    def read(self, number: str) -> Any:
        return self.installation.ask("GET", f"/api/v1/tickets/{number}", token=self.admin)

    def act(self, number: str, action: str, token: str, **facts: Any) -> Any:
        version = self.read(number)["version"]
        path = f"/api/v1/tickets/{number}/actions/{action}"
        return self.installation.ask("POST", path, {"version": version, **facts}, token=token)

    def crowds(self) -> dict[str, list[Resident]]:
        """The people of each ticket that more than one person waits for."""
        people: dict[str, list[Resident]] = defaultdict(list)
        for one in self.residents:
            people[one.number].append(one)
        return {number: crowd for number, crowd in people.items() if len(crowd) > 1}

    def _accept_what_was_repeated(self) -> None:
        for number in self.crowds():
            if self.read(number)["state"] == "assigned":
                self.act(number, "accept", self.technician)
                self.accepted.append(number)
        wait_until(lambda: all(self.were_told(number, "Tom has taken it") for number in self.accepted))

    def were_told(self, number: str, words: str) -> bool:
        """Whether everybody who waits for a ticket was told something about it."""
        return all(self.times_told(one, number, words) for one in self.crowds()[number])

    def times_told(self, one: Resident, number: str, words: str) -> int:
        return sum(words in text and number in text for text in self.telegram.sent_texts(one.chat))

    def _end_everything(self) -> None:
        """Two are finished with all the evidence and confirmed by one of their people; the desk cancels the others."""
        self.finished = self.accepted[:2]
        for number in self.finished:
            self._finish(number)
        for number in sorted(verdict.standing(self.first) - set(self.finished)):
            self.act(number, "cancel", self.admin, reason="The night is over.")

    def _finish(self, number: str) -> None:
        ticket = self.read(number)
        self.act(number, "check_in", self.technician, code=ticket["asset"]["code"])
        self.installation.upload(f"/api/v1/tickets/{number}/photos", self.good_photo(), self.technician, kind="after")
        path = f"/api/v1/tickets/{number}/sheet?resolution=fixed&minutes=20"
        digest = self.installation.ask("GET", path, token=self.technician)["digest"]
        told = {"digest": digest, "resolution": "fixed", "minutes": "20"}
        self.act(number, "sign", self.technician, role="technician", name="Tom", strokes=STROKES, **told)
        self.act(number, "sign_off", self.technician, resolution="fixed", minutes=20, digest=digest)
        wait_until(lambda: self.were_told(number, "Confirm if"))
        self.telegram.press(self.crowds()[number][-1].chat, "Confirm")

    def good_photo(self) -> bytes:
        return next(one.photo for one in self.residents if one.photo.startswith(b"\xff\xd8") and len(one.photo) > 9000)

    def privacy_notices(self) -> list[int]:
        """How often each resident was told what is stored."""
        chats = [FIRST_CHAT + one.row.index for one in self.residents]
        return [sum("/privacy" in text for text in self.telegram.sent_texts(chat)) for chat in chats]


def wait_until(condition: Callable[[], bool], seconds: float = WAIT) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.3)


def residents_with_photos(rows: Sequence[Any], town: Town, post: Post, pictures: Sequence[bytes]) -> list[Resident]:
    """Everybody with a camera photo, in turn."""
    return [
        Resident(row, town.codes.get(row.thing, ""), post, photo=pictures[number % len(pictures)])
        for number, row in enumerate(rows)
    ]

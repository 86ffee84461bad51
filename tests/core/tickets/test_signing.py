"""A signature stands under exactly what was shown, and nothing can be slipped in beneath it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from core import trace
from core.database import Database, Session
from core.errors import Invalid, Missing
from core.tickets import additions, queries, signing
from core.tickets.actions import MissingEvidence, StaleTicket
from core.tickets.models import Ticket
from tests.core.tickets.stories import Story, begun
from tests.personas import Cast

STROKES = [[[0.1, 0.6, 0], [0.2, 0.3, 40]], [[0.5, 0.5]]]
PHOTO = {"hash": "ab" * 32, "mime": "image/jpeg", "width": 40, "height": 30, "evidence": {}}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What lies before the technician, to be signed."""

    story: Story
    shown: dict[str, Any]

    def sign(self, now: datetime, **changed: Any) -> None:
        given: dict[str, Any] = {
            "role": "technician", "seen": signing.digest(self.shown), "strokes": STROKES, "name": "Wang Wei",
        } | changed  # fmt: skip
        ticket, session = self.story.ticket, self.story.session
        signing.sign(
            session, ticket, given["role"], content(session, ticket), given["seen"], now, strokes=given["strokes"],
            name=given["name"], person_id=self.story.technician, by=self.story.technician,
        )  # fmt: skip


def content(session: Session, ticket: Ticket) -> dict[str, Any]:
    return signing.content(session, ticket, resolution="fixed", minutes="30", note="")


def sheet(session: Session, cast: Cast, now: datetime) -> Sheet:
    story = begun(session, cast, now, "in_progress", waived=False)
    additions.add_file(session, story.ticket, "after", PHOTO, story.technician, now)
    additions.use_part(session, story.ticket, story.technician, "Washer", "2", now)
    return Sheet(story, content(session, story.ticket))


def test_a_signature_is_evidence_and_stands_in_the_trace(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        page = sheet(session, cast, now)
        page.sign(now)
        kept = queries.signatures_of(session, page.story.ticket.id)[0]
        assert (kept.digest, kept.content, kept.strokes) == (signing.digest(page.shown), page.shown, STROKES)
        assert queries.evidence_of(session, page.story.ticket).signed_by == {"technician"}
        last = page.story.events()[-1]
        assert (last.action, json.loads(last.facts)["digest"]) == ("sign", kept.digest)
        assert "Wang" not in last.facts


def test_what_is_signed_names_the_work_and_not_the_words(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        shown = sheet(session, cast, now).shown
        assert shown["photos"] == [["after", PHOTO["hash"]]]
        assert shown["parts"] == [["Washer", "2"]]
        assert shown["resolution"] == "fixed"
        assert "drips" not in json.dumps(shown)


@pytest.mark.parametrize("what", ["photo", "part", "words", "state"])
def test_what_changed_after_it_was_shown_is_not_signed(db: Database, cast: Cast, now: datetime, what: str) -> None:
    with db.write_scope() as session:
        page = sheet(session, cast, now)
        ticket, technician = page.story.ticket, page.story.technician
        if what == "photo":
            additions.add_file(session, ticket, "after", PHOTO | {"hash": "cd" * 32}, technician, now)
        elif what == "part":
            additions.use_part(session, ticket, technician, "Pump", "1", now)
        elif what == "words":
            additions.add_words(session, ticket, technician, "and a new pump", now)
        else:
            page.story.act("supervisor", "reprioritise")
        with pytest.raises(StaleTicket):
            page.sign(now)
        assert queries.signatures_of(session, ticket.id) == []


def test_an_empty_signature_is_none(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        page = sheet(session, cast, now)
        with pytest.raises(Missing):
            page.sign(now, strokes=[], name="  ")
        page.sign(now, strokes=[], name="Wang Wei")


def test_a_signature_is_given_in_a_role(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        page = sheet(session, cast, now)
        with pytest.raises(Invalid):
            page.sign(now, role="landlord")


@pytest.mark.parametrize(
    "strokes",
    [
        ["a word"], [[["x", "y"]]], [[[1]]], [[[1, 2, 3, 4, 5]]], [[[float("nan"), 1]]], [[[float("inf"), 1]]],
        [[[1e12, 1]]], [{"x": 1}], [[[0, 0]]] * 401, [[[0, 0]] * 20_001],
    ],
    ids=["words", "letters", "one number", "five numbers", "nan", "inf", "far away", "an object", "many", "long"],
)  # fmt: skip
def test_strokes_that_no_hand_drew_are_refused(db: Database, cast: Cast, now: datetime, strokes: list[Any]) -> None:
    with db.write_scope() as session:
        page = sheet(session, cast, now)
        with pytest.raises(Invalid):
            page.sign(now, strokes=strokes)


def test_the_signature_of_an_earlier_round_is_no_evidence_in_the_next(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        page = sheet(session, cast, now)
        page.sign(now)
        page.story.act("assignee", "sign_off")
        page.story.act("reporter", "reopen")
        assert queries.evidence_of(session, page.story.ticket).signed_by == frozenset()
        assert content(session, page.story.ticket)["photos"] == []


def test_a_name_that_was_typed_cannot_be_guessed_from_the_trace(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        page = sheet(session, cast, now)
        page.sign(now, strokes=[])
        [kept] = queries.signatures_of(session, page.story.ticket.id)
        facts = page.story.events()[-1].facts
        assert trace.commitment(kept.salt, signing.hand("Wang Wei", [])) in facts
        assert kept.salt
        assert kept.salt not in facts
        assert signing.digest({"strokes": [], "name": "Wang Wei"}) not in facts


@pytest.mark.parametrize("what", ["photo", "part", "answer"])
def test_what_was_added_after_the_signature_is_not_under_it(db: Database, cast: Cast, now: datetime, what: str) -> None:
    with db.write_scope() as session:
        page = sheet(session, cast, now)
        ticket, technician = page.story.ticket, page.story.technician
        page.sign(now)
        if what == "photo":
            additions.add_file(session, ticket, "before", PHOTO | {"hash": "cd" * 32}, technician, now)
        elif what == "part":
            additions.use_part(session, ticket, technician, "Pump", "1", now)
        else:
            additions.ask_items(session, ticket, [{"question": "Is it dry?"}])
        assert queries.evidence_of(session, ticket).signed_by == frozenset()
        with pytest.raises(MissingEvidence):
            page.story.act("assignee", "sign_off")

"""Events that were deleted, inserted, reordered, cut off or forged as a whole are named."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from uuid import UUID

from sqlalchemy import delete, insert, select, text, update

from core import checkpoints, trace
from core.database import Database
from core.tickets.models import Ticket
from core.trace import Entry, Event
from tests.core.audit.tampering import events, first, forge_all, rechain, swap, tampering, verified
from tests.core.history import KEY


def test_every_deleted_event_is_detected(history: Database) -> None:
    """An event in the middle, the end of a stream, sealed or not."""
    with history.read_scope() as session:
        every = events(session)
    for event in every:
        with tampering(history) as session:
            session.execute(delete(Event).where(Event.id == event.id))
            report = verified(session)
        assert not report.is_intact, (event.stream, event.seq)
        assert any(problem.stream == event.stream or problem.seal for problem in report.problems)


def test_every_cut_off_end_is_detected(history: Database) -> None:
    """Of each stream, all events after each one: as a tail that never was."""
    with history.read_scope() as session:
        every = events(session)
    for event in every:
        with tampering(history) as session:
            session.execute(delete(Event).where(Event.stream == event.stream, Event.seq > event.seq - 1))
            assert not verified(session).is_intact, (event.stream, event.seq)


def test_a_cut_off_end_is_detected_when_the_ticket_agrees(history: Database) -> None:
    """Who cuts the stream, and makes the ticket agree, still has the log against them."""
    with history.read_scope() as session:
        ended = [event for event in events(session) if event.action == "sign_off"]
    with tampering(history) as session:
        before = session.scalars(
            select(Event).where(Event.stream == ended[0].stream, Event.seq == ended[0].seq - 1)
        ).one()
        agreed = {"trace_seq": before.seq, "trace_head": before.hash, "state": before.to_state}
        session.execute(delete(Event).where(Event.id == ended[0].id))
        session.execute(update(Ticket).where(Ticket.id == UUID(before.stream[7:])).values(agreed))
        assert {problem.what for problem in verified(session).problems} & {
            "audit.leaf",
            "audit.root",
            "audit.log_short",
        }


def test_every_inserted_event_is_detected(history: Database) -> None:
    """A well-made event of today, at the end of each ticket's stream."""
    with history.read_scope() as session:
        tickets = [event for event in events(session) if event.stream.startswith("ticket:")]
    for event in tickets:
        with tampering(history) as session:
            head = trace.head_of(session, event.stream)
            session.execute(
                insert(Event), trace.chain(event.stream, head, [Entry("accept", to_state="accepted")], event.at)
            )
            assert first(verified(session)).what in ("audit.other_end", "audit.root")


def test_reordered_events_are_detected(history: Database) -> None:
    """Each event changes places with the next one of its stream: by number, by link and by leaf."""
    with history.read_scope() as session:
        every = events(session)
    pairs = [(one, other) for one, other in pairwise(every) if one.stream == other.stream]
    for one, other in pairs:
        for columns in (("seq",), ("seq", "previous"), ("seq", "previous", "hash"), ("leaf",)):
            if columns == ("leaf",) and None in (one.leaf, other.leaf):
                continue
            with tampering(history) as session:
                swap(session, one, other, columns)
                assert not verified(session).is_intact, (one.stream, one.seq, columns)
    assert len(pairs) > 8


def test_a_stream_that_was_forged_as_a_whole_is_detected_by_its_seal(history: Database) -> None:
    with history.read_scope() as session:
        sealed = [event for event in events(session) if event.stream.startswith("ticket:") and event.leaf is not None]
    for event in sealed:
        with tampering(history) as session:
            rechain(session, event.stream, event.seq, actor="somebody else")
            problem = first(verified(session))
        assert problem.what == "audit.root"
        assert problem.seal > 0


def test_a_fork_with_all_its_seals_anew_needs_the_key(history: Database, now: datetime) -> None:
    """Even a forger who seals the forged history again cannot sign it."""
    with tampering(history) as session:
        forge_all(session, now, checkpoints.signing_key("43" * 32))
        assert first(verified(session)).what == "audit.unsigned"


def test_a_fork_made_with_the_key_is_detected_by_a_checkpoint_from_outside(
    history: Database, now: datetime, kept: str
) -> None:
    with tampering(history) as session:
        forge_all(session, now, KEY)
        assert verified(session).is_intact
        assert first(verified(session, since=kept)).what == "audit.checkpoint_differs"


def test_a_history_thrown_away_is_detected_by_a_checkpoint_from_outside(history: Database, kept: str) -> None:
    with tampering(history) as session:
        session.execute(text("DELETE FROM seals"))
        session.execute(text("UPDATE events SET leaf = NULL"))
        assert verified(session).is_intact
        assert first(verified(session, since=kept)).what == "audit.checkpoint_gone"

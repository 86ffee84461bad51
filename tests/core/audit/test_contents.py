"""What stands beside the trace is held against it: words, files, parts, signatures, answers, results, changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, event, text

from core.audit import streams
from core.audit.contents import Contents
from core.database import Database
from core.tickets import additions, signing
from core.upkeep import sites
from tests.core import history as past
from tests.core.audit.tampering import first, tampering, verified
from tests.core.tickets.stories import Story, begun
from tests.personas import Cast

PHOTO = {"hash": "ab" * 32, "mime": "image/jpeg", "width": 40, "height": 30, "evidence": {}}
STROKES = [[[0.1, 0.6, 0], [10, 0.3, 40]]]


@pytest.fixture
def rich(db: Database, cast: Cast, now: datetime) -> Database:
    """A ticket with everything that can stand beside it, signed off; another reopened; a change of the site."""
    with db.write_scope() as session:
        begun(session, cast, now, "done").act("reporter", "reopen", reason="it drips again")
        story = begun(session, cast, now, "in_progress", waived=False)
        ticket, technician = story.ticket, story.technician
        additions.add_file(session, ticket, "after", PHOTO, technician, now)
        additions.add_words(session, ticket, technician, "mind the dog", now, is_internal=True)
        additions.use_part(session, ticket, technician, "Washer", "2", now, cost="3.60")
        items = [{"question": "Dry?"}, {"question": "Why?", "kind": "text"}, {"question": "Not asked yet"}]
        additions.ask_items(session, ticket, items)
        for position, answer in ((1, "fail"), (1, "pass"), (2, "the seal was torn")):
            additions.answer_item(session, ticket, position, answer, technician, now)
        sign(story, now)
        story.act("assignee", "sign_off", after=timedelta(hours=1))
        sites.edit(session, cast.site, {"name": "Lake Court"}, cast.admin, now)
    return db


def sign(story: Story, now: datetime) -> None:
    shown = signing.content(story.session, story.ticket, resolution="fixed", minutes="30", note="")
    signing.sign(
        story.session, story.ticket, "technician", shown, signing.digest(shown), now, strokes=STROKES, name="Wang Wei",
        person_id=story.technician, by=story.technician,
    )  # fmt: skip


def test_a_history_with_everything_beside_it_is_intact(rich: Database) -> None:
    with rich.read_scope() as session:
        assert verified(session).problems == ()


@pytest.mark.parametrize(
    ("statement", "table", "action"),
    [
        ("UPDATE tickets SET text = 'rewritten'", "tickets.text", "report"),
        ("UPDATE tickets SET minutes = 1 WHERE state = 'done'", "tickets.minutes", "sign_off"),
        ("UPDATE tickets SET resolution = 'no_fault' WHERE state = 'done'", "tickets.resolution", "sign_off"),
        ("UPDATE tickets SET resolution = 'fixed' WHERE round = 2", "tickets.resolution", "reopen"),
        ("UPDATE tickets SET category = 'lift'", "tickets.category", "report"),
        ("UPDATE tickets SET priority = 'low'", "tickets.priority", "report"),
        ("UPDATE tickets SET assignee_id = NULL WHERE state = 'done'", "tickets.assignee_id", "accept"),
        ("UPDATE notes SET text = 'rewritten' WHERE text = 'mind the dog'", "notes", "add_note"),
        ("UPDATE notes SET salt = 'x' WHERE text = 'mind the dog'", "notes", "add_note"),
        ("UPDATE notes SET is_internal = FALSE WHERE text = 'mind the dog'", "notes", "add_note"),
        ("UPDATE notes SET text = 'rewritten' WHERE text = 'it drips again'", "notes", "reopen"),
        ("UPDATE attachments SET hash = 'cd'", "attachments", "add_photo"),
        ("UPDATE attachments SET kind = 'before'", "attachments", "add_photo"),
        ("UPDATE parts SET name = 'Pump'", "parts", "use_part"),
        ("UPDATE parts SET quantity = '9'", "parts", "use_part"),
        ("UPDATE parts SET cost = 36000", "parts", "use_part"),
        ("UPDATE parts SET cost = NULL", "parts", "use_part"),
        ("UPDATE checklist_items SET answer = 'fail' WHERE position = 1", "checklist_items", "answer"),
        ("UPDATE checklist_items SET answer = '' WHERE position = 1", "checklist_items", "answer"),
        ("UPDATE checklist_items SET answer = 'no reason' WHERE position = 2", "checklist_items", "answer"),
        ("UPDATE signatures SET name = 'Zhao Lei'", "signatures", "sign"),
        ("UPDATE signatures SET role = 'resident'", "signatures", "sign"),
        ("UPDATE signatures SET strokes = '[[[0.1,0.6,0]]]'", "signatures", "sign"),
        ("UPDATE signatures SET content = '{}'", "signatures", "sign"),
        ('UPDATE changes SET after = \'{"name":"River Court"}\'', "changes", "change"),
        ("UPDATE changes SET \"key\" = 'x'", "changes", "change"),
    ],
)
def test_a_row_that_was_rewritten_is_named_with_its_event(
    rich: Database, statement: str, table: str, action: str
) -> None:
    with tampering(rich) as session:
        session.execute(text(statement))
        problem = first(verified(session))
    assert (problem.what, problem.table, problem.action) == ("audit.content", table, action)
    assert problem.row
    assert problem.stream.startswith("site:" if table == "changes" else "ticket:")


def test_a_row_that_no_event_tells_of_is_named(rich: Database) -> None:
    statements = {
        "checklist_items": "UPDATE checklist_items SET answer = 'pass' WHERE position = 3",
        "parts": "UPDATE parts SET ticket_id = (SELECT id FROM tickets WHERE state = 'assigned' LIMIT 1)",
    }
    for table, statement in statements.items():
        with tampering(rich) as session:
            session.execute(text(statement))
            problem = first(verified(session))
        assert (problem.what, problem.table) == ("audit.unspoken", table)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tickets SET text = '', salt = ''", "UPDATE notes SET text = '', salt = ''", "DELETE FROM notes",
        "DELETE FROM parts", "DELETE FROM attachments", "DELETE FROM signatures", "DELETE FROM changes",
        "UPDATE signatures SET name = '', salt = '', strokes = '[]'",
        "UPDATE changes SET before = '{}', after = '{}', salt = ''",
        "UPDATE checklist_items SET answer = '' WHERE position = 2",
    ],
)  # fmt: skip
def test_what_was_erased_leaves_the_trace_intact(rich: Database, statement: str) -> None:
    with tampering(rich) as session:
        session.execute(text(statement))
        assert verified(session).problems == ()


def test_words_cannot_be_rewritten_under_the_cloak_of_an_erasure(rich: Database) -> None:
    for table in ("tickets", "notes"):
        with tampering(rich) as session:
            session.execute(text(f"UPDATE {table} SET text = 'rewritten', salt = ''"))  # noqa: S608 - our own names
            assert first(verified(session)).what == "audit.content"


def test_bytes_that_cannot_be_read_are_named(rich: Database) -> None:
    if not rich.is_sqlite:
        return
    for table, column in (("tickets", "text"), ("notes", "text"), ("signatures", "strokes"), ("changes", "after")):
        with tampering(rich) as session:
            session.execute(text(f"UPDATE {table} SET {column} = CAST(x'ff' AS TEXT)"))  # noqa: S608 - our own names
            problem = first(verified(session))
        assert (problem.what, problem.table) == ("audit.unreadable_row", table)


@pytest.fixture
def many(rich: Database, cast: Cast, now: datetime) -> Database:
    with rich.write_scope() as session:
        for number in range(12):
            past.opened(session, cast, now + timedelta(minutes=number), f"lamp {number}", "electricity")
    return rich


def test_tickets_are_compared_some_at_a_time(many: Database) -> None:
    for at_once in (1, 5, 100):
        with tampering(many) as session:
            session.execute(text("UPDATE tickets SET text = 'rewritten' WHERE text LIKE 'lamp%'"))
            contents = Contents(session, at_once)
            assert list(streams.check(session, {}, lambda _: None, contents.hear)) == []
            assert len(list(contents.problems())) == 12


@pytest.fixture
def asked(many: Database) -> Iterator[list[str]]:
    """The statements that are sent."""
    sent: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_more: object) -> None:
        sent.append(statement)

    engine = many.readers if isinstance(many.readers, Engine) else many.engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def test_more_tickets_cost_no_more_statements(many: Database, asked: list[str]) -> None:
    with many.read_scope() as session:
        verified(session)
    assert len([statement for statement in asked if "FROM notes" in statement]) == 1

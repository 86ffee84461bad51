"""Every column that may name a file is registered, or stands here with the reason why it names none."""

from __future__ import annotations

from sqlalchemy import JSON

from core.database import Table
from core.holders import HOLDERS
from tests.databases import import_models

HASHES_OF_OTHER_THINGS = {
    "tokens.hash": "of a secret",
    "invitations.hash": "of a secret",
    "events.hash": "of an entry of the trace",
    "subtrees.hash": "of entries of the trace",
}
JSON_WITHOUT_FILES = {
    "sites.settings": "choices of the desk",
    "digests.facts": "figures and the numbers of tickets",
    "memberships.skills": "words",
    "replays.result": "an answer that was given; what it tells of stands in attachments",
    "changes.before": "settings as they were",
    "changes.after": "settings as they are",
    "conversations.heard": "moments",
    "outbox.buttons": "what a button does",
    "offered_numbers.places": "places of buttons",
    "tickets.location": "a position",
    "tickets.waived": "words",
    "attachments.evidence": "what a camera claimed; the file is named beside it",
    "signatures.strokes": "ink",
    "signatures.content": "what was shown; its photos stand in attachments",
    "checklist_items.options": "words",
    "offers.reasons": "words",
    "assets.facts": "what was handed over, in words",
    "plans.stops": "ids",
    "plans.checklist": "questions; their keys are of words",
    "plans.rhythm": "dates and rules",
    "plans.carried": "questions",
    "stops.location": "a position",
    "imports.mapping": "what the columns of a table mean",
    "imports.outcome": "counts and refused rows of a table",
}


def test_every_column_that_may_name_a_file_says_whether_it_does() -> None:
    import_models()
    known = {_name(column.table.name, column.key) for _, column in HOLDERS.items()}
    columns = [(table.name, column) for table in Table.metadata.tables.values() for column in table.columns]
    hashes = {_name(table, column.name) for table, column in columns if column.name in ("hash", "sha256")}
    told = {_name(table, column.name) for table, column in columns if isinstance(column.type, JSON)}
    assert hashes - known == HASHES_OF_OTHER_THINGS.keys()
    assert told - known == JSON_WITHOUT_FILES.keys()


def _name(table: str, column: str) -> str:
    return f"{table}.{column}"

"""Holds what stands beside the trace against what its events committed to: words, files, parts, signatures, results.

A row that is gone, or whose words went with their salt, was erased, which is allowed; a row that says something else
than its event, or of which no event tells, is a finding. Rows are read for some hundred tickets at a time, while
their events pass by in order, so that memory stays small and the whole stays linear.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain, repeat
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import InstrumentedAttribute, Session

from core import changes, trace
from core.audit import stored, told
from core.audit.findings import Problem
from core.audit.told import Key, Mark, Story
from core.changes import Change
from core.tickets import deadlining, signing
from core.tickets.additions import ANSWERS
from core.tickets.models import Attachment, ChecklistItem, Note, Part, Signature, Ticket

TICKETS = 500
ENOUGH = 100
TICKET, SITE = "ticket:", "site:"
COLUMNS = (
    "number", "kind", "category", "priority", "emergency", "place_id", "asset_id", "assignee_id", "resolution",
    "minutes", "round",
)  # fmt: skip
DUE = tuple(deadlining.COLUMNS.values())
TICKET_ROW = (
    Ticket.id, Ticket.site_id, Ticket.text, Ticket.salt, Ticket.terms,
    *(getattr(Ticket, name) for name in (*COLUMNS, *DUE)),
)  # fmt: skip
CHANGE_ROW = (Change.id, Change.site_id, Change.kind, Change.key, Change.salt, Change.before, Change.after)
ITEM_ROW = (
    ChecklistItem.id, ChecklistItem.ticket_id, ChecklistItem.position, ChecklistItem.kind, ChecklistItem.answer,
)  # fmt: skip


Terms = dict[str, set[str]]  # by site: the terms that its deadlines were ever counted by


class Contents:
    """Hears every event, in the order of the streams, and reads the rows that they speak of."""

    def __init__(self, session: Session, at_once: int = TICKETS) -> None:
        self._session, self._at_once = session, at_once
        self._stories: list[Story] = []
        self.changes: dict[str, tuple[Key, str, Mark]] = {}
        self._problems: list[Problem] = []
        self._terms: Terms = defaultdict(set)

    def hear(self, event: dict[str, Any]) -> None:
        """Take up an event that could be read."""
        stream, mark, facts = event["stream"], Mark(event["seq"], event["action"]), told.facts_of(event["facts"])
        if mark.action == "change":
            said = told.key(facts.get("kind"), facts.get("key"), facts.get("content"))
            self.changes[str(facts.get("change")).replace("-", "")] = (said, stream, mark)
        elif mark.action == "terms" and stream.startswith(SITE):
            self._terms[stream.removeprefix(SITE).replace("-", "")].add(str(facts.get("terms")))
        elif stream.startswith(TICKET) and (story := self._story(stream)):
            told.hear(story, mark, facts)

    def _story(self, stream: str) -> Story | None:
        if self._stories and self._stories[-1].stream == stream:
            return self._stories[-1]
        if len(self._stories) == self._at_once:
            self._settle()
        try:
            story = Story(stream, UUID(stream.removeprefix(TICKET)))
        except ValueError:
            return None
        self._stories.append(story)
        return story

    def _settle(self) -> None:
        """Compare the tickets whose events have passed. After a hundred findings nobody counts any more."""
        stories = {story.ticket.hex: story for story in self._stories}
        self._stories = []
        if len(self._problems) < ENOUGH:
            self._problems += _compare_tickets(self._session, stories, self._terms)

    def problems(self) -> Iterator[Problem]:
        """What was found, when the last event has passed."""
        self._settle()
        yield from self._problems
        yield from _compare_changes(self._session, self.changes)


@dataclass(frozen=True, slots=True)
class Rows:
    """A table beside the trace. `key`: what a row comes to, as its event says it; None for one that was erased."""

    columns: tuple[InstrumentedAttribute[Any], ...]
    key: Callable[[Row[Any]], Key | None]


def _compare_tickets(session: Session, stories: dict[str, Story], terms: Terms) -> Iterator[Problem]:
    there = set()
    for row in _read(session, TICKET_ROW, Ticket.id, stories):
        story = stories[stored.plain(row.id)]
        there.add(story.stream)
        yield from _checked("tickets", story, row, partial(_other_columns, terms))
    stories = {number: story for number, story in stories.items() if story.stream in there}
    for table, rows in TABLES.items():
        yield from _compare_rows(session, table, rows, stories)
    for row in _read(session, ITEM_ROW, ChecklistItem.ticket_id, stories):
        yield from _checked("checklist_items", stories[stored.plain(row.ticket_id)], row, _other_answer)


def _read(
    session: Session, columns: tuple[InstrumentedAttribute[Any], ...], of: InstrumentedAttribute[Any],
    stories: dict[str, Story],
) -> Iterator[Row[Any]]:  # fmt: skip
    wanted = of.in_([story.ticket for story in stories.values()])
    return chain.from_iterable(stored.rows(session, columns, columns[0], where=wanted))


def _checked(
    table: str, story: Story, row: Row[Any], check: Callable[[Story, Row[Any]], Iterator[Problem]]
) -> Iterator[Problem]:
    try:
        yield from check(story, row)
    except (ValueError, RecursionError):
        yield _unreadable(table, row, story.stream)


def _other_columns(known: Terms, story: Story, row: Row[Any]) -> Iterator[Problem]:
    """Columns of a ticket that are not what their last event set them to; the words of the report among them.

    By other terms of its site a ticket may have been counted without anything becoming another: that is no event.
    """
    text, salt = stored.words(row.text), stored.words(row.salt)
    found = {name: stored.plain(getattr(row, name)) for name in COLUMNS}
    found |= {name: _moment(getattr(row, name)) for name in DUE}
    if text or salt:
        found["text"] = trace.commitment(salt, text)
    for name, value in found.items():
        said, mark = story.columns.get(name, ("", Mark()))
        if value != said:
            yield _other(f"tickets.{name}", row, story.stream, mark)
    said, mark = story.columns.get("terms", ("", Mark()))
    if (terms := stored.words(row.terms)) != said and terms not in known.get(stored.plain(row.site_id), ()):
        yield _other("tickets.terms", row, story.stream, mark)


def _moment(value: Any) -> str:
    return "" if value is None else stored.moment(value).isoformat()


def _other_answer(story: Story, row: Row[Any]) -> Iterator[Problem]:
    """An answer that is not the one that was given last. One in words may have been erased."""
    kind, answer = stored.words(row.kind), stored.words(row.answer)
    said, mark = story.answers.get(str(row.position), ("", Mark()))
    shown = answer if kind in ANSWERS or not answer else trace.commitment(stored.identifier(row.id), answer)
    if shown != said and (answer or kind in ANSWERS):
        yield _other("checklist_items", row, story.stream, mark)


def _compare_rows(session: Session, table: str, rows: Rows, stories: dict[str, Story]) -> Iterator[Problem]:
    """Find the rows of a table that come to nothing that an event says, each with an event that lacks its row."""
    lost: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in _read(session, rows.columns, rows.columns[1], stories):
        number = stored.plain(row.ticket_id)
        try:
            key = rows.key(row)
        except (ValueError, RecursionError):
            yield _unreadable(table, row, stories[number].stream)
            continue
        if key is not None and not _take(stories[number], table, key):
            lost[number].append(row)
    for number, found in lost.items():
        story = stories[number]
        lacking = sorted(mark for marks in story.rows.get(table, {}).values() for mark in marks)
        yield from (_other(table, row, story.stream, mark) for row, mark in zip(found, _endless(lacking), strict=False))


def _take(story: Story, table: str, key: Key) -> bool:
    """Whether an event says so that has no row yet."""
    marks = story.rows.get(table, {}).get(key)
    if marks:
        marks.pop(0)
        return True
    return False


def _endless(marks: list[Mark]) -> Iterator[Mark]:
    return chain(marks, repeat(Mark()))


def _note(row: Row[Any]) -> Key | None:
    text, salt = stored.words(row.text), stored.words(row.salt)
    return told.key(trace.commitment(salt, text), stored.flag(row.is_internal)) if text or salt else None


def _attachment(row: Row[Any]) -> Key:
    return told.key(stored.words(row.kind), stored.words(row.hash), row.round, row.item)


def _part(row: Row[Any]) -> Key:
    """The words of a part: name, quantity and, where somebody said, cost."""
    words = [stored.words(row.name), stored.words(row.quantity), *([] if row.cost is None else [str(row.cost)])]
    return told.key(trace.commitment(stored.identifier(row.id), "\n".join(words)), row.round)


def _signature(row: Row[Any]) -> Key | None:
    """Whose hand, in which role, under which digest; the digest is computed anew from the content that was signed."""
    name, strokes, salt = stored.words(row.name), _json(row.strokes), stored.words(row.salt)
    if not name and not strokes and not salt:
        return None
    digest = hashlib.sha256(trace.canonical(_json(row.content)).encode()).hexdigest()
    shown = digest if digest == stored.words(row.digest) else ""
    return told.key(stored.words(row.role), shown, row.round, trace.commitment(salt, signing.hand(name, strokes)))


TABLES = {
    "notes": Rows((Note.id, Note.ticket_id, Note.text, Note.salt, Note.is_internal), _note),
    "attachments": Rows(
        (Attachment.id, Attachment.ticket_id, Attachment.kind, Attachment.hash, Attachment.round, Attachment.item),
        _attachment,
    ),
    "parts": Rows((Part.id, Part.ticket_id, Part.name, Part.quantity, Part.cost, Part.round), _part),
    "signatures": Rows(
        (Signature.id, Signature.ticket_id, Signature.role, Signature.name, Signature.strokes, Signature.salt,
         Signature.digest, Signature.content, Signature.round), _signature,
    ),
}  # fmt: skip


def _compare_changes(session: Session, said: dict[str, tuple[Key, str, Mark]]) -> Iterator[Problem]:
    """Hold every change to how a site is run against its event."""
    for row in chain.from_iterable(stored.rows(session, CHANGE_ROW, Change.id)):
        nowhere = (told.key(), f"site:{stored.shown(row.site_id)}", Mark())
        key, stream, mark = said.get(_name(row).replace("-", ""), nowhere)
        try:
            found = _change(row)
        except (ValueError, RecursionError):
            yield _unreadable("changes", row, stream)
            continue
        if found not in (None, key):
            yield _other("changes", row, stream, mark)


def _change(row: Row[Any]) -> Key | None:
    before, after, salt = _json(row.before), _json(row.after), stored.words(row.salt)
    if not before and not after and not salt:
        return None
    content = trace.commitment(salt, changes.content(before, after))
    return told.key(stored.words(row.kind), stored.words(row.key), content)


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, bytes | str) else value


def _other(table: str, row: Row[Any], stream: str, mark: Mark) -> Problem:
    what = "audit.content" if mark.seq else "audit.unspoken"
    return Problem(what, stream, mark.seq, mark.action, table=table, row=_name(row))


def _unreadable(table: str, row: Row[Any], stream: str) -> Problem:
    return Problem("audit.unreadable_row", stream, table=table, row=_name(row))


def _name(row: Row[Any]) -> str:
    return str(stored.shown(row.id))

"""What people add to a ticket without moving it: photos, voice, words, nudges, parts, answers, joining."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from core import clock, money, outbox, trace
from core.errors import Conflict, Invalid, Missing, NotFound
from core.outbox import Choice
from core.tickets import following, news, queries, words
from core.tickets.actions import Actor, record
from core.tickets.models import Attachment, ChecklistItem, Part, Ticket

PHOTO = "photo"  # the kind of a question, and how one that has its photo is answered
PHOTO_KINDS = ("report", "before", "after", "other")
MAX_ATTACHMENTS = 60  # that belong to no question
MAX_OF_ITEM = 12  # of one question in a round: a walk through a hundred things has room for the photos of each
MAX_WORDS = 4000
NUDGE_EVERY = timedelta(minutes=10)
# What is answered without words; such answers stand in the trace as they are. One digit more could not be read as a
# number any more: `assets.plans.checklists.number` ends at a million millions.
NUMBER = r"[-+]?[0-9]{1,11}([.,][0-9]{1,6})?"
ANSWERS = {"pass_fail": "pass|fail", "number": NUMBER, "meter": NUMBER}


class TooManyPhotos(Conflict):
    """{number} has {limit} photos already; that is the most it can hold."""


class TooManyOfQuestion(Conflict):
    """This question has {limit} photos already; that is the most it can hold."""


class NudgedAlready(Conflict):
    """{number} was nudged a moment ago. The people in charge have been told; please wait a little."""


class WorkHasEnded(Conflict):
    """{number} has ended; its answers stay as they were signed."""


def add_file(
    session: Session, ticket: Ticket, kind: str, stored: dict[str, Any], person_id: UUID | None, now: datetime, *,
    reason: str = "", device_at: datetime | None = None, item: int = 0,
) -> bool:  # fmt: skip
    """Attach a photo or voice note whose bytes lie in the storage; False when the round has it already.

    `stored`: {"hash", "mime", "width", "height", "evidence"}. Attaching the same file again changes nothing, so
    an upload is safe to repeat. Evidence that arrives late, when the round has ended, is taken and marked.
    `item`: the question of the checklist that it belongs to; one that asks for a photo is answered by it
    while the work goes on.
    """
    asked = _item(session, ticket, item) if item else None
    same = select(Attachment.id).where(
        Attachment.ticket_id == ticket.id, Attachment.round == ticket.round, Attachment.kind == kind,
        Attachment.hash == stored["hash"], Attachment.item == item,
    )  # fmt: skip
    if session.scalar(same):
        return False
    _refuse_full(session, ticket, item)
    row = {
        "id": clock.new_id(), "ticket_id": ticket.id, "person_id": person_id, "round": ticket.round, "kind": kind,
        "item": item, "hash": stored["hash"], "mime": stored["mime"], "width": stored.get("width", 0),
        "height": stored.get("height", 0), "evidence": stored.get("evidence") or {}, "reason": reason[:200],
        "device_at": device_at, "added_at": now,
    }  # fmt: skip
    session.execute(insert(Attachment), [row])
    facts = {"kind": kind, "hash": stored["hash"], "round": ticket.round, "late": not ticket.is_open}
    facts |= {"item": item} if item else {}
    record(session, ticket, "add_voice" if kind == "voice" else "add_photo", Actor(person_id), facts, now, device_at)
    if asked is not None and asked.kind == PHOTO and person_id is not None and ticket.is_open:
        answer_item(session, ticket, item, PHOTO, person_id, now)
    return True


def _refuse_full(session: Session, ticket: Ticket, item: int) -> None:
    """Photos of questions do not count for the ticket: each question of a long round can ask for one."""
    held = select(func.count()).where(Attachment.ticket_id == ticket.id, Attachment.item == item)
    if not item and (session.scalar(held) or 0) >= MAX_ATTACHMENTS:
        raise TooManyPhotos(number=ticket.number, limit=MAX_ATTACHMENTS)
    if item and (session.scalar(held.where(Attachment.round == ticket.round)) or 0) >= MAX_OF_ITEM:
        raise TooManyOfQuestion(limit=MAX_OF_ITEM)


def add_words(
    session: Session, ticket: Ticket, person_id: UUID | None, text: str, now: datetime, *, is_internal: bool = False
) -> None:
    """Add words. The other side is told that there is something new; notes between staff are never told on.

    An inspection has no resident: whatever is said about it stays between staff, and reaches who does it.
    """
    text = text.strip()[:MAX_WORDS]
    if not text:
        raise Missing(field="field.text")
    is_hidden = is_internal or ticket.kind == "inspection"
    proof = words.keep(session, ticket, person_id, text, now, is_internal=is_hidden)
    record(session, ticket, "add_note", Actor(person_id), {"text": proof, "internal": is_hidden}, now)
    if not is_internal:
        _tell_other_side(session, ticket, person_id, text, now)


def _tell_other_side(session: Session, ticket: Ticket, person_id: UUID | None, text: str, now: datetime) -> None:
    """What a resident writes reaches the technician alone; what staff write reaches everyone concerned as well."""
    concerned = queries.concerned(session, ticket)
    shows = {who: "track.show" for who in concerned if person_id not in concerned}
    if ticket.assignee_id:
        shows[ticket.assignee_id] = "work.show"
    letters = [
        news.letter(ticket, "note", who, [outbox.Choice(show)], text=text[:500])
        for who, show in shows.items()
        if who != person_id
    ]
    outbox.post(session, letters, now)


def nudge(session: Session, ticket: Ticket, person_id: UUID, now: datetime) -> None:
    """Ask for speed. The technician and the desk are told; at most once in ten minutes."""
    if not ticket.is_open:
        raise Conflict
    latest = select(func.max(trace.Event.at)).where(
        trace.Event.stream == f"ticket:{ticket.id}", trace.Event.action == "nudge"
    )
    before = session.scalar(latest)
    if before is not None and now - before < NUDGE_EVERY:
        raise NudgedAlready(number=ticket.number)
    record(session, ticket, "nudge", Actor(person_id), {}, now)
    readers = [*([ticket.assignee_id] if ticket.assignee_id else []), *queries.desk_of(session, ticket.site_id)]
    show = [Choice("work.show")]
    outbox.post(session, [news.letter(ticket, "nudged", who, show) for who in dict.fromkeys(readers)], now)


def join(session: Session, ticket: Ticket, person_id: UUID, text: str, now: datetime) -> bool:
    """Follow an open ticket on the same thing; False when the person does already. Their words stay private."""
    if not following.follow(session, ticket, person_id, text, now):
        return False
    record(session, ticket, "join", Actor(person_id), {}, now)
    return True


def use_part(
    session: Session, ticket: Ticket, person_id: UUID, name: str, quantity: str, now: datetime, *, cost: str = ""
) -> None:
    """Note a part that was used. `cost`: of all of it, such as `12.50`. Errors: Missing, Invalid."""
    if not name.strip():
        raise Missing(field="field.part")
    part = Part(
        id=clock.new_id(), ticket_id=ticket.id, round=ticket.round, name=name.strip()[:200],
        quantity=quantity.strip()[:40] or "1", cost=money.parsed(cost), person_id=person_id,
    )  # fmt: skip
    session.add(part)
    session.flush()
    told = [] if part.cost is None else [str(part.cost)]
    # The id is the salt: it stands nowhere in the trace, and goes with the row.
    proof = trace.commitment(part.id.hex, "\n".join([part.name, part.quantity, *told]))
    record(session, ticket, "use_part", Actor(person_id), {"part": proof, "round": ticket.round}, now)


def ask_items(session: Session, ticket: Ticket, items: list[dict[str, Any]]) -> None:
    """Give a ticket its checklist, or more of it: [{"question", "kind"?, "options"?}]."""
    if not items:
        return
    asked = select(func.max(ChecklistItem.position)).where(ChecklistItem.ticket_id == ticket.id)
    rows = [
        {
            "id": clock.new_id(), "ticket_id": ticket.id, "position": position, "question": item["question"],
            "kind": item.get("kind", "pass_fail"), "options": item.get("options", {}), "answer": "",
            "answered_by": None, "answered_at": None,
        }
        for position, item in enumerate(items, (session.scalar(asked) or 0) + 1)
    ]  # fmt: skip
    session.execute(insert(ChecklistItem), rows)


def answer_item(session: Session, ticket: Ticket, position: int, answer: str, person_id: UUID, now: datetime) -> None:
    """Answer one question of the checklist; answering again replaces the answer and stays in the trace."""
    refuse_ended(ticket)
    item = _item(session, ticket, position)
    item.answer, item.answered_by, item.answered_at = checked_answer(session, item, answer), person_id, now
    item.options = {name: value for name, value in item.options.items() if name != "left"}
    session.flush()
    proof = item.answer if item.kind in ANSWERS else trace.commitment(item.id.hex, item.answer)
    record(session, ticket, "answer", Actor(person_id), {"position": position, "answer": proof}, now)


def leave_items(
    session: Session, ticket: Ticket, positions: Sequence[int], reason: str, person_id: UUID, now: datetime
) -> None:
    """Leave questions without an answer for the next time, and say why; an answer given later takes that back."""
    refuse_ended(ticket)
    if not reason.strip():
        raise Missing(field="field.reason")
    items = [_item(session, ticket, position) for position in positions]
    left = [item for item in items if not item.answer]
    for item in left:
        item.options = {**item.options, "left": True}
    session.flush()
    told = words.reason(session, ticket, person_id, reason, now)
    facts = {"positions": [item.position for item in left], "count": len(left), "reason": told}
    record(session, ticket, "leave", Actor(person_id), facts, now)


def refuse_ended(ticket: Ticket) -> None:
    """What was signed and acted on is never answered otherwise; a reopening begins another round."""
    if not ticket.is_open:
        raise WorkHasEnded(number=ticket.number)


def _item(session: Session, ticket: Ticket, position: int) -> ChecklistItem:
    query = select(ChecklistItem).where(ChecklistItem.ticket_id == ticket.id, ChecklistItem.position == position)
    item = session.scalar(query)
    if item is None:
        raise NotFound(what="word.checklist")
    return item


def checked_answer(session: Session, item: ChecklistItem, answer: str) -> str:
    """An answer that its question can have; where it asks for a photo, there must be one. Errors: Invalid, Missing."""
    answer = answer.strip()[:500]
    if item.kind == PHOTO:
        bound = select(Attachment.id).where(Attachment.ticket_id == item.ticket_id, Attachment.item == item.position)
        if session.scalar(bound.limit(1)) is None:
            raise Missing(field="field.photo")
        return PHOTO
    if item.kind in ANSWERS and not re.fullmatch(ANSWERS[item.kind], answer):
        raise Invalid(field="field.answer")
    if item.kind == "choice" and item.options.get("choices") and answer not in item.options["choices"]:
        raise Invalid(field="field.answer")
    return answer

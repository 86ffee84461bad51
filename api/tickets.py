"""A ticket as its reader may see it.

Staff see all of it. Of two residents who reported the same thing, neither sees the other's words, photos or name.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from api.schemas import tickets as schema
from core import clock, surveys, trace
from core.access import Viewer
from core.database import Session
from core.errors import NotFound
from core.tickets import asking, deadlining, queries, states
from core.tickets.deadlining import Shown
from core.tickets.models import Attachment, Signature, Ticket
from core.tickets.queries import STAFF

RESPOND = "respond"


@dataclass(frozen=True, slots=True)
class Reading:
    """One person looking at one ticket."""

    session: Session
    ticket: Ticket
    viewer: Viewer
    parts: frozenset[str]
    concerned: frozenset[UUID]

    @property
    def is_staff(self) -> bool:
        return self.viewer.holds(self.ticket.site_id, *STAFF)

    def may_know(self, person_id: UUID | None) -> bool:
        """Whether the reader may know who somebody is: not where both only reported the same thing."""
        return self.is_staff or person_id == self.viewer.person_id or person_id not in self.concerned

    def may_see(self, attachment: Attachment) -> bool:
        if attachment.person_id is None:
            return self.is_staff or attachment.kind not in ("report", "voice")
        return self.may_know(attachment.person_id)


def find(session: Session, number: str, viewer: Viewer, *, lock: bool = False) -> Ticket:
    """The ticket of that number, for somebody who may see it. An unknown one and a foreign one read the same."""
    ticket = queries.by_number(session, number, lock=lock)
    if not queries.may_see(session, ticket, viewer):
        raise NotFound(what="word.ticket")
    return ticket


def reading(session: Session, ticket: Ticket, viewer: Viewer) -> Reading:
    viewer = viewer.at(ticket.id)
    parts = frozenset(queries.parts_of(session, ticket, viewer))
    is_staff = viewer.holds(ticket.site_id, *STAFF)
    concerned = frozenset() if is_staff else frozenset(queries.concerned(session, ticket))
    return Reading(session, ticket, viewer, parts, concerned)


def show(session: Session, ticket: Ticket, viewer: Viewer) -> schema.Ticket:
    seen = reading(session, ticket, viewer)
    others = queries.numbers_of(session, [ticket.merged_into_id, ticket.follows_id])
    due = deadlining.shown(session, ticket, clock.now())
    return schema.Ticket(
        **_head(seen, _name_of_assignee(seen)), deadlines=_deadlines(seen, due), rounds=_rounds(seen),
        rating=_stars(seen), links=_links(seen, others),
    )  # fmt: skip


def show_all(session: Session, tickets: list[Ticket], viewer: Viewer) -> list[schema.TicketInList]:
    """Tickets for a list, with one query for all names."""
    names = queries.names_of(session, [ticket.assignee_id for ticket in tickets])
    due = deadlining.shown_all(session, tickets, clock.now())
    return [_in_list(session, ticket, viewer, names, due[ticket.id]) for ticket in tickets]


def _in_list(
    session: Session, ticket: Ticket, viewer: Viewer, names: dict[UUID, str], due: list[Shown]
) -> schema.TicketInList:
    seen = Reading(session, ticket, viewer, frozenset(), frozenset())
    name = names.get(ticket.assignee_id, "") if ticket.assignee_id else ""
    links = schema.ShortLinks(self=address(ticket), page=f"/t/{ticket.number}")
    return schema.TicketInList(**_head(seen, name), deadlines=_deadlines(seen, due), links=links)


def _deadlines(seen: Reading, due: list[Shown]) -> list[schema.Deadline]:
    """Who waits is told until when somebody comes and is ready, as on the page. The rest of it is the staff's."""
    return [
        schema.Deadline(
            goal=one.goal, due=one.due_at, met=one.met_at, missed=one.is_missed,
            facts=one.facts if seen.is_staff else {},
        )
        for one in due if seen.is_staff or one.goal != RESPOND
    ]  # fmt: skip


def address(ticket: Ticket) -> str:
    return f"/api/v1/tickets/{ticket.number}"


def photo_urls(ticket: Ticket, sha256: str) -> schema.PhotoUrls:
    base = f"{address(ticket)}/photos/{sha256}"
    return schema.PhotoUrls(thumb=f"{base}?size=thumb", screen=f"{base}?size=screen", full=f"{base}?size=full")


def _name_of_assignee(seen: Reading) -> str:
    who = seen.ticket.assignee_id
    return queries.names_of(seen.session, [who]).get(who, "") if who else ""


def _head(seen: Reading, assignee: str) -> dict[str, Any]:
    ticket = seen.ticket
    who = schema.PersonRef(id=ticket.assignee_id, name=assignee) if ticket.assignee_id else None
    return {
        "number": ticket.number, "kind": ticket.kind, "state": ticket.state, "resolution": ticket.resolution,
        "version": ticket.version, "category": ticket.category, "priority": ticket.priority, "text": _text(seen),
        "place": schema.PlaceRef(id=ticket.place_id, path=ticket.place), "asset": _asset(ticket), "assignee": who,
        "promised": ticket.promised_at if seen.is_staff else deadlining.visit(ticket),
    }  # fmt: skip


def _asset(ticket: Ticket) -> schema.AssetRef | None:
    if ticket.asset_id is None:
        return None
    return schema.AssetRef(id=ticket.asset_id, code=ticket.asset_code, name=ticket.asset_name)


def _text(seen: Reading) -> str:
    if seen.is_staff or seen.ticket.reporter_id == seen.viewer.person_id:
        return seen.ticket.text
    return queries.words_of_follower(seen.session, seen.ticket.id, seen.viewer.person_id)


def _links(seen: Reading, others: dict[UUID, str]) -> schema.Links:
    ticket = seen.ticket

    def link(ticket_id: UUID | None) -> str | None:
        return f"/api/v1/tickets/{others[ticket_id]}" if ticket_id else None

    here = address(ticket)
    return schema.Links(
        self=here, page=f"/t/{ticket.number}", photos=f"{here}/photos", events=f"{here}/events",
        actions=actions_of(seen), merged_into=link(ticket.merged_into_id), follows=link(ticket.follows_id),
    )  # fmt: skip


def actions_of(seen: Reading) -> list[str]:
    """What the reader may do now: moves of the ticket's life, then additions."""
    parts = set(seen.parts)
    moves = states.allowed(seen.ticket.kind, seen.ticket.state, parts)
    additions = {
        "nudge": "reporter" in parts and seen.ticket.is_open,
        "note": seen.is_staff or "reporter" in parts,
        "sign": bool(parts & {"assignee", "reporter"}) and seen.ticket.state == "in_progress",
        "use_part": bool(parts & {"assignee", "supervisor"}),
        "answer": "assignee" in parts and seen.ticket.kind != "fault",
        "rate": "reporter" in parts and seen.ticket.state == "closed" and _may_rate(seen),
    }
    return [*moves, *(name for name, is_allowed in additions.items() if is_allowed)]


def _may_rate(seen: Reading) -> bool:
    return seen.viewer.person_id not in asking.workers(seen.session, seen.ticket)


def _stars(seen: Reading) -> int | None:
    """What the reader has said of the present round; only what was closed can be rated."""
    if seen.ticket.state != "closed" or "reporter" not in seen.parts:
        return None
    rating = surveys.rating_of(seen.session, seen.ticket, seen.viewer.person_id)
    return rating.stars if rating else None


def _rounds(seen: Reading) -> list[schema.Round]:
    """The rounds, first one first.

    Transitions count both the version and the trace on, additions the trace alone: while the two are equal there
    is nothing to look up, which spares a new ticket four queries.
    """
    ticket, session = seen.ticket, seen.session
    has_additions = ticket.trace_seq != ticket.version
    attachments, signatures = defaultdict(list), defaultdict(list)
    parts = defaultdict(list)
    if has_additions:
        for attachment in queries.attachments_of(session, ticket.id):
            attachments[attachment.round].append(attachment)
        for signature in queries.signatures_of(session, ticket.id):
            signatures[signature.round].append(signature)
        for part in queries.parts_used(session, ticket.id):
            parts[part.round].append(schema.PartUsed(name=part.name, quantity=part.quantity))
    ends = _ends(seen)
    return [
        schema.Round(
            round=number, **ends[number], photos=_photos(seen, attachments[number]),
            voices=_voices(seen, attachments[number]), signatures=[_signature(seen, row) for row in signatures[number]],
            parts=parts[number], checklist=_checklist(seen) if number == ticket.round else [],
        )
        for number in range(1, ticket.round + 1)
    ]  # fmt: skip


def _ends(seen: Reading) -> dict[int, dict[str, Any]]:
    """How each round ended: the present one by the ticket, earlier ones by the trace."""
    ticket = seen.ticket
    ends: dict[int, dict[str, Any]] = {
        number: {"resolution": None, "minutes": None} for number in range(1, ticket.round + 1)
    }
    if ticket.round > 1:
        for event in trace.events_of(seen.session, f"ticket:{ticket.id}"):
            if event.action == "sign_off":
                facts = json.loads(event.facts)
                ends[facts["round"]] = {"resolution": facts["resolution"], "minutes": facts["minutes"]}
    ends[ticket.round] = {"resolution": ticket.resolution, "minutes": ticket.minutes}
    return ends


def _photos(seen: Reading, attachments: list[Attachment]) -> list[schema.Photo]:
    return [
        schema.Photo(
            hash=row.hash, kind=cast("schema.PhotoKind", row.kind), item=row.item, width=row.width, height=row.height,
            added_at=row.added_at, device_at=row.device_at, reason=row.reason, urls=photo_urls(seen.ticket, row.hash),
        )
        for row in attachments if row.kind != "voice" and seen.may_see(row)
    ]  # fmt: skip


def _voices(seen: Reading, attachments: list[Attachment]) -> list[schema.Voice]:
    here = address(seen.ticket)
    return [
        schema.Voice(hash=row.hash, mime=row.mime, added_at=row.added_at, url=f"{here}/voices/{row.hash}")
        for row in attachments
        if row.kind == "voice" and seen.may_see(row)
    ]


def _signature(seen: Reading, row: Signature) -> schema.Signature:
    is_known = row.role != "resident" or seen.is_staff or row.person_id == seen.viewer.person_id
    name = row.name if is_known else ""
    return schema.Signature(role=row.role, name=name, signed_at=row.signed_at, digest=row.digest)


def _checklist(seen: Reading) -> list[schema.Answer]:
    if seen.ticket.kind == "fault":
        return []
    return [
        schema.Answer(
            position=item.position, question=item.question, kind=item.kind, options=item.options, answer=item.answer
        )
        for item in queries.checklist_of(seen.session, seen.ticket.id)
    ]

"""Signatures, bound to the digest of exactly what was shown and signed."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core import clock, trace
from core.errors import Invalid, Missing
from core.tickets import evidence, queries
from core.tickets.actions import Actor, StaleTicket, record
from core.tickets.models import Signature, Ticket

ROLES = ("technician", "resident")
MAX_STROKES = 400
MAX_POINTS = 20_000


def content(session: Session, ticket: Ticket, *, resolution: str, minutes: str, note: str) -> dict[str, Any]:
    """What a person sees and signs: the work of this round, as plain values with a fixed order."""
    return {
        "number": ticket.number, "round": ticket.round, "kind": ticket.kind, "category": ticket.category,
        "place": str(ticket.place_id), "asset": ticket.asset_code, "text": trace.commitment(ticket.salt, ticket.text),
        **queries.work_of(session, ticket), **evidence.declared(resolution, minutes, note), "trace": ticket.trace_head,
    }  # fmt: skip


def digest(shown: dict[str, Any]) -> str:
    return hashlib.sha256(trace.canonical(shown).encode()).hexdigest()


def sign(
    session: Session, ticket: Ticket, role: str, shown: dict[str, Any], seen: str, now: datetime, *,
    strokes: list[Any], name: str, person_id: UUID | None, by: UUID,
) -> None:  # fmt: skip
    """Keep a signature under what was shown.

    `seen`: the digest that came with the page. When it is not that of the present content, something changed
    between showing and signing: StaleTicket, and nothing is signed. `by`: whose phone it was signed on.
    """
    if role not in ROLES:
        raise Invalid(field="field.role")
    if not strokes and not name.strip():
        raise Missing(field="field.signature")
    _check_strokes(strokes)
    if digest(shown) != seen:
        raise StaleTicket(number=ticket.number, state=f"state.{ticket.state}", version=ticket.version)
    row = {
        "id": clock.new_id(), "ticket_id": ticket.id, "round": ticket.round, "role": role, "person_id": person_id,
        "name": name.strip()[:120], "strokes": strokes, "salt": clock.secret(), "digest": seen, "content": shown,
        "signed_at": now,
    }  # fmt: skip
    session.execute(insert(Signature), [row])
    proof = trace.commitment(str(row["salt"]), hand(row["name"], strokes))
    facts = {"role": role, "digest": seen, "signature": proof, "round": ticket.round}
    record(session, ticket, "sign", Actor(by), facts, now)


def hand(name: Any, strokes: Any) -> str:
    """Whose hand it was, as the event of a signature commits to it: a name alone could be guessed."""
    return trace.canonical({"strokes": strokes, "name": name})


def _check_strokes(strokes: list[Any]) -> None:
    """Vector strokes as the page draws them: [[[x, y, t], …], …] with finite numbers."""
    points = sum(len(stroke) for stroke in strokes if isinstance(stroke, list))
    if len(strokes) > MAX_STROKES or points > MAX_POINTS:
        raise Invalid(field="field.signature")
    for stroke in strokes:
        if not isinstance(stroke, list) or not all(_is_point(point) for point in stroke):
            raise Invalid(field="field.signature")


def _is_point(point: Any) -> bool:
    return (
        isinstance(point, list)
        and 2 <= len(point) <= 4
        and all(isinstance(n, int | float) and abs(n) < 1e9 for n in point)
    )

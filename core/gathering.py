"""Several pieces of news that wait for the same reader become one message.

1. The newest step of a ticket takes the place of its older ones: who has arrived has accepted.
2. What is still more than one message of a site becomes a summary, which says each in full.

Nothing is dropped: a message that is said by another is settled as `merged` and names the one that says it. What asks
something stands for itself, because its buttons belong to it; so does what was tried before, and may have arrived. A
summary whose window closed before it went is taken apart again: a template says one thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core import importance, outbox, sendings
from core.importance import SUMMARY
from core.outbox import Letter, OutboxMessage
from core.tickets.models import Ticket

MOST = 6  # in one summary, so that it fits the shortest of platforms
# What happened to a ticket, as whoever waits for it is told: only the last of them still matters.
STEPS = (
    "accepted", "appointment", "arrived", "held", "resumed", "done", "reopened_others", "cancelled", "merged",
    "lapsed", "lapsed_rate",
)  # fmt: skip


def is_news(row: OutboxMessage) -> bool:
    """Whether a message tells a person of progress, in no conversation of its own, and was not tried before."""
    is_fresh = not (row.channel or row.replaces or row.error)
    return row.importance == importance.NEWS and row.person_id is not None and is_fresh


def waiting(session: Session, person_id: UUID) -> list[OutboxMessage]:
    """The news that wait for a reader because a platform takes no more, oldest first."""
    held = (OutboxMessage.is_due, OutboxMessage.state == "ready", OutboxMessage.waits == outbox.QUOTA)
    query = select(OutboxMessage).where(OutboxMessage.person_id == person_id, *held).order_by(OutboxMessage.id)
    found = session.scalars(query.with_for_update().execution_options(populate_existing=True))
    return [row for row in found if is_news(row)]


def gather(session: Session, rows: Sequence[OutboxMessage], now: datetime) -> set[UUID]:
    """Make fewer messages of the news of one reader, oldest first; returns those that others say now."""
    carriers = _superseded(rows)
    for message, carrier in carriers.items():
        _merge(session, [message], carrier, now)
    rest = [row for row in rows if row.id not in carriers and not row.buttons]
    summed_up = (_summed_up(session, site, news, now) for site, news in _by_site(session, rest).items())
    return set(carriers).union(*summed_up)


def scatter(session: Session, summary: OutboxMessage, now: datetime) -> None:
    """Let each piece of a summary go by itself again, because what is left of its way shows one piece only.

    Where the summary may have arrived, no piece is repeated once more.
    """
    query = select(OutboxMessage).where(OutboxMessage.merged_into == summary.id).order_by(OutboxMessage.id)
    pieces = session.scalars(query.with_for_update()).all()
    again = {"state": "ready", "merged_into": None, "settled_at": None, "is_due": True, "not_before": now}
    doubt = {"error": outbox.UNKNOWN} if sendings.unanswered(session, summary.id) else {}
    session.execute(
        update(OutboxMessage).where(OutboxMessage.id.in_([one.id for one in pieces])).values(**again, **doubt)
    )
    for message, carrier in {**_superseded(pieces), summary.id: pieces[-1].id}.items():
        _merge(session, [message], carrier, now)


def _by_site(session: Session, rows: Iterable[OutboxMessage]) -> dict[str, list[OutboxMessage]]:
    """News by the site that they are of: a summary has one clock, and one site's names of things."""
    tickets = [row.ticket_id for row in rows if row.ticket_id is not None]
    known = select(Ticket.id, Ticket.site_id).where(Ticket.id.in_(tickets))
    sites = {ticket: str(site) for ticket, site in session.execute(known)}
    found: dict[str, list[OutboxMessage]] = {}
    for row in rows:
        site = sites[row.ticket_id] if row.ticket_id is not None else str(row.facts.get("site") or "")
        found.setdefault(site, []).append(row)
    return found


def _superseded(rows: Iterable[OutboxMessage]) -> dict[UUID, UUID]:
    """Older steps of a ticket, each with the newest, which says what they would have led to."""
    steps: dict[UUID, list[OutboxMessage]] = {}
    for row in rows:
        if row.ticket_id is not None and row.kind in STEPS:
            steps.setdefault(row.ticket_id, []).append(row)
    return {one.id: known[-1].id for known in steps.values() for one in known[:-1] if not one.buttons}


def _summed_up(session: Session, site: str, rows: list[OutboxMessage], now: datetime) -> set[UUID]:
    """Put news of a site into the summary that waits already, or into a new one."""
    summary = next((row for row in rows if row.kind == SUMMARY and len(row.facts["news"]) < MOST), None)
    told = summary.facts["news"] if summary else []
    fresh = [row for row in rows if row.kind != SUMMARY][: MOST - len(told)]
    if len(told) + len(fresh) < 2 or not fresh:
        return set()
    facts = _facts(site, told, fresh)
    if summary is None:
        letter = Letter(SUMMARY, facts, fresh[0].person_id, not_before=min(row.not_before for row in fresh))
        [carrier] = outbox.post(session, [letter], now)
    else:
        carrier = summary.id
    waits = summary.waits if summary else fresh[0].waits
    session.execute(update(OutboxMessage).where(OutboxMessage.id == carrier).values(facts=facts, waits=waits))
    merged = [row.id for row in fresh]
    _merge(session, merged, carrier, now)
    return set(merged)


def _facts(site: str, told: list[dict[str, Any]], fresh: Sequence[OutboxMessage]) -> dict[str, Any]:
    """What a summary says: its news in their order, a ticket's older steps left out."""
    news = [*told, *({"kind": row.kind, "facts": row.facts, "ticket": str(row.ticket_id or "")} for row in fresh)]
    last = {one["ticket"]: place for place, one in enumerate(news) if one["ticket"] and one["kind"] in STEPS}
    kept = [
        one for place, one in enumerate(news) if one["kind"] not in STEPS or last.get(one["ticket"], place) == place
    ]
    is_urgent = any(one["facts"].get("priority") == "urgent" for one in kept)
    facts: dict[str, Any] = {"news": kept, "count": len(kept), "site": site}
    return {**facts, "priority": "urgent"} if is_urgent else facts


def _merge(session: Session, messages: Sequence[UUID], carrier: UUID, now: datetime) -> None:
    values = {"state": "merged", "merged_into": carrier, "settled_at": now, "is_due": False, "lease_until": None}
    session.execute(update(OutboxMessage).where(OutboxMessage.id.in_(messages)).values(**values))
    carried = update(OutboxMessage).where(OutboxMessage.merged_into.in_(messages))  # whoever asks is told at once
    session.execute(carried.values(merged_into=carrier))

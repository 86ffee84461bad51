"""Messages that waited, for the morning or for a platform, until what they say was over: they are withdrawn.

Asked at delivery, of what is some minutes old. A withdrawn message stays where it can be read, with its reason. What
tells how something ended is never withdrawn: that a repair is done is news in the morning, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core import outbox
from core.outbox import OutboxMessage
from core.tickets import asking, queries
from core.tickets.models import Ticket

WAITED = timedelta(minutes=5)
ENDED, TAKEN, LAPSED, ANSWERED, PASSED, CHANGED = "ended", "taken", "lapsed", "answered", "passed", "changed"
BEFORE_ARRIVAL = ("reported", "assigned", "accepted")


@dataclass(frozen=True, slots=True)
class Said:
    """A message about a ticket, as the rules below see it."""

    session: Session
    ticket: Ticket
    reader: UUID | None
    facts: dict[str, Any]
    now: datetime

    @property
    def is_readers(self) -> bool:
        return self.reader is not None and self.ticket.assignee_id == self.reader

    @property
    def is_accepted(self) -> bool:
        return self.ticket.accepted_at is not None

    def moment(self, name: str) -> datetime | None:
        return datetime.fromisoformat(self.facts[name]) if self.facts.get(name) else None


Rule = Callable[[Said], str]  # why it is over, as `delivery.reason.<…>`; empty while it is not
RULES: dict[str, Rule] = {}


def on(*kinds: str) -> Callable[[Rule], Rule]:
    def keep(rule: Rule) -> Rule:
        RULES.update(dict.fromkeys(kinds, rule))
        return rule

    return keep


def withdraw(session: Session, claimed: Sequence[OutboxMessage], now: datetime) -> list[OutboxMessage]:
    """Withdraw what is over; gives the rest."""
    going = []
    for row in claimed:
        why = _over(session, row, now)
        if why:
            outbox.withdrawn(session, row.id, why, now)
        else:
            going.append(row)
    return going


def _over(session: Session, row: OutboxMessage, now: datetime) -> str:
    rule = RULES.get(row.kind)
    if rule is None or row.ticket_id is None or now - row.created_at < WAITED:
        return ""
    return rule(Said(session, queries.by_id(session, row.ticket_id), row.person_id, row.facts, now))


def _gone(it: Said) -> str:
    """Why work is nobody's to take any more."""
    if not it.ticket.is_open:
        return ENDED
    if it.is_readers:
        return ANSWERED
    return TAKEN if it.ticket.assignee_id else LAPSED


@on("offer", "reopened")
def _offered(it: Said) -> str:
    return "" if it.ticket.state == "assigned" and it.is_readers else _gone(it)


@on("team_offer", "offer_open")
def _free(it: Said) -> str:
    return "" if it.ticket.is_open and it.ticket.assignee_id is None and not it.is_accepted else _gone(it)


@on("unassigned")
def _unassigned(it: Said) -> str:
    return "" if it.ticket.state == "reported" else _gone(it)


@on("escalated", "unreached", "late")
def _waiting(it: Said) -> str:
    if not it.ticket.is_open:
        return ENDED
    return TAKEN if it.is_accepted else ""


@on("offer_expired", "taken_away")
def _lost(it: Said) -> str:
    return CHANGED if it.ticket.is_open and it.is_readers else ""


@on("deadline_missed")
def _due(it: Said) -> str:
    if not it.ticket.is_open:
        return ENDED
    state = it.ticket.held_from if it.ticket.state == "on_hold" else it.ticket.state
    is_met = {"respond": it.is_accepted, "arrive": state not in BEFORE_ARRIVAL, "repair": False}
    if is_met[it.facts["goal"]]:
        return ANSWERED
    return ""


@on("deadline_near")
def _near(it: Said) -> str:
    due = it.moment("due_at")
    return _due(it) or (PASSED if due and due <= it.now else "")  # that it was missed is told by itself


@on("appointment_proposed", "appointment", "appointment_agreed")
def _appointed(it: Said) -> str:
    until = it.moment("until_at")
    if not it.ticket.is_open:
        return ENDED
    if it.moment("from_at") != it.ticket.scheduled_from:
        return CHANGED
    return PASSED if until and until <= it.now else ""


@on("accepted", "arrived", "resumed", "nudged", "transfer_wanted", "relocated_job", "reopened_others", "reopened_desk")
def _going_on(it: Said) -> str:
    """How far it is, or what is to be done: of no use when it is over."""
    return "" if it.ticket.is_open else ENDED


@on("held")
def _held(it: Said) -> str:
    return (_going_on(it) or CHANGED) if it.ticket.state != "on_hold" else ""


@on("done", "lapsed", "lapsed_rate", "confirmed", "confirmed_other")
def _ended(it: Said) -> str:
    """The end of a repair, unless it was reopened."""
    return CHANGED if it.ticket.is_open else ""


@on("survey", "survey_again")
def _asked(it: Said) -> str:
    if it.ticket.state != "closed":
        return CHANGED
    found = asking.of_round(it.session, it.ticket, it.reader) if it.reader else None
    return ANSWERED if found and found.answered_at else ""

"""What came of a round that was signed off, as its page tells it: the faults, and what waits for the next time."""

from __future__ import annotations

from dataclasses import dataclass

from api.pages import _checklist, _tickets
from api.pages._rounds import Place, Round
from api.pages._tickets import Head
from assets.plans import outcomes
from core import clock
from core.database import Session
from core.i18n import translate
from core.tickets import queries
from core.tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that a failed answer led to. `failed`: the question with its answer; `is_new`: opened for it."""

    head: Head
    failed: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """`text`: what came of what failed, in a sentence; `left`: the stops with questions for the next time."""

    text: str
    faults: list[Fault]
    left: list[Place]


def of(session: Session, ticket: Ticket, found: Round, locale: str) -> Outcome | None:
    """None while it goes on, and where it was ended without a sign-off."""
    if ticket.state != "closed":
        return None
    faults = _faults(session, ticket, locale)
    left = [stop for stop in found.stops if stop.state != "done"]
    key = _key(session, ticket, found, faults)
    return Outcome(translate(f"round.signed_{key}", locale, count=found.failed), faults, left)


def _key(session: Session, ticket: Ticket, found: Round, faults: list[Fault]) -> str:
    """Which sentence tells what came of what failed."""
    if not found.failed:
        return "none_failed"
    if faults:
        return "failed"
    return "alone" if outcomes.is_settled(session, ticket) else "opening"


def _faults(session: Session, ticket: Ticket, locale: str) -> list[Fault]:
    items = {item.position: item for item in queries.checklist_of(session, ticket.id)}
    told, now = [], clock.now()
    for one in outcomes.faults_of(session, ticket):
        item = items.get(one.position)
        failed = f"{item.question}: {_checklist.said(item, locale)}" if item else one.fault.text
        told.append(Fault(_tickets.head(session, one.fault, locale, now), failed, one.is_new))
    return told

"""A round as pages show it: how far it is, and of every stop the answers, the photos and the proof of presence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode
from uuid import UUID

from api.pages import _checklist, _proofs
from api.pages._checklist import Question
from api.pages._visits import Guest
from assets import register
from assets.plans import rounds
from assets.plans.models import Stop
from assets.plans.rounds import Confidence, Progress
from core import clock, i18n
from core.access import Viewer
from core.database import Session
from core.i18n import translate
from core.tickets import queries
from core.tickets.models import ChecklistItem, Subject, Ticket

KILOMETRE = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """A stop. `state`: open, left or done; `level`: how sure it is that somebody was there, `why` in words."""

    number: int
    name: str
    where: str
    href: str
    state: str
    at: datetime | None
    who: str
    level: str
    why: str
    reason: str
    failed: int
    answered: int
    questions: list[Question]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A thing that is no stop of the round: what it is, where a fault on it is reported, and its page."""

    name: str
    where: str
    report: str
    page: str


@dataclass(frozen=True, slots=True)
class Round:
    """`said`: in one line, how far it is."""

    href: str
    said: str
    done: int
    left: int
    all: int
    stops: list[Place]

    @property
    def is_complete(self) -> bool:
        return self.done + self.left == self.all

    @property
    def failed(self) -> int:
        return sum(stop.failed for stop in self.stops)


def of(session: Session, ticket: Ticket, locale: str) -> Round | None:
    """The round that a ticket is; None where it is none."""
    if not ticket.stops:
        return None
    items, stops = rounds.items_of(session, ticket.id), rounds.stops_of(session, ticket.id)
    names = queries.names_of(session, [stop.visited_by for stop in stops])
    seen = rounds.photographed(session, stops, items)
    shown = [
        place(session, ticket, stop, items[stop.position], names.get(stop.visited_by, "") if stop.visited_by else "",
              rounds.of_stop(stop, has_photo=stop.position in seen), locale)
        for stop in stops
    ]  # fmt: skip
    states = [one.state for one in shown]
    done = Progress(states.count("done"), states.count("left"), len(states))
    return Round(f"/round/{ticket.number}", said(done, locale), done.done, done.left, done.all, shown)


def said(progress: Progress, locale: str) -> str:
    """How far a round is, in one line."""
    key = "round.said_left" if progress.left else "round.said"
    return translate(key, locale, all=progress.all, done=progress.done, left=progress.left)


def lines(session: Session, tickets: Sequence[Ticket], locale: str) -> dict[str, str]:
    """The rounds of a list, by number: how far each is."""
    numbers = {ticket.id: ticket.number for ticket in tickets}
    return {numbers[key]: said(found, locale) for key, found in rounds.progress(session, tickets).items()}


def place(
    session: Session, ticket: Ticket, stop: Stop, items: list[ChecklistItem], who: str, sure: Confidence, locale: str
) -> Place:
    asked = _checklist.questions(session, ticket, items, locale)
    return Place(
        stop.position, stop.name, stop.place if stop.place != stop.name else "",
        f"/round/{ticket.number}/{stop.position}", rounds.state_of(items), stop.visited_at, who, sure.level,
        why(sure, locale), reason(stop.left, locale), sum(one.is_failed for one in asked),
        sum(bool(one.value) for one in asked), asked,
    )  # fmt: skip


def why(sure: Confidence, locale: str) -> str:
    """What speaks for somebody having been there, in words."""
    metres = f"{sure.metres} m" if sure.metres < KILOMETRE else f"{sure.metres / KILOMETRE:.1f} km"
    return i18n.listed([translate(f"round.why_{key}", locale, distance=metres) for key in sure.why], locale)


def reason(left: str, locale: str) -> str:
    """Why a stop is left, in words."""
    return translate(f"reason.{left}", locale) if i18n.has_text(f"reason.{left}", locale) else left


def to_code(visit: Guest, code: str, number: str = "", *, is_typed: bool) -> str:
    """The address of a code. That staff typed it is less than having stood before it; `number`: of their round."""
    is_staff = visit.visitor is not None and visit.visitor.is_staff
    asked = {"by": rounds.TYPED if is_typed and is_staff else "", "round": number}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/q/{quote(code)}{'?' if query else ''}{query}"


def link_of_code(session: Session, visit: Guest, viewer: Viewer, subject: Subject) -> str:
    """The stop that a code leads to, with the proof of the scan; empty where it belongs to no round of this person."""
    found = rounds.stop_at(session, viewer.person_id, subject)
    if found is None:
        return ""
    ticket, stop = found
    proof = rounds.TYPED if visit.asked("by") == rounds.TYPED else rounds.SCANNED
    return link_of_stop(visit, viewer, ticket, stop, proof)


def link_of_stop(visit: Guest, viewer: Viewer, ticket: Ticket, stop: Stop, proof: str) -> str:
    """Where a stop is answered, with the proof of what led there."""
    word = _proofs.prove_visit(visit.system.settings, stop.id, viewer.person_id, proof, clock.now())
    return f"/round/{ticket.number}/{stop.position}?{urlencode({'scan': word})}"


def link_of_other(session: Session, visit: Guest, viewer: Viewer, code: str, site_id: UUID) -> str:
    """Back to the round that somebody is walking, which says what the code is; empty where none is walked."""
    number = visit.asked("round") or rounds.under_way(session, viewer.person_id, site_id)
    return f"/round/{quote(number, safe='')}?{urlencode({'code': code})}" if number else ""


def elsewhere(session: Session, code: str) -> Elsewhere:
    """What a code is on that belongs to no stop. Errors: Invalid, NotFound."""
    subject = register.subject_of(session, code)
    name = subject.name or subject.place
    return Elsewhere(name, subject.place if subject.name else "", f"/q/{code}?report=1", f"/q/{code}?here=1")

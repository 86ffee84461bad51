"""A fault report from the page behind a code: what was entered, what becomes of it, and for whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from api.deps import System
from api.pages import _proofs
from api.pages._posting import Posted
from api.pages._visits import Guest
from bot.fetching import stored_photo
from core import access, categories, clock, intake, lexicon, limits, people, places
from core.database import Session
from core.errors import GongdanError, Missing
from core.intake import FaultReport
from core.tickets import additions, queries
from core.tickets.models import Subject, Ticket

MOST_PER_ADDRESS = 10
MOST_PER_CODE = 60
MOST_PHOTOS = 40
LIKELY = 6
AT_HOME = ("water", "drainage", "electricity", "heating_ac", "doors_windows", "gas")
IN_COMMON = ("lift", "electricity", "doors_windows", "water", "cleaning", "security")

Outcome = Literal["opened", "joined", "emergency", "twin", "unsure"]


@dataclass(frozen=True, slots=True)
class Entered:
    """What the form holds, to be shown again whatever happens. `photos`: proofs of photos that lie in the storage."""

    text: str = ""
    category: str = ""
    name: str = ""
    phone: str = ""
    photos: tuple[str, ...] = ()
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of it. `secret`: a new session for somebody who had none."""

    outcome: Outcome
    number: str = ""
    secret: str = ""
    emergency: str = ""
    category: str = ""
    since: Any = None
    choices: list[str] = field(default_factory=list)


class _AskedError(Exception):
    """There is a question first: nothing is written, so the transaction is given up."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.outcome)
        self.result = result


def entered(system: System, code: str, posted: Posted) -> tuple[Entered, list[GongdanError]]:
    """What was entered, with photos that came along stored; and what was wrong with some of them."""
    kept = [word for word in posted.many("photo_id") if _proofs.proven_photo(system.settings, code, word)]
    problems = list(posted.refused)
    for data in posted.of("photo"):
        try:
            kept.append(keep_photo(system, code, data))
        except GongdanError as error:
            problems.append(error)
    one = posted.one
    photos = tuple(dict.fromkeys(kept))[:MOST_PHOTOS]
    return Entered(one("text"), one("category"), one("name")[:60], one("phone")[:40], photos, one("answer")), problems


def keep_photo(system: System, code: str, data: bytes) -> str:
    """Clean and store a photo of a stranger; the proof lets the form name it later."""
    return _proofs.prove_photo(system.settings, code, stored_photo(system.storage, data, keep_evidence=False))


def take(visit: Guest, subject: Subject, code: str, given: Entered, key: str) -> Result:
    """Report. The same key answers the same, so that a report that was sent twice is one.

    Errors: TooMany for a flood, never for an emergency; Missing without words and photos.
    """
    if not given.text and not given.photos:
        raise Missing(field="field.text")
    try:
        return visit.system.database.write(lambda session: _take(session, visit, subject, code, given, key))
    except _AskedError as asked:
        return asked.result
    finally:
        visit.system.nudge()


def _take(session: Session, visit: Guest, subject: Subject, code: str, given: Entered, key: str) -> Result:
    now = clock.now()
    person, secret = _reporter(session, visit, given, key)
    if key and (before := access.take_key(session, person, f"report:{key}", b"", now)) is not None:
        return Result(**before.result, secret=secret)
    if not _is_emergency(session, subject, given.text):
        _count(session, code, visit)
    result, ticket = _told(session, subject, given, person)
    for word in given.photos:
        stored = _proofs.proven_photo(visit.system.settings, code, word)
        if stored is not None:
            additions.add_file(session, ticket, "report", stored, person, now)
    kept: dict[str, Any] = {"outcome": result.outcome, "number": result.number, "emergency": result.emergency}
    if key:
        access.keep_result(session, person, f"report:{key}", 303, kept)
    return Result(**kept, secret=secret)


def _reporter(session: Session, visit: Guest, given: Entered, key: str) -> tuple[UUID, str]:
    """The person who reports, and a session for one who is new. A repeated post finds the person it made before."""
    if visit.visitor is not None:
        return visit.visitor.person_id, ""
    now = clock.now()
    secret = _proofs.derived_secret(visit.system.settings, "session", key or clock.secret())
    token = access.look_up(session, "session", secret, now)
    if token is not None:
        return token.person_id, secret
    person = people.add_person(session, given.name, locale=visit.locale, phone=given.phone)
    access.issue(session, "session", person.id, now, life=access.SESSION_LIFE, secret=secret)
    return person.id, secret


def _is_emergency(session: Session, subject: Subject, text: str) -> bool:
    site = places.site_of(session, subject.site_id)
    return bool(lexicon.guess(text, categories.handbook(session, site).lexicon).emergency)


def _count(session: Session, code: str, visit: Guest) -> None:
    """Strangers are limited by where they come from and by the code; people who are known by the code alone."""
    now = clock.now()
    if visit.visitor is None:
        limits.count(session, f"report:{code}:{visit.address}", now, most=MOST_PER_ADDRESS)
    limits.count(session, f"report:{code}", now, most=MOST_PER_CODE)


def _told(session: Session, subject: Subject, given: Entered, person: UUID) -> tuple[Result, Ticket]:
    now = clock.now()
    contact = " ".join(part for part in (given.name, given.phone) if part)
    report = FaultReport(
        subject, given.text, person, contact, category=given.category, has_media=bool(given.photos),
        is_own=given.answer == "own",
    )  # fmt: skip
    if given.answer == "join" and (ticket := _join(session, subject, given, person)) is not None:
        return Result("joined", ticket.number), ticket
    found = intake.report_fault(session, report, now)
    if found.outcome == "unsure":
        raise _AskedError(Result("unsure", choices=choices(session, subject, list(found.guess.alternatives))))
    ticket = found.ticket
    assert ticket is not None
    if found.outcome == "twin":
        raise _AskedError(Result("twin", category=found.category, since=ticket.opened_at))
    outcome: Outcome = "emergency" if ticket.emergency else found.outcome
    return Result(outcome, ticket.number, emergency=ticket.emergency), ticket


def _join(session: Session, subject: Subject, given: Entered, person: UUID) -> Ticket | None:
    """The open ticket on the same thing, joined; None when it has ended meanwhile: then it is a report of its own."""
    twin = queries.open_twin(session, subject, given.category)
    if twin is None:
        return None
    ticket = queries.by_id(session, twin.id, lock=True)
    additions.join(session, ticket, person, given.text, clock.now())
    return ticket


def choices(session: Session, subject: Subject, likely: list[str]) -> list[str]:
    """Categories to choose from: what the words suggest, what is usual for the thing and the place, then the others."""
    works = categories.handbook(session, places.site_of(session, subject.site_id)).works
    usual = [subject.category] if subject.category in works else []
    own = sorted(works, key=lambda key: (key in lexicon.CATEGORIES, key == intake.FALLBACK))
    usual += [key for key in (IN_COMMON if subject.is_shared else AT_HOME) if key in works]
    theirs = [key for key in own if key not in lexicon.CATEGORIES]
    return list(dict.fromkeys([*likely, *usual[:1], *theirs, *usual, *own]))


def shown_and_more(session: Session, subject: Subject) -> tuple[list[str], list[str]]:
    """What the form shows at once, the likely ones and then the one for everything else, and what is folded away."""
    every = choices(session, subject, [])
    shown = [key for key in every if key != intake.FALLBACK][:LIKELY]
    if intake.FALLBACK in every:
        shown.append(intake.FALLBACK)
    return shown, [key for key in every if key not in shown]

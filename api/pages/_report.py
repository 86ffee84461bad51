"""A fault report from the page behind a code: what was entered, what becomes of it, and for whom."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import UUID

from api import uploads
from api.deps import System
from api.pages import _proofs
from api.pages._posting import Posted
from api.pages._visits import Guest
from bot.fetching import stored_photo
from core import access, alarms, categories, clock, intake, lexicon, limits, people, places
from core.database import Session
from core.errors import GongdanError, Missing
from core.intake import FaultReport
from core.storage import MissingFile
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
    """What became of it. `secret`: a new session for somebody who had none.

    An emergency without a number was folded into an alarm that is none of the sender's: whom to call is all they get.
    """

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


def entered(visit: Guest, code: str, posted: Posted) -> tuple[Entered, list[GongdanError]]:
    """What was entered, with photos that came along stored; and what was wrong with some of them."""
    kept, problems = _sent_before(visit, code, posted)
    problems += posted.refused
    for data in posted.of("photo"):
        try:
            kept.append(keep_photo(visit, code, data))
        except GongdanError as error:
            problems.append(error)
    one = posted.one
    photos = tuple(dict.fromkeys(kept))[:MOST_PHOTOS]
    return Entered(one("text"), one("category"), one("name")[:60], one("phone")[:40], photos, one("answer")), problems


def _sent_before(visit: Guest, code: str, posted: Posted) -> tuple[list[str], list[GongdanError]]:
    """The proofs of photos that were sent ahead. One that waited for a day in a form has to be sent again."""
    kept: list[str] = []
    problems: list[GongdanError] = []
    for word in posted.many("photo_id"):
        try:
            if _proofs.proven_photo(visit.system.settings, code, word, clock.now()):
                kept.append(word)
        except MissingFile as error:
            problems.append(error)
    return kept, problems


def keep_photo(visit: Guest, code: str, data: bytes) -> str:
    """Clean and store a photo of a stranger; the proof lets the form name it later.

    Counted before it is looked at: a photo costs the most of all that anybody may send.
    """
    system = visit.system
    uploads.count(system.database, visit.address)
    stored = stored_photo(system.storage, data, keep_evidence=False)
    return _proofs.prove_photo(system.settings, code, stored, clock.now())


def is_urgent(system: System, subject: Subject, given: Entered) -> bool:
    """Whether it is an emergency, which goes ahead without the photos that cannot be used."""
    with system.database.read_scope() as session:
        return bool(alarms.emergency_in(session, subject.site_id, given.text))


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
    report = _fault_report(subject, given)
    if (alarm := alarms.folded(session, report, [visit.address, code], now)) is not None:
        return Result("emergency", emergency=alarm.emergency)
    person, secret = _reporter(session, visit, code, given, key)
    if key and (before := access.take_key(session, person, f"report:{key}", b"", now)) is not None:
        return Result(**before.result, secret=secret)
    if not alarms.emergency_in(session, subject.site_id, given.text):
        _count(session, code, visit)
    result, ticket = _told(session, report, given, person)
    for word in given.photos:
        stored = _proofs.proven_photo(visit.system.settings, code, word, now)
        if stored is not None:
            additions.add_file(session, ticket, "report", stored, person, now)
    kept: dict[str, Any] = {"outcome": result.outcome, "number": result.number, "emergency": result.emergency}
    if key:
        access.keep_result(session, person, f"report:{key}", 303, kept)
    return Result(**kept, secret=secret)


def _reporter(session: Session, visit: Guest, code: str, given: Entered, key: str) -> tuple[UUID, str]:
    """The person who reports, and a session for one who is new. A repeated post finds the person it made before.

    Only under a key that this server has made for the form: two strangers may well post the same one of their own.
    """
    if visit.visitor is not None:
        return visit.visitor.person_id, ""
    now = clock.now()
    settings = visit.system.settings
    known = key if _proofs.is_minted(settings, code, key) else clock.secret()
    secret = _proofs.derived_secret(settings, "session", known)
    token = access.look_up(session, "session", secret, now)
    if token is not None:
        return token.person_id, secret
    person = people.add_person(session, given.name, locale=visit.locale, phone=given.phone)
    access.issue(session, "session", person.id, now, life=access.SESSION_LIFE, secret=secret)
    return person.id, secret


def _count(session: Session, code: str, visit: Guest) -> None:
    """Strangers are limited by where they come from and by the code; people who are known by the code alone."""
    now = clock.now()
    if visit.visitor is None:
        limits.count(session, f"report:{code}:{visit.address}", now, most=MOST_PER_ADDRESS)
    limits.count(session, f"report:{code}", now, most=MOST_PER_CODE)


def _fault_report(subject: Subject, given: Entered) -> FaultReport:
    contact = " ".join(part for part in (given.name, given.phone) if part)
    return FaultReport(
        subject, given.text, contact=contact, category=given.category, has_media=bool(given.photos),
        is_own=given.answer == "own",
    )  # fmt: skip


def _told(session: Session, report: FaultReport, given: Entered, person: UUID) -> tuple[Result, Ticket]:
    now, subject = clock.now(), report.subject
    if given.answer == "join" and (ticket := _join(session, subject, given, person)) is not None:
        return Result("joined", ticket.number), ticket
    found = intake.report_fault(session, replace(report, reporter_id=person), now)
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
    twin = queries.open_twin(session, subject, given.category, person)
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

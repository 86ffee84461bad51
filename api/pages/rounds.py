"""A round on the phone: what is left, and at each stop its questions, in any order, by the code on the thing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.deps import Db
from api.pages import _checklist, _outcomes, _proofs, _rounds, _steps, _tickets, additions, tickets
from api.pages._checklist import Question
from api.pages._outcomes import Outcome
from api.pages._posting import Form, OwnFiles, Posted, once, see_other
from api.pages._rounds import Elsewhere, Place, Round
from api.pages._steps import Step
from api.pages._tickets import Head
from api.pages._visits import Person, Visit
from assets import codes, register
from assets.plans import rounds
from assets.plans.models import Stop
from assets.plans.rounds import Presence
from core import clock, i18n
from core.database import Session
from core.errors import Forbidden, GongdanError, Invalid, Missing, NotFound
from core.tickets import queries
from core.tickets.models import Ticket

router = APIRouter(prefix="/round/{number}", include_in_schema=False)

BESIDE = ("accept", "claim", "resume")  # what comes before the round can go on
LONGEST_CODE = 200
OPEN_FOR_WORK = ("assigned", "accepted", "in_progress")


@dataclass(frozen=True, slots=True)
class RoundPage:
    """How far is it, and what is left? `sign`: where to sign off, once nothing is left; `outcome`: after that.

    `typed`: a code that led to no stop, with what is `wrong` with it, or what it is on `elsewhere`.
    """

    head: Head
    name: str
    round: Round
    outcome: Outcome | None
    steps: list[Step]
    is_open: bool
    can_work: bool
    sign: str
    told: str
    draft_done: str
    key: str
    home: str
    typed: str = ""
    wrong: str = ""
    elsewhere: Elsewhere | None = None


@dataclass(frozen=True, slots=True)
class StopPage:
    """What is asked here? `level` and `why`: how sure it is that somebody was there, with what is known now.

    `scan`: the proof of the scan that led here. `here`: the page of the thing, where other jobs are open on it.
    """

    head: Head
    round: Round
    stop: Place
    questions: list[Question]
    code: str
    scan: str
    level: str
    why: str
    can_work: bool
    reasons: tuple[str, ...]
    entered: dict[str, str]
    here: str
    key: str
    errors: list[tuple[str, str]]


@router.get("")
def show(number: str, session: Db, visit: Person) -> Response:
    ticket = _round(session, number, visit)
    found = _rounds.of(session, ticket, visit.locale)
    if found is None:
        return see_other(f"/t/{ticket.number}")
    if code := visit.asked("code").strip():
        return _by_code(visit, session, ticket, found, code)
    return visit.page("round.html", _walk(visit, session, ticket, found))


def _by_code(visit: Visit, session: Session, ticket: Ticket, found: Round, typed: str) -> Response:
    """The stop that a typed code belongs to; else the round again, which says what the code is."""
    page = replace(_walk(visit, session, ticket, found), typed=typed[:LONGEST_CODE])
    try:
        code = codes.parse(typed, visit.system.settings.public_url) or codes.canonical(typed)
        stop = rounds.stop_in(session, ticket, register.subject_of(session, code))
        if stop is not None and page.can_work:
            return see_other(_rounds.link_of_stop(visit, visit.viewer, ticket, stop, rounds.TYPED))
        return visit.page("round.html", replace(page, typed="", elsewhere=_rounds.elsewhere(session, code)))
    except GongdanError as error:
        return visit.page("round.html", replace(page, wrong=i18n.explain(error, visit.locale)), error)


def _walk(visit: Visit, session: Session, ticket: Ticket, found: Round) -> RoundPage:
    parts = queries.parts_of(session, ticket, visit.viewer)
    can_work = _can_work(ticket, parts)
    told, draft = _told(visit, found)
    steps = [step for step in _steps.of(ticket, parts, [], "") if step.name in BESIDE]
    sign = f"/t/{ticket.number}/sign" if can_work and found.is_complete and ticket.state == "in_progress" else ""
    head = _tickets.head(session, ticket, visit.locale, clock.now())
    return RoundPage(
        head, ticket.text or head.what, found, _outcomes.of(session, ticket, found, visit.locale), steps,
        ticket.is_open, can_work, sign, told, draft, clock.secret(), visit.home,
    )  # fmt: skip


def _round(session: Session, number: str, visit: Visit, *, lock: bool = False) -> Ticket:
    """The ticket, for staff alone: no resident has a part in an inspection."""
    ticket = tickets.visible(session, number, visit.viewer, lock=lock)
    if not _tickets.is_staff_at(ticket, visit.viewer):
        raise NotFound(what="word.ticket")
    return ticket


def _can_work(ticket: Ticket, parts: set[str]) -> bool:
    return "assignee" in parts and ticket.state in OPEN_FOR_WORK


def _told(visit: Visit, found: Round) -> tuple[str, str]:
    """What was just done, and the draft that it confirms."""
    done, stop = visit.asked("done"), visit.asked("stop")
    place = next((one for one in found.stops if str(one.number) == stop), None)
    key = f"round.done_{done}"
    if place is None or not i18n.has_text(key, visit.locale):
        return "", ""
    return i18n.translate(key, visit.locale, name=place.name), f"{found.href}:{stop}"


@router.get("/{stop}")
def ask(number: str, stop: int, session: Db, visit: Person) -> HTMLResponse:
    ticket = _round(session, number, visit)
    return _stop_page(visit, session, ticket, rounds.stop_of(session, ticket, stop))


@router.post("/{stop}")
def answer(number: str, stop: int, posted: OwnFiles, visit: Person) -> Response:
    """The answers of a stop with their photos and the proof of presence; what is wrong is shown beside it, all kept."""
    try:
        added = _photos(visit, number, stop, posted)
        if problems := _problems(visit, number, stop, posted, has_photos=added):
            return _again(visit, number, stop, posted, problems)

        def do(session: Session) -> str:
            return _answer(session, number, stop, visit, posted)

        to = visit.system.database.write(
            lambda session: once(session, visit.viewer.person_id, posted, visit.path, lambda: do(session))
        )
    except GongdanError as error:
        return _again(visit, number, stop, posted, [("main", i18n.explain(error, visit.locale))], error)
    visit.system.nudge()
    return see_other(to)


def _photos(visit: Visit, number: str, stop: int, posted: Posted) -> bool:
    """Keep the photos of this stop's questions; whether there are any. Those of another stop are taken there."""
    with visit.system.database.read_scope() as session:
        ticket = _round(session, number, visit)
        rounds.stop_of(session, ticket, stop)
        if "assignee" not in queries.parts_of(session, ticket, visit.viewer):
            raise Forbidden
        own = {f"{additions.OF_ITEM}{item.position}" for item in rounds.items_of(session, ticket.id)[stop]}
    if visit.asked("item") or any(name.startswith(additions.OF_ITEM) and name not in own for name in posted.files):
        raise Invalid(field="field.photo")
    return bool(additions.keep_photos(visit, number, posted)) or any(f"{name}_id" in posted.fields for name in own)


def _problems(visit: Visit, number: str, stop: int, posted: Posted, *, has_photos: bool) -> list[tuple[str, str]]:
    with visit.system.database.read_scope() as session:
        items = rounds.items_of(session, _round(session, number, visit).id)[stop]
        if not has_photos and _checklist.is_empty(items, posted):
            raise Missing(field="field.answer")
        return _checklist.problems(session, items, posted, visit.locale)


def _answer(session: Session, number: str, position: int, visit: Visit, posted: Posted) -> str:
    now = clock.now()
    ticket = _round(session, number, visit, lock=True)
    stop = rounds.stop_of(session, ticket, position)
    rounds.begin(session, ticket, visit.viewer, now)
    _checklist.keep(session, ticket, rounds.items_of(session, ticket.id)[position], posted, visit.viewer)
    rounds.visit(session, ticket, stop, _presence(visit, stop, posted), visit.viewer.person_id, now)
    is_open = rounds.state_of(rounds.items_of(session, ticket.id)[position]) == "open"
    return f"/round/{ticket.number}?done={'part' if is_open else 'stop'}&stop={position}"


def _presence(visit: Visit, stop: Stop, posted: Posted) -> Presence:
    """What speaks for presence: the scan that led here, and the position where it was let."""
    now, settings = clock.now(), visit.system.settings
    found = _proofs.proven_visit(settings, posted.one("scan"), stop.id, visit.viewer.person_id, now)
    proof, at = found or (rounds.OPENED, now)
    return Presence(proof, at, _location(posted.one("position")) if posted.one("locate") else None)


def _location(told: str) -> dict[str, float] | None:
    """`latitude,longitude,accuracy` as the browser's script tells it; anything else is as good as nothing."""
    try:
        lat, lon, accuracy = (float(part) for part in told.split(","))
    except ValueError:
        return None
    return {"lat": lat, "lon": lon, "accuracy": accuracy}


@router.post("/{stop}/leave")
def leave(number: str, stop: int, posted: Form, visit: Person) -> Response:
    """Carry what is open at a stop forward to the next inspection, with a reason."""

    def do(session: Session) -> str:
        ticket, now = _round(session, number, visit, lock=True), clock.now()
        found = rounds.stop_of(session, ticket, stop)
        rounds.begin(session, ticket, visit.viewer, now)
        reason = posted.one("words") or posted.one("reason")
        rounds.leave(session, ticket, found, reason, visit.viewer.person_id, now)
        return f"/round/{ticket.number}?done=left&stop={stop}"

    try:
        to = visit.system.database.write(
            lambda session: once(session, visit.viewer.person_id, posted, visit.path, lambda: do(session))
        )
    except GongdanError as error:
        return _again(visit, number, stop, posted, [("reason", i18n.explain(error, visit.locale))], error)
    visit.system.nudge()
    return see_other(to)


def _again(
    visit: Visit, number: str, stop: int, posted: Posted, errors: list[tuple[str, str]],
    error: GongdanError | None = None,
) -> HTMLResponse:  # fmt: skip
    """The stop as it was sent, with what has to be mended on top."""
    with visit.system.database.read_scope() as session:
        ticket = _round(session, number, visit)
        found = rounds.stop_of(session, ticket, stop)
        return _stop_page(visit, session, ticket, found, posted, errors, error or Missing(field="field.answer"))


def _stop_page(
    visit: Visit, session: Session, ticket: Ticket, stop: Stop, posted: Posted | None = None,
    errors: list[tuple[str, str]] | None = None, error: GongdanError | None = None,
) -> HTMLResponse:  # fmt: skip
    found = _rounds.of(session, ticket, visit.locale)
    assert found is not None
    items = rounds.items_of(session, ticket.id)[stop.position]
    entered = posted.last if posted else {"scan": visit.asked("scan")}
    shown = next(one for one in found.stops if one.number == stop.position)
    proven = _proofs.proven_visit(
        visit.system.settings, entered.get("scan", ""), stop.id, visit.viewer.person_id, clock.now()
    )
    level, why = shown.level, shown.why
    if proven and level != rounds.HIGH:
        sure = rounds.confidence(proven[0], None)
        level, why = sure.level, _rounds.why(sure, visit.locale)
    can_work = _can_work(ticket, queries.parts_of(session, ticket, visit.viewer))
    # Whoever has yet to go there does not read here what only the label tells.
    may_see = not can_work or proven is not None or stop.proof in (rounds.TYPED, rounds.SCANNED)
    context = StopPage(
        head=_tickets.head(session, ticket, visit.locale, clock.now()), round=found, stop=shown,
        questions=_checklist.questions(session, ticket, items, visit.locale, posted, errors or []),
        code=codes.printed(stop.code) if stop.code and may_see else "", scan=entered.get("scan", "") if proven else "",
        level=level, why=why, can_work=can_work, reasons=rounds.REASONS,
        entered=entered, here=_here(session, ticket, stop) if may_see else "", key=clock.secret(), errors=errors or [],
    )  # fmt: skip
    return visit.page("round_stop.html", context, error)


def _here(session: Session, ticket: Ticket, stop: Stop) -> str:
    """Where the other open jobs on the thing stand, when there are any."""
    if not stop.code:
        return ""
    others: list[Any] = [one for one in queries.open_on(session, register.subject_of(session, stop.code))
                         if one.id != ticket.id]  # fmt: skip
    return f"/q/{stop.code}?here=1" if others else ""

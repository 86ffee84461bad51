"""Is it really done? What is missing, before and after, the result, and the signatures under exactly what was shown.

What the page shows of the job is bound by a digest that comes back with the form; what is entered on the page itself
(result, minutes, note) arrives in the same request as the signatures and is part of what they stand under.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from api.deps import Db
from api.pages import _checklist, _proofs, _rounds, _steps, _tickets, _timeline, tickets
from api.pages._posting import OwnFiles, Posted, once, see_other, whole
from api.pages._tickets import Head, Photo
from api.pages._timeline import Line
from api.pages._visits import Person, Visit
from api.pages.actions import scan_facts
from assets import codes
from assets.plans import checklists
from core import clock, i18n
from core.access import Viewer
from core.database import Session
from core.errors import Forbidden, GongdanError, Invalid, Missing
from core.tickets import actions, additions, evidence, queries, signing, states
from core.tickets.actions import IllegalTransition, MissingEvidence, StaleTicket
from core.tickets.models import Ticket

router = APIRouter(prefix="/t/{number}/sign", include_in_schema=False)

SIGNED_BY = {"technician_signature": "technician", "resident_signature": "resident"}
ON_PAGE = ("technician_signature", "resident_signature", "code_scan")


class NoResident(Missing):
    """The resident is here but has not signed. Let them sign, or choose that nobody is there."""


@dataclass(frozen=True, slots=True)
class Need:
    """A piece of evidence: there already, or where to add it. `by`: the field of the form that brings it."""

    item: str
    is_met: bool
    href: str
    by: str


@dataclass(frozen=True, slots=True)
class SignOffPage:
    head: Head
    needs: list[Need]
    is_ready: bool
    needs_code: bool
    code: str
    before: Photo | None
    after: Photo | None
    parts_used: list[tuple[str, str]]
    answers: list[tuple[str, str]]
    resolutions: tuple[str, ...]
    name: str
    digest: str
    seen: int
    changed: list[Line]
    entered: dict[str, str]
    key: str
    errors: list[tuple[str, str]]
    kind: str = "fault"


@router.get("")
def show(number: str, session: Db, visit: Person) -> Response:
    ticket = tickets.visible(session, number, visit.viewer)
    if "assignee" not in queries.parts_of(session, ticket, visit.viewer):
        raise Forbidden
    if "sign_off" not in _steps.allowed(ticket, {"assignee"}):
        raise IllegalTransition(number=ticket.number, state=f"state.{ticket.state}")
    return _render(visit, session, ticket, {"scan": visit.asked("scan")})


@router.post("")
def sign_off(number: str, posted: OwnFiles, visit: Person) -> Response:
    """Sign and declare it done, in one transaction. When something changed meanwhile: the page again, ink kept."""
    try:
        facts, photo = _facts(visit, number, posted)

        def do(session: Session) -> str:
            return _sign_off(session, number, visit.viewer, posted, facts, photo)

        to = visit.system.database.write(
            lambda session: once(session, visit.viewer.person_id, posted, visit.path, lambda: do(session))
        )
    except GongdanError as error:
        return _again(visit, number, posted, error)
    visit.system.nudge()
    return see_other(to)


def _again(visit: Visit, number: str, posted: Posted, error: GongdanError) -> Response:
    with visit.system.database.read_scope() as session:
        ticket = tickets.visible(session, number, visit.viewer)
        if "sign_off" not in _steps.allowed(ticket, queries.parts_of(session, ticket, visit.viewer)):
            return tickets.render(visit, session, ticket, error)
        return _render(visit, session, ticket, posted.last, error)


def _facts(visit: Visit, number: str, posted: Posted) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """What is declared, and the proof of having been there where it comes with the form."""
    if not posted.one("resolution"):
        raise Missing(field="field.resolution")
    facts = {"resolution": posted.one("resolution"), "minutes": posted.one("minutes")}
    if not any(posted.one(name) for name in ("scan", "code", "reason")) and not posted.of("photo"):
        return facts, None
    reason = {"reason": posted.one("reason")} if posted.one("reason") else {}
    return scan_facts(visit, number, posted, {**facts, **reason})


def _sign_off(
    session: Session, number: str, viewer: Viewer, posted: Posted, facts: dict[str, Any], photo: dict[str, Any] | None
) -> str:
    """Check that nothing changed since it was shown, then photo of the code, signatures, note, and the step itself."""
    now = clock.now()
    ticket = tickets.visible(session, number, viewer, lock=True)
    if "assignee" not in queries.parts_of(session, ticket, viewer):
        raise Forbidden
    if signing.digest(_content(session, ticket)) != posted.one("digest"):
        raise StaleTicket(number=ticket.number, state=f"state.{ticket.state}", version=ticket.version)
    if photo is not None:  # before the signatures: it is part of what they stand under
        additions.add_file(session, ticket, "other", photo, viewer.person_id, now, reason=facts.get("reason", ""))
    note = posted.one("note")
    shown = _content(session, ticket, facts["resolution"], facts["minutes"], note)
    digest = signing.digest(shown)
    for role, strokes, name in _signatures(posted, viewer):
        person = viewer.person_id if role == "technician" else None
        signing.sign(
            session, ticket, role, shown, digest, now, strokes=strokes, name=name, person_id=person, by=viewer.person_id
        )
    if note:
        additions.add_words(session, ticket, viewer.person_id, note, now)
    actions.act(session, ticket, "sign_off", viewer, now, facts={**facts, "note": note, "digest": digest})
    return f"/t/{ticket.number}?done=sign_off"


def _content(
    session: Session, ticket: Ticket, resolution: str = "", minutes: str = "", note: str = ""
) -> dict[str, Any]:
    return signing.content(session, ticket, resolution=resolution, minutes=minutes, note=note)


def _signatures(posted: Posted, viewer: Viewer) -> list[tuple[str, list[Any], str]]:
    """Role, strokes and name of every signature that was given; the name typed in place of ink counts as one.

    Where nobody is there, ink in the pad of the resident, which is then hidden, is nobody's.
    """
    given = []
    for role in signing.ROLES:
        if role == "resident" and posted.one("presence") == "absent":
            continue
        strokes, typed = strokes_of(posted.one(role)), posted.one(f"{role}_typed")
        if strokes or typed:
            given.append(
                (role, strokes, typed or (viewer.name if role == "technician" else posted.one("resident_name")))
            )
    if not any(role == "technician" for role, _, _ in given):
        raise Missing(field="field.signature")
    if posted.one("presence") == "present" and len(given) < len(signing.ROLES):
        raise NoResident
    return given


def strokes_of(drawn: str) -> list[Any]:
    """What the pad posts, as the signature keeps it: [[[x, y, t, p], …], …]. Raises Invalid for anything else."""
    if not drawn:
        return []
    try:
        strokes = json.loads(drawn)["strokes"]
        return [[[point["x"], point["y"], point["t"], point["p"]] for point in stroke] for stroke in strokes]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Invalid(field="field.signature") from None


def _render(
    visit: Visit, session: Session, ticket: Ticket, entered: dict[str, str], error: GongdanError | None = None
) -> Response:
    missing = _steps.missing(session, ticket)
    is_scanned = _is_scanned(visit, ticket, entered.get("scan", ""))
    if not is_scanned:
        entered = {**entered, "scan": ""}
    rows = queries.attachments_of(session, ticket.id)
    newest = {row.kind: _tickets.photo(ticket, row, visit.locale) for row in rows if row.round == ticket.round}
    lines = _timeline.lines(session, ticket, visit.viewer, visit.locale)
    told = whole(entered.get("seen", ""))
    seen = ticket.trace_seq if told is None else told
    context = SignOffPage(
        head=_tickets.head(session, ticket, visit.locale, clock.now()),
        needs=_needs(session, ticket, missing, is_scanned=is_scanned),
        is_ready=not [item for item in missing if item not in ON_PAGE],
        needs_code="code_scan" in missing and not is_scanned,
        code=codes.printed(ticket.asset_code),
        before=newest.get("before") or newest.get("report"),
        after=newest.get("after"),
        parts_used=[(p.name, p.quantity) for p in queries.parts_used(session, ticket.id) if p.round == ticket.round],
        answers=_answers(session, ticket, visit.locale),
        resolutions=_resolutions(session, ticket),
        name=visit.viewer.name,
        digest=signing.digest(_content(session, ticket)),
        seen=ticket.trace_seq,
        changed=[line for line in lines if line.seq > seen],
        entered=entered,
        key=clock.secret(),
        errors=[(_field(error), i18n.explain(error, visit.locale))] if error else [],
        kind=ticket.kind,
    )
    return visit.page("sign_off.html", context, error)


def _answers(session: Session, ticket: Ticket, locale: str) -> list[tuple[str, str]]:
    """The answers in words, those of a round with the stop that they are about."""
    if (found := _rounds.of(session, ticket, locale)) is not None:
        return [(f"{stop.name}: {one.text}", one.said) for stop in found.stops for one in stop.questions]
    return [(item.question, _checklist.said(item, locale)) for item in queries.checklist_of(session, ticket.id)]


def _resolutions(session: Session, ticket: Ticket) -> tuple[str, ...]:
    """The results to choose from: an inspection that found something has not passed."""
    results = states.SIGN_OFF_RESOLUTIONS[ticket.kind]
    items = queries.checklist_of(session, ticket.id) if ticket.kind == "inspection" else []
    is_failed = any(checklists.is_failed(item.kind, item.options, item.answer) for item in items)
    return ("failed",) if is_failed else results


def _is_scanned(visit: Visit, ticket: Ticket, word: str) -> bool:
    code = _proofs.scanned_code(visit.system.settings, word, visit.viewer.person_id, clock.now())
    return bool(code) and code == ticket.asset_code


def _needs(session: Session, ticket: Ticket, missing: list[str], *, is_scanned: bool) -> list[Need]:
    """Everything that the policy asks for; what is missing leads to where it can be added."""
    answers = f"/round/{ticket.number}" if ticket.stops else f"/t/{ticket.number}#checklist"
    links = {
        "before_photo": f"/t/{ticket.number}#before-block", "after_photo": f"/t/{ticket.number}#after-block",
        "checklist": answers, "code_scan": "#code", "technician_signature": "#technician",
        "resident_signature": "#resident",
    }  # fmt: skip
    policy = _tickets.site_of(session, ticket).settings.get("evidence", {})
    asked = evidence.required(ticket.kind, ticket.category, policy)
    unmet = {item for item in missing if not (item == "code_scan" and is_scanned)}
    shown = [item for item in asked if item != "code_scan" or ticket.asset_id]
    return [
        Need(item, item not in unmet, "" if item not in unmet else links[item], SIGNED_BY.get(item, ""))
        for item in shown
    ]


def _field(error: GongdanError | None) -> str:
    """Where on the page an error is to be mended."""
    if error is None or isinstance(error, StaleTicket | MissingEvidence):
        return "changed" if isinstance(error, StaleTicket) else "needs"
    if isinstance(error, NoResident):
        return "resident"
    name = str(error.facts.get("field", "")).removeprefix("field.")
    known = {"signature": "technician", "minutes": "minutes", "resolution": "resolution"}
    return known.get(name, "code" if name in ("code", "photo", "reason") or "code" in error.facts else "needs")

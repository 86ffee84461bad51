"""The steps of a ticket's life, taken from its page: one tap, or a small form that asks for what the step needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import Response

from api import uploads
from api.deps import Db
from api.pages import _proofs, _steps, _tickets, tickets
from api.pages._posting import OwnFiles, Posted, once, see_other
from api.pages._steps import ASKING
from api.pages._tickets import Head
from api.pages._visits import Person, Visit
from assets import codes, register, scan
from bot.fetching import stored_photo
from core import calendars, clock, i18n
from core.access import Viewer
from core.database import Session
from core.errors import GongdanError, Invalid, Missing
from core.places import SiteFacts
from core.tickets import actions, additions, queries, states
from core.tickets.actions import IllegalTransition
from core.tickets.models import Ticket

router = APIRouter(prefix="/t/{number}/do", include_in_schema=False)

REASONS = {
    "decline": ("busy", "not_mine", "no_parts"),
    "hold": ("waiting_parts", "resident_absent", "access"),
    "request_transfer": ("not_mine", "no_parts", "busy"),
    "reopen": ("not_fixed", "came_back", "made_worse"),
    "check_in": ("unreadable", "torn_off", "no_label", "out_of_reach"),
}
WITHDRAWN = "withdrawn"
SLOTS = ((time(9), time(12)), (time(14), time(17)), (time(19), time(21)))
SLOTS_SHOWN = 6
UNREADABLE = (codes.NotACode, codes.WrongCheckDigit)


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of time that can be proposed with one tap."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class AskPage:
    """One question before a step is taken. `asks_code`: there is a code; `needs_code`: the sign-off asks for it."""

    head: Head
    action: str
    reasons: tuple[str, ...]
    slots: list[Slot]
    entered: dict[str, str]
    field: str
    error: str
    key: str
    asks_code: bool
    needs_code: bool


@router.get("/{action}")
def ask(number: str, action: str, session: Db, visit: Person) -> Response:
    ticket = tickets.visible(session, number, visit.viewer)
    parts = queries.parts_of(session, ticket, visit.viewer)
    if action not in ASKING or action not in states.allowed(ticket.kind, ticket.state, parts):
        raise IllegalTransition(number=ticket.number, state=f"state.{ticket.state}")
    return _asked(visit, session, ticket, action, {})


def _asked(
    visit: Visit, session: Session, ticket: Ticket, action: str, entered: dict[str, str],
    error: GongdanError | None = None,
) -> Response:  # fmt: skip
    now = clock.now()
    slots = _slots(_tickets.site_of(session, ticket), now, visit.locale) if action == "schedule" else []
    asks_code = action == "check_in" and ticket.asset_id is not None
    reasons = () if action == "check_in" and not asks_code else REASONS.get(action, ())
    context = AskPage(
        _tickets.head(session, ticket, visit.locale, now), action, reasons, slots, entered,
        _field(error), i18n.explain(error, visit.locale) if error else "", clock.secret(), asks_code,
        needs_code=asks_code and "code_scan" in _steps.missing(session, ticket),
    )  # fmt: skip
    return visit.page("ask.html", context, error)


def _field(error: GongdanError | None) -> str:
    """The field of the form that an error is about, as the form calls it."""
    if error is None:
        return ""
    name = str(error.facts.get("field", "")).removeprefix("field.")
    is_about_code = "code" in error.facts or error.facts.get("what") == "word.code" or isinstance(error, UNREADABLE)
    return name if name in ("reason", "code", "photo", "until", "from") else "code" if is_about_code else "reason"


@router.post("/{action}")
def take(number: str, action: str, posted: OwnFiles, visit: Person) -> Response:
    """Take the step. What cannot be done is said on the page that it was pressed on, with everything entered."""
    try:
        facts, photo = _facts(visit, number, action, posted)

        def do(session: Session) -> str:
            return _act(session, number, action, visit.viewer, posted, facts, photo)

        to = visit.system.database.write(
            lambda session: once(session, visit.viewer.person_id, posted, visit.path, lambda: do(session))
        )
    except GongdanError as error:
        return _not_taken(visit, number, action, posted, error)
    visit.system.nudge()
    return see_other(to)


def _not_taken(visit: Visit, number: str, action: str, posted: Posted, error: GongdanError) -> Response:
    """What can be mended in the form is shown there; everything else on the ticket as it is now."""
    is_mendable = isinstance(error, Invalid) or error.facts.get("what") == "word.code"
    if action not in ASKING or not is_mendable:
        return tickets.refused(visit, number, error)
    with visit.system.database.read_scope() as session:
        ticket = tickets.visible(session, number, visit.viewer)
        return _asked(visit, session, ticket, action, posted.last, error)


def _act(
    session: Session, number: str, action: str, viewer: Viewer, posted: Posted, facts: dict[str, Any],
    photo: dict[str, Any] | None,
) -> str:  # fmt: skip
    now = clock.now()
    ticket = tickets.visible(session, number, viewer, lock=True)
    if photo is not None:
        additions.add_file(session, ticket, "other", photo, viewer.person_id, now, reason=facts.get("reason", ""))
    actions.act(session, ticket, action, viewer, now, facts=facts, version=posted.version)
    word = posted.one("scan")
    # The proof of the scan goes along, so that who scanned to accept need not scan again to check in.
    return f"/t/{ticket.number}?{urlencode({'done': action, **({'scan': word} if word else {})})}"


def _facts(visit: Visit, number: str, action: str, posted: Posted) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The facts of the step from what was entered, and the photo of an unreadable code."""
    facts: dict[str, Any] = {}
    if reason := _reason(posted, visit.locale) or (WITHDRAWN if action == "cancel" else ""):
        facts["reason"] = reason
    if action == "check_in":
        return scan_facts(visit, number, posted, facts)
    if action == "schedule":
        with visit.system.database.read_scope() as session:
            site = _tickets.site_of(session, tickets.visible(session, number, visit.viewer))
        facts |= _appointment(posted, site)
    return facts, None


def _reason(posted: Posted, locale: str) -> str:
    """A known reason as its key; with words of one's own, or for an unknown one, words."""
    chosen, words = posted.one("reason"), posted.one("words")
    known = f"reason.{chosen}"
    if not words:
        return chosen if i18n.has_text(known, locale) else ""
    return f"{i18n.translate(known, locale)}: {words}" if i18n.has_text(known, locale) else words


def scan_facts(
    visit: Visit, number: str, posted: Posted, facts: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """What proves that somebody is at the asset: the scanned page, a typed code, a photo of it, or a reason."""
    if scanned := _proofs.scanned_code(visit.system.settings, posted.one("scan"), visit.viewer.person_id, clock.now()):
        return {**facts, "code": scanned}, None
    with visit.system.database.read_scope() as session:
        ticket = tickets.visible(session, number, visit.viewer)
        if ticket.asset_id is None:
            return facts, None  # a place bears no code that anybody would ask for
        if typed := posted.one("code"):
            return {**facts, "code": asset_code(session, typed, visit.system.settings.public_url)}, None
        picture = next(iter(posted.of("photo")), None)
        if picture is None:
            return _without_code(posted, facts), None
        uploads.count_of_person(visit.system.database, visit.viewer.person_id)
        if code := _code_on(session, picture, visit.system.settings.public_url):
            return {**facts, "code": code}, None
    if not facts.get("reason"):
        raise Missing(field="field.reason")
    stored = stored_photo(visit.system.storage, picture, keep_evidence=True)
    return {**facts, "code_photo": stored["hash"]}, stored


def _without_code(posted: Posted, facts: dict[str, Any]) -> dict[str, Any]:
    """A reason alone proves nothing: it needs the photo. Going on without any proof is said in so many words."""
    if posted.one("later"):
        return {}
    raise Missing(field="field.photo" if facts.get("reason") else "field.code")


def asset_code(session: Session, typed: str, public_url: str) -> str:
    """The code of the asset behind what was typed or scanned. Raises WrongCheckDigit, NotACode or NotFound."""
    code = codes.parse(typed, public_url) or codes.canonical(typed)
    return register.subject_of(session, code).code


def _code_on(session: Session, picture: bytes, public_url: str) -> str:
    """The code on a photo, when it can be read after all."""
    for text in scan.read_codes(picture):
        code = codes.parse(text, public_url)
        if code and register.is_known(session, code):
            return register.subject_of(session, code).code
    return ""


def _appointment(posted: Posted, site: SiteFacts) -> dict[str, Any]:
    """From and until, by a slot or by day and times at the site."""
    if slot := posted.one("slot"):
        start, _, end = slot.partition("/")
        return {"from": start, "until": end}
    day, start, end = posted.one("day"), posted.one("from"), posted.one("until")
    try:
        moments = [
            calendars.instant(date.fromisoformat(day), time.fromisoformat(at), site.timezone) for at in (start, end)
        ]
    except ValueError:
        raise Missing(field="field.from") from None
    return dict(zip(("from", "until"), moments, strict=True))


def _slots(site: SiteFacts, now: datetime, locale: str) -> list[Slot]:
    """The next usual stretches of time that have not begun."""
    today = calendars.local_day(now, site.timezone)
    found = []
    for day in (today + timedelta(days=ahead) for ahead in range(4)):
        for start, end in SLOTS:
            begins, ends = (calendars.instant(day, at, site.timezone) for at in (start, end))
            if begins > now:
                said = i18n.span(begins, ends, site.timezone, locale, now)
                found.append(Slot(f"{begins.isoformat()}/{ends.isoformat()}", said))
    return found[:SLOTS_SHOWN]

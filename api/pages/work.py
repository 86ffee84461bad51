"""The technician's day: what is offered, what is due first, what may be claimed; and the way in by a code."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api import uploads
from api.deps import NEEDS_SITE, Db, Staff, WriteDb
from api.pages import _rounds, _steps, _tickets, platform_scan
from api.pages._posting import Form, PhotoForm, Posted, see_other
from api.pages._steps import Step
from api.pages._tickets import Head
from api.pages._visits import AnyGuest, Guest, Person, Visit
from api.safety import policy_with
from assets import codes, register, scan
from bot.fetching import UnreadablePhoto
from core import access, clock, credentials, i18n
from core.access import Viewer
from core.database import Session
from core.errors import GongdanError, Missing
from core.tickets import queries
from core.tickets.models import Ticket

router = APIRouter(include_in_schema=False)

MINE = ("assigned", "accepted", "in_progress", "on_hold")
TAKING = ("accept", "claim", "decline")


@dataclass(frozen=True, slots=True)
class Job:
    """A card of the list. `steps`: what can be done from here, without opening it. `round`: how far one is."""

    head: Head
    steps: list[Step]
    round: str = ""


@dataclass(frozen=True, slots=True)
class WorkPage:
    """What next? `urgent`: emergencies that nobody has taken, offered to this person or to whoever comes first."""

    name: str
    urgent: list[Job]
    offers: list[Job]
    today: list[Job]
    claimable: list[Job]
    held: list[Job]
    key: str
    code: str
    code_life: int


@dataclass(frozen=True, slots=True)
class ScanPage:
    """Scan with the camera app, type the code, or send its photo. `round`: the one that is being walked.

    `camera`: the script by which the app that the page is open in reads codes; empty in any other browser.
    """

    error: str
    typed: str
    round: str = ""
    camera: str = ""


@router.get("/work", dependencies=[NEEDS_SITE])
def work(session: Db, viewer: Staff, visit: Person) -> HTMLResponse:
    return _page(session, viewer, visit)


@router.post("/work/code")
def join_another_site(session: WriteDb, viewer: Staff, visit: Person, posted: Form) -> HTMLResponse:
    """A code to be shown to the administrator of another site, told once, here."""
    return _page(session, viewer, visit, credentials.joining_code(session, viewer.person_id, clock.now()))


def _page(session: Session, viewer: Viewer, visit: Visit, code: str = "") -> HTMLResponse:
    mine = queries.list_of(session, viewer.person_id)
    by_state = {state: [ticket for ticket in mine if ticket.state == state] for state in MINE}
    claimable = queries.claimable(session, viewer)
    context = WorkPage(
        name=viewer.name,
        urgent=_jobs(session, _emergencies(by_state["assigned"] + claimable), visit, TAKING),
        offers=_jobs(session, _ordinary(by_state["assigned"]), visit, TAKING),
        today=_jobs(session, by_state["in_progress"] + by_state["accepted"], visit, ()),
        claimable=_jobs(session, _ordinary(claimable), visit, TAKING),
        held=_jobs(session, by_state["on_hold"], visit, ("resume",)),
        key=clock.secret(),
        code=code,
        code_life=int(access.LINK_LIFE.total_seconds() // 60),
    )
    return visit.page("work.html", context)


def _emergencies(found: list[Ticket]) -> list[Ticket]:
    return sorted((ticket for ticket in found if ticket.emergency), key=lambda ticket: ticket.opened_at)


def _ordinary(found: list[Ticket]) -> list[Ticket]:
    return [ticket for ticket in found if not ticket.emergency]


def _jobs(session: Session, found: list[Ticket], visit: Visit, shown: tuple[str, ...]) -> list[Job]:
    now, far = clock.now(), _rounds.lines(session, found, visit.locale)
    return [
        Job(
            _tickets.head(session, ticket, visit.locale, now), _some(session, ticket, visit, shown),
            far.get(ticket.number, ""),
        )
        for ticket in found
    ]  # fmt: skip


def _some(session: Session, ticket: Ticket, visit: Visit, shown: tuple[str, ...]) -> list[Step]:
    parts = queries.parts_of(session, ticket, visit.viewer)
    return [step for step in _steps.of(ticket, parts, [], "") if step.name in shown]


@router.get("/scan")
def scanning(visit: AnyGuest) -> HTMLResponse:
    return _scan_page(visit, ScanPage("", "", visit.asked("round")))


@router.post("/scan")
def scanned(posted: PhotoForm, visit: AnyGuest) -> Response:
    """The page behind a code that was typed or photographed."""
    number = posted.one("round")
    try:
        return see_other(_rounds.to_code(visit, _code(visit, posted), number, is_typed=bool(posted.one("code"))))
    except GongdanError as error:
        return _scan_page(visit, ScanPage(i18n.explain(error, visit.locale), posted.one("code"), number), error)


def _scan_page(visit: Guest, page: ScanPage, error: GongdanError | None = None) -> HTMLResponse:
    """The page, which loads the platform's script in that platform's own browser and nowhere else."""
    camera = platform_scan.camera(visit)
    answer = visit.page("scan.html", replace(page, camera=camera.page_script) if camera else page, error)
    if camera:
        answer.headers["content-security-policy"] = policy_with(camera.page_script)
    return answer


def _code(visit: Guest, posted: Posted) -> str:
    public_url = visit.system.settings.public_url
    if typed := posted.one("code") or posted.one("scanned"):
        return codes.parse(typed, public_url) or codes.canonical(typed)
    if posted.refused:
        raise posted.refused[0]
    if not posted.of("photo"):
        raise Missing(field="field.code")
    uploads.count(visit.system.database, visit.address)
    found = [code for text in scan.read_codes(posted.of("photo")[0]) if (code := codes.parse(text, public_url))]
    with visit.system.database.read_scope() as session:
        known = [code for code in found if register.is_known(session, code)]
    if not known:
        raise UnreadablePhoto
    return known[0]

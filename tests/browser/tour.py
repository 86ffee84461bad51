"""Every page that a person can open, in a demo full of life: who opens it, and where it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from assets import imports, jobs, prints, understanding
from assets.choosing import Wanted
from assets.models import Asset, Import
from assets.plans.models import Plan
from assets.prints import Setup
from core import access, clock, digests, people
from core.database import Database, Session
from core.digests import Wish
from core.places import Place, Site
from core.settings import Settings
from core.storage import open_storage
from core.tickets import actions, queries
from core.tickets.models import Ticket
from core.triggers import Tick
from core.upkeep import invitations

LONG = timedelta(days=2)
ADMIN, TECHNICIAN, RESIDENT, STRANGER = "admin", "technician", "resident", ""


@dataclass(frozen=True, slots=True)
class Things:
    """What the addresses of pages name. `sessions`: the cookie of each kind of person."""

    sessions: dict[str, str]
    asset: UUID
    code: str
    job: str
    done: str
    other: str
    person: UUID
    resident: UUID
    run: UUID
    place: UUID
    link: str
    page: str
    blank: str
    invitation: str
    brought: UUID
    compared: UUID
    reading: UUID
    digest: UUID
    plan: UUID
    round: str


Stop = tuple[str, Callable[[Things], str]]  # who, and the address

STOPS: dict[str, list[Stop]] = {
    "GET /": [(STRANGER, lambda t: "/")],
    "GET /privacy": [(STRANGER, lambda t: "/privacy")],
    "GET /sign-in": [(STRANGER, lambda t: "/sign-in")],
    "GET /sign-in/{token}": [(STRANGER, lambda t: f"/sign-in/{t.link}")],
    "GET /w/{token}": [(STRANGER, lambda t: f"/w/{t.page}")],
    "GET /chat": [(RESIDENT, lambda t: "/chat")],
    "GET /q": [(STRANGER, lambda t: "/q")],
    "GET /q/{code}": [
        (STRANGER, lambda t: f"/q/{t.code}"),
        (TECHNICIAN, lambda t: f"/q/{t.code}"),
        (TECHNICIAN, lambda t: f"/q/{t.blank}?words=1"),
        (STRANGER, lambda t: "/q/NO-SUCH-1"),
    ],
    "GET /scan": [(TECHNICIAN, lambda t: "/scan")],
    "GET /work": [(TECHNICIAN, lambda t: "/work")],
    "GET /quiet": [(TECHNICIAN, lambda t: "/quiet")],
    "GET /work/calendar": [(TECHNICIAN, lambda t: "/work/calendar")],
    "GET /desk/feeds": [(ADMIN, lambda t: "/desk/feeds")],
    "GET /t/{number}": [(TECHNICIAN, lambda t: f"/t/{t.job}"), (RESIDENT, lambda t: f"/t/{t.done}")],
    "GET /t/{number}/do/{action}": [(TECHNICIAN, lambda t: f"/t/{t.job}/do/hold")],
    "GET /round/{number}": [(TECHNICIAN, lambda t: f"/round/{t.round}"), (ADMIN, lambda t: f"/round/{t.round}")],
    "GET /round/{number}/{stop}": [(TECHNICIAN, lambda t: f"/round/{t.round}/1")],
    "GET /t/{number}/sign": [(TECHNICIAN, lambda t: f"/t/{t.job}/sign")],
    "GET /setup": [(STRANGER, lambda t: "/setup")],
    "GET /desk": [
        (ADMIN, lambda t: "/desk"),
        (ADMIN, lambda t: f"/desk?open={t.job}"),
        (ADMIN, lambda t: f"/desk?open={t.done}"),
    ],
    "GET /desk/column/{name}": [(ADMIN, lambda t: "/desk/column/in_work")],
    "GET /desk/list/{name}": [(ADMIN, lambda t: "/desk/list/open")],
    "GET /desk/bulk": [(ADMIN, lambda t: f"/desk/bulk?do=assign&pick={t.job}")],
    "GET /desk/tickets/{number}/merge": [(ADMIN, lambda t: f"/desk/tickets/{t.job}/merge?into={t.other}")],
    "GET /desk/new": [(ADMIN, lambda t: "/desk/new")],
    "GET /desk/new/{number}/{person_id}": [(ADMIN, lambda t: f"/desk/new/{t.done}/{t.resident}")],
    "GET /desk/residents": [(ADMIN, lambda t: "/desk/residents")],
    "GET /desk/residents/{person_id}": [(ADMIN, lambda t: f"/desk/residents/{t.resident}")],
    "GET /desk/invitations": [(ADMIN, lambda t: "/desk/invitations")],
    "GET /join/{secret}": [(STRANGER, lambda t: f"/join/{t.invitation}")],
    "GET /desk/people": [(ADMIN, lambda t: "/desk/people")],
    "GET /desk/people/new": [(ADMIN, lambda t: "/desk/people/new")],
    "GET /desk/people/{person_id}": [(ADMIN, lambda t: f"/desk/people/{t.person}")],
    "GET /desk/teams": [(ADMIN, lambda t: "/desk/teams?open=new")],
    "GET /desk/digests": [(ADMIN, lambda t: f"/desk/digests?preview={t.reading}")],
    "GET /desk/digests/sent/{digest_id}": [(ADMIN, lambda t: f"/desk/digests/sent/{t.digest}")],
    "GET /desk/plans": [(ADMIN, lambda t: "/desk/plans")],
    "GET /desk/plans/new": [(ADMIN, lambda t: "/desk/plans/new")],
    "GET /desk/plans/calendar": [(ADMIN, lambda t: "/desk/plans/calendar")],
    "GET /desk/plans/{plan_id}": [(ADMIN, lambda t: f"/desk/plans/{t.plan}")],
    "GET /desk/duty": [(ADMIN, lambda t: "/desk/duty")],
    "GET /desk/assets": [(ADMIN, lambda t: "/desk/assets")],
    "GET /desk/assets/new": [(ADMIN, lambda t: "/desk/assets/new")],
    "GET /desk/assets/{asset_id}": [(ADMIN, lambda t: f"/desk/assets/{t.asset}")],
    "GET /desk/places": [(ADMIN, lambda t: "/desk/places"), (ADMIN, lambda t: f"/desk/places?place={t.place}")],
    "GET /desk/labels": [(ADMIN, lambda t: "/desk/labels")],
    "GET /desk/labels/{run_id}": [(ADMIN, lambda t: f"/desk/labels/{t.run}")],
    "GET /desk/categories": [(ADMIN, lambda t: "/desk/categories?open=lift&sentence=the+lift+smells+of+gas")],
    "GET /desk/channels": [(ADMIN, lambda t: "/desk/channels")],
    "GET /desk/policies": [(ADMIN, lambda t: "/desk/policies")],
    "GET /desk/deadlines": [(ADMIN, lambda t: "/desk/deadlines?open=new")],
    "GET /desk/calendar": [(ADMIN, lambda t: "/desk/calendar?year=2026")],
    "GET /desk/import": [(ADMIN, lambda t: "/desk/import")],
    "GET /desk/import/{import_id}": [
        (ADMIN, lambda t: f"/desk/import/{t.brought}"),
        (ADMIN, lambda t: f"/desk/import/{t.compared}"),
    ],
    "GET /desk/site": [(ADMIN, lambda t: "/desk/site")],
    "GET /desk/history": [(ADMIN, lambda t: "/desk/history")],
    "GET /desk/history/decisions": [(ADMIN, lambda t: "/desk/history/decisions")],
    "GET /desk/start": [(ADMIN, lambda t: "/desk/start")],
}
# Answers that are no pages: data, parts of a page, files, what machines ask.
NO_PAGES = {
    "GET /chat/lines", "GET /chat/photos/{photo:path}", "GET /chat/widget.js", "GET /desk/live", "GET /desk/rows",
    "GET /desk/new/found", "GET /desk/assets/{asset_id}/files/{file_id}", "GET /desk/labels/{run_id}/sheet.pdf",
    "GET /desk/import/{import_id}/mend.xlsx",
    "GET /desk/digests/{subscription_id}/chart.png", "GET /calendar/{secret}.ics",
    "GET /desk/export", "GET /desk/export/{table}",
    "GET /{name}.txt", "GET /healthz", "GET /readyz", "GET /metrics", "GET /hooks/{channel}",
    "GET /hooks/{channel}/{part}",
    "GET /scan/proof",
    "GET /sign-in/{channel}/back",  # only with the account of a platform
}  # fmt: skip


# What there is nothing behind, so that the page says so.
NOT_THERE = {"/q/NO-SUCH-1", "/setup"}


TABLE = "编号,名称,位置,保修\nL-1,1号客梯,A,2027-03-31\nL-2,,A,\nL-3,Pump,A,soon\n".encode()


def things(database: Database, settings: Settings) -> Things:
    """What a demo holds to be looked at; prints a few labels, of which one is blank, and brings two tables."""
    brought, compared = _brought(database, settings), _brought(database, settings)
    with database.write_scope() as session:
        row = session.get_one(Import, compared)
        sheets = imports.first_lines(TABLE)
        mapping = understanding.guess(sheets, "assets", {})
        header, _ = understanding.table_of(sheets, mapping)
        imports.check(session, row.site_id, compared, "assets", mapping, header)
    jobs.run_now(database, Tick(clock.now(), settings), compared)
    with database.write_scope() as session:
        return _things(session, brought, compared)


def _brought(database: Database, settings: Settings) -> UUID:
    """A table whose columns are to be named."""
    sha256 = imports.keep(open_storage(settings.storage_url), TABLE)
    with database.write_scope() as session:
        site = session.scalars(select(Site)).one()
        admin = people.holders(session, site.id, "admin")[0]
        return imports.begin(session, site.id, "assets", "a.csv", sha256, admin, clock.now()).id


def _things(session: Session, brought: UUID, compared: UUID) -> Things:
    site, now = session.scalars(select(Site)).one(), clock.now()
    job = session.scalars(select(Ticket).where(Ticket.state == "in_progress", Ticket.asset_id.is_not(None))).first()
    done = session.scalars(select(Ticket).where(Ticket.state == "done", Ticket.reporter_id.is_not(None))).first()
    other = session.scalars(select(Ticket).where(Ticket.is_open, Ticket.id != (job.id if job else None))).first()
    assert job is not None
    assert done is not None
    assert other is not None
    who = {
        ADMIN: people.holders(session, site.id, "admin")[0], TECHNICIAN: job.assignee_id, RESIDENT: done.reporter_id
    }  # fmt: skip
    sessions = {
        name: access.issue(session, "session", person, now, life=LONG) for name, person in who.items() if person
    }
    asset = session.get_one(Asset, job.asset_id)
    setup = Setup("a4-21", site.locale, "http://127.0.0.1", is_test=True)
    run = prints.print_things(session, site.id, Wanted(), setup, who[ADMIN], now)
    blank = prints.labels_of(session, prints.print_blank(session, site.id, 1, setup, who[ADMIN], now))[0].code
    link = access.issue(session, "sign_in", who[TECHNICIAN], now, life=LONG)  # type: ignore[arg-type]
    page = access.issue(session, "page", who[TECHNICIAN], now, life=LONG, ticket_id=job.id)  # type: ignore[arg-type]
    homes = invitations.units(session, site.id, "")[:1]
    [slip] = invitations.invite(session, site.id, homes, people.holders(session, site.id, "admin")[0], now)
    place = session.scalars(select(Place).where(Place.site_id == site.id, Place.kind == "building")).first()
    assert queries.may_see(session, done, access.viewer(session, done.reporter_id))  # type: ignore[arg-type]
    return Things(
        sessions, asset.id, asset.code, job.number, done.number, other.number, who[TECHNICIAN], who[RESIDENT], run.id,  # type: ignore[arg-type]
        place.id if place else asset.place_id, link, page, blank, slip.secret,
        brought, compared, *_digest(session, site.id, who[ADMIN], now), session.scalars(select(Plan.id)).all()[0],
        _round(session, job, who[ADMIN], now),
    )  # fmt: skip


def _round(session: Session, job: Ticket, who: UUID | None, now: datetime) -> str:
    """An open round, given to the technician of the tour."""
    assert who is not None
    found = session.scalars(select(Ticket.id).where(Ticket.stops > 0, Ticket.is_open)).all()[0]
    ticket = queries.by_id(session, found, lock=True)
    if ticket.assignee_id != job.assignee_id:
        facts = {"assignee": str(job.assignee_id)}
        actions.act(session, ticket, "assign", access.viewer(session, who), now, facts=facts)
    return ticket.number


def _digest(session: Session, site_id: UUID, who: UUID | None, now: datetime) -> tuple[UUID, UUID]:
    """A subscription, and a digest that was sent for it."""
    one = digests.subscribe(session, site_id, Wish("day", "08:00", who), who, now - timedelta(days=14))
    sent = digests.send_due(session, one.id, "http://127.0.0.1", now)
    assert sent is not None
    return one.id, sent.id

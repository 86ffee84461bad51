"""A resident telephones: one form, filled in while talking; then the link or slip that lets them follow it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup

from api.deps import Db, WriteDb
from api.pages._posting import Form, once, see_other
from api.pages._proofs import derived_secret
from api.pages._tickets import Head, head
from api.pages.desk._frame import At, Frame, at, section
from api.subjects import as_id
from assets import codes, register, screens
from core import access, addresses, callers, categories, clock, i18n, people
from core.addresses import SeveralPlaces
from core.callers import Call, Caller
from core.database import Session
from core.errors import GongdanError, Missing, NotFound
from core.intake import FaultReport, Intake
from core.people import Person
from core.tickets import additions, queries, states
from core.tickets.models import Subject, Ticket

ROLES = ("supervisor", "admin")
router = section("new", order=20, icon="phone", roles=ROLES)
Here = Annotated[At, Depends(at(*ROLES))]
FIELDS = ("q", "caller", "name", "phone", "unit", "text", "where", "category", "priority")
OWN, JOIN = "own", "join"


class _TwinError(Exception):
    """An open ticket may be the same: what was begun is undone, and the desk is asked."""

    def __init__(self, ticket: Ticket, *, is_home: bool = False) -> None:
        super().__init__(ticket.number)
        self.ticket, self.is_home = ticket, is_home


@dataclass(frozen=True, slots=True)
class Choice:
    """A caller to choose: `key` is the person and the unit."""

    key: str
    name: str
    phone: str
    unit: str
    has_chat: bool


@dataclass(frozen=True, slots=True)
class Twin:
    """An open ticket that may be the same. `is_home`: of the caller's own home, where nobody can join by mistake."""

    number: str
    what: str
    since: str
    is_home: bool = False


@dataclass(frozen=True, slots=True)
class NewPage:
    """`entered`: what was typed, by field. `twin`: asked when an open ticket may be the same.

    `offers`: the places that may be meant by what was typed into `field`. `example`: a home of the site, and in short.
    """

    frame: Frame
    key: str
    entered: dict[str, str]
    choices: list[Choice]
    categories: list[tuple[str, str]]
    priorities: list[tuple[str, str]]
    twin: Twin | None
    error: str
    field: str
    example: tuple[str, str] = ("", "")
    offers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class FoundPage:
    """The callers that words may mean, as a piece of the form."""

    choices: list[Choice]
    chosen: str


@dataclass(frozen=True, slots=True)
class SlipPage:
    """What the caller gets. `link` is empty where messages reach the person anyway."""

    frame: Frame
    head: Head
    name: str
    site_phone: str
    link: str
    svg: Markup
    message: str


@router.get("")
def show(here: Here, db: Db) -> HTMLResponse:
    return here.page("desk_new.html", _filled(here, db, {"q": here.asked("q"), "unit": here.asked("unit")}))


@router.get("/found")
def found(here: Here, db: Db, q: str = "", caller: str = "") -> HTMLResponse:
    """What is known of the caller so far, asked again with every word that is typed."""
    return here.page("_desk_callers.html", FoundPage(_choices(callers.find(db, here.site.id, q)), caller))


@router.post("")
def take(here: Here, db: WriteDb, form: Form) -> Response:
    """Take the report; nothing that was typed is lost when something is missing."""
    typed = {name: form.one(name) for name in FIELDS}
    typed |= {name: chosen for name in ("unit", "where") if (chosen := form.one(f"{name}_is"))}
    try:
        with db.begin_nested():
            to = once(db, here.person_id, form, here.path, lambda: _take(here, db, typed, form.one("same")))
    except GongdanError as error:
        return here.page("desk_new.html", _filled(here, db, typed, error=error), error)
    except _TwinError as found:
        return here.page("desk_new.html", _filled(here, db, typed, twin=found))
    return see_other(to)


@router.get("/{number}/{person_id}")
def slip(number: str, person_id: UUID, here: Here, db: Db) -> HTMLResponse:
    """The number, what was promised, and how the caller can follow it."""
    ticket = queries.by_number(db, number)
    if ticket.site_id != here.site.id or person_id not in queries.concerned(db, ticket):
        raise NotFound(what="word.ticket")
    person, link = db.get_one(Person, person_id), _link(here, db, ticket, person_id)
    said = i18n.translate(
        "desk_new.message" if link else "desk_new.message_chat", person.locale, site=here.site.name,
        number=ticket.number, link=link,
    )  # fmt: skip
    drawn = Markup(screens.svg(link)) if link else Markup()  # noqa: S704 - drawn here, of an address of ours
    shown = head(db, ticket, here.locale, clock.now())
    return here.page(
        "desk_slip.html", SlipPage(here.frame("new"), shown, person.name, here.site.phone, link, drawn, said)
    )


def _take(here: At, db: Session, typed: dict[str, str], same: str) -> str:
    """Take the report, or join the open ticket where the desk says so; returns where to go on."""
    now, call = clock.now(), _call(here, db, typed)
    subject = _subject(here, db, typed["where"], call)
    person = callers.known(db, here.site.id, call, here.person_id, now)
    told = FaultReport(
        subject, typed["text"], category=typed["category"], priority=typed["priority"], is_own=same == OWN
    )
    try:
        with db.begin_nested():
            ticket = _alone(db, callers.report(db, person, told, now), subject, same)
    except _TwinError as found:
        if same != JOIN:
            raise
        ticket = _joined(db, found.ticket, person, typed["text"], now)
    _open_link(here, db, ticket, person)
    return here.link(f"/desk/new/{ticket.number}/{person}", draft="desk-new")


def _alone(db: Session, result: Intake, subject: Subject, same: str) -> Ticket:
    """The ticket of a report; where an open one may be the same, the desk is asked. An emergency never waits for it."""
    assert result.ticket is not None
    if result.outcome == "twin":
        raise _TwinError(result.ticket)
    if result.outcome == "opened" and same != OWN and not result.ticket.emergency:
        beside = queries.open_beside(db, subject, result.ticket)
        if beside is not None:
            raise _TwinError(beside, is_home=True)
    return result.ticket


def _joined(db: Session, open_one: Ticket, person: UUID, text: str, now: datetime) -> Ticket:
    """What was told now stands with the open ticket, and the caller hears of it."""
    ticket = queries.by_id(db, open_one.id, lock=True)
    if person in queries.concerned(db, ticket):
        additions.add_words(db, ticket, person, text, now)
    else:
        additions.join(db, ticket, person, text, now)
    return ticket


def _call(here: At, db: Session, typed: dict[str, str]) -> Call:
    """Who was chosen from the list, else who is described."""
    person, _, unit = typed["caller"].partition(" ")
    unit_id = as_id(unit)
    if typed["unit"] and typed["caller"] in ("", "new"):
        unit_id = addresses.one(db, here.site.id, typed["unit"], "field.unit").id
    return Call(as_id(person), typed["name"], typed["phone"], unit_id)


def _subject(here: At, db: Session, where: str, call: Call) -> Subject:
    """What is broken: a code or place that was typed, else the caller's home."""
    if not where:
        if call.unit_id is None:
            raise Missing(field="field.where")
        return register.subject_of_place(db, call.unit_id)
    code = codes.parse(where, here.system.settings.public_url)
    if code and register.is_known(db, code):
        subject = register.subject_of(db, code)
        if subject.site_id != here.site.id:
            raise NotFound(what="word.code")
        return subject
    return register.subject_of_place(db, addresses.one(db, here.site.id, where, "field.where").id)


def _open_link(here: At, db: Session, ticket: Ticket, person: UUID) -> None:
    """The secret is made from ticket, person and their epoch, so the page can show it again without keeping it."""
    secret, now = _secret(here, db, ticket, person), clock.now()
    if not callers.has_chat(db, person) and access.look_up(db, "page", secret, now) is None:
        life = access.PAGE_LINK_LIFE
        access.issue(db, "page", person, now, life=life, ticket_id=ticket.id, secret=secret)


def _secret(here: At, db: Session, ticket: Ticket, person: UUID) -> str:
    epoch = people.get(db, person).epoch
    return derived_secret(here.system.settings, "call", f"{ticket.id} {person} {epoch}")[:32]


def _link(here: At, db: Session, ticket: Ticket, person: UUID) -> str:
    secret = _secret(here, db, ticket, person)
    is_open = access.look_up(db, "page", secret, clock.now()) is not None
    return f"{here.system.settings.public_url}/w/{secret}" if is_open else ""


def _filled(
    here: At, db: Session, entered: dict[str, str], *, twin: _TwinError | None = None,
    error: GongdanError | None = None,
) -> NewPage:  # fmt: skip
    book = categories.handbook(db, here.site)
    kinds = [("", i18n.translate("desk_new.by_the_words", here.locale))]
    kinds += sorted(((key, work.label(here.locale)) for key, work in book.works.items()), key=lambda kind: kind[1])
    priorities = [("", i18n.translate("desk_new.by_the_words", here.locale)), *_priorities(here.locale)]
    return NewPage(
        here.frame("new"), clock.secret(), {name: entered.get(name, "") for name in FIELDS},
        _choices(callers.find(db, here.site.id, entered.get("q", ""))), kinds, priorities,
        _twin(db, here, twin) if twin else None, i18n.explain(error, here.locale) if error else "",
        str(error.facts.get("field", "")).removeprefix("field.") if error else "",
        addresses.example(db, here.site.id), error.facts["places"] if isinstance(error, SeveralPlaces) else (),
    )  # fmt: skip


def _priorities(locale: str) -> Iterator[tuple[str, str]]:
    return ((name, i18n.translate(f"priority.{name}", locale)) for name in states.PRIORITIES if name != "emergency")


def _twin(db: Session, here: At, found: _TwinError) -> Twin:
    ticket = found.ticket
    shown = head(db, ticket, here.locale, clock.now())
    since = i18n.local_time(ticket.opened_at, here.site.timezone, here.locale, clock.now())
    return Twin(ticket.number, f"{shown.what}, {shown.where}", since, found.is_home)


def _choices(found: list[Caller]) -> list[Choice]:
    return [
        Choice(
            f"{one.person_id or 'new'} {one.place_id or ''}".strip(), one.name, people.masked(one.phone), one.unit,
            one.has_chat,
        )
        for one in found
    ]  # fmt: skip

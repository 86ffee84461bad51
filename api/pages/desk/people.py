"""Staff at the desk: who works here in which role, crew and skills; a way in for them; and leaving."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from fastapi.responses import HTMLResponse, Response

from api.deps import Db, WriteDb
from api.pages._posting import Form, Posted, see_other
from api.pages.desk import _contacts, _messages
from api.pages.desk import _editing as editing
from api.pages.desk._contacts import Contact
from api.pages.desk._editing import ChangedMeanwhile, Clash
from api.pages.desk._frame import At, Frame, at, section
from api.pages.desk._messages import Told
from api.subjects import as_id
from core import access, categories, clock, i18n, people
from core.database import Session
from core.errors import GongdanError
from core.i18n import translate
from core.people import STAFF_ROLES
from core.upkeep import staff
from core.upkeep.staff import Colleague, Staff, WorksForOthers

ROLES = ("admin",)
router = section("people", order=30, icon="people", roles=ROLES)
Here = Annotated[At, Depends(at(*ROLES))]
PER_PAGE = 100
Options = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class PeoplePage:
    frame: Frame
    found: list[Colleague]
    words: str
    role: str
    roles: Options
    more: str
    done: str


@dataclass(frozen=True, slots=True)
class PersonPage:
    """`number`: the id, empty for somebody new. `roles` and `skills`: what is chosen, as the form sends it."""

    frame: Frame
    number: str
    values: dict[str, str]
    roles: list[str]
    skills: list[str]
    role_options: Options
    skill_options: Options
    teams: Options
    languages: Options
    was: str
    changed_by: str
    clashes: list[Clash]
    error: str
    field: str
    open_work: list[str]
    is_self: bool
    link: str
    link_life: int
    contacts: list[Contact]
    told: list[Told]


@router.get("")
def index(here: Here, db: Db, q: str = "", role: str = "", after: str = "", done: str = "") -> HTMLResponse:
    found = staff.listed(
        db, here.site.id, clock.now(), words=q[:100], role=role if role in STAFF_ROLES else "", after=after,
        limit=PER_PAGE + 1,
    )  # fmt: skip
    more = here.link("/desk/people", q=q, role=role, after=found[PER_PAGE - 1].name) if len(found) > PER_PAGE else ""
    roles = [("", translate("desk.any", here.locale)), *_roles(here.locale)]
    return here.page("desk_people.html", PeoplePage(here.frame("people"), found[:PER_PAGE], q, role, roles, more, done))


@router.get("/new")
def ask(here: Here, db: Db) -> HTMLResponse:
    blank = Staff("", "", here.site.locale, ("technician",))
    return here.page("desk_person.html", _form(here, db, "", blank))


@router.post("/new")
def add(here: Here, db: WriteDb, form: Form) -> Response:
    given = _given(form)
    try:
        with db.begin_nested():
            person = staff.add(db, here.site.id, given, here.person_id, clock.now(), code=form.one("code"))
    except GongdanError as error:
        return here.page("desk_person.html", _form(here, db, "", given, error=error), error)
    return here.saved("desk-person-", f"/desk/people/{person.id}")


@router.get("/{person_id}")
def show(person_id: UUID, here: Here, db: Db) -> HTMLResponse:
    person = staff.person_at(db, here.site.id, person_id)
    return here.page("desk_person.html", _form(here, db, str(person_id), staff.staff_of(db, here.site.id, person)))


@router.post("/{person_id}")
def save(person_id: UUID, here: Here, db: WriteDb, form: Form) -> Response:
    """Save what was changed; of two who change the same field, the second is asked again."""
    person = staff.person_at(db, here.site.id, person_id)
    now = _flat(staff.staff_of(db, here.site.id, person))
    draft = editing.draft(_flattened(form), now)
    given = _unflat(draft.values)
    error: GongdanError = ChangedMeanwhile()
    if not draft.clashes:
        try:
            with db.begin_nested():
                staff.edit(db, here.site.id, person_id, given, here.person_id, clock.now())
            return here.saved(f"desk-person-{person_id}", "/desk/people", done=given.name)
        except GongdanError as refused:
            error = refused
    clashes = editing.shown(draft.clashes, now, here.locale)
    return here.page("desk_person.html", _form(here, db, str(person_id), given, error=error, clashes=clashes), error)


@router.post("/{person_id}/leave")
def leave(person_id: UUID, here: Here, db: WriteDb, form: Form) -> Response:
    """At once without access; what was open goes back to dispatch."""
    person = staff.person_at(db, here.site.id, person_id)
    try:
        with db.begin_nested():
            staff.leave(db, here.site.id, person_id, here.person_id, clock.now())
    except GongdanError as error:
        shown = staff.staff_of(db, here.site.id, person)
        return here.page("desk_person.html", _form(here, db, str(person_id), shown, error=error), error)
    return see_other(here.link("/desk/people", done=person.name))


@router.post("/{person_id}/link")
def link(person_id: UUID, here: Here, db: WriteDb, form: Form) -> HTMLResponse:
    """A one-time link that signs the person in, told once, here; the person is told that there is one."""
    person = staff.person_at(db, here.site.id, person_id)
    shown = staff.staff_of(db, here.site.id, person)
    try:
        secret = staff.way_in(db, here.site.id, person_id, here.person_id, clock.now())
    except WorksForOthers as error:
        return here.page("desk_person.html", _form(here, db, str(person_id), shown, error=error), error)
    address = f"{here.system.settings.public_url}/sign-in/{secret}"
    return here.page("desk_person.html", _form(here, db, str(person_id), shown, link=address))


def _form(
    here: At, db: Session, number: str, given: Staff, *, error: GongdanError | None = None,
    clashes: list[Clash] | None = None, link: str = "",
) -> PersonPage:  # fmt: skip
    person_id = as_id(number)
    book = categories.handbook(db, here.site)
    now = staff.staff_of(db, here.site.id, people.get(db, person_id)) if person_id else given
    work = staff.open_work(db, here.site.id, person_id) if person_id else []
    return PersonPage(
        here.frame("people"), number, _flat(given), list(given.roles), list(given.skills), _roles(here.locale),
        sorted(((key, one.label(here.locale)) for key, one in book.works.items()), key=lambda kind: kind[1]),
        [("", translate("desk_people.no_team", here.locale)), *(
            (str(team.id), team.name) for team in people.teams_of(db, here.site.id)
        )],
        list(i18n.NAMES.items()), editing.packed(_flat(now)),
        editing.who_changed(db, here.site, "staff", number, here.locale) if number else "", clashes or [],
        i18n.explain(error, here.locale) if error else "",
        str(error.facts.get("field", "")).removeprefix("field.") if error else "", [one.number for one in work],
        person_id == here.person_id, link, int(access.LINK_LIFE.total_seconds() // 60),
        _contacts.of_person(db, here, person_id, may_end=False) if person_id else [],
        _messages.of_person(db, here, person_id) if person_id else [],
    )  # fmt: skip


def _roles(locale: str) -> Options:
    return [(role, translate(f"role.{role}", locale)) for role in STAFF_ROLES]


def _given(form: Posted) -> Staff:
    return Staff(
        form.one("name"), form.one("phone"), form.one("locale"), tuple(form.many("role")), as_id(form.one("team")),
        tuple(form.many("skill")),
    )  # fmt: skip


def _flat(given: Staff) -> dict[str, str]:
    """A person as the words of a form, so that two editors can be compared field by field."""
    return {
        "name": given.name, "phone": given.phone, "locale": given.locale, "role": " ".join(given.roles),
        "team": str(given.team_id or ""), "skill": " ".join(given.skills),
    }  # fmt: skip


def _unflat(values: dict[str, str]) -> Staff:
    return Staff(
        values["name"], values["phone"], values["locale"], tuple(values["role"].split()), as_id(values["team"]),
        tuple(values["skill"].split()),
    )  # fmt: skip


def _flattened(form: Posted) -> Posted:
    """The form with its boxes joined; a box that is not ticked is not sent at all."""
    given = _given(form)
    fields = {name: [value] for name, value in _flat(given).items()}
    return Posted({**form.fields, **fields}, key=form.key)

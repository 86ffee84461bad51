"""Who works at a site: roles, teams with skills, duty, and what happens when somebody leaves.

A role holds at one site; an administrator of one site sees and grants nothing of another. Somebody who works at two
sites is one person, whom the second site adds by a code that they have shown; and who they are, and their way in, is
then in the hands of nobody who administers only one of the sites.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from core import access, changes, credentials, feeds, i18n, people, phones
from core.calendars import Duty
from core.errors import Conflict, Forbidden, Invalid, Missing, NotFound
from core.people import STAFF_ROLES, Identity, Membership, Person, Role, Team
from core.places import Site
from core.tickets import actions, queries
from core.tickets.models import Offer, Ticket

LONGEST_NAME = 120
LEFT = "left"


class LastAdministrator(Conflict):
    """This is the last administrator of the site. Make somebody else an administrator first."""


class NameTaken(Conflict):
    """There is a person called {name} at this site already, with another telephone number."""


class WorksElsewhere(Conflict):
    """{name} works at another site already. Ask for the code that "My work" makes for them, and enter it here."""


class WorksForOthers(Forbidden):
    """{name} works at another site too, so only who administers all of them may do this to the account."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """One line of the list of staff. `teams`: names with skills."""

    id: UUID
    name: str
    phone: str
    roles: tuple[str, ...]
    teams: tuple[str, ...]
    open_jobs: int
    has_chat: bool
    is_on_call: bool


@dataclass(frozen=True, slots=True)
class Staff:
    """What is edited of a person at a site. `team_id` with its `skills` is the one that the form shows."""

    name: str
    phone: str
    locale: str
    roles: tuple[str, ...]
    team_id: UUID | None = None
    skills: tuple[str, ...] = ()


def listed(
    session: Session,
    site_id: UUID,
    now: datetime,
    *,
    words: str = "",
    role: str = "",
    after: str = "",
    limit: int = 100,
) -> list[Colleague]:
    """The active staff of a site in the order of their names; `after`: the name that was seen last."""
    here = select(Role.person_id).where(Role.site_id == site_id, Role.role.in_(STAFF_ROLES))
    query = select(Person).where(Person.id.in_(here.where(Role.role == role) if role else here), Person.is_active)
    for word in words.split():
        digits = phones.digits(word)
        by_phone = [Person.phone_key.endswith(digits)] if len(digits) >= 4 else []
        query = query.where(or_(Person.name.icontains(word, autoescape=True), *by_phone))
    if after:
        query = query.where(Person.name > after)
    found = list(session.scalars(query.order_by(Person.name, Person.id).limit(limit)))
    return [_colleague(session, site_id, person, now) for person in found]


def _colleague(session: Session, site_id: UUID, person: Person, now: datetime) -> Colleague:
    teams = session.execute(
        select(Team.name).join(Membership, Membership.team_id == Team.id)
        .where(Team.site_id == site_id, Membership.person_id == person.id).order_by(Team.name)
    ).scalars()  # fmt: skip
    chat = exists().where(Identity.person_id == person.id, Identity.revoked_at.is_(None), Identity.conversation != "")
    duty = exists().where(
        Duty.person_id == person.id, Duty.site_id == site_id, Duty.starts_at <= now, Duty.ends_at > now
    )
    jobs = select(func.count()).where(Ticket.is_open, Ticket.assignee_id == person.id, Ticket.site_id == site_id)
    return Colleague(
        person.id, person.name, person.phone, roles_at(session, site_id, person.id), tuple(teams),
        session.scalar(jobs) or 0, bool(session.scalar(select(chat))), bool(session.scalar(select(duty))),
    )  # fmt: skip


def roles_at(session: Session, site_id: UUID, person_id: UUID) -> tuple[str, ...]:
    """The roles of staff that a person holds at a site, in the order of their weight."""
    held = set(session.scalars(select(Role.role).where(Role.site_id == site_id, Role.person_id == person_id)))
    return tuple(role for role in STAFF_ROLES if role in held)


def person_at(session: Session, site_id: UUID, person_id: UUID) -> Person:
    """An active member of a site's staff. Raises NotFound for everybody else."""
    person = session.get(Person, person_id)
    if person is None or not person.is_active or not roles_at(session, site_id, person_id):
        raise NotFound(what="word.person")
    return person


def staff_of(session: Session, site_id: UUID, person: Person) -> Staff:
    """What the form of a person holds."""
    query = select(Membership).join(Team, Team.id == Membership.team_id).where(Team.site_id == site_id)
    membership = session.scalar(query.where(Membership.person_id == person.id).order_by(Team.name).limit(1))
    team_id, skills = (membership.team_id, tuple(membership.skills)) if membership else (None, ())
    roles = roles_at(session, site_id, person.id)
    return Staff(person.name, person.phone, person.locale, roles, team_id, skills)


def add(session: Session, site_id: UUID, given: Staff, actor: UUID, now: datetime, *, code: str = "") -> Person:
    """Add somebody to a site's staff. `code`: shown by somebody who works elsewhere, and who stays who they are.

    Errors: Missing, Invalid; WorksElsewhere; NameTaken, so that nobody is added twice by mistake.
    """
    joining = _joining(session, code, now) if code else None
    if joining is not None:
        given = replace(given, name=joining.name, phone=joining.phone, locale=joining.locale)
    _check(session, site_id, given)
    if not given.roles:
        raise Missing(field="field.role")
    given = _in_a_team(session, site_id, given)
    person = joining or _ours_or_new(session, site_id, given)
    same_name = select(Person.id).join(Role, Role.person_id == Person.id).where(Role.site_id == site_id)
    if session.scalar(same_name.where(Person.name == given.name, Person.is_active, Person.id != person.id)):
        raise NameTaken(name=given.name)
    before = _values(staff_of(session, site_id, person))
    _write(session, site_id, person, given, actor)
    _record(session, site_id, person, {} if not before["roles"] else before, actor, now)
    return person


def _joining(session: Session, code: str, now: datetime) -> Person:
    try:
        return credentials.joining(session, code, now)
    except NotFound:
        raise Invalid(field="field.code") from None


def _ours_or_new(session: Session, site_id: UUID, given: Staff) -> Person:
    known = _known(session, given)
    if known is not None and not roles_at(session, site_id, known.id):
        raise WorksElsewhere(name=given.name)
    return known or people.add_person(session, given.name, locale=given.locale, phone=given.phone)


def edit(session: Session, site_id: UUID, person_id: UUID, given: Staff, actor: UUID, now: datetime) -> None:
    """Change a person of the staff. Nobody takes their own administration away, and one administrator stays."""
    person = person_at(session, site_id, person_id)
    _check(session, site_id, given)
    held = roles_at(session, site_id, person_id)
    if "admin" in held and "admin" not in given.roles:
        if person_id == actor:
            raise Forbidden
        _keep_an_administrator(session, site_id, person_id)
    before = _values(staff_of(session, site_id, person))
    if not given.roles:
        raise Missing(field="field.role")
    _write(session, site_id, person, _in_a_team(session, site_id, given), actor)
    feeds.end_unheld(session, site_id, person_id, actor, now)
    _record(session, site_id, person, before, actor, now)


def way_in(session: Session, site_id: UUID, person_id: UUID, actor: UUID, now: datetime) -> str:
    """A one-time link that signs a person in. Errors: WorksForOthers, because it opens every site of theirs."""
    person = person_at(session, site_id, person_id)
    _refuse_for_others(session, person, actor)
    return credentials.issue(session, "sign_in", person_id, actor, now, life=access.LINK_LIFE)


def works_for_others(session: Session, person_id: UUID, actor: UUID) -> bool:
    """Whether somebody is on the staff of a site that `actor` does not administer."""
    mine = {site_id for site_id, held in people.roles_of(session, actor).items() if "admin" in held}
    theirs = {site_id for site_id, held in people.roles_of(session, person_id).items() if held & set(STAFF_ROLES)}
    return bool(theirs - mine)


def _refuse_for_others(session: Session, person: Person, actor: UUID) -> None:
    if works_for_others(session, person.id, actor):
        raise WorksForOthers(name=person.name)


def leave(session: Session, site_id: UUID, person_id: UUID, actor: UUID, now: datetime) -> int:
    """Somebody leaves a site: at once without roles, teams and duty there, their open work back at dispatch.

    Roles are looked up with each request, so that nothing has to end for whoever works elsewhere too but the calendar
    links of this site; whoever does not loses every session, token and chat identity. Returns how much work went back.
    """
    person = person_at(session, site_id, person_id)
    if person_id == actor:
        raise Forbidden
    _keep_an_administrator(session, site_id, person_id)
    before = _values(staff_of(session, site_id, person))
    returned = _give_back(session, site_id, person_id, actor, now)
    teams = select(Team.id).where(Team.site_id == site_id)
    session.execute(delete(Membership).where(Membership.person_id == person_id, Membership.team_id.in_(teams)))
    session.execute(
        delete(Role).where(Role.person_id == person_id, Role.site_id == site_id, Role.role.in_(STAFF_ROLES))
    )
    session.execute(
        update(Duty).where(Duty.person_id == person_id, Duty.site_id == site_id, Duty.ends_at > now).values(ends_at=now)
    )
    access.revoke_pages(session, person_id, select(Ticket.id).where(Ticket.site_id == site_id))
    held = people.roles_of(session, person_id)
    if not any(roles & set(STAFF_ROLES) for roles in held.values()):
        access.revoke_all(session, person_id)
    if not held:
        _end(session, person, now)
    feeds.end_unheld(session, site_id, person_id, actor, now)
    _record(session, site_id, person, before, actor, now)
    return returned


def open_work(session: Session, site_id: UUID, person_id: UUID) -> list[Ticket]:
    """What a technician has at a site now."""
    query = select(Ticket).where(Ticket.is_open, Ticket.assignee_id == person_id, Ticket.site_id == site_id)
    return list(session.scalars(query.order_by(Ticket.id)))


def _give_back(session: Session, site_id: UUID, person_id: UUID, actor: UUID, now: datetime) -> int:
    """Everything that is open goes back to dispatch, which finds the next one."""
    desk, work = access.viewer(session, actor), open_work(session, site_id, person_id)
    for found in work:
        ticket = queries.by_id(session, found.id, lock=True)
        actions.act(session, ticket, "release", desk, now, facts={"reason": LEFT})
    session.execute(update(Offer).where(Offer.person_id == person_id, Offer.state == "open").values(state="withdrawn"))
    return len(work)


def _end(session: Session, person: Person, now: datetime) -> None:
    person.is_active = False
    session.execute(
        update(Identity).where(Identity.person_id == person.id, Identity.revoked_at.is_(None)).values(revoked_at=now)
    )
    session.flush()


def _known(session: Session, given: Staff) -> Person | None:
    """Staff of any site with this telephone number and name; a resident keeps a person of their own."""
    if not phones.key(given.phone):
        return None
    is_staff = exists().where(Role.person_id == Person.id, Role.role.in_(STAFF_ROLES))
    query = select(Person).where(Person.phone_key == phones.key(given.phone), Person.is_active, is_staff)
    return next((p for p in session.scalars(query) if phones.same(p.phone, given.phone) and p.name == given.name), None)


def _check(session: Session, site_id: UUID, given: Staff) -> None:
    if not given.name:
        raise Missing(field="field.name")
    if len(given.name) > LONGEST_NAME:
        raise Invalid(field="field.name")
    if given.phone and not phones.is_number(given.phone):
        raise Invalid(field="field.phone")
    if given.locale not in i18n.LOCALES:
        raise Invalid(field="field.locale")
    if not set(given.roles) <= set(STAFF_ROLES):
        raise Invalid(field="field.role")
    team = session.get(Team, given.team_id) if given.team_id else None
    if given.team_id and (team is None or team.site_id != site_id):
        raise Invalid(field="field.team")


def _in_a_team(session: Session, site_id: UUID, given: Staff) -> Staff:
    """Skills are kept in a team: without one they go to the site's only crew, which is made where there is none.

    Errors: Missing where several crews could be meant.
    """
    if given.team_id is not None or not given.skills:
        return given
    crews = [team for team in people.teams_of(session, site_id) if not team.is_contractor]
    if len(crews) > 1:
        raise Missing(field="field.team")
    locale = session.get_one(Site, site_id).locale
    crew = crews[0] if crews else people.add_team(session, i18n.translate("team.first", locale), site_id)
    return replace(given, team_id=crew.id)


def _keep_an_administrator(session: Session, site_id: UUID, leaving: UUID) -> None:
    others = [one for one in people.holders(session, site_id, "admin") if one != leaving]
    if leaving in people.holders(session, site_id, "admin") and not others:
        raise LastAdministrator


def _write(session: Session, site_id: UUID, person: Person, given: Staff, actor: UUID | None) -> None:
    """Errors: WorksForOthers where it would change who somebody of another site is, too. None: the command line."""
    is_other = (person.name, person.phone, person.locale) != (given.name, given.phone, given.locale)
    if is_other and actor is not None:
        _refuse_for_others(session, person, actor)
    person.name, person.phone, person.locale = given.name, given.phone, given.locale
    _set_roles(session, site_id, person.id, given.roles)
    teams = select(Team.id).where(Team.site_id == site_id)
    shown = staff_of(session, site_id, person).team_id
    if shown is not None:
        session.execute(delete(Membership).where(Membership.person_id == person.id, Membership.team_id == shown))
    if given.team_id is not None:
        session.execute(
            delete(Membership).where(
                Membership.person_id == person.id, Membership.team_id == given.team_id, Membership.team_id.in_(teams)
            )
        )
        people.join_team(session, given.team_id, person.id, list(given.skills))
    session.flush()


def _set_roles(session: Session, site_id: UUID, person_id: UUID, wanted: Iterable[str]) -> None:
    mine = (Role.person_id == person_id, Role.site_id == site_id, Role.role.in_(STAFF_ROLES))
    session.execute(delete(Role).where(*mine, Role.role.notin_(list(wanted))))
    for role in wanted:
        people.grant(session, person_id, role, site_id)


def _values(staff: Staff) -> dict[str, Any]:
    return {
        "name": staff.name, "phone": staff.phone, "locale": staff.locale, "roles": list(staff.roles),
        "team": str(staff.team_id or ""), "skills": list(staff.skills),
    }  # fmt: skip


def _record(
    session: Session, site_id: UUID, person: Person, before: dict[str, Any], actor: UUID, now: datetime
) -> None:
    after = _values(staff_of(session, site_id, person))
    edit_ = changes.Edit(site_id, "staff", str(person.id), before, after, person.name, f"person:{person.id}")
    changes.record(session, edit_, actor, now)


@changes.restores("staff")
def _restore(
    session: Session, site_id: UUID, key: str, values: dict[str, Any], actor: UUID | None, now: datetime
) -> None:
    """Give a person the earlier values; somebody who left comes back with the roles held before."""
    person = session.get_one(Person, UUID(key))
    person.is_active = True
    known = _values(staff_of(session, site_id, person)) | values
    team = UUID(known["team"]) if known["team"] else None
    given = Staff(known["name"], known["phone"], known["locale"], tuple(known["roles"]), team, tuple(known["skills"]))
    before = _values(staff_of(session, site_id, person))
    _write(session, site_id, person, given, actor)
    feeds.end_unheld(session, site_id, person.id, actor, now)
    _record(session, site_id, person, before, actor or person.id, now)

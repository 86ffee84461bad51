"""Who takes part: people with roles at sites, teams, homes, and their identities in the chat platforms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, validates

from core import clock, phones, places
from core.database import Table
from core.errors import Conflict, Invalid, NotFound
from core.places import Place

ROLES = ("resident", "technician", "supervisor", "manager", "admin")
STAFF_ROLES = ROLES[1:]
Member = tuple[UUID, str, list[str]]  # who, the name, the skills
MOST_NAMESAKES = 9
QUIET = "-"  # between two times, as quiet hours are kept


class AmbiguousName(Conflict):
    """There are several people called {name}: {people}. Please give the id instead of the name."""


class Person(Table):
    """Somebody. `epoch` grows when links to their tickets are ended: the secret of each link is made with it.

    `phone_proven_at`: when a platform said that the telephone is theirs; None for one that was only told.
    """

    __tablename__ = "people"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    name: Mapped[str] = mapped_column(default="")
    locale: Mapped[str] = mapped_column(default="zh_CN")
    phone: Mapped[str] = mapped_column(default="")
    phone_key: Mapped[str] = mapped_column(default="", index=True)
    phone_proven_at: Mapped[datetime | None]
    password_hash: Mapped[str] = mapped_column(default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    quiet: Mapped[str] = mapped_column(default="")  # hours, as `core.quiet` keeps them
    informed_at: Mapped[datetime | None]
    epoch: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    @validates("phone")
    def _keep_key(self, _name: str, phone: str) -> str:
        """The number as it was written stays beside what it is searched by."""
        self.phone_key = phones.key(phone)
        if not phones.is_end_of(phone, self.phone or ""):
            self.phone_proven_at = None
        return phone


class Role(Table):
    """A role that a person holds at a site."""

    __tablename__ = "roles"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(primary_key=True)


class Team(Table):
    """An own crew or a contractor at a site."""

    __tablename__ = "teams"
    __table_args__ = (UniqueConstraint("site_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"))
    name: Mapped[str]
    phone: Mapped[str] = mapped_column(default="")
    is_contractor: Mapped[bool] = mapped_column(default=False)


class Membership(Table):
    """A technician in a team, with the categories of work that this person is skilled in."""

    __tablename__ = "memberships"

    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    skills: Mapped[list[Any]] = mapped_column(default=list)


class Home(Table):
    """A unit that a resident may report for. `state`: claimed, approved, refused or ended."""

    __tablename__ = "homes"
    __table_args__ = (UniqueConstraint("person_id", "place_id"), Index(None, "place_id", "state"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    place_id: Mapped[UUID] = mapped_column(ForeignKey("places.id"))
    state: Mapped[str] = mapped_column(default="claimed")
    claimed_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class Identity(Table):
    """A person in a chat platform. `blocked_at`: the platform said that messages no longer arrive.

    `conversation`: the private chat, never a group's; empty for somebody who has written in groups only.
    `epoch` grows when the person's access is revoked: a token of ours that proves this identity names it.
    """

    __tablename__ = "identities"
    __table_args__ = (
        UniqueConstraint("channel", "account", "kind", "value"), Index(None, "person_id"),
        Index(None, "channel", "conversation"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    channel: Mapped[str]
    account: Mapped[str]
    kind: Mapped[str]
    value: Mapped[str]
    conversation: Mapped[str]
    verified_via: Mapped[str]
    verified_at: Mapped[datetime] = mapped_column(default=clock.now)
    seen_at: Mapped[datetime] = mapped_column(default=clock.now)
    blocked_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    epoch: Mapped[int] = mapped_column(default=0)


def add_person(session: Session, name: str, *, locale: str = "zh_CN", phone: str = "") -> Person:
    person = Person(
        id=clock.new_id(), name=name.strip()[:120], locale=locale, phone=phone, password_hash="", is_active=True,
        informed_at=None, created_at=clock.now(),
    )  # fmt: skip
    session.add(person)
    session.flush()
    return person


def get(session: Session, person_id: UUID) -> Person:
    """Somebody who is known to be there."""
    return session.get_one(Person, person_id)


def quiet_of(session: Session, person_id: UUID) -> tuple[str, ...]:
    """From when to when somebody wants quiet, such as `("22:00", "07:00")`; empty for no such hours."""
    said = get(session, person_id).quiet
    return tuple(said.split(QUIET)) if said else ()


def grant(session: Session, person_id: UUID, role: str, site_id: UUID) -> None:
    """Give a person a role at a site. Granting it again changes nothing."""
    if role not in ROLES:
        raise Invalid(field="field.role")
    if session.get(Role, (person_id, site_id, role)) is None:
        session.add(Role(person_id=person_id, site_id=site_id, role=role))
        session.flush()


def roles_of(session: Session, person_id: UUID) -> dict[UUID, set[str]]:
    """The roles a person holds, by site."""
    held: dict[UUID, set[str]] = {}
    for site_id, role in session.execute(select(Role.site_id, Role.role).where(Role.person_id == person_id)):
        held.setdefault(site_id, set()).add(role)
    return held


def holders(session: Session, site_id: UUID, role: str) -> list[UUID]:
    """The active people who hold a role at a site."""
    query = select(Role.person_id).join(Person, Person.id == Role.person_id)
    return list(session.scalars(query.where(Role.site_id == site_id, Role.role == role, Person.is_active)))


def person_named(session: Session, name: str) -> Person:
    """The one active person of that name, or whoever has that id. Errors: AmbiguousName, NotFound."""
    named = select(Person).where(Person.name == name, Person.is_active).order_by(Person.id)
    found = session.scalars(named.limit(MOST_NAMESAKES)).all()
    if len(found) > 1:
        raise AmbiguousName(name=name, people=told_apart(session, found))
    if found:
        return found[0]
    try:
        person = session.get(Person, UUID(name))
    except ValueError:
        person = None
    if person is None:
        raise NotFound(what="word.person")
    return person


def namesakes(session: Session, site_id: UUID, name: str) -> list[Person]:
    """The active people of a site who bear a name."""
    here = select(Role.person_id).where(Role.site_id == site_id)
    query = select(Person).where(Person.name == name.strip(), Person.is_active, Person.id.in_(here))
    return list(session.scalars(query.order_by(Person.id).limit(MOST_NAMESAKES)))


def told_apart(session: Session, found: Sequence[Person]) -> list[str]:
    """People of one name by what they are where, each with the id that means nobody else."""
    return [" ".join([*_offices(session, person.id), str(person.id)]) for person in found]


def _offices(session: Session, person_id: UUID) -> list[str]:
    held = roles_of(session, person_id)
    names = places.names_of(session, list(held))
    return [f"{'/'.join(role for role in ROLES if role in held[site])} ({names[site]})" for site in held]


def add_team(session: Session, name: str, site_id: UUID, *, phone: str = "", is_contractor: bool = False) -> Team:
    team = Team(id=clock.new_id(), site_id=site_id, name=name, phone=phone, is_contractor=is_contractor)
    session.add(team)
    session.flush()
    return team


def team_named(session: Session, site_id: UUID, name: str) -> Team:
    team = session.scalar(select(Team).where(Team.site_id == site_id, Team.name == name))
    if team is None:
        raise NotFound(what="word.team")
    return team


def join_team(session: Session, team_id: UUID, person_id: UUID, skills: list[str]) -> None:
    session.merge(Membership(team_id=team_id, person_id=person_id, skills=skills))
    session.flush()


def identify(session: Session, channel: str, account: str, kind: str, value: str) -> Person | None:
    """The person behind a platform's id; None for a stranger, a revoked identity or somebody who has left."""
    query = select(Person).join(Identity, Identity.person_id == Person.id).where(Person.is_active)
    return session.scalar(query.where(*_same(channel, account, kind, value), Identity.revoked_at.is_(None)))


def identity_known(session: Session, channel: str, account: str, kind: str, value: str) -> Identity | None:
    """The identity of somebody who is here; None for a stranger, a revoked one or one of somebody who has left."""
    query = select(Identity).join(Person, Identity.person_id == Person.id).where(Person.is_active)
    return session.scalar(query.where(*_same(channel, account, kind, value), Identity.revoked_at.is_(None)))


def add_identity(
    session: Session, person_id: UUID, channel: str, account: str, kind: str, value: str, *,
    conversation: str, via: str,
) -> Identity:  # fmt: skip
    """Join a platform's id to a person. One that is already somebody else's is a Conflict, never reassigned.

    That of somebody who has left is free again.
    """
    identity = session.scalar(select(Identity).where(*_same(channel, account, kind, value)))
    owner = identify(session, channel, account, kind, value)
    if owner is not None and owner.id != person_id:
        raise Conflict
    if identity is None:
        identity = Identity(id=clock.new_id(), channel=channel, account=account, kind=kind, value=value)
        session.add(identity)
    now = clock.now()
    identity.person_id, identity.conversation, identity.verified_via = person_id, conversation, via
    identity.verified_at = identity.seen_at = now
    identity.blocked_at = identity.revoked_at = None
    session.flush()
    return identity


def identities_of(session: Session, person_id: UUID) -> list[Identity]:
    """Where a person can be written to, the one used last in front."""
    query = select(Identity).where(Identity.person_id == person_id, Identity.revoked_at.is_(None))
    return list(session.scalars(query.order_by(Identity.seen_at.desc(), Identity.id.desc())))


def is_private(session: Session, channel: str, conversation: str) -> bool:
    """Whether a conversation is or was the private chat of anybody."""
    here = select(Identity.id).where(Identity.channel == channel, Identity.conversation == conversation)
    return session.scalar(here.limit(1)) is not None


def seen(session: Session, channel: str, account: str, kind: str, value: str, now: datetime) -> None:
    """Somebody writes here: this is the chat that they use, and whoever had blocked us has us back."""
    here = _same(channel, account, kind, value)
    session.execute(update(Identity).where(*here).values(seen_at=now, blocked_at=None))


def identity(session: Session, identity_id: UUID) -> Identity:
    """An identity that is known to be there, revoked or not."""
    return session.get_one(Identity, identity_id)


def mark_blocked(session: Session, identity_id: UUID, now: datetime) -> None:
    """The platform says that this person no longer wants or gets our messages there."""
    session.execute(update(Identity).where(Identity.id == identity_id).values(blocked_at=now))


def move_conversation(session: Session, identity_id: UUID, conversation: str) -> None:
    """From now on a person is written to in this private chat."""
    session.execute(update(Identity).where(Identity.id == identity_id).values(conversation=conversation))


def epoch_of(session: Session, channel: str, account: str, kind: str, value: str) -> int | None:
    """What a valid token of a platform's id names; None where nobody is to be let in by one."""
    query = select(Identity.epoch).join(Person, Person.id == Identity.person_id).where(Person.is_active)
    return session.scalar(query.where(*_same(channel, account, kind, value), Identity.revoked_at.is_(None)))


def end_epoch(session: Session, person_id: UUID) -> None:
    """From now on no token proves an identity of a person that was given out before."""
    session.execute(update(Identity).where(Identity.person_id == person_id).values(epoch=Identity.epoch + 1))


def end_links(session: Session, person_id: UUID) -> None:
    """From now on no secret is made again that opened a ticket for a person."""
    session.execute(update(Person).where(Person.id == person_id).values(epoch=Person.epoch + 1))


def identity_at(session: Session, person_id: UUID, channel: str, account: str, value: str) -> Identity | None:
    """The identity that a person writes with on an account of a platform."""
    known = identities_of(session, person_id)
    return next((one for one in known if (one.channel, one.account, one.value) == (channel, account, value)), None)


def is_reachable(session: Session, person_id: UUID) -> bool:
    """Whether there is a private chat in which a person can be written to."""
    return any(known.conversation and known.blocked_at is None for known in identities_of(session, person_id))


def _same(channel: str, account: str, kind: str, value: str) -> tuple[Any, ...]:
    return (Identity.channel == channel, Identity.account == account, Identity.kind == kind, Identity.value == value)


def claim_home(session: Session, person_id: UUID, place_id: UUID) -> Home:
    """Ask to report for a unit. Nothing is revealed until the desk or a member of that home approves."""
    home = session.scalar(select(Home).where(Home.person_id == person_id, Home.place_id == place_id))
    if home is None:
        home = Home(id=clock.new_id(), person_id=person_id, place_id=place_id, state="claimed", claimed_at=clock.now())
        session.add(home)
    elif home.state in ("refused", "ended"):
        home.state, home.claimed_at = "claimed", clock.now()
    session.flush()
    return home


def decide_home(session: Session, home_id: UUID, *, approve: bool, by: UUID | None) -> Home:
    """Approve or refuse a claim. A claim that was already decided is a Conflict."""
    changed = session.execute(
        update(Home)
        .where(Home.id == home_id, Home.state == "claimed")
        .values(state="approved" if approve else "refused", decided_at=clock.now(), decided_by=by)
    ).rowcount  # type: ignore[attr-defined]
    if changed != 1:
        raise Conflict
    home = session.get_one(Home, home_id, populate_existing=True)
    if approve:  # somebody lives there: from now on no stranger's report may be joined at this place
        session.execute(update(Place).where(Place.id == home.place_id).values(is_common=False))
    return home


def homes_of(session: Session, person_id: UUID) -> list[UUID]:
    """The places that a person may report for."""
    return list(session.scalars(select(Home.place_id).where(Home.person_id == person_id, Home.state == "approved")))


def members_of(session: Session, place_id: UUID) -> list[UUID]:
    return list(session.scalars(select(Home.person_id).where(Home.place_id == place_id, Home.state == "approved")))


def staff_of(session: Session, site_id: UUID) -> list[tuple[Person, list[str]]]:
    """The active staff of a site by name, each with the roles held there."""
    query = select(Person, Role.role).join(Role, Role.person_id == Person.id)
    query = query.where(Role.site_id == site_id, Role.role.in_(STAFF_ROLES), Person.is_active)
    held: dict[UUID, tuple[Person, list[str]]] = {}
    for person, role in session.execute(query.order_by(Person.name, Person.id, Role.role)):
        held.setdefault(person.id, (person, []))[1].append(role)
    return list(held.values())


def teams_of(session: Session, site_id: UUID) -> list[Team]:
    return list(session.scalars(select(Team).where(Team.site_id == site_id).order_by(Team.name)))


def members_by_team(session: Session, site_id: UUID) -> dict[UUID, list[Member]]:
    """The active members of the teams of a site, by team."""
    query = select(Membership.team_id, Person.id, Person.name, Membership.skills)
    query = query.join(Team, Team.id == Membership.team_id).join(Person, Person.id == Membership.person_id)
    found: dict[UUID, list[Member]] = {}
    query = query.where(Team.site_id == site_id, Person.is_active).order_by(Person.name)
    for team_id, person_id, name, skills in session.execute(query):
        found.setdefault(team_id, []).append((person_id, name, list(skills or [])))
    return found


def masked(phone: str) -> str:
    """A telephone number that can be recognised but not called: 138****1234."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 9 else "****" if phone else ""

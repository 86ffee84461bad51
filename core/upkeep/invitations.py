"""Invitations: a link or a printed slip for a unit, with which whoever lives there lets themselves in.

The slip was handed to the unit, so whoever holds it may report for it: for a month, for a household's number of
people, until the desk prints another one. Only the hash of its secret is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import access, changes, clock, people
from core.database import Table
from core.errors import Invalid, Missing, NotFound
from core.people import Home, Person
from core.places import Place

LIFE = timedelta(days=30)
MOST_PEOPLE = 8
MOST_UNITS = 1000
LONGEST_NAME = 120


class InvitationOver(NotFound):
    """This invitation is used up or too old. Please ask for a new one."""


class TooManyUnits(Invalid):
    """These are {count} homes; {most} invitations at once are possible. Choose one building."""


class Invitation(Table):
    """A unit's invitation. `uses`: how many people have come in by it."""

    __tablename__ = "invitations"
    __table_args__ = (Index(None, "place_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"))
    place_id: Mapped[UUID] = mapped_column(ForeignKey("places.id"))
    hash: Mapped[str] = mapped_column(unique=True)
    made_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    uses: Mapped[int] = mapped_column(default=0)
    revoked_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Slip:
    """What is printed for a unit. The secret is told once, here."""

    unit: str
    secret: str


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who lets themselves in."""

    name: str
    phone: str
    locale: str


def units(session: Session, site_id: UUID, under: str) -> list[Place]:
    """The homes at a path and below it, in order. Errors: NotFound, TooManyUnits."""
    path = under.strip("/ ")
    homes = select(Place).where(Place.site_id == site_id, ~Place.is_common, Place.path != "")
    if path:
        homes = homes.where((Place.path == path) | Place.path.startswith(f"{path}/", autoescape=True))
    found = list(session.scalars(homes.order_by(Place.path).limit(MOST_UNITS + 1)))
    if not found:
        raise NotFound(what="word.home")
    if len(found) > MOST_UNITS:
        raise TooManyUnits(count=f"{MOST_UNITS}+", most=MOST_UNITS)
    return found


def invite(session: Session, site_id: UUID, homes: list[Place], actor: UUID, now: datetime) -> list[Slip]:
    """Make an invitation for each home; the ones that these homes had before end."""
    slips = []
    for home in homes:
        session.execute(
            update(Invitation).where(Invitation.place_id == home.id, Invitation.revoked_at.is_(None))
            .values(revoked_at=now)
        )  # fmt: skip
        secret = clock.secret(100)
        session.add(Invitation(
            id=clock.new_id(), site_id=site_id, place_id=home.id, hash=access.hash_of(secret), made_by=actor,
            made_at=now, expires_at=now + LIFE, uses=0, revoked_at=None,
        ))  # fmt: skip
        slips.append(Slip(home.path, secret))
    session.flush()
    told = {"units": len(slips), "first": slips[0].unit, "last": slips[-1].unit}
    changes.record(session, changes.Edit(site_id, "invitations", slips[0].unit, {}, told, slips[0].unit), actor, now)
    return slips


def look_up(session: Session, secret: str, now: datetime) -> Invitation:
    """An invitation that still lets somebody in. Errors: InvitationOver."""
    found = session.scalar(select(Invitation).where(Invitation.hash == access.hash_of(secret)))
    if found is None or found.revoked_at or found.expires_at <= now or found.uses >= MOST_PEOPLE:
        raise InvitationOver
    return found


def accept(session: Session, secret: str, newcomer: Newcomer, person_id: UUID | None, now: datetime) -> Person:
    """Let somebody into the home of an invitation: a person who is signed in, or somebody new by name.

    Errors: Missing, InvitationOver. Of two who take the last use at once, one is told that it is over.
    """
    invitation = look_up(session, secret, now)
    name = " ".join(newcomer.name.split())[:LONGEST_NAME]
    if person_id is None and not name:
        raise Missing(field="field.name")
    _use(session, invitation)
    person = people.get(session, person_id) if person_id else people.add_person(
        session, name, locale=newcomer.locale, phone=newcomer.phone[:40]
    )  # fmt: skip
    people.grant(session, person.id, "resident", invitation.site_id)
    home = people.claim_home(session, person.id, invitation.place_id)
    if home.state != "approved":
        people.decide_home(session, home.id, approve=True, by=invitation.made_by)
    _record(session, invitation, home, person, now)
    return person


def _use(session: Session, invitation: Invitation) -> None:
    free = (Invitation.id == invitation.id, Invitation.uses < MOST_PEOPLE, Invitation.revoked_at.is_(None))
    used = session.execute(update(Invitation).where(*free).values(uses=Invitation.uses + 1))
    if used.rowcount != 1:  # type: ignore[attr-defined]
        raise InvitationOver


def _record(session: Session, invitation: Invitation, home: Home, person: Person, now: datetime) -> None:
    unit = session.get_one(Place, invitation.place_id).path
    told = {"state": "approved", "invitation": str(invitation.id)}
    edit = changes.Edit(invitation.site_id, "home", str(home.id), {"state": ""}, told, unit, f"person:{person.id}")
    changes.record(session, edit, person.id, now)

"""A resident who telephones: found by number, name or unit while talking, and the report taken for them.

The desk knows who calls, so a home that it names is approved at once. Somebody whom no message can reach gets a link
or a printed slip, and is not asked to rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from core import addresses, intake, people, phones, places, trace
from core.errors import Invalid, Missing, NotFound
from core.intake import FaultReport, Intake
from core.people import Home, Identity, Person, Role
from core.places import Place

LEAST_DIGITS = 4
LONGEST_ADDRESS = 10  # digits; what has more is a telephone number
LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who may be calling: a person, with the home that matched or the only one, or a unit nobody lives in.

    `has_chat`: whether messages reach this person.
    """

    person_id: UUID | None
    name: str
    phone: str
    place_id: UUID | None
    unit: str
    has_chat: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls, as the desk noted it. Without `person_id` it is somebody new, `unit_id` is their home if any."""

    person_id: UUID | None = None
    name: str = ""
    phone: str = ""
    unit_id: UUID | None = None


def find(session: Session, site_id: UUID, words: str, limit: int = 8) -> list[Caller]:
    """The people of a site that words may mean, then units of that name in which nobody is known."""
    words = words.strip()[:100]
    if len(words) < 2:
        return []
    units = _units(session, site_id, words)
    everybody = _people(session, site_id, words, limit, units)
    found = [one for one in everybody if one.place_id in units or _is_meant(one, words)]
    if phones.is_number(words) and not units:
        return found
    return found + _empty_units(session, site_id, words, limit - len(found), units)


def _units(session: Session, site_id: UUID, words: str) -> list[UUID]:
    """The homes that an address may mean, where more than one number or letter of it was said."""
    if len(addresses.signs(words)) < 2 or len(phones.digits(words)) >= LONGEST_ADDRESS:
        return []
    return [place.id for place in addresses.meant(session, site_id, words)]


def report(session: Session, person_id: UUID, told: FaultReport, now: datetime) -> Intake:
    """Take a report for whoever calls. A twin is left to the desk to decide, unless the report says it is its own."""
    via = "" if has_chat(session, person_id) else "phone"
    return intake.report_fault(session, replace(told, reporter_id=person_id, via=via, may_ask=False), now)


def known(session: Session, site_id: UUID, call: Call, desk: UUID, now: datetime) -> UUID:
    """The person who calls; somebody new is added, with the home that the desk names.

    Errors: Missing and Invalid for what is not usable, NotFound for a person or unit of another site.
    """
    if call.unit_id is not None:
        _check_unit(session, site_id, call.unit_id)
    if call.person_id is not None:
        if not session.scalar(select(exists().where(Person.id == call.person_id, _is_here(site_id)))):
            raise NotFound(what="word.person")
        return call.person_id
    return _newcomer(session, site_id, call, desk, now)


def _newcomer(session: Session, site_id: UUID, call: Call, desk: UUID, now: datetime) -> UUID:
    """Somebody new. A number that belongs to one person of the site already is that person."""
    name, phone = call.name.strip(), call.phone.strip()
    if phone and not phones.is_number(phone):
        raise Invalid(field="field.phone")
    if len(name) > LONGEST_NAME:
        raise Invalid(field="field.name")
    if not name and not phone:
        raise Missing(field="field.caller")
    known = [one for one in _people(session, site_id, phone, 9) if phones.same(one.phone, phone)] if phone else []
    if len({one.person_id for one in known}) == 1 and name in ("", known[0].name):
        assert known[0].person_id is not None
        return known[0].person_id
    locale = places.site_of(session, site_id).locale
    person = people.add_person(session, name or phone, locale=locale, phone=phone)
    people.grant(session, person.id, "resident", site_id)
    entry = trace.Entry("called_in", {"site": str(site_id)}, actor=str(desk))
    trace.append(session, f"person:{person.id}", [entry], now)
    if call.unit_id is not None:
        home = people.claim_home(session, person.id, call.unit_id)
        people.decide_home(session, home.id, approve=True, by=desk)
    return person.id


def _check_unit(session: Session, site_id: UUID, unit_id: UUID) -> None:
    place = session.get(Place, unit_id)
    if place is None or place.site_id != site_id:
        raise NotFound(what="word.place")


def _people(session: Session, site_id: UUID, words: str, limit: int, units: Sequence[UUID] = ()) -> list[Caller]:
    home = and_(Home.person_id == Person.id, Home.state == "approved")
    here = and_(Place.id == Home.place_id, Place.site_id == site_id)
    query = select(Person.id, Person.name, Person.phone, Place.id, Place.path, _REACHABLE)
    query = query.outerjoin(Home, home).outerjoin(Place, here)
    query = query.where(Person.is_active, _is_here(site_id), or_(and_(*_matches(words)), Place.id.in_(units)))
    rows = session.execute(query.order_by(Person.name, Place.path).limit(limit))
    return [Caller(*row[:4], row[4] or "", has_chat=row[5]) for row in rows]


def _matches(words: str) -> Sequence[ColumnElement[bool]]:
    """Digits are sought at the end of telephone numbers, every other word in names and units."""
    found = phones.digits(words)
    if phones.is_number(words) or (found == words and len(found) >= LEAST_DIGITS):
        by_phone = (
            Person.phone_key == phones.key(words) if len(found) >= phones.KEY else Person.phone_key.endswith(found)
        )
        return [or_(by_phone, Place.path.icontains(words, autoescape=True))]
    either = (or_(Person.name.icontains(one, autoescape=True), Place.path.icontains(one, autoescape=True))
              for one in words.split())  # fmt: skip
    return list(either)


def _is_meant(one: Caller, words: str) -> bool:
    """Two telephones may end alike: a whole number means that very one."""
    is_whole = phones.is_number(words) and len(phones.digits(words)) >= phones.KEY
    return not is_whole or phones.same(one.phone, words) or words in one.unit


def _empty_units(session: Session, site_id: UUID, words: str, limit: int, units: Sequence[UUID]) -> list[Caller]:
    lives = exists().where(Home.place_id == Place.id, Home.state == "approved")
    query = select(Place.id, Place.path).where(Place.site_id == site_id, Place.kind == "unit", ~lives)
    named = and_(*(Place.path.icontains(word, autoescape=True) for word in words.split()))
    query = query.where(or_(named, Place.id.in_(units)))
    rows = session.execute(query.order_by(Place.path).limit(max(0, limit)))
    return [Caller(None, "", "", place_id, path) for place_id, path in rows]


_REACHABLE = exists().where(
    Identity.person_id == Person.id, Identity.revoked_at.is_(None), Identity.blocked_at.is_(None),
    Identity.conversation != "",
).label("has_chat")  # fmt: skip


def _is_here(site_id: UUID) -> ColumnElement[bool]:
    """A person of the site: with a role there, or a home."""
    home = exists().where(Home.person_id == Person.id, Home.place_id == Place.id, Place.site_id == site_id)
    return or_(exists().where(Role.person_id == Person.id, Role.site_id == site_id), home.correlate(Person))


def has_chat(session: Session, person_id: UUID) -> bool:
    """Whether messages reach a person."""
    return bool(session.scalar(select(_REACHABLE).where(Person.id == person_id)))

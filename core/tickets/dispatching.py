"""Work finds its technician: who could do it is read here, who should is decided by `core.dispatch`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam, case, func, select
from sqlalchemy.orm import Session

from core import categories, outbox, people, places
from core.calendars import Duty
from core.categories import Work
from core.database import UtcDateTime
from core.dispatch import MINUTES_PER_TICKET, Candidate, Ranked, choose, rank
from core.outbox import Choice
from core.people import Membership, Person, Role
from core.places import SiteFacts
from core.prepared import Prepared
from core.tickets import actions, alarming, news, queries
from core.tickets.models import Offer, Ticket

DUTIES = ("", "other_on_call", "on_call", "team_on_call")  # in the order in which the query below counts them
SHOW = (Choice("work.show"),)
MOST_JOBS = 100  # counting goes no further: whoever has so many is last anyway


def dispatch(session: Session, ticket: Ticket, now: datetime, site: SiteFacts | None = None) -> None:
    """Give reported work out as its category says: assign to the best, let a team claim, or leave it to the desk."""
    work = categories.handbook(session, site or places.site_of(session, ticket.site_id)).work(ticket.category)
    if ticket.emergency:
        _tell_admins(session, ticket, now)
    if work.mode == "assign" or ticket.emergency:
        _assign_best(session, ticket, work, now)
    elif work.mode == "claim":
        _let_claim(session, ticket, work, now)
    else:
        _tell_desk(session, ticket, now)


def ranking(session: Session, ticket: Ticket, now: datetime) -> list[Ranked]:
    """Who could do it, best first, with the reasons: what the desk shows."""
    work = categories.handbook(session, places.site_of(session, ticket.site_id)).work(ticket.category)
    return rank(candidates(session, ticket, work, now), is_emergency=bool(ticket.emergency))


def has_next(session: Session, ticket: Ticket, now: datetime, but: UUID) -> bool:
    """Whether work that somebody gave back will find anybody else to do it."""
    work = categories.handbook(session, places.site_of(session, ticket.site_id)).work(ticket.category)
    if work.mode == "assign" or ticket.emergency:
        found = candidates(session, ticket, work, now)
        return choose(found, _asked(session, ticket) | {but}, is_emergency=bool(ticket.emergency)) is not None
    return work.mode == "claim" and any(who != but for who in _claimers(session, ticket, work))


def _claimers(session: Session, ticket: Ticket, work: Work) -> list[UUID]:
    if work.team_id is not None:
        return list(queries.team_members(session, work.team_id))
    return people.holders(session, ticket.site_id, "technician")


def _assign_best(session: Session, ticket: Ticket, work: Work, now: datetime) -> None:
    asked = _asked(session, ticket) if ticket.trace_seq > 1 else set()
    best = choose(candidates(session, ticket, work, now), asked, is_emergency=bool(ticket.emergency))
    if best is None:
        _tell_desk(session, ticket, now)
        return
    facts = {"assignee": best.person_id, "reasons": best.reasons}
    actions.act(session, ticket, "assign", actions.DISPATCH, now, facts=facts)


def _asked(session: Session, ticket: Ticket) -> set[UUID]:
    """Who was asked in this round already; whose offer was withdrawn has not had the chance to answer."""
    query = select(Offer.person_id).where(
        Offer.ticket_id == ticket.id, Offer.round == ticket.round, Offer.state != "withdrawn"
    )
    return set(session.scalars(query))


def _let_claim(session: Session, ticket: Ticket, work: Work, now: datetime) -> None:
    if work.team_id is not None:
        actions.act(session, ticket, "offer_team", "dispatch", now, facts={"team": work.team_id})
        return
    readers = people.holders(session, ticket.site_id, "technician")
    outbox.post(session, [news.letter(ticket, "team_offer", who, [Choice("work.claim")]) for who in readers], now)
    actions.set_wake(session, ticket, None)


def _tell_desk(session: Session, ticket: Ticket, now: datetime) -> None:
    """Nobody is left to ask: the supervisors assign by hand."""
    readers = people.holders(session, ticket.site_id, "supervisor")
    outbox.post(session, [news.letter(ticket, "unassigned", who, SHOW) for who in readers], now)
    if not ticket.emergency:
        actions.set_wake(session, ticket, None)


def _tell_admins(session: Session, ticket: Ticket, now: datetime) -> None:
    """An emergency that no supervisor can read of is the administrators'."""
    if alarming.any_reachable(session, people.holders(session, ticket.site_id, "supervisor")):
        return
    readers = people.holders(session, ticket.site_id, "admin")
    outbox.post(session, [news.letter(ticket, "unreached", who) for who in readers], now)


def candidates(session: Session, ticket: Ticket, work: Work, now: datetime) -> list[Candidate]:
    """The active technicians of the site with what the ranking asks about."""
    found: dict[UUID, Candidate] = {}
    team = ticket.team_id or work.team_id
    for person_id, name, team_id, skills, jobs, duty in _TECHNICIANS.rows(
        session, site=ticket.site_id, now=now, team=team
    ):
        known = found.get(person_id)
        found[person_id] = Candidate(
            person_id, name,
            is_skilled=ticket.category in (skills or ()) or bool(known and known.is_skilled),
            is_in_team=(team is not None and team_id == team) or bool(known and known.is_in_team),
            duty=DUTIES[duty or 0], minutes=jobs * MINUTES_PER_TICKET,
        )  # fmt: skip
    return list(found.values())


def _technicians() -> Prepared:
    """Every active technician of a site: once for each team, with the open jobs and the duty that says most."""
    site, now = bindparam("site", type_=Uuid()), bindparam("now", type_=UtcDateTime())
    team = bindparam("team", type_=Uuid())
    some = select(Ticket.id).where(Ticket.is_open, Ticket.assignee_id == Person.id).limit(MOST_JOBS).correlate(Person)
    jobs = select(func.count()).select_from(some.subquery()).correlate(Person).scalar_subquery()
    nearness = func.max(case((Duty.team_id == team, 3), (Duty.team_id.is_(None), 2), else_=1))
    here = (Duty.person_id == Person.id, Duty.site_id == site, Duty.starts_at <= now, Duty.ends_at > now)
    duty = select(nearness).where(*here).correlate(Person).scalar_subquery()
    query = select(Person.id, Person.name, Membership.team_id, Membership.skills, jobs, duty)
    query = query.join(Role, Role.person_id == Person.id).outerjoin(Membership, Membership.person_id == Person.id)
    return Prepared(query.where(Role.site_id == site, Role.role == "technician", Person.is_active))


_TECHNICIANS = _technicians()

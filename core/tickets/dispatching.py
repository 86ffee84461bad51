"""Work finds its technician: who could do it is read here, who should is decided by `core.dispatch`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import calendars, categories, outbox, people
from core.categories import Work
from core.dispatch import MINUTES_PER_TICKET, Candidate, Ranked, choose, rank
from core.outbox import Choice
from core.people import Membership, Person, Role
from core.places import Site
from core.tickets import actions, news
from core.tickets.models import Offer, Ticket


def dispatch(session: Session, ticket: Ticket, now: datetime) -> None:
    """Give reported work out as its category says: assign to the best, let a team claim, or leave it to the desk."""
    site = session.get_one(Site, ticket.site_id)
    work = categories.handbook(session, site).work(ticket.category)
    if work.mode == "assign" or ticket.emergency:
        _assign_best(session, ticket, work, now)
    elif work.mode == "claim":
        _let_claim(session, ticket, work, now)
    else:
        _tell_desk(session, ticket, now)


def ranking(session: Session, ticket: Ticket, now: datetime) -> list[Ranked]:
    """Who could do it, best first, with the reasons: what the desk shows."""
    work = categories.handbook(session, session.get_one(Site, ticket.site_id)).work(ticket.category)
    return rank(candidates(session, ticket, work, now), is_emergency=bool(ticket.emergency))


def _assign_best(session: Session, ticket: Ticket, work: Work, now: datetime) -> None:
    asked = set(session.scalars(select(Offer.person_id).where(Offer.ticket_id == ticket.id, Offer.round == ticket.round)))
    best = choose(candidates(session, ticket, work, now), asked, is_emergency=bool(ticket.emergency))
    if best is None:
        _tell_desk(session, ticket, now)
        return
    facts = {"assignee": best.person_id, "reasons": best.reasons}
    actions.act(session, ticket, "assign", "dispatch", now, facts=facts)


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
    outbox.post(session, [news.letter(ticket, "unassigned", who) for who in readers], now)
    if not ticket.emergency:
        actions.set_wake(session, ticket, None)


def candidates(session: Session, ticket: Ticket, work: Work, now: datetime) -> list[Candidate]:
    """The active technicians of the site with what the ranking asks about."""
    duty = set(calendars.on_call(session, ticket.site_id, now))
    load = _load(session, ticket.site_id)
    rows: dict[UUID, dict[str, Any]] = {}
    for person_id, name, team_id, skills in session.execute(_technicians(ticket.site_id)):
        row = rows.setdefault(person_id, {"name": name, "teams": set(), "skills": set()})
        row["teams"].add(team_id)
        row["skills"].update(skills or ())
    return [_candidate(person_id, row, ticket, work, duty, load) for person_id, row in rows.items()]


def _technicians(site_id: UUID) -> Any:
    query = select(Person.id, Person.name, Membership.team_id, Membership.skills).join(Role, Role.person_id == Person.id)
    query = query.outerjoin(Membership, Membership.person_id == Person.id)
    return query.where(Role.site_id == site_id, Role.role == "technician", Person.is_active)


def _load(session: Session, site_id: UUID) -> dict[UUID, int]:
    query = select(Ticket.assignee_id, func.count()).where(
        Ticket.is_open, Ticket.site_id == site_id, Ticket.assignee_id.is_not(None)
    )
    found: Iterable[Any] = session.execute(query.group_by(Ticket.assignee_id))
    return {person_id: number * MINUTES_PER_TICKET for person_id, number in found}


def _candidate(
    person_id: UUID, row: dict[str, Any], ticket: Ticket, work: Work, duty: set[UUID], load: dict[UUID, int]
) -> Candidate:
    return Candidate(
        person_id, row["name"], is_skilled=ticket.category in row["skills"],
        is_in_team=work.team_id is not None and work.team_id in row["teams"],
        is_on_call=person_id in duty, minutes=load.get(person_id, 0),
    )  # fmt: skip



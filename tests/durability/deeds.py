"""What the people of the simulated years do: report, accept or not, hold, sign off, confirm, rate, give out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core import access, surveys
from core.database import Session
from core.errors import GongdanError
from core.intake import FaultReport, report_fault
from core.tickets import actions, additions, queries
from core.tickets.models import Ticket
from tests.durability.towns import HOUR, MINUTE, TROUBLE, Town, World

LOOKS = 3  # at the list, a day


def day(world: World, now: datetime) -> None:
    """What people will do on a day: reports, looks at the list, the desk's morning."""
    lot = world.lot
    for town in world.towns:
        for _ in range(int(lot.uniform(0, 2) * world.size.reports / len(world.towns) + lot.random())):
            world.later(now + lot.uniform(0, 24) * HOUR, _reporting(world, town))
        world.later(now + lot.uniform(0, 24) * HOUR, _desk_work(world, town))
        for who in town.technicians:
            for _ in range(LOOKS):
                world.later(now + lot.uniform(0, 24) * HOUR, _working(world, town, who))


def _reporting(world: World, town: Town) -> Callable[[Session, datetime], None]:
    def report(session: Session, now: datetime) -> None:
        lot, at = world.lot, world.lot.randrange(len(town.residents))
        who, where = town.residents[at], lot.choice((*town.common, town.homes[at]))
        is_alarm = lot.random() < 0.01
        told = FaultReport(
            where, "I smell gas" if is_alarm else "it is broken", who,
            category="" if is_alarm else lot.choice(TROUBLE), is_own=True,
            priority="" if is_alarm else lot.choice(("urgent", "normal", "normal", "low")),
        )  # fmt: skip
        found = report_fault(session, told, now)
        world.done[f"report {found.outcome}"] += 1
        _notice(world, town, found.ticket, now)
        if found.ticket is not None and where.is_common and lot.random() < 0.1:
            additions.join(session, found.ticket, lot.choice(town.residents), "", now)

    return report


def _notice(world: World, town: Town, ticket: Ticket | None, now: datetime) -> None:
    """Most who are asked look at it, soon or too late; others wait for their next look at the list."""
    if ticket is not None and ticket.assignee_id and world.lot.random() < 0.75:
        world.later(now + world.lot.uniform(1, 30) * MINUTE, _working(world, town, ticket.assignee_id))


def _working(world: World, town: Town, who: UUID) -> Callable[[Session, datetime], None]:
    def look(session: Session, now: datetime) -> None:
        viewer = access.viewer(session, who)
        for one in queries.list_of(session, who)[:10]:
            _try(session, world, lambda one=one: _work_on(session, world, town, one.id, viewer, now))  # type: ignore[misc]

    return look


def _try(session: Session, world: World, deed: Callable[[], None]) -> None:
    try:
        with session.begin_nested():
            deed()
    except GongdanError as error:
        world.refused[type(error).__name__] += 1


def _work_on(session: Session, world: World, town: Town, ticket_id: UUID, viewer: Any, now: datetime) -> None:
    """What a technician does with a ticket of theirs: the next step, nothing, or something else."""
    ticket, luck = queries.by_id(session, ticket_id, lock=True), world.lot.random()
    if ticket.state == "assigned" and luck < 0.85:
        deed, facts = ("accept", {}) if luck < 0.72 else ("decline", {"reason": "other"})
    elif ticket.state == "accepted" and luck < 0.8:
        deed, facts = ("check_in", {}) if luck < 0.72 else ("hold", {"reason": world.lot.choice(("access", "other"))})
    elif ticket.state == "in_progress" and luck < 0.9:
        if luck > 0.85:
            deed, facts = "hold", {"reason": "waiting_parts"}
        else:
            _finish(session, world, town, ticket, viewer, now)
            return
    elif ticket.state == "on_hold" and luck < 0.4:
        deed, facts = "resume", {}
    else:
        return
    actions.act(session, ticket, deed, viewer, now, facts=facts)
    world.done[deed] += 1


def _finish(session: Session, world: World, town: Town, ticket: Ticket, viewer: Any, now: datetime) -> None:
    lot, is_check = world.lot, ticket.kind == "inspection"
    leaves = is_check and lot.random() < 0.05
    for item in queries.checklist_of(session, ticket.id) if is_check else ():
        if item.answer or (leaves and item.position > 1):
            continue
        answer = "fail" if lot.random() < 0.03 else "pass"
        if item.kind == "meter" and ticket.asset_id is not None:
            town.meters[ticket.asset_id] = round(town.meters.get(ticket.asset_id, 0) + lot.uniform(0, 90), 1)
            answer = str(town.meters[ticket.asset_id])
        additions.answer_item(session, ticket, item.position, answer, viewer.person_id, now)
    if leaves:
        desk = access.viewer(session, town.supervisor)
        actions.act(session, ticket, "waive", desk, now, facts={"evidence": "checklist", "reason": "other"})
    facts = {"resolution": "passed" if is_check else "fixed"}
    actions.act(session, ticket, "sign_off", viewer, now, facts=facts)
    world.done["sign_off"] += 1
    if ticket.reporter_id is not None and ticket.kind == "fault":
        _await_answer(world, town, ticket.id, ticket.reporter_id, now)


def _await_answer(world: World, town: Town, ticket_id: UUID, who: UUID, now: datetime) -> None:
    """The resident confirms, reopens or stays silent; some answer the question that comes later."""
    luck, lot = world.lot.random(), world.lot

    def answer(session: Session, at: datetime) -> None:
        def deed() -> None:
            ticket = queries.by_id(session, ticket_id, lock=True)
            if ticket.state == "done" and luck < 0.52:
                action = "confirm" if luck < 0.45 else "reopen"
                facts = {"reason": "not_fixed"} if action == "reopen" else {}
                actions.act(session, ticket, action, access.viewer(session, who), at, facts=facts)
                world.done[action] += 1

        _try(session, world, deed)

    def rate(session: Session, at: datetime) -> None:
        def deed() -> None:
            ticket, stars = queries.by_id(session, ticket_id, lock=True), lot.choice((1, 2, 3, 4, 5, 5, 5))
            if ticket.state == "closed":
                surveys.rate(session, ticket, who, stars, at)
                world.stars[ticket_id, ticket.round, who] = stars

        _try(session, world, deed)

    world.later(now + lot.uniform(0.2, 20) * HOUR, answer)
    if lot.random() < 0.4:
        world.later(now + (lot.uniform(20.5, 30) if luck < 0.45 else lot.uniform(75, 140)) * HOUR, rate)


def _desk_work(world: World, town: Town) -> Callable[[Session, datetime], None]:
    def give_out(session: Session, now: datetime) -> None:
        """The supervisor gives out what nobody took, and cancels a little."""
        desk = access.viewer(session, town.supervisor)
        query = select(Ticket.id).where(Ticket.is_open, Ticket.site_id == town.site, Ticket.state == "reported")
        for ticket_id in session.scalars(query.order_by(Ticket.id).limit(60)).all():
            ticket = queries.by_id(session, ticket_id, lock=True)
            is_cancelled = world.lot.random() < 0.03 and ticket.kind == "fault"
            action = "cancel" if is_cancelled else "assign"
            facts = {"reason": "other"} if is_cancelled else {"assignee": str(world.lot.choice(town.technicians))}
            with suppress(GongdanError), session.begin_nested():
                actions.act(session, ticket, action, desk, now, facts=facts)
                world.done[f"desk {action}"] += 1
                _notice(world, town, ticket, now)

    return give_out

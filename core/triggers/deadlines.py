"""Deadlines come near and pass: a reminder before, and step by step to more people after, each once.

After downtime the highest step is told with the true time, and what it makes needless is recorded with it. What nobody
has accepted in time goes back to dispatch, unless an offer is still waiting for its answer: then `offers` moves it on.
Emergencies alarm by themselves until somebody accepts. When a rule, the calendar or the time zone of a site changes,
`recounts` counts the deadlines of its open tickets anew.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core import calendars, deadlines, decisions, outbox, people, places, quiet, trace
from core.deadlines import Alarm, Deadline
from core.outbox import Choice
from core.places import Site
from core.tickets import actions, deadlining, news, queries, states
from core.tickets.models import Ticket
from core.triggers import Tick, trigger

NAME = "deadlines"
RECOUNTS = "recounts"
TERMS = "terms"
LIMIT = 1000  # at a time: the rest is due at the next tick
RESPOND = deadlines.RESPOND


def near(session: Session, tick: Tick) -> Sequence[UUID]:
    """Tickets of which somebody is to be told now, those that wait longest in front."""
    query = select(Ticket.id).where(Ticket.alarm_at <= tick.now)
    return session.scalars(query.order_by(Ticket.alarm_at, Ticket.id).limit(LIMIT)).all()


@trigger(NAME, every=timedelta(seconds=30), due=near)
def alarm(session: Session, ticket_id: UUID, tick: Tick) -> None:
    """Tell what is due, then say when to look again. What was met meanwhile is told to nobody."""
    ticket = queries.by_id(session, ticket_id, lock=True)
    if ticket.alarm_at is None or ticket.alarm_at > tick.now:
        return
    found = deadlining.counted(session, ticket).deadlines if ticket.is_open else ()
    own = [one for one in found if not (ticket.emergency and one.goal == RESPOND)]
    told = deadlining.told(session, ticket.id, ticket.round)
    for one in own:
        _tell_of(session, ticket, one, told, tick.now)
    told = deadlining.told(session, ticket.id, ticket.round)
    actions.set_deadlines(session, ticket, {"alarm_at": deadlining.next_alarm(own, told)})


def behind(session: Session, tick: Tick) -> Sequence[UUID]:
    """Open tickets that were counted with other terms than the site's of today, found by their index."""
    found: list[UUID] = []
    for site in session.scalars(select(Site)):
        now = deadlines.terms_of(site.settings, site.timezone).version
        others = or_(Ticket.terms < now, Ticket.terms > now)
        query = select(Ticket.id).where(Ticket.is_open, Ticket.site_id == site.id, others)
        found += session.scalars(query.limit(LIMIT - len(found)))
    return found


@trigger(RECOUNTS, every=timedelta(seconds=30), due=behind)
def recount(session: Session, ticket_id: UUID, tick: Tick) -> None:
    """Count the deadlines anew. Only what became another one is an event."""
    ticket = queries.by_id(session, ticket_id, lock=True)
    count = deadlining.counted(session, ticket)
    if not ticket.is_open or ticket.terms == count.terms.version:
        return
    _tell_terms(session, ticket.site_id, count.terms.version, tick.now)
    values = count.values(deadlining.told(session, ticket.id, ticket.round))
    moved = [name for name in deadlining.COLUMNS.values() if values.get(name) != getattr(ticket, name)]
    if count.deadlines and moved:
        actions.record(
            session, ticket, "recount", actions.Actor(trigger=RECOUNTS), {"deadlines": count.facts}, tick.now
        )
    actions.set_deadlines(session, ticket, values)


def _tell_terms(session: Session, site_id: UUID, version: str, now: datetime) -> None:
    """Once for each change: by what the deadlines of the site are counted from here on, whether or not one moves."""
    last = decisions.of_site(session, site_id, action=TERMS, limit=1)
    if not last or json.loads(last[0].facts)["terms"] != version:
        entry = trace.Entry(TERMS, {"terms": version}, RECOUNTS)
        decisions.append(session, site_id, f"site:{site_id}", [entry], now)


def _tell_of(session: Session, ticket: Ticket, one: Deadline, told: set[tuple[str, str]], now: datetime) -> None:
    """The highest alarm that is due, and whatever is due at the same moment; the earlier ones are superseded."""
    due = [alarm for alarm in deadlines.alarms(one) if alarm.at <= now and (alarm.goal, alarm.name) not in told]
    if not due or one.due_at is None:
        return
    last = [alarm for alarm in due if alarm.at == due[-1].at and bool(alarm.level) == bool(due[-1].level)]
    earlier = [alarm for alarm in due if alarm not in last]
    was = ticket.assignee_id
    readers = {who: alarm.level for alarm in last for who in _readers(session, ticket, alarm)}
    facts = {
        "goal": one.goal, "due": one.due_at, "level": last[-1].level, "told": [str(who) for who in readers],
        "names": [alarm.name for alarm in last], "superseded": [alarm.name for alarm in earlier],
    }  # fmt: skip
    is_late = last[-1].level > 0
    plain = {name: news.plain(value) for name, value in facts.items()}
    actions.record(session, ticket, "overdue" if is_late else "remind", actions.Actor(trigger=NAME), plain, now)
    deadlining.keep(session, ticket, last, "told", one.due_at, now)
    deadlining.keep(session, ticket, earlier, "superseded", one.due_at, now)
    _post(session, ticket, one, readers, now)
    is_unheard = one.goal == RESPOND or one.facts["clock"] == deadlines.PLAN
    if is_late and is_unheard and not any(name.startswith("step:") for _, name in told & _all_of(one)):
        _give_back(session, ticket, was, now)


def _all_of(one: Deadline) -> set[tuple[str, str]]:
    return {(alarm.goal, alarm.name) for alarm in deadlines.alarms(one)}


def _readers(session: Session, ticket: Ticket, alarm: Alarm) -> list[UUID]:
    """The technician who has it; without one, and at the desk's step, the supervisors; at last whoever is in charge."""
    if not alarm.tell:
        return []
    if alarm.tell == "technician" and ticket.assignee_id:
        return [ticket.assignee_id]
    role = "supervisor" if alarm.tell == "technician" else alarm.tell
    return people.holders(session, ticket.site_id, role) or people.holders(session, ticket.site_id, "admin")


def _post(session: Session, ticket: Ticket, one: Deadline, readers: dict[UUID, int], now: datetime) -> None:
    """Nobody is woken by what is not urgent: within the quiet hours of the site it waits for their end."""
    is_pressing = ticket.emergency or ticket.priority in quiet.PRESSING
    waits = now if is_pressing else _after_quiet(session, ticket, now)
    for who, level in readers.items():
        kind = "deadline_missed" if level else "deadline_near"
        buttons = [Choice("work.show")] if who == ticket.assignee_id else []
        facts = {"goal": one.goal, "due_at": one.due_at, "level": level}
        outbox.post(session, [replace(news.letter(ticket, kind, who, buttons, **facts), not_before=waits)], now)


def _after_quiet(session: Session, ticket: Ticket, now: datetime) -> datetime:
    site = places.site_of(session, ticket.site_id)
    return calendars.after_quiet(now, site.settings.get("quiet", ()), site.timezone)


def _give_back(session: Session, ticket: Ticket, was: UUID | None, now: datetime) -> None:
    """Nobody has accepted in time: whoever waits is told, and dispatch looks again where no offer is open any more."""
    waits = _after_quiet(session, ticket, now)
    letters = [news.letter(ticket, "late", who) for who in queries.concerned(session, ticket) if who != was]
    outbox.post(session, [replace(letter, not_before=waits) for letter in letters], now)
    if ticket.state == "assigned" and ticket.wake_at is None:
        actions.act(session, ticket, "release", NAME, now, facts={"reason": states.UNANSWERED})

"""The verbs of a ticket's life. All end in `apply()`, the only writer of state.

A verb checks its own facts and says what changes; `act()` finds out whether the actor may do it from here,
and `apply()` writes ticket, trace and messages under the condition that nobody was faster.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from core import clock, outbox, places, trace
from core.access import Viewer
from core.database import rows
from core.deadlines import promised_at
from core.errors import Conflict, Forbidden, Invalid, Missing
from core.people import Person, Role
from core.prepared import Prepared
from core.tickets import evidence, following, news, queries, states, words
from core.tickets.models import Offer, Ticket

OFFER_LIFE = timedelta(minutes=10)
SILENCE = timedelta(days=3)
REOPEN_WITHIN = timedelta(days=7)
SYSTEM = "system"
DISPATCH = "dispatch"


class IllegalTransition(Conflict):
    """{number} is {state}: this cannot be done now."""


class StaleTicket(Conflict):
    """{number} has changed since you saw it: it is {state} now. Please look again."""


class AlreadyTaken(Conflict):
    """{name} took {number} already."""


class MissingEvidence(Invalid):
    """Still missing: {missing}. Add it and you can submit."""


class TooLateToReopen(Conflict):
    """{number} was closed more than 7 days ago. Please report it again; the new report will be linked."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person, or a trigger by its name. `parts` are played at the ticket in question."""

    person_id: UUID | None = None
    trigger: str = ""

    @property
    def name(self) -> str:
        return str(self.person_id) if self.person_id else self.trigger


@dataclass(frozen=True, slots=True)
class Change:
    """What a verb does: values written to the ticket, facts for the trace, facts for the messages."""

    values: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    news: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Act:
    """One attempt to take an action, as the verbs see it."""

    session: Session
    ticket: Ticket
    actor: Actor
    facts: dict[str, Any]
    now: datetime


Verb = Callable[[Act], Change]
VERBS: dict[str, Verb] = {}


def verb(action: str) -> Callable[[Verb], Verb]:
    def keep(function: Verb) -> Verb:
        VERBS[action] = function
        return function

    return keep


def act(
    session: Session, ticket: Ticket, action: str, viewer: Viewer | str, now: datetime, *,
    facts: dict[str, Any] | None = None, version: int | None = None, device_at: datetime | None = None,
) -> Ticket:  # fmt: skip
    """Take an action on a ticket that was read with `lock=True`.

    `viewer`: the person who acts, or the name of a trigger. `version`: the one that the person saw.
    Errors: StaleTicket, IllegalTransition, AlreadyTaken, Forbidden, Missing, MissingEvidence, Invalid.
    """
    given = facts or {}
    parts = {SYSTEM} if isinstance(viewer, str) else queries.parts_of(session, ticket, viewer)
    actor = Actor(trigger=viewer) if isinstance(viewer, str) else Actor(viewer.person_id)
    row = _allowed(session, ticket, action, parts, version)
    lacking = [name for name in row.needs if given.get(name) in (None, "", [])]
    if lacking:
        raise Missing(field=f"field.{lacking[0]}")
    change = VERBS[action](Act(session, ticket, actor, given, now))
    return apply(session, ticket, row, actor, change, now, device_at)


def _allowed(session: Session, ticket: Ticket, action: str, parts: set[str], version: int | None) -> states.Transition:
    """The row of the table that allows it, or the error that says best why not."""
    row = states.find(action, ticket.kind, ticket.state, parts)
    if row is not None and version in (None, ticket.version):
        return row
    known = states.transitions(action, ticket.kind)
    if not known:
        raise Invalid(field="field.action")
    said = {"number": ticket.number, "state": f"state.{ticket.state}", "version": ticket.version}
    if action in ("claim", "accept") and ticket.assignee_id and "assignee" not in parts:
        name = queries.names_of(session, [ticket.assignee_id])[ticket.assignee_id]
        raise AlreadyTaken(name=name, **said)
    if not parts & {part for row in known for part in row.who} and not parts & {"assignee", "supervisor"}:
        raise Forbidden
    if version not in (None, ticket.version):
        raise StaleTicket(**said)
    if any(ticket.state in row.sources for row in known):
        raise Forbidden
    raise IllegalTransition(**said)


def apply(
    session: Session, ticket: Ticket, row: states.Transition, actor: Actor, change: Change, now: datetime,
    device_at: datetime | None = None,
) -> Ticket:  # fmt: skip
    """Write a transition: the ticket under its state and version, the event, the messages. The only writer of state.

    Errors: StaleTicket when another change came between reading and writing.
    """
    target = {states.SAME: ticket.state, states.HELD_FROM: ticket.held_from or "assigned"}.get(row.to, row.to)
    facts = {name: news.plain(value) for name, value in change.facts.items()}
    entry = trace.Entry(row.action, facts, actor.name, ticket.state, target, device_at)
    events = trace.chain(f"ticket:{ticket.id}", trace.Head(ticket.trace_seq, ticket.trace_head), [entry], now)
    values = {
        **change.values, "state": target, "is_open": target in states.OPEN, "version": ticket.version + 1,
        "trace_seq": events[-1]["seq"], "trace_head": events[-1]["hash"],
    }  # fmt: skip
    _write(session, ticket, values)
    trace.write(session, events)
    outbox.post(session, news.letters(session, ticket, row.action, actor.person_id, change.news, now), now)
    return ticket


def _write(session: Session, ticket: Ticket, values: dict[str, Any]) -> None:
    here = {"of_id": ticket.id, "of_state": ticket.state, "of_version": ticket.version}
    if _writing(tuple(values)).run(session, **here, **values) != 1:
        raise StaleTicket(number=ticket.number, state=f"state.{ticket.state}", version=ticket.version)
    for name, value in values.items():
        set_committed_value(ticket, name, value)


@cache
def _writing(names: tuple[str, ...]) -> Prepared:
    """The conditional update of some columns: it changes the row only in the state and version that were read."""
    here = [_TICKETS.c[name] == bindparam(f"of_{name}") for name in ("id", "state", "version")]
    return Prepared(update(_TICKETS).where(*here), names)


_TICKETS = rows(Ticket)


def set_wake(session: Session, ticket: Ticket, at: datetime | None) -> None:
    """Say when a trigger looks at a ticket next; it is no part of the ticket's life, so there is no event."""
    session.execute(
        update(Ticket).where(Ticket.id == ticket.id).values(wake_at=at).execution_options(synchronize_session=False)
    )
    set_committed_value(ticket, "wake_at", at)


def record(
    session: Session, ticket: Ticket, action: str, actor: Actor, facts: dict[str, Any], now: datetime,
    device_at: datetime | None = None,
) -> None:  # fmt: skip
    """Write something that happened at a ticket without changing its state: a photo, a word, a nudge."""
    entry = trace.Entry(action, facts, actor.name, ticket.state, ticket.state, device_at)
    events = trace.chain(f"ticket:{ticket.id}", trace.Head(ticket.trace_seq, ticket.trace_head), [entry], now)
    changed = session.execute(
        update(Ticket)
        .where(Ticket.id == ticket.id, Ticket.trace_seq == ticket.trace_seq)
        .values(trace_seq=events[-1]["seq"], trace_head=events[-1]["hash"])
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict
    set_committed_value(ticket, "trace_seq", events[-1]["seq"])
    set_committed_value(ticket, "trace_head", events[-1]["hash"])
    trace.write(session, events)


_OFFERS = rows(Offer)
_OFFER = Prepared(insert(_OFFERS), _OFFERS.columns.keys())


@verb("assign")
def _assign(act: Act) -> Change:
    """Give work to a technician, who is asked to accept. The reasons of the choice are kept with the offer."""
    person_id = UUID(str(act.facts["assignee"]))
    if act.actor.trigger != DISPATCH and not _is_technician(act.session, person_id, act.ticket.site_id):
        raise Invalid(field="field.assignee")
    _end_offers(act, "withdrawn")
    waits_until = None if act.ticket.emergency else act.now + OFFER_LIFE
    reasons = act.facts.get("reasons", [["by_hand", 0]])
    _OFFER.run(
        act.session, id=clock.new_id(), ticket_id=act.ticket.id, person_id=person_id, round=act.ticket.round,
        state="open", reasons=reasons, offered_at=act.now, expires_at=waits_until,
    )  # fmt: skip
    values = {"assignee_id": person_id, "accepted_at": None, "held_from": None, "hold_reason": None}
    if not act.ticket.emergency:
        values["wake_at"] = waits_until
    facts = {"assignee": str(person_id), "reasons": reasons}
    return Change(values, facts, {"assignee": person_id, "was": act.ticket.assignee_id})


@verb("transfer")
def _transfer(act: Act) -> Change:
    return _assign(act)


@verb("offer_team")
def _offer_team(act: Act) -> Change:
    """Let the members of a team claim it: the first one wins."""
    team_id = UUID(str(act.facts["team"]))
    _end_offers(act, "withdrawn")
    values = {"team_id": team_id, "assignee_id": None, "wake_at": act.ticket.wake_at if act.ticket.emergency else None}
    return Change(values, {"team": str(team_id)}, {"team": team_id})


@verb("request_transfer")
def _request_transfer(act: Act) -> Change:
    return Change({}, _reason(act), {"reason": act.facts["reason"]})


@verb("claim")
def _claim(act: Act) -> Change:
    change = _taken(act)
    return Change({**change.values, "assignee_id": act.actor.person_id}, change.facts, change.news)


@verb("accept")
def _taken(act: Act) -> Change:
    _end_offers(act, "accepted")
    values = {"accepted_at": act.now, "wake_at": None}
    return Change(values, {"assignee": act.actor.name}, {"promised_at": act.ticket.promised_at})


@verb("decline")
def _decline(act: Act) -> Change:
    """Give an offer back with a reason. Dispatch looks for the next one at once."""
    _end_offers(act, "declined")
    values = {"assignee_id": None, "accepted_at": None, "wake_at": act.now}
    return Change(values, _reason(act), {"reason": act.facts["reason"]})


@verb("release")
def _release(act: Act) -> Change:
    """Take unanswered work back to dispatch."""
    _end_offers(act, "expired")
    values = {"assignee_id": None, "accepted_at": None, "wake_at": act.now}
    return Change(values, {"reason": act.facts["reason"]}, {"was": act.ticket.assignee_id})


@verb("schedule")
def _schedule(act: Act) -> Change:
    """Propose an appointment, which the resident agrees to with one tap."""
    start, end = _moment(act.facts["from"], "field.from"), _moment(act.facts["until"], "field.until")
    if not start < end or end <= act.now or end - start > timedelta(days=1):
        raise Invalid(field="field.until")
    agreed = bool(act.facts.get("agreed_by"))
    values = {"scheduled_from": start, "scheduled_until": end, "is_schedule_agreed": agreed}
    return Change(
        values, {"from": start, "until": end, "agreed": agreed}, {"from": start, "until": end, "agreed": agreed}
    )


@verb("agree")
def _agree(act: Act) -> Change:
    if act.ticket.scheduled_from is None:
        raise Missing(field="field.from")
    span = {"from": act.ticket.scheduled_from, "until": act.ticket.scheduled_until}
    return Change({"is_schedule_agreed": True}, span, span)


@verb("check_in")
def _check_in(act: Act) -> Change:
    """Be at the asset, by its scanned code, or by a photo and a reason where the code is gone."""
    proof = _scan_proof(act)
    facts = {"scan": proof, **({"reason": act.facts["reason"]} if act.facts.get("reason") else {})}
    return Change({"scan_proof": proof or act.ticket.scan_proof}, facts)


@verb("hold")
def _hold(act: Act) -> Change:
    unaccepted = act.ticket.emergency and act.ticket.accepted_at is None
    wake_at = act.ticket.wake_at if unaccepted else None
    values = {"held_from": act.ticket.state, "hold_reason": str(act.facts["reason"])[:200], "wake_at": wake_at}
    return Change(values, _reason(act), {"reason": act.facts["reason"]})


@verb("resume")
def _resume(act: Act) -> Change:
    waits = act.ticket.held_from == "assigned" and not act.ticket.accepted_at
    return Change({"held_from": None, "hold_reason": None, "wake_at": act.now + OFFER_LIFE if waits else None})


@verb("sign_off")
def _sign_off(act: Act) -> Change:
    """Declare it done, with the evidence that the site's policy asks for."""
    ticket, resolution = act.ticket, str(act.facts["resolution"])
    if resolution not in states.SIGN_OFF_RESOLUTIONS[ticket.kind]:
        raise Invalid(field="field.resolution")
    proof = _scan_proof(act) or ticket.scan_proof
    set_committed_value(ticket, "scan_proof", proof)
    site = places.site_of(act.session, ticket.site_id)
    lacking = evidence.missing(queries.evidence_of(act.session, ticket), site.settings.get("evidence", {}))
    if lacking:
        raise MissingEvidence(missing=[f"evidence.{item}" for item in lacking], items=lacking)
    is_fault = ticket.kind == "fault"
    values = {
        "resolution": resolution, "done_at": act.now, "minutes": _minutes(act), "scan_proof": proof,
        "wake_at": act.now + SILENCE if is_fault else None, "closed_at": None if is_fault else act.now,
    }  # fmt: skip
    facts = {
        "resolution": resolution,
        "minutes": values["minutes"],
        "round": ticket.round,
        "digest": act.facts.get("digest", ""),
    }
    return Change(values, facts, {"resolution": resolution})


@verb("confirm")
def _confirm(act: Act) -> Change:
    return Change({"closed_at": act.now, "wake_at": None}, {"round": act.ticket.round})


@verb("lapse")
def _lapse(act: Act) -> Change:
    """Nobody answered: close as unanswered, which never counts as satisfied."""
    return Change({"closed_at": act.now, "wake_at": None, "resolution": "unanswered"}, {"round": act.ticket.round})


@verb("reopen")
def _reopen(act: Act) -> Change:
    """Start a new round with the same technician, fresh evidence and a fresh promise."""
    ticket = act.ticket
    if ticket.closed_at and act.now - ticket.closed_at > REOPEN_WITHIN:
        raise TooLateToReopen(number=ticket.number)
    site = places.site_of(act.session, ticket.site_id)
    values = {
        "round": ticket.round + 1, "resolution": None, "done_at": None, "closed_at": None, "accepted_at": None,
        "scan_proof": "", "waived": [], "minutes": None, "wake_at": act.now + OFFER_LIFE,
        "scheduled_from": None, "scheduled_until": None, "is_schedule_agreed": False,
        "promised_at": promised_at(ticket.priority, act.now, site.settings),
    }  # fmt: skip
    return Change(values, {**_reason(act), "round": ticket.round + 1}, {"reason": act.facts["reason"]})


@verb("merge")
def _merge(act: Act) -> Change:
    """Let another open ticket stand for this one; its people follow the other from now on."""
    into = queries.by_id(act.session, UUID(str(act.facts["into"])), lock=True)
    if into.id == act.ticket.id or into.site_id != act.ticket.site_id or into.state not in states.UNDECIDED:
        raise Invalid(field="field.into")
    following.move(act.session, act.ticket, into, act.now)
    values = {"merged_into_id": into.id, "resolution": "duplicate", "closed_at": act.now, "wake_at": None}
    return Change(values, {"into": into.number}, {"into": into.number})


@verb("cancel")
def _cancel(act: Act) -> Change:
    """End it without work. A reporter withdraws while nobody has accepted."""
    _end_offers(act, "withdrawn")
    values = {"resolution": "withdrawn", "closed_at": act.now, "wake_at": None}
    return Change(values, _reason(act), {"reason": act.facts["reason"]})


@verb("recategorise")
def _recategorise(act: Act) -> Change:
    values: dict[str, Any] = {"category": str(act.facts["category"]), "is_category_confirmed": True}
    if act.ticket.state == "reported" and not act.ticket.emergency:
        values["wake_at"] = act.now
    return Change(values, {"category": values["category"], "was": act.ticket.category})


@verb("reprioritise")
def _reprioritise(act: Act) -> Change:
    priority = str(act.facts["priority"])
    if priority not in states.PRIORITIES:
        raise Invalid(field="field.priority")
    site = places.site_of(act.session, act.ticket.site_id)
    values = {"priority": priority, "promised_at": promised_at(priority, act.ticket.opened_at, site.settings)}
    return Change(values, {"priority": priority, "was": act.ticket.priority})


@verb("escalate")
def _escalate(act: Act) -> Change:
    facts = {"level": act.facts["level"], "told": [str(person) for person in act.facts["people"]]}
    return Change({"wake_at": act.facts["next"]}, facts, {"people": act.facts["people"], "level": act.facts["level"]})


@verb("waive")
def _waive(act: Act) -> Change:
    """A supervisor lets a piece of evidence go, with a reason that stays in the trace."""
    item = str(act.facts["evidence"])
    if item not in evidence.KNOWN:
        raise Invalid(field="field.evidence")
    return Change({"waived": sorted({*act.ticket.waived, item})}, {"evidence": item, **_reason(act)})


def _reason(act: Act) -> dict[str, Any]:
    """A reason for the trace: a known key as it is, free words as a salted commitment beside a kept note."""
    reason = str(act.facts["reason"]).strip()
    if reason.isascii() and reason.replace("_", "").isalnum() and len(reason) <= 40:
        return {"reason": reason}
    return {"reason": words.keep(act.session, act.ticket, act.actor.person_id, reason[:1000], act.now)}


def _is_technician(session: Session, person_id: UUID, site_id: UUID) -> bool:
    person = session.get(Person, person_id)
    return bool(person and person.is_active and session.get(Role, (person_id, site_id, "technician")))


def _end_offers(act: Act, state: str) -> None:
    if act.ticket.trace_seq == 1:  # it was reported a moment ago: nobody has been asked yet
        return
    act.session.execute(
        update(Offer)
        .where(Offer.ticket_id == act.ticket.id, Offer.state == "open")
        .values(state=state)
        .execution_options(synchronize_session=False)
    )


def _scan_proof(act: Act) -> str:
    """What the facts prove about being at the asset: `code` of the very thing, or a photo with a reason."""
    scanned = str(act.facts.get("code") or "")
    if scanned:
        if scanned != act.ticket.asset_code:
            raise WrongCode(code=scanned, expected=act.ticket.asset_code)
        return "scanned"
    return "photo" if act.facts.get("code_photo") and act.facts.get("reason") else ""


class WrongCode(Invalid):
    """The code {code} belongs to another thing. This job is about {expected}."""


def _minutes(act: Act) -> int | None:
    given = act.facts.get("minutes")
    if given in (None, ""):
        return act.ticket.minutes
    try:
        minutes = int(str(given))
    except ValueError:
        raise Invalid(field="field.minutes") from None
    if not 0 <= minutes <= 10_000:
        raise Invalid(field="field.minutes")
    return minutes


def _moment(value: Any, name: str) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise Invalid(field=name) from None
    if moment.tzinfo is None:
        raise Invalid(field=name)
    return moment

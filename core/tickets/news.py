"""Who is told what when something happens to a ticket: one row for each action, so that nobody is forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core import people
from core.outbox import Choice, Letter
from core.tickets import deadlining, queries, states
from core.tickets.models import Ticket

STARS = (1, 2, 3, 4, 5)  # in this order: where buttons become numbers to reply with, the number is the stars
MOST_CHARACTERS = 80  # of the name of a plan in a message


@dataclass(frozen=True, slots=True)
class Happening:
    """What happened, as the rows below see it. `told`: the facts of the change."""

    session: Session
    ticket: Ticket
    actor_id: UUID | None
    told: dict[str, Any]

    def name(self, person_id: UUID | None) -> str:
        return queries.names_of(self.session, [person_id]).get(person_id, "") if person_id else ""


Tell = Callable[[Happening], Iterable[Letter]]
TOLD: dict[str, Tell] = {}


def on(*actions: str) -> Callable[[Tell], Tell]:
    def keep(function: Tell) -> Tell:
        TOLD.update(dict.fromkeys(actions, function))
        return function

    return keep


def letters(
    session: Session, ticket: Ticket, action: str, actor_id: UUID | None, told: dict[str, Any], now: datetime
) -> list[Letter]:
    """The messages that an action brings about. The one who acted is not told what they did themselves."""
    tell = TOLD.get(action)
    return list(tell(Happening(session, ticket, actor_id, told))) if tell else []


def card(ticket: Ticket, **more: Any) -> dict[str, Any]:
    """The facts that every message about a ticket carries. `planned`: what its plan is called, where it has one."""
    facts: dict[str, Any] = {
        "number": ticket.number, "category": ticket.category, "place": ticket.place, "asset": ticket.asset_name,
        "priority": ticket.priority, "emergency": ticket.emergency, "promised_at": deadlining.visit(ticket),
        **({"stops": ticket.stops} if ticket.stops else {}), **planned(ticket), **more,
    }  # fmt: skip
    return {name: plain(value) for name, value in facts.items()}


def planned(ticket: Ticket) -> dict[str, Any]:
    """What an inspection is called, in place of its category: its words are the name of its plan."""
    return {"planned": ticket.text[:MOST_CHARACTERS]} if ticket.kind == "inspection" and ticket.text else {}


def plain(value: Any) -> Any:
    """A fact as JSON holds it: instants in ISO 8601, ids as text."""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def letter(ticket: Ticket, kind: str, person_id: UUID, buttons: Iterable[Choice] = (), **more: Any) -> Letter:
    return Letter(
        kind, card(ticket, **more), person_id, ticket_id=ticket.id, version=ticket.version, buttons=tuple(buttons)
    )


def _to_reporters(happening: Happening, kind: str, buttons: Iterable[Choice] = (), **more: Any) -> list[Letter]:
    """One letter to each person concerned but the one who acted."""
    readers = [who for who in queries.concerned(happening.session, happening.ticket) if who != happening.actor_id]
    return [letter(happening.ticket, kind, who, tuple(buttons), **more) for who in readers]


def _to_assignee(happening: Happening, kind: str, buttons: Iterable[Choice] = (), **more: Any) -> list[Letter]:
    who = happening.ticket.assignee_id
    return [letter(happening.ticket, kind, who, buttons, **more)] if who and who != happening.actor_id else []


def _to_desk(happening: Happening, kind: str, buttons: Iterable[Choice] = (), **more: Any) -> list[Letter]:
    readers = people.holders(happening.session, happening.ticket.site_id, "supervisor")
    return [letter(happening.ticket, kind, who, tuple(buttons), **more) for who in readers if who != happening.actor_id]


OFFER_BUTTONS = (Choice("work.accept"), Choice("work.decline"))
DONE_BUTTONS = (Choice("rate.confirm"), Choice("rate.reopen"))
RATE_BUTTONS = tuple(Choice("rate.stars", {"stars": stars}, label=f"stars_{stars}") for stars in STARS)


@on("assign", "transfer")
def _assigned(it: Happening) -> Iterable[Letter]:
    was = it.told.get("was")
    if was and was != it.ticket.assignee_id:
        yield letter(it.ticket, "taken_away", was)
    yield from _to_assignee(it, "offer", OFFER_BUTTONS)


@on("offer_team")
def _offered(it: Happening) -> Iterable[Letter]:
    for who in queries.team_members(it.session, it.told["team"]):
        yield letter(it.ticket, "team_offer", who, [Choice("work.claim")])


@on("request_transfer")
def _transfer_wanted(it: Happening) -> Iterable[Letter]:
    yield from _to_desk(
        it, "transfer_wanted", [Choice("work.show")], name=it.name(it.actor_id), reason=it.told["reason"]
    )


@on("relocate")
def _relocated(it: Happening) -> Iterable[Letter]:
    yield from _to_assignee(it, "relocated_job", [Choice("work.show")], was=it.told["was"])


@on("accept", "claim")
def _accepted(it: Happening) -> Iterable[Letter]:
    yield from _to_reporters(it, "accepted", name=it.name(it.ticket.assignee_id))


@on("release")
def _released(it: Happening) -> Iterable[Letter]:
    if it.told.get("was"):
        kind = "offer_expired" if it.told.get("reason", states.UNANSWERED) == states.UNANSWERED else "taken_away"
        if kind == "offer_expired" and it.ticket.emergency:  # nobody is asked next: whoever is first takes it
            yield letter(it.ticket, "offer_open", it.told["was"], [Choice("work.claim")])
        else:
            yield letter(it.ticket, kind, it.told["was"])


@on("schedule")
def _scheduled(it: Happening) -> Iterable[Letter]:
    span = {"from_at": it.told["from"], "until_at": it.told["until"], "name": it.name(it.ticket.assignee_id)}
    if it.told["agreed"]:
        yield from _to_reporters(it, "appointment", **span)
    else:
        yield from _to_reporters(
            it, "appointment_proposed", [Choice("track.agree"), Choice("track.other_time")], **span
        )


@on("agree")
def _agreed(it: Happening) -> Iterable[Letter]:
    yield from _to_assignee(it, "appointment_agreed", from_at=it.told["from"], until_at=it.told["until"])


@on("check_in")
def _arrived(it: Happening) -> Iterable[Letter]:
    yield from _to_reporters(it, "arrived", name=it.name(it.ticket.assignee_id))


@on("hold")
def _held(it: Happening) -> Iterable[Letter]:
    yield from _to_reporters(it, "held", reason=it.told["reason"])


@on("resume")
def _resumed(it: Happening) -> Iterable[Letter]:
    yield from _to_reporters(it, "resumed")


@on("sign_off")
def _done(it: Happening) -> Iterable[Letter]:
    if it.ticket.kind != "fault":
        return
    photo = queries.newest_photo(it.session, it.ticket, "after")
    facts = {"resolution": it.told["resolution"], "photo": photo, "head": it.ticket.trace_head[:16]}
    yield from _to_reporters(it, "done", DONE_BUTTONS, **facts)


@on("confirm")
def _confirmed(it: Happening) -> Iterable[Letter]:
    yield from _to_assignee(it, "confirmed")
    for who in it.told["asked"]:
        yield letter(it.ticket, "survey", who, RATE_BUTTONS)
    others = _to_reporters(it, "confirmed_other", [Choice("rate.reopen")])
    yield from (one for one in others if one.person_id not in it.told["asked"])


@on("lapse")
def _lapsed(it: Happening) -> Iterable[Letter]:
    for one in _to_reporters(it, "lapsed", [Choice("rate.reopen")]):
        asked = one.person_id in it.told["asked"]
        yield replace(one, kind="lapsed_rate", buttons=(*RATE_BUTTONS, *one.buttons)) if asked else one


@on("reopen")
def _reopened(it: Happening) -> Iterable[Letter]:
    yield from _to_assignee(it, "reopened", OFFER_BUTTONS, reason=it.told["reason"])
    yield from _to_desk(it, "reopened_desk", reason=it.told["reason"])
    yield from _to_reporters(it, "reopened_others")


@on("merge")
def _merged(it: Happening) -> Iterable[Letter]:
    yield from _to_reporters(it, "merged", into=it.told["into"])
    yield from _to_assignee(it, "taken_away")


@on("cancel")
def _cancelled(it: Happening) -> Iterable[Letter]:
    yield from _to_reporters(it, "cancelled", reason=it.told["reason"])
    yield from _to_assignee(it, "taken_away")


@on("escalate")
def _escalated(it: Happening) -> Iterable[Letter]:
    buttons = [] if it.ticket.assignee_id else [Choice("work.claim")]
    for who in it.told["people"]:
        mine = OFFER_BUTTONS if who == it.ticket.assignee_id else buttons
        yield letter(it.ticket, "escalated", who, mine, level=it.told["level"])

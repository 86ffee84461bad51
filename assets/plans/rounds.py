"""A round while it is walked: which stop a code belongs to, how far it is, and how sure it is that somebody was there.

Nobody is refused for lack of a proof: a stop without a scan is taken and marked so, and what speaks for presence stands
in the trace with the words why it is believed or not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import asin, cos, radians, sin, sqrt
from statistics import median
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from assets.plans.models import Stop
from core import clock, trace
from core.errors import Forbidden, Invalid, Missing, NotFound
from core.tickets import actions, additions, queries
from core.tickets.acts import Actor
from core.tickets.models import ChecklistItem, Subject, Ticket

SCANNED, TYPED, OPENED = "scanned", "typed", "opened"
PROOFS = ("", OPENED, TYPED, SCANNED)  # the better one last
HIGH, MEDIUM, LOW = "high", "medium", "low"
NEAR = 300.0  # metres; what a phone says between buildings is often that far off
COARSEST = 100.0  # metres; a phone that is less sure knows the quarter, not the place, and would agree with anything
EARTH = 6_371_000.0  # metres
VISITS = 5  # earlier scans of others that tell where a code is
REASONS = ("no_access", "out_of_service", "no_time", "weather")
BEGINNING = {"assigned": ("accept", "check_in"), "accepted": ("check_in",)}


class NothingLeft(Invalid):
    """Every question of this stop is answered already: there is nothing to carry forward."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a round is. `done`: all answered; `left`: explicitly for the next time."""

    done: int
    left: int
    all: int

    @property
    def is_complete(self) -> bool:
        return self.done + self.left == self.all


@dataclass(frozen=True, slots=True)
class Presence:
    """What speaks for somebody having been at a stop. `location`: {"lat", "lon", "accuracy"}, where they let it."""

    proof: str
    at: datetime
    location: dict[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Confidence:
    """How sure it is that somebody was there. `why`: keys of the reasons, with `metres` where they tell a distance."""

    level: str
    why: tuple[str, ...]
    metres: int = 0


def confidence(
    proof: str, distance: int | None, accuracy: float = 0.0, *, has_photo: bool = False
) -> Confidence:  # fmt: skip
    """Pure. Nobody is sure by a code alone: its address can be opened from anywhere by who has seen it once.

    A photo taken there or a position that agrees adds to it, and a position far off takes away.
    """
    if not proof:
        return Confidence(LOW, ("none",))
    points = PROOFS.index(proof)
    if distance is None:
        is_sure = has_photo and proof == SCANNED
        return Confidence(HIGH if is_sure else (LOW, LOW, MEDIUM, MEDIUM)[points], (proof, *["photo"] * has_photo))
    if distance > NEAR + min(accuracy, COARSEST):
        return Confidence((LOW, LOW, LOW, MEDIUM)[points], (proof, "far"), distance)
    return Confidence((LOW, MEDIUM, HIGH, HIGH)[points], (proof, "near"), distance)


def of_stop(stop: Stop, *, has_photo: bool = False) -> Confidence:
    return confidence(stop.proof, stop.distance, float(stop.location.get("accuracy") or 0), has_photo=has_photo)


def photographed(session: Session, stops: Sequence[Stop], items: dict[int, list[ChecklistItem]]) -> set[int]:
    """The positions of a ticket's stops where whoever was there answered with a photo, in the round of the visit."""
    taken = {(row.item, row.round, row.person_id) for stop in stops[:1]
             for row in queries.attachments_of(session, stop.ticket_id)}  # fmt: skip
    return {stop.position for stop in stops for item in items[stop.position]
            if (item.position, stop.round, stop.visited_by) in taken}  # fmt: skip


def stops_of(session: Session, ticket_id: UUID) -> list[Stop]:
    """The stops of a ticket in the order of its plan."""
    return list(session.scalars(select(Stop).where(Stop.ticket_id == ticket_id).order_by(Stop.position)))


def stop_of(session: Session, ticket: Ticket, position: int) -> Stop:
    found = session.scalar(select(Stop).where(Stop.ticket_id == ticket.id, Stop.position == position))
    if found is None or not ticket.stops:
        raise NotFound(what="word.stop")
    return found


def items_of(session: Session, ticket_id: UUID) -> dict[int, list[ChecklistItem]]:
    """The questions of a ticket by the position of their stop."""
    found: dict[int, list[ChecklistItem]] = defaultdict(list)
    for item in queries.checklist_of(session, ticket_id):
        found[item.options.get("stop", 1)].append(item)
    return found


def state_of(items: Sequence[ChecklistItem]) -> str:
    """`done`, `left` for the next time, or `open`."""
    if any(not item.answer and not item.options.get("left") for item in items):
        return "open"
    return "left" if any(not item.answer for item in items) else "done"


def progress(session: Session, tickets: Sequence[Ticket]) -> dict[UUID, Progress]:
    """How far each round of a list is; what is none is left out."""
    wanted = {ticket.id: ticket.stops for ticket in tickets if ticket.stops}
    if not wanted:
        return {}
    by_stop: dict[tuple[UUID, int], list[ChecklistItem]] = defaultdict(list)
    for item in session.scalars(select(ChecklistItem).where(ChecklistItem.ticket_id.in_(wanted))):
        by_stop[item.ticket_id, item.options.get("stop", 1)].append(item)
    states = {ticket_id: [state_of(by_stop[ticket_id, n + 1]) for n in range(count)] for ticket_id, count in
              wanted.items()}  # fmt: skip
    return {key: Progress(found.count("done"), found.count("left"), len(found)) for key, found in states.items()}


def stop_at(session: Session, person_id: UUID, subject: Subject) -> tuple[Ticket, Stop] | None:
    """The stop of a technician's open round that a code belongs to; one that is still open before one that is not."""
    query = select(Ticket, Stop).join(Stop, Stop.ticket_id == Ticket.id).where(_is_of(subject), Ticket.is_open)
    query = query.where(Ticket.assignee_id == person_id, Ticket.stops > 0).order_by(Ticket.id, Stop.position)
    found = [(ticket, stop) for ticket, stop in session.execute(query)]
    is_open = [one for one in found if state_of(items_of(session, one[0].id)[one[1].position]) == "open"]
    return next(iter(is_open or found), None)


def _is_of(subject: Subject) -> ColumnElement[bool]:
    """The stops at a thing: an asset, or a place that is meant by itself."""
    if subject.asset_id:
        return Stop.asset_id == subject.asset_id
    return (Stop.place_id == subject.place_id) & Stop.asset_id.is_(None)


def stop_in(session: Session, ticket: Ticket, subject: Subject) -> Stop | None:
    """The stop of a round at a thing."""
    query = select(Stop).where(Stop.ticket_id == ticket.id, _is_of(subject)).order_by(Stop.position)
    return session.scalars(query.limit(1)).first()


def under_way(session: Session, person_id: UUID, site_id: UUID) -> str:
    """The number of the round that a technician is walking at a site, the one begun last; empty where there is none."""
    query = select(Ticket.number).where(Ticket.assignee_id == person_id, Ticket.is_open, Ticket.stops > 0)
    query = query.where(Ticket.state == "in_progress", Ticket.site_id == site_id)
    return session.scalar(query.order_by(Ticket.accepted_at.desc()).limit(1)) or ""


def begin(session: Session, ticket: Ticket, viewer: Any, now: datetime) -> None:
    """Whoever answers the first stop has accepted the round and is there: no further taps for that."""
    if ticket.assignee_id != viewer.person_id:
        raise Forbidden
    additions.refuse_ended(ticket)
    for action in BEGINNING.get(ticket.state, ()):
        actions.act(session, ticket, action, viewer, now)
    if ticket.state != "in_progress":
        raise actions.IllegalTransition(number=ticket.number, state=f"state.{ticket.state}")


def visit(session: Session, ticket: Ticket, stop: Stop, presence: Presence, person_id: UUID, now: datetime) -> None:
    """Keep the proof of a visit: each in the trace, the best of a round at the stop. A position goes in as a digest."""
    location = _location(presence.location)
    distance = _distance(session, stop, location, person_id) if location else None
    salt = clock.secret() if location else ""
    facts: dict[str, Any] = {"stop": stop.position, "kind": presence.proof, "scanned": presence.at.isoformat()}
    if location:
        facts["position"] = trace.commitment(salt, trace.canonical({k: str(v) for k, v in location.items()}))
    if distance is not None:
        facts["metres"] = distance
    actions.record(session, ticket, "visit", Actor(person_id), facts, now)
    if stop.round == ticket.round and worth(presence.proof, distance) < worth(stop.proof, stop.distance):
        return
    stop.proof, stop.visited_at, stop.visited_by = presence.proof, presence.at, person_id
    stop.location, stop.salt, stop.distance, stop.round = location, salt, distance, ticket.round
    session.flush()


def worth(proof: str, distance: int | None) -> tuple[int, int]:
    return PROOFS.index(proof), distance is not None


def _location(given: dict[str, float] | None) -> dict[str, float]:
    """A position that can be one and says where; any other is as good as none."""
    if not given or not (abs(given["lat"]) <= 90 and abs(given["lon"]) <= 180 and 0 <= given["accuracy"] <= COARSEST):
        return {}
    return {"lat": round(given["lat"], 6), "lon": round(given["lon"], 6), "accuracy": round(given["accuracy"], 1)}


def _distance(session: Session, stop: Stop, location: dict[str, float], person_id: UUID) -> int | None:
    """Metres to where others scanned the code of the same thing before: nobody's own claims speak for them.

    None where nobody else has let that be known.
    """
    is_it = Stop.asset_id == stop.asset_id if stop.asset_id else Stop.place_id == stop.place_id
    query = select(Stop.location).where(is_it, Stop.ticket_id != stop.ticket_id, Stop.proof == SCANNED)
    query = query.where(Stop.visited_by != person_id)
    before = [one for one in session.scalars(query.order_by(Stop.id.desc()).limit(VISITS * 4)) if one][:VISITS]
    if not before:
        return None
    there = (median(one["lat"] for one in before), median(one["lon"] for one in before))
    return round(metres((location["lat"], location["lon"]), there))


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The distance of two positions on the globe, by the haversine formula."""
    lat, lon, lat2, lon2 = map(radians, (*one, *other))
    half = sin((lat2 - lat) / 2) ** 2 + cos(lat) * cos(lat2) * sin((lon2 - lon) / 2) ** 2
    return 2 * EARTH * asin(sqrt(half))


def leave(session: Session, ticket: Ticket, stop: Stop, reason: str, person_id: UUID, now: datetime) -> None:
    """Carry what is not answered at a stop forward to the next inspection, with a reason."""
    reason = reason.strip()[:200]
    if not reason:
        raise Missing(field="field.reason")
    open_ = [item.position for item in items_of(session, ticket.id)[stop.position] if not item.answer]
    if not open_:
        raise NothingLeft
    additions.leave_items(session, ticket, open_, reason, person_id, now)
    stop.left = reason
    session.flush()

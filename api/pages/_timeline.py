"""The trace of a ticket as people read it: newest first, and for a resident only what is theirs to know."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from api.events import TOLD
from api.pages import _checklist, _tickets
from api.pages._tickets import Photo
from assets.plans import rounds
from core import clock, i18n, places, trace
from core.access import Viewer
from core.database import Session
from core.people import Person
from core.tickets import queries
from core.tickets.models import Attachment, ChecklistItem, Follower, Note, Ticket

WITH_REPORT = timedelta(minutes=10)
ICONS = {
    "report": "chat", "accept": "accept", "claim": "accept", "assign": "person", "transfer": "transfer",
    "decline": "decline", "release": "decline", "schedule": "calendar", "agree": "calendar", "check_in": "place",
    "hold": "hold", "resume": "play", "sign_off": "sign", "confirm": "check", "lapse": "clock", "reopen": "reopen",
    "merge": "merge", "cancel": "cross", "add_photo": "camera", "add_voice": "mic", "add_note": "chat", "nudge": "bell",
    "join": "people", "sign": "sign", "use_part": "parts", "answer": "list", "escalate": "bell", "waive": "shield",
    "offer_team": "team", "remind": "clock", "overdue": "bell", "recount": "clock",
    "visit": "scan", "leave": "next", "planned": "calendar", "found": "alert", "found_by": "list",
    "found_again": "alert", "settled": "check",
}  # fmt: skip


@dataclass(slots=True)
class Line:
    """One entry. `title` is said already; `voices` are addresses of sound."""

    action: str
    icon: str
    title: str
    actor: str
    actor_id: str
    at: datetime
    state: str
    text: str = ""
    photos: list[Photo] = field(default_factory=list)
    voices: list[str] = field(default_factory=list)
    seq: int = 0


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the lines are made from."""

    session: Session
    ticket: Ticket
    viewer: Viewer
    locale: str
    is_staff: bool
    hidden: set[UUID]
    names: dict[UUID, str]
    notes: dict[str, Note]
    files: dict[tuple[str, int, str], Attachment]
    items: dict[int, ChecklistItem]
    stops: dict[int, str]


def lines(session: Session, ticket: Ticket, viewer: Viewer, locale: str) -> list[Line]:
    """The entries that this reader may see, newest first."""
    events = trace.events_of(session, f"ticket:{ticket.id}")
    reading = _reading(session, ticket, viewer, locale, events)
    told: list[Line] = []
    for event in events:
        if reading.is_staff or event.action in TOLD:
            _tell(reading, event, told)
    return told[::-1]


def _reading(session: Session, ticket: Ticket, viewer: Viewer, locale: str, events: list[trace.Event]) -> _Reading:
    is_staff = _tickets.is_staff_at(ticket, viewer)
    people = [found for event in events if (found := _person(event.actor))]
    notes = queries.notes_of(session, ticket.id, internal=is_staff)
    files = queries.attachments_of(session, ticket.id)
    return _Reading(
        session, ticket, viewer, locale, is_staff, _tickets.others(session, ticket, viewer),
        queries.names_of(session, people), {trace.commitment(note.salt, note.text): note for note in notes},
        {(row.hash, row.round, row.kind): row for row in files},
        {item.position: item for item in queries.checklist_of(session, ticket.id)} if is_staff else {},
        {stop.position: stop.name for stop in rounds.stops_of(session, ticket.id)} if ticket.stops else {},
    )  # fmt: skip


def _person(actor: str) -> UUID | None:
    try:
        return UUID(actor)
    except ValueError:
        return None


def _tell(reading: _Reading, event: trace.Event, told: list[Line]) -> None:
    facts = json.loads(event.facts)
    if event.action in ("add_photo", "add_voice"):
        _tell_file(reading, event, facts, told)
        return
    is_hidden = _person(event.actor) in reading.hidden
    if is_hidden and event.action in ("add_note", "nudge"):
        return
    note = reading.notes.get(facts.get("text") or facts.get("reason") or "")
    if event.action == "add_note" and note is None:
        return
    text = "" if is_hidden else note.text if note else _words(reading, event)
    told.append(_line(reading, event, _title(reading, event, facts), text))


def _words(reading: _Reading, event: trace.Event) -> str:
    """What was said in the report itself, or on joining it."""
    if event.action == "report":
        return reading.ticket.text
    if event.action == "join" and (person := _person(event.actor)):
        follower = reading.session.get(Follower, (reading.ticket.id, person))
        return follower.text if follower else ""
    return ""


def _tell_file(reading: _Reading, event: trace.Event, facts: dict[str, Any], told: list[Line]) -> None:
    """A photo joins the entry before it when that is by the same person; those of the report join the report."""
    row = reading.files.get((facts["hash"], facts["round"], facts["kind"]))
    if row is None or row.person_id in reading.hidden:
        return
    line = _entry_of(event, row.kind, told)
    if line is None:
        line = _line(reading, event, _title(reading, event, {"kind": row.kind}), row.reason)
        line.action = f"{event.action}:{row.kind}"
        told.append(line)
    shown = _tickets.photo(reading.ticket, row, reading.locale)
    line.seq = event.seq
    if row.kind == "voice":
        line.voices.append(shown.src.partition("?")[0].replace("/photos/", "/voices/"))
    else:
        line.photos.append(shown)


def _entry_of(event: trace.Event, kind: str, told: list[Line]) -> Line | None:
    """The entry that a file belongs to."""
    if told and told[-1].actor_id == event.actor and told[-1].action == f"{event.action}:{kind}":
        return told[-1]
    if kind != "report":
        return None
    said = [line for line in told if line.actor_id == event.actor and line.action in ("report", "join")]
    return said[-1] if said and event.at - said[-1].at < WITH_REPORT else None


def _line(reading: _Reading, event: trace.Event, title: str, text: str) -> Line:
    return Line(
        event.action, ICONS.get(event.action, "trace"), title, _actor(reading, event.actor), event.actor, event.at,
        event.to_state or reading.ticket.state, text, seq=event.seq,
    )  # fmt: skip


def _actor(reading: _Reading, actor: str) -> str:
    person = _person(actor)
    if person is None:
        return i18n.translate("page.who.system", reading.locale) if actor else ""
    if person == reading.viewer.person_id:
        return i18n.translate("page.who.me" if reading.is_staff else "page.who.you", reading.locale)
    if person in reading.hidden:
        return i18n.translate("page.who.neighbour", reading.locale)
    return reading.names.get(person) or i18n.translate("page.who.resident", reading.locale)


def _title(reading: _Reading, event: trace.Event, facts: dict[str, Any]) -> str:
    locale = reading.locale
    told = {name: str(value) for name, value in facts.items() if isinstance(value, str | int)}
    told["reason"] = reason(str(facts.get("reason", "")), locale)
    told["name"] = _named(reading, facts.get("assignee") or facts.get("person"))
    told |= _asked(reading, event.action, facts)
    if "goal" in facts:
        told["goal"] = i18n.translate(f"deadline.goal.{facts['goal']}", locale)
        zone = places.site_of(reading.session, reading.ticket.site_id).timezone
        told["due"] = i18n.local_time(datetime.fromisoformat(facts["due"]), zone, locale, event.at)
    if event.action in ("schedule", "agree") and facts.get("from") and facts.get("until"):
        told["span"] = _span(reading, facts)
    if "resolution" in facts:
        told["resolution"] = i18n.translate(f"resolution.{facts['resolution']}", locale)
    key = f"page.did.{event.action}"
    if "span" in told:
        return i18n.translate(f"{key}_at", locale, **told)
    for longer in (f"{key}_{facts.get('kind') or facts.get('scan') or facts.get('role')}", f"{key}_why"):
        is_meant = not longer.endswith("_why") or bool(told["reason"])
        if is_meant and i18n.has_text(longer, locale):
            return i18n.translate(longer, locale, **told)
    return i18n.translate(key, locale, **told) if i18n.has_text(key, locale) else event.action


def _asked(reading: _Reading, action: str, facts: dict[str, Any]) -> dict[str, str]:
    """What an event of a checklist is about: its stop, its questions, and the answer as it was given."""
    if action == "visit":
        return {"stop": reading.stops.get(facts["stop"], str(facts["stop"]))}
    if action == "leave":
        return {"questions": i18n.listed([_question(reading, at) for at in facts["positions"]], reading.locale)}
    if action not in ("answer", "found"):
        return {}
    item = reading.items.get(facts["position"])
    answer = _checklist.given(item, str(facts.get("answer", "")), reading.locale) if item else ""
    return {"question": _question(reading, facts["position"]), "answer": answer}


def _question(reading: _Reading, position: int) -> str:
    """A question in its own words, in a round with the stop where it is asked."""
    item = reading.items.get(position)
    if item is None:
        return i18n.translate("plan.question", reading.locale, n=position)
    stop = reading.stops.get(item.options.get("stop", 1), "")
    return f"{stop} \u00b7 {item.question}" if stop else item.question


def _span(reading: _Reading, facts: dict[str, Any]) -> str:
    """The time that was proposed or agreed to."""
    begins, ends = (datetime.fromisoformat(str(facts[name])) for name in ("from", "until"))
    zone = places.site_of(reading.session, reading.ticket.site_id).timezone
    return i18n.span(begins, ends, zone, reading.locale, clock.now())


def _named(reading: _Reading, person_id: str | None) -> str:
    person = reading.session.get(Person, UUID(person_id)) if person_id else None
    return person.name if person else ""


def reason(key: str, locale: str) -> str:
    """A known reason in words; free words stand in a note and are shown below the title."""
    known = f"reason.{key}"
    return i18n.translate(known, locale) if key and i18n.has_text(known, locale) else ""

"""Months of the demo's life, made through the verbs with an injected clock, so that `audit verify` passes on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

from api.demo import pictures
from api.demo.compound import DATA, Compound
from assets import register
from bot.fetching import stored_photo
from core import access, clock, intake, surveys
from core.database import Database, Session
from core.intake import FaultReport
from core.storage import Storage
from core.tickets import actions, additions, queries, signing
from core.tickets.models import Subject, Ticket

DAYS = 90
PICTURES = 8
PAUSE = timedelta(minutes=7)
NEXT_DAY = timedelta(hours=20)
STROKES = [[[0.1, 0.6, 0], [0.2, 0.3, 40], [0.3, 0.7, 80], [0.4, 0.35, 120], [0.55, 0.6, 160], [0.8, 0.45, 220]]]
OPEN_ENDS = ("reported", "assigned", "accepted", "in_progress", "on_hold", "done")


def dice(*seed: object) -> int:
    """A number that looks random and is always the same for the same seed."""
    return int.from_bytes(sha256(repr(seed).encode()).digest()[:4])


@dataclass(slots=True)
class Story:
    """Tells one ticket's story, each step at its own moment and in its own transaction."""

    database: Database
    compound: Compound
    photos: list[tuple[dict[str, Any], dict[str, Any]]]
    now: datetime
    seed: int

    def step(self, work: Callable[[Session], Any], after: timedelta) -> Any:
        self.now += after
        with clock.at(self.now):
            return self.database.write(work)


def tell(
    database: Database, storage: Storage, compound: Compound, now: datetime, progress: Callable[[int, int], None]
) -> None:
    """Tell `DAYS` days of reports, the last ones still open in every state."""
    photos = [_photos(storage, variant) for variant in range(PICTURES)]
    for day in range(DAYS):
        for number in range(1 + dice("count", day) % 3):
            begin = now - timedelta(days=DAYS - day, hours=-8, minutes=-(dice("minute", day, number) % 600))
            _tell_one(Story(database, compound, photos, begin, dice(day, number)), "closed")
        progress(day + 1, DAYS)
    for number, end in enumerate(OPEN_ENDS):
        _tell_one(Story(database, compound, photos, now - timedelta(hours=2, minutes=11 * number), 5 + number), end)


def _photos(storage: Storage, variant: int) -> tuple[dict[str, Any], dict[str, Any]]:
    before = stored_photo(storage, pictures.draw(variant, is_repaired=False), keep_evidence=False)
    return before, stored_photo(storage, pictures.draw(variant, is_repaired=True), keep_evidence=False)


def _tell_one(story: Story, end: str) -> None:
    """One report up to the state `end`."""
    ticket_id = story.step(lambda session: _report(session, story), timedelta(0))
    if ticket_id is None:
        return
    steps = [_accept, _check_in, _sign_off, _answer]
    wanted = {"reported": 0, "assigned": 0, "accepted": 1, "in_progress": 2, "on_hold": 2, "done": 3}.get(end, 4)
    for step in steps[:wanted]:
        story.step(partial(step, story=story, ticket_id=ticket_id), PAUSE * (1 + story.seed % 5))
    if end == "on_hold":
        facts = {"reason": "waiting_parts"}
        story.step(lambda session: _act(session, ticket_id, "hold", "assignee", story.now, facts), PAUSE)
    if end == "reported":
        facts = {"reason": "busy"}
        story.step(lambda session: _act(session, ticket_id, "decline", "assignee", story.now, facts), PAUSE)
    if end == "closed":
        story.step(partial(_make_good, story=story, ticket_id=ticket_id), NEXT_DAY)


def _report(session: Session, story: Story) -> UUID | None:
    item = DATA["reports"][story.seed % len(DATA["reports"])]
    residents = story.compound.people["resident"]
    who = residents[dice("who", story.seed) % len(residents)]
    report = FaultReport(
        _subject(session, story, item, who.id), story.compound.say(item["words"]), who.id, may_ask=False
    )
    result = intake.report_fault(session, report, story.now)
    if result.ticket is None or result.outcome != "opened":
        return None
    if story.seed % 2 == 0:
        additions.add_file(session, result.ticket, "report", story.photos[story.seed % PICTURES][0], who.id, story.now)
    return result.ticket.id


def _subject(session: Session, story: Story, item: dict[str, Any], person_id: UUID) -> Subject:
    if item["at"] == "home":
        return register.subject_of_place(session, story.compound.homes[person_id])
    codes = story.compound.codes[item["at"]]
    return register.subject_of(session, codes[dice("code", story.seed) % len(codes)])


def _act(
    session: Session, ticket_id: UUID, action: str, part: str, now: datetime, facts: dict[str, Any] | None = None
) -> Ticket:
    """Take an action as the person who plays a part at the ticket."""
    ticket = queries.by_id(session, ticket_id, lock=True)
    person_id = ticket.assignee_id if part == "assignee" else ticket.reporter_id
    assert person_id is not None
    return actions.act(session, ticket, action, access.viewer(session, person_id), now, facts=facts)


def _accept(session: Session, story: Story, ticket_id: UUID) -> None:
    _act(session, ticket_id, "accept", "assignee", story.now)


def _check_in(session: Session, story: Story, ticket_id: UUID) -> None:
    ticket = queries.by_id(session, ticket_id)
    _act(session, ticket_id, "check_in", "assignee", story.now, {"code": ticket.asset_code} if ticket.asset_id else {})


def _sign_off(session: Session, story: Story, ticket_id: UUID) -> None:
    ticket = queries.by_id(session, ticket_id, lock=True)
    who = ticket.assignee_id
    assert who is not None
    before, after = story.photos[story.seed % PICTURES]
    additions.add_file(session, ticket, "before", before, who, story.now)
    additions.add_file(session, ticket, "after", after, who, story.now)
    minutes = str(15 + story.seed % 60)
    shown = signing.content(session, ticket, resolution="fixed", minutes=minutes, note="")
    signing.sign(
        session, ticket, "technician", shown, signing.digest(shown), story.now, strokes=STROKES, name="",
        person_id=who, by=who,
    )  # fmt: skip
    _act(session, ticket_id, "sign_off", "assignee", story.now, {"resolution": "fixed", "minutes": minutes})


def _answer(session: Session, story: Story, ticket_id: UUID) -> None:
    """Most confirm and many rate; some stay silent, which closes as unanswered."""
    ticket = queries.by_id(session, ticket_id, lock=True)
    if story.seed % 5 == 0:
        actions.act(session, ticket, "lapse", "closures", story.now)
        return
    _act(session, ticket_id, "confirm", "reporter", story.now)
    if story.seed % 3 and ticket.reporter_id:
        stars = (5, 5, 4, 5, 3, 4, 5, 2)[story.seed % 8]
        surveys.rate(session, ticket, ticket.reporter_id, stars, story.now)


def _make_good(session: Session, story: Story, ticket_id: UUID) -> None:
    """A task that few stars have opened is done by another technician."""
    task_id, worker = surveys.recovery_of(session, ticket_id), queries.by_id(session, ticket_id).assignee_id
    if task_id is None:
        return
    task = queries.by_id(session, task_id, lock=True)
    other = next(one for one in story.compound.people["technician"] if one.id != worker)
    boss = access.viewer(session, story.compound.people["supervisor"][0].id)
    actions.act(session, task, "assign", boss, story.now, facts={"assignee": other.id})
    for action in ("accept", "check_in"):
        _act(session, task_id, action, "assignee", story.now)
    _act(session, task_id, "sign_off", "assignee", story.now, {"resolution": "fixed", "minutes": "20"})

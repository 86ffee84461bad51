"""Finding out what a report is about when no code was scanned: the homes of the person, or words for a place."""

from __future__ import annotations

from assets import register
from bot.talk import Talk
from core import places
from core.outbox import Choice
from core.tickets.models import Subject

MOST_CHOICES = 6


def only_home(talk: Talk) -> Subject | None:
    """The home of a person who has just one."""
    homes = register.homes_of(talk.session, talk.person_id)
    return homes[0] if len(homes) == 1 else None


def home_choices(talk: Talk, draft_id: str) -> list[Choice]:
    """A button for each home of the person."""
    homes = register.homes_of(talk.session, talk.person_id)
    return [_choice(subject, draft_id, row) for row, subject in enumerate(homes[:MOST_CHOICES])]


def place_choices(talk: Talk, words: str, draft_id: str) -> list[Choice]:
    """A button for each place that the words may mean, the best first."""
    found = places.find(talk.session, words, MOST_CHOICES)
    subjects = [register.subject_of_place(talk.session, place.id) for place in found]
    return [_choice(subject, draft_id, row) for row, subject in enumerate(subjects)]


def _choice(subject: Subject, draft_id: str, row: int) -> Choice:
    return Choice("report.place", {"place": str(subject.place_id), "draft": draft_id}, text=subject.place, row=row)


def whole_site(talk: Talk) -> Subject | None:
    """The only site there is, for a report that must not wait until its place is known."""
    root = places.only_root(talk.session)
    return register.subject_of_place(talk.session, root) if root else None

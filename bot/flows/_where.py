"""Finding out what a report is about when no code was scanned: the homes of the person, or words for a place.

Whoever asks learns of what is common at their sites and of their own homes, so that nobody can ask who lives where
by typing numbers. Staff of a site know all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from assets import naming, register
from bot.talk import Talk
from core import lexicon, people, places
from core.outbox import Choice
from core.places import Known, Place
from core.tickets.models import Subject
from core.tickets.queries import STAFF

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
    return _choices(talk, [place.id for place in find(talk, words, MOST_CHOICES)], draft_id)


def site_choices(talk: Talk, draft_id: str) -> list[Choice]:
    """A button for each site, for who belongs to none and has not found a name that we know."""
    roots = [places.root_of(talk.session, site_id).id for site_id in _sites(talk)[:MOST_CHOICES]]
    return _choices(talk, roots, draft_id)


def _choices(talk: Talk, found: list[UUID], draft_id: str) -> list[Choice]:
    subjects = [register.subject_of_place(talk.session, place_id) for place_id in found]
    return [_choice(subject, draft_id, row) for row, subject in enumerate(subjects)]


def _choice(subject: Subject, draft_id: str, row: int) -> Choice:
    return Choice("report.place", {**facts_of(subject), "draft": draft_id}, text=_called(subject), row=row)


def facts_of(subject: Subject) -> dict[str, str]:
    """What a button remembers of a thing: its code, or its place."""
    return {"code": subject.code} if subject.asset_id else {"place": str(subject.place_id)}


def subject_of(talk: Talk, facts: Mapping[str, Any]) -> Subject:
    """The thing that a button remembers."""
    if code := facts.get("code"):
        return register.subject_of(talk.session, code)
    return register.subject_of_place(talk.session, UUID(facts["place"]))


def _called(subject: Subject) -> str:
    return f"{subject.name}, {subject.place}" if subject.asset_id else subject.place


def named(talk: Talk, words: str) -> list[Subject]:
    """What a report names in its own words. Where any site might be meant, only what is alone counts."""
    known, homes = _known(talk), register.homes_of(talk.session, talk.person_id)
    category = lexicon.guess(words, lexicon.load()).category or ""
    found = naming.named(talk.session, words, known, homes, category) if words else []
    is_anywhere = not talk.viewer.sites() and len(known.sites) > 1
    return [] if is_anywhere and len(found) > 1 else found


def named_choices(talk: Talk, subjects: list[Subject], draft_id: str) -> list[Choice]:
    """A button for each thing that is named, and for the own homes, which may be meant after all."""
    homes = register.homes_of(talk.session, talk.person_id)
    return [_choice(subject, draft_id, row) for row, subject in enumerate(dict.fromkeys([*subjects, *homes]))]


def find(talk: Talk, words: str, limit: int) -> list[Place]:
    """The places that words may mean. Where any site might be meant, only a name that is exact and alone counts."""
    known = _known(talk)
    if talk.viewer.sites() or len(known.sites) == 1:
        return places.find(talk.session, words, limit, known)
    found = places.named(talk.session, words, 2, known)
    return found if len(found) == 1 else []


def above(talk: Talk, words: str) -> Place | None:
    """The building or floor of a unit that somebody wrote out, found alike whether or not there is such a unit."""
    return places.above(talk.session, words, _known(talk))


def whole_site(talk: Talk) -> Subject | None:
    """The only site that can be meant, for a report that must not wait until its place is known."""
    sites = _sites(talk)
    root = places.root_of(talk.session, sites[0]).id if len(sites) == 1 else None
    return register.subject_of_place(talk.session, root) if root else None


def _known(talk: Talk) -> Known:
    return Known(_sites(talk), talk.viewer.sites(*STAFF), people.homes_of(talk.session, talk.person_id))


def _sites(talk: Talk) -> list[UUID]:
    """The sites that a person belongs to; for a stranger every one."""
    return talk.viewer.sites() or places.every_site(talk.session)

"""What is sent after a report: more about the same fault, or another one."""

from __future__ import annotations

from bot.flows import _tap, _where
from bot.flows._draft import handbook
from bot.talk import Talk
from core import lexicon
from core.intake import VAGUE
from core.tickets import additions
from core.tickets.models import Subject, Ticket


def is_meant(talk: Talk, ticket: Ticket) -> bool:
    """Whether words are clearly about another category, or name another place."""
    if not talk.text:
        return False
    guess = lexicon.guess(talk.text, handbook(talk, ticket.site_id).lexicon)
    if guess.confidence == "sure" and guess.category not in (*VAGUE, ticket.category):
        return ticket.category not in VAGUE and ticket.category not in guess.alternatives
    named = _where.named(talk, talk.text)
    return bool(named) and not any(_is_there(subject, ticket) for subject in named)


def _is_there(subject: Subject, ticket: Ticket) -> bool:
    """Whether one place holds the other; a ticket for the whole site is everywhere."""
    if subject.site_id != ticket.site_id or (subject.asset_id and ticket.asset_id):
        return subject.asset_id == ticket.asset_id
    longer, shorter = sorted((subject.place, ticket.place), key=len, reverse=True)
    return f"{longer}/".startswith(f"{shorter}/") or "/" not in ticket.place


def add(talk: Talk, ticket: Ticket) -> None:
    talk.keep_media(ticket=ticket)
    if talk.text:
        additions.add_words(talk.session, ticket, talk.person_id, talk.text, talk.now)
    if not _tap.is_in_album(talk):
        talk.say("added", ticket=ticket)
    _tap.stay_with(talk, ticket)

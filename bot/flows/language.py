"""The language of the answers: chosen with one tap, kept with the person, used from the next message on."""

from __future__ import annotations

from bot.flows import flow
from bot.talk import OldButton, Talk
from core import i18n
from core.outbox import Choice, Tap
from core.people import Person

language = flow("language")


@language.command("language")
def ask(talk: Talk) -> None:
    """Offer every language under its own name."""
    talk.say(
        "language_which", [Choice("language.choose", {"locale": key}, text=i18n.NAMES[key]) for key in i18n.LOCALES]
    )


@language.action("choose")
def choose(talk: Talk, tap: Tap) -> None:
    locale = tap.facts["locale"]
    if locale not in i18n.LOCALES:
        raise OldButton
    talk.session.get_one(Person, talk.person_id).locale = talk.locale = locale
    talk.session.flush()
    talk.replace("language_chosen", [Choice("help.show")])

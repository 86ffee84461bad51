"""Join this chat to a person by a one-time code, and ask for a home. Neither reveals what is not one's own."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

from bot.flows import _tap, flow
from bot.talk import Talk
from core import access, joining, people, places
from core.errors import NotFound
from core.outbox import Choice, Tap
from core.people import Identity

link = flow("link")

PATIENCE = timedelta(minutes=30)
PHONE = re.compile(r"\+?[\d\s()-]{7,20}")


class WrongLinkCode(NotFound):
    """This code is wrong, used up or older than {minutes} minutes. Please ask for a new one."""


@link.command("link")
def start(talk: Talk) -> None:
    """With a code: join this chat. Without: ask for the home. A report that is not made yet waits meanwhile."""
    if talk.is_group:
        talk.say("in_private")
    elif talk.incoming.argument:
        _join(talk, talk.incoming.argument)
    else:
        talk.go("link", "home")
        talk.wake_in(PATIENCE)
        talk.say("link_home")


def _join(talk: Talk, code: str) -> None:
    try:
        identity = _identity(talk)
        identity.conversation = talk.incoming.conversation  # a private chat: start() refuses in a group
        person = joining.join(talk.session, code, identity, talk.now)
    except NotFound:
        raise _wrong_code() from None
    talk.become(person)
    talk.say("linked", [Choice("help.show")], name=person.name)
    _tap.go_on_with_report(talk, "linked")


def _identity(talk: Talk) -> Identity:
    """The identity that this conversation is held with."""
    incoming = talk.incoming
    mine = people.identity_at(talk.session, talk.person_id, incoming.channel, incoming.account, incoming.sender)
    if mine is None:
        raise _wrong_code()
    return mine


def _wrong_code() -> WrongLinkCode:
    return WrongLinkCode(minutes=int(access.LINK_LIFE.total_seconds() // 60))


@link.step("home")
def home(talk: Talk) -> None:
    """A typed unit, or a code after all; a telephone number proves nothing and joins nothing."""
    if _tap.is_emergency(talk):
        _tap.report_instead(talk)
    elif access.look_up(talk.session, "link", talk.text, talk.now):
        _join(talk, talk.text)
    elif not talk.text or PHONE.fullmatch(talk.text):
        talk.wake_in(PATIENCE)
        talk.say("link_no_phone" if talk.text else "link_home")
    else:
        _ask_for(talk)


def _ask_for(talk: Talk) -> None:
    """The answer is the same whether the unit exists, whoever lives there."""
    found = [place for place in places.find(talk.session, talk.text, 2) if not place.is_common]
    if len(found) == 1:
        joining.claim(talk.session, talk.person_id, found[0].id, talk.now)
    talk.say("home_asked", unit=talk.text[:80])
    _tap.go_on_with_report(talk, "place")


@link.action("approve")
def approve(talk: Talk, tap: Tap) -> None:
    _decide(talk, tap, approve=True)


@link.action("refuse")
def refuse(talk: Talk, tap: Tap) -> None:
    _decide(talk, tap, approve=False)


def _decide(talk: Talk, tap: Tap, *, approve: bool) -> None:
    joining.decide(talk.session, UUID(tap.facts["home"]), talk.person_id, talk.now, approve=approve)
    talk.replace("home_let_in" if approve else "home_kept_out")


@link.on_silence
def silent(talk: Talk) -> None:
    """What comes later is not the answer to an old question."""
    talk.end()

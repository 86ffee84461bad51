"""Who writes: the person behind a platform's id, known or new, and the turn that begins with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.messages import Incoming
from bot.talk import Talk
from core import conversations, fetches, i18n, lexicon, people
from core.database import Session
from core.errors import TooMany
from core.people import Person
from core.settings import Settings

SEEN_EVERY = timedelta(minutes=5)


def begin(session: Session, incoming: Incoming, settings: Settings, now: datetime, known: Talk | None) -> Talk:
    """Begin a turn. A new person gets a name, a language and two lines on what is kept; a flood is refused."""
    talk = counted(session, incoming, settings, now, known)
    standing = talk.standing
    if standing.counted > conversations.FLOOD_LIMIT and not is_emergency(incoming):
        raise TooMany(seconds=int((standing.counted_from + conversations.FLOOD_WINDOW - now).total_seconds()) + 1)
    return talk


def counted(session: Session, incoming: Incoming, settings: Settings, now: datetime, known: Talk | None) -> Talk:
    """The same without the refusal, for the answer that explains one."""
    talk = known or _meet(session, incoming, settings, now)
    standing = talk.standing
    standing.counted_from, standing.counted = conversations.count(standing.counted_from, standing.counted, now)
    if incoming.sender_kind:  # what goes on by itself, after a download or a silence, was sent by nobody
        _note(talk, now)
    return talk


def _note(talk: Talk, now: datetime) -> None:
    """Note that somebody wrote: it opens a platform's windows, and this is the chat they use.

    Once in a while only, but at once where the platform had said that they no longer get our messages.
    """
    incoming, standing = talk.incoming, talk.standing
    last = max(standing.heard.values(), default="")
    is_back = standing.is_blocked or last == standing.heard.get("unfollow")
    is_news = is_back or last <= (now - SEEN_EVERY).isoformat()
    if is_news and incoming.kind != "unfollow" and not talk.is_group:
        people.seen(
            talk.session, incoming.channel, incoming.account, incoming.sender_kind, incoming.sender, now
        )  # fmt: skip
    came_at = min(incoming.sent_at or now, now).astimezone(UTC)
    standing.heard = {**standing.heard, incoming.kind: came_at.isoformat()}


def is_emergency(incoming: Incoming) -> bool:
    """Whether a message must get through, however many came before it."""
    return lexicon.guess(incoming.text, lexicon.load()).emergency is not None


def resume(session: Session, incoming: Incoming, settings: Settings, now: datetime) -> Talk | None:
    """The turn of somebody who was here before; None for a new person, and for one who has left meanwhile."""
    found = conversations.standing(session, incoming.channel, incoming.account, incoming.conversation, incoming.sender)
    if found is None:
        return None
    return Talk(session, incoming, found.person_id, found.locale, found, settings, now)


def _meet(session: Session, incoming: Incoming, settings: Settings, now: datetime) -> Talk:
    locale = i18n.choose(incoming.locale)
    known = people.identify(session, incoming.channel, incoming.account, incoming.sender_kind, incoming.sender)
    person = known or people.add_person(session, incoming.sender_name, locale=locale)
    if known is None:
        people.add_identity(
            session, person.id, incoming.channel, incoming.account, incoming.sender_kind, incoming.sender,
            conversation="" if incoming.is_group else incoming.conversation, via="first_contact",
        )  # fmt: skip
    elif not incoming.is_group:
        _write_here(session, incoming, person)
    row = conversations.open_for(
        session, incoming.channel, incoming.account, incoming.conversation, incoming.sender, person.id, now,
        is_group=incoming.is_group,
    )  # fmt: skip
    if row.version > 1:  # what somebody sent who held this dialogue before is no part of a new report
        fetches.forget_draft(session, row.id)
    talk = Talk(session, incoming, person.id, person.locale, conversations.of(row, person.locale), settings, now)
    _inform(talk, person)
    return talk


def _write_here(session: Session, incoming: Incoming, person: Person) -> None:
    """Somebody who was met in a group has opened a private chat: that is where they are written to."""
    identity = people.identity_at(session, person.id, incoming.channel, incoming.account, incoming.sender)
    if identity is not None:
        people.move_conversation(session, identity.id, incoming.conversation)


def _inform(talk: Talk, person: Person) -> None:
    """Two lines on what is stored and why, once; in a group also that news come in private only."""
    if person.informed_at is None:
        person.informed_at = talk.now
        talk.session.flush()
        talk.say("privacy_group" if talk.is_group else "privacy", url=f"{talk.settings.public_url}/privacy")

"""What a platform tells that nobody has said: what was allowed us, what became of a message, who has left."""

from __future__ import annotations

from datetime import datetime

from bot.messages import NOTICES, Incoming
from core import consents, departures, digests, outbox, people, sendings
from core.database import Session
from core.errors import Busy
from core.outbox import OutboxMessage
from core.sendings import Place

BLOCKED = "blocked"


def is_notice(session: Session, incoming: Incoming) -> bool:
    """Whether a message is no turn of a conversation: nobody is greeted or answered.

    A group that has put us out says nothing about the person who did it; nor is somebody met who wants nothing of us.
    """
    if incoming.kind == "unfollow" and not incoming.is_group:
        return people.identity_known(session, *_sender(incoming)) is None
    return incoming.kind == "unfollow" or incoming.kind in NOTICES


def take(session: Session, incoming: Incoming, now: datetime) -> None:
    """Act on what is told."""
    place = (incoming.channel, incoming.account, incoming.conversation)
    if incoming.kind == "left":
        departures.depart(session, _sender(incoming), now)
    elif incoming.kind == "unfollow" and incoming.is_group:
        digests.leave(session, place, now)
    elif incoming.kind == "consent":
        _allowed(session, incoming, place)
    elif incoming.kind == "delivery_report" and incoming.refusal:
        _refused(session, incoming, place, now)


def _allowed(session: Session, incoming: Incoming, place: Place) -> None:
    """How many more messages of a purpose somebody takes; 0 ends what they allowed before."""
    for purpose, count in incoming.consents:
        if count:
            consents.give(session, place, purpose, count)
        else:
            consents.end(session, place, purpose)


def _refused(session: Session, incoming: Incoming, place: Place, now: datetime) -> None:
    """A message that has not arrived goes the next way, and a chat that takes none gets none.

    Raises Busy where the report is quicker than our own note of the sending, so that it is looked at again.
    """
    attempt = sendings.referred(session, place, incoming.message, now)
    if attempt is None and sendings.is_settling(session, place, now):
        raise Busy
    if attempt is not None:
        sendings.failed(session, attempt.id, incoming.refusal, incoming.text)
        outbox.bounced(session, session.get_one(OutboxMessage, attempt.outbox_id), incoming.refusal, now)
    known = people.identity_known(session, *_sender(incoming))
    if incoming.refusal == BLOCKED and known is not None:
        people.mark_blocked(session, known.id, now)


def _sender(incoming: Incoming) -> tuple[str, str, str, str]:
    return incoming.channel, incoming.account, incoming.sender_kind, incoming.sender

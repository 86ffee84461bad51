"""What a platform tells that nobody has said: what was allowed us, and what became of a message that it had taken."""

from __future__ import annotations

from datetime import datetime

from bot.messages import Incoming
from core import consents, outbox, people, sendings
from core.database import Session
from core.errors import Busy
from core.outbox import OutboxMessage
from core.sendings import Place

BLOCKED = "blocked"


def take(session: Session, incoming: Incoming, now: datetime) -> None:
    """Keep a consent, or act on a delivery report."""
    place = (incoming.channel, incoming.account, incoming.conversation)
    for purpose, count in incoming.consents:
        if count:
            consents.give(session, place, purpose, count)
        else:
            consents.end(session, place, purpose)
    if incoming.kind == "delivery_report" and incoming.refusal:
        _refused(session, incoming, place, now)


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
    known = people.identity_known(session, *place[:2], incoming.sender_kind, incoming.sender)
    if incoming.refusal == BLOCKED and known is not None:
        people.mark_blocked(session, known.id, now)

"""Forgets what has served its purpose.

Handled messages and what they were answered, attempts to send, expired tokens, old results, counts and lines of chats.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from core import inbox, limits, replies, sendings, transcripts
from core.access import REPLAY_LIFE, Replay, Token
from core.triggers import Tick, trigger


def expired_tokens(session: Session, now: datetime) -> None:
    session.execute(delete(Token).where(Token.expires_at <= now).execution_options(synchronize_session=False))


def old_replays(session: Session, now: datetime) -> None:
    """A phone may repeat what it did offline, but not after half a year."""
    old = Replay.created_at <= now - REPLAY_LIFE
    session.execute(delete(Replay).where(old).execution_options(synchronize_session=False))


FORGET: dict[str, Callable[[Session, datetime], object]] = {
    "inbox": inbox.forget_old,
    "answers": replies.forget_old,
    "tokens": expired_tokens,
    "replays": old_replays,
    "tallies": limits.forget_old,
    "lines": transcripts.forget_old,
    "sendings": sendings.forget_old,
}


def everything(session: Session, tick: Tick) -> Sequence[str]:
    return list(FORGET)


@trigger("purge", every=timedelta(hours=1), due=everything)
def forget(session: Session, what: str, tick: Tick) -> None:
    FORGET[what](session, tick.now)

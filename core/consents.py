"""One-time consents: how many messages of a purpose somebody has allowed on a platform, counted down as they are sent.

A mini program may send one message for each time that its person agreed; a service account of the same kind likewise.
How they come to be counted: docs/decisions/0018-consents.md.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import case, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.database import Table, rows
from core.prepared import Prepared


class Consent(Table):
    """How many messages of a purpose may still be sent to a person's chat."""

    __tablename__ = "consents"

    channel: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True)
    conversation: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    left: Mapped[int]


MOST = 20  # more would be the counting of a client that lies
_TABLE = rows(Consent)


def _more(insert: Any) -> Any:
    """One statement that counts more, up to the most."""
    added = _TABLE.c.left + insert(_TABLE).excluded.left
    return insert(_TABLE).on_conflict_do_update(
        index_elements=["channel", "account", "conversation", "purpose"],
        set_={"left": case((added > MOST, MOST), else_=added)},
    )


_GIVE = Prepared(_more, _TABLE.columns.keys())


def give(session: Session, place: tuple[str, str, str], purpose: str, count: int = 1) -> None:
    """Somebody has agreed to one more message, or to several."""
    channel, account, conversation = place
    left = min(count, MOST)
    _GIVE.run(session, channel=channel, account=account, conversation=conversation, purpose=purpose, left=left)


def use(session: Session, place: tuple[str, str, str], purpose: str) -> bool:
    """Use one up; False where none is left."""
    taken = session.execute(
        update(Consent).where(*_same(place, purpose), Consent.left > 0).values(left=Consent.left - 1)
    )
    return taken.rowcount == 1  # type: ignore[attr-defined,no-any-return]


def end(session: Session, place: tuple[str, str, str], purpose: str) -> None:
    """None is left, whatever was counted: the person or the platform says so."""
    session.execute(update(Consent).where(*_same(place, purpose)).values(left=0))


def left(session: Session, place: tuple[str, str, str]) -> dict[str, int]:
    """How many messages of each purpose may still be sent to a chat."""
    channel, account, conversation = place
    here = (Consent.channel == channel, Consent.account == account, Consent.conversation == conversation)
    found = session.execute(select(Consent.purpose, Consent.left).where(*here))
    return {row.purpose: row.left for row in found}


def _same(place: tuple[str, str, str], purpose: str) -> tuple[Any, ...]:
    channel, account, conversation = place
    here = (Consent.channel == channel, Consent.account == account, Consent.conversation == conversation)
    return (*here, Consent.purpose == purpose)

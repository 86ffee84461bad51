"""When nobody listened to a platform: what was tapped then is lost on every platform, so people are told, once.

Whoever receives for an account writes once a minute that it does. Who finds the last such moment more than two minutes
old, at a start or after the machine slept, has been away. One conditional update decides who of several processes says
so; what they say is written in the same transaction.

1. Offers that are still open are sent again, with time to answer; the buttons of the first ones go on to work.
2. Conversations that were alive just before are told from when to when nobody was there, and so is who gets an offer.
3. Each site has it in its trace.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import decisions, importance, outbox, people
from core.conversations import Conversation
from core.database import Table, rows
from core.outbox import Choice, Letter, OutboxMessage
from core.places import Site
from core.prepared import Prepared
from core.sendings import Sending
from core.tickets import actions, news
from core.tickets.models import Ticket
from core.trace import Entry

NAME = "absences"
EVERY = timedelta(minutes=1)
LONGEST = timedelta(minutes=2)  # without a sign of life
ALIVE = timedelta(minutes=10)  # before the gap
WAITING = ("reported", "assigned")
ASKING = (*importance.OFFERS, "reopened")
CLAIM = "work.claim"


class Presence(Table):
    """That an account of a platform was listened to at a moment, by any process. `away_*`: the last time it was not."""

    __tablename__ = "presences"

    channel: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]
    away_from: Mapped[datetime | None]
    away_until: Mapped[datetime | None]


_TABLE = rows(Presence)
_BEGIN = Prepared(lambda insert: insert(_TABLE).on_conflict_do_nothing(), _TABLE.columns.keys())


@dataclass(frozen=True, slots=True)
class Absence:
    """A time in which nobody listened. `redelivers`: whether what was written then comes afterwards."""

    channel: str
    account: str
    begun_at: datetime
    ended_at: datetime
    redelivers: bool

    @property
    def name(self) -> str:
        return f"away:{self.channel}:{self.account}:{self.begun_at.isoformat()}"


def beat(session: Session, channel: str, account: str, now: datetime, *, redelivers: bool) -> Absence | None:
    """Say that an account is listened to. Who was away for long says so to those who may have waited, and returns it.

    Of several processes that come back at once, one does.
    """
    if _BEGIN.run(session, channel=channel, account=account, seen_at=now, away_from=None, away_until=None):
        return None
    last = session.scalars(select(Presence.seen_at).filter_by(channel=channel, account=account)).one()
    is_away = now - last > LONGEST
    here = (Presence.channel == channel, Presence.account == account, Presence.seen_at == last)
    gap = {"away_from": last, "away_until": now} if is_away else {}
    changed = session.execute(update(Presence).where(*here).values(seen_at=max(now, last), **gap))
    if not is_away or changed.rowcount != 1:  # type: ignore[attr-defined]
        return None
    absence = Absence(channel, account, last, now, redelivers)
    _make_good(session, absence)
    return absence


def of_accounts(session: Session) -> Sequence[Presence]:
    """When each account was listened to last."""
    return session.scalars(select(Presence).order_by(Presence.channel, Presence.account)).all()


def _make_good(session: Session, absence: Absence) -> None:
    chats, again = _alive(session, absence), list[Letter]()
    for site in session.scalars(select(Site.id)).all():
        offers = list(_offers(session, site, absence))
        chats |= {chat: offer.person_id for offer, chat in offers if offer.person_id}
        again += [offer for offer, _ in offers]
        _note(session, site, absence, [str(offer.facts["number"]) for offer, _ in offers])
    letters = [_apology(session, absence, chat, person) for chat, person in chats.items()]
    outbox.post(session, [*letters, *again], absence.ended_at)


def _offers(session: Session, site: UUID, absence: Absence) -> Iterator[tuple[Letter, str]]:
    """Each offer that went to this account and is still open, as a new message, with the chat that had the first."""
    waiting = select(Ticket).where(Ticket.site_id == site, Ticket.state.in_(WAITING)).order_by(Ticket.id)
    for ticket in session.scalars(waiting.with_for_update()).all():
        found = [(offer, chat) for offer, chat in _asked(session, ticket, absence) if offer is not None]
        if found and not ticket.emergency and ticket.assignee_id:
            _give_time(session, ticket, absence.ended_at)
        yield from found


def _note(session: Session, site: UUID, absence: Absence, numbers: list[str]) -> None:
    """An event of the site: for how long nobody listened, and which offers were sent again."""
    facts = {
        "channel": absence.channel, "from": absence.begun_at, "until": absence.ended_at,
        "minutes": round((absence.ended_at - absence.begun_at) / timedelta(minutes=1)), "offers": sorted(set(numbers)),
    }  # fmt: skip
    entry = Entry("absence", {name: news.plain(value) for name, value in facts.items()}, NAME)
    decisions.append(session, site, f"site:{site}", [entry], absence.ended_at)


def _asked(session: Session, ticket: Ticket, absence: Absence) -> Iterator[tuple[Letter | None, str]]:
    """The newest question to each person about a ticket, as far as it went to this account, asked again."""
    query = select(OutboxMessage, Sending.conversation).join(Sending, Sending.outbox_id == OutboxMessage.id).where(
        OutboxMessage.ticket_id == ticket.id, OutboxMessage.kind.in_(ASKING), Sending.outcome == "",
        Sending.channel == absence.channel, Sending.account == absence.account, Sending.at < absence.ended_at,
    )  # fmt: skip
    newest = {row.person_id: (row, chat) for row, chat in session.execute(query.order_by(OutboxMessage.id))}
    for row, chat in newest.values():
        yield _again(ticket, row, absence), chat


def _again(ticket: Ticket, row: OutboxMessage, absence: Absence) -> Letter | None:
    """The offer as a new message; None where it is no longer this person's to take."""
    assert row.person_id is not None
    key = f"{absence.name}:{row.id}"
    if ticket.assignee_id == row.person_id:
        offer = news.letter(ticket, "offer", row.person_id, news.OFFER_BUTTONS)
        return replace(offer, idempotency_key=key)
    if ticket.assignee_id is None and any(button["action"] == CLAIM for button in row.buttons):
        offer = news.letter(ticket, row.kind, row.person_id, [Choice(CLAIM)])
        return replace(offer, facts=row.facts | offer.facts, idempotency_key=key)
    return None


def _give_time(session: Session, ticket: Ticket, now: datetime) -> None:
    """Whoever is asked again has the time of a new offer to answer."""
    if ticket.wake_at is not None and ticket.wake_at < now + actions.OFFER_LIFE:
        actions.set_wake(session, ticket, now + actions.OFFER_LIFE)


def _alive(session: Session, absence: Absence) -> dict[str, UUID]:
    """The chats in which somebody wrote shortly before, each with who wrote last."""
    here = (Conversation.channel == absence.channel, Conversation.account == absence.account)
    since = (Conversation.updated_at >= absence.begun_at - ALIVE, Conversation.updated_at <= absence.ended_at)
    query = select(Conversation.conversation, Conversation.person_id).where(*here, *since)
    return {row.conversation: row.person_id for row in session.execute(query.order_by(Conversation.updated_at))}


def _apology(session: Session, absence: Absence, chat: str, person_id: UUID) -> Letter:
    """What was tapped did not arrive; on some platforms neither did what was written."""
    facts = {"from_at": absence.begun_at.isoformat(), "until_at": absence.ended_at.isoformat()}
    if sites := sorted(people.roles_of(session, person_id)):
        facts["site"] = str(sites[0])
    kind = "away" if absence.redelivers else "away_lost"
    place = (absence.channel, absence.account, chat)
    return Letter(kind, facts, person_id, place, idempotency_key=f"{absence.name}:{chat}")

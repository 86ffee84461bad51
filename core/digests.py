"""Who gets a digest when, and each digest that was sent, with the tickets behind its figures as they were then.

A subscription has a moment at which it is due next. One that was missed is made up for by one digest that reaches back
to the last; there is one a local day at most, which a unique key holds against any number of schedulers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import calendars, changes, clock, decisions, digest_letters, outbox, people, places, trace, worktime
from core.database import Table
from core.digest_letters import Reader
from core.errors import Conflict, Invalid, NotFound
from core.places import SiteFacts
from core.reports.digest import PERIODS, Digest, digest, span_of
from core.worktime import Calendar, NeverWorked

READERS = ("supervisor", "manager", "admin")
MAKERS = ("supervisor", "admin")
WEEK = 7
LONGEST_NAME = 120


class NoChat(Invalid):
    """{name} has no chat, so nothing can arrive. Open the chat here once as {name}, or join another with /link."""


class DigestTaken(Conflict):
    """This digest goes there already at that time."""


def _only_one(name: str, *reader: str, where: str) -> Index:
    """A key that keeps two of the same kind, reader and time from running, whoever asks in the same instant."""
    running = text(f"next_at IS NOT NULL AND {where}")
    return Index(name, "site_id", *reader, "period", "at", unique=True, sqlite_where=running, postgresql_where=running)


class Subscription(Table):
    """A digest for a person, or for a group chat by its address; `name`: the group's own.

    `at`: the local time. `next_at`: None while ended. `made_by`: who answers for a group's. `left_at`: since when the
    group has put us out, so that it does not go on by itself.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        Index(None, "next_at"), Index(None, "site_id"), Index(None, "conversation"),
        _only_one("ix_subscriptions_person", "person_id", where="person_id IS NOT NULL"),
        _only_one("ix_subscriptions_group", "channel", "account", "conversation", where="person_id IS NULL"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    channel: Mapped[str] = mapped_column(default="")
    account: Mapped[str] = mapped_column(default="")
    conversation: Mapped[str] = mapped_column(default="")
    name: Mapped[str] = mapped_column(default="")
    period: Mapped[str]
    at: Mapped[str]
    next_at: Mapped[datetime | None]
    made_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    left_at: Mapped[datetime | None]


class Sent(Table):
    """A digest that was sent. `facts`: its figures with the numbers of their tickets.

    `is_test`: sent from the desk to be looked at, besides those of the days.
    """

    __tablename__ = "digests"
    __table_args__ = (UniqueConstraint("subscription_id", "day"), Index(None, "site_id", "id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    subscription_id: Mapped[UUID] = mapped_column(ForeignKey("subscriptions.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"))
    day: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    sent_at: Mapped[datetime]
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    is_test: Mapped[bool] = mapped_column(default=False)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to get. Either a person or the address of a group chat: channel, account, conversation."""

    period: str
    at: str
    person_id: UUID | None = None
    address: tuple[str, str, str] = ("", "", "")
    name: str = ""


def subscribe(session: Session, site_id: UUID, wish: Wish, actor: UUID | None, now: datetime) -> Subscription:
    """Give somebody a digest; whoever gets the same one already goes on with it.

    Errors: Invalid for a period, time or recipient that is none.
    """
    if wish.period not in PERIODS or not (wish.person_id or wish.address[-1]):
        raise Invalid(field="field.period" if wish.period not in PERIODS else "field.person")
    if wish.person_id and not _may_read(session, wish.person_id, site_id):
        raise Invalid(field="field.person")
    at, site = _time(wish.at), places.site_of(session, site_id)
    if (known := _same(session, site_id, wish, f"{at:%H:%M}")) is not None:
        return known
    channel, account, conversation = wish.address
    one = Subscription(
        id=clock.new_id(), site_id=site_id, person_id=wish.person_id, channel=channel, account=account,
        conversation=conversation, name=wish.name[:LONGEST_NAME], period=wish.period, at=f"{at:%H:%M}", next_at=None,
        made_by=actor, left_at=None,
    )  # fmt: skip
    one.next_at = next_moment(one, site, calendars.local_day(now, site.timezone), now)
    try:
        with session.begin_nested():
            session.add(one)
    except IntegrityError:  # somebody wished the same in the same instant, and has it now
        return _same_one(session, site_id, wish, f"{at:%H:%M}")
    _note(session, one, {}, _values(one) if one.next_at else {}, actor, now)
    return one


def _same_one(session: Session, site_id: UUID, wish: Wish, at: str) -> Subscription:
    """Errors: DigestTaken where it has ended again by now."""
    if (known := _same(session, site_id, wish, at)) is None:
        raise DigestTaken
    return known


def _same(session: Session, site_id: UUID, wish: Wish, at: str) -> Subscription | None:
    for one in running(session, site_id):
        reader = (one.person_id, (one.channel, one.account, one.conversation))
        if reader == (wish.person_id, wish.address) and (one.period, one.at) == (wish.period, at):
            return one
    return None


def end(session: Session, site_id: UUID, subscription_id: UUID, actor: UUID | None, now: datetime) -> None:
    """Errors: NotFound."""
    one = of_site(session, site_id, subscription_id)
    before, one.next_at = _values(one), None
    session.flush()
    _note(session, one, before, {}, actor, now)


def at_address(session: Session, address: tuple[str, str, str]) -> list[Subscription]:
    """What a group gets."""
    return [one for one in _ever_at(session, address) if one.next_at is not None]


def _ever_at(session: Session, address: tuple[str, str, str]) -> list[Subscription]:
    """What a group gets or got."""
    channel, account, conversation = address
    here = (Subscription.conversation == conversation, Subscription.channel == channel, Subscription.account == account)
    return list(session.scalars(select(Subscription).where(*here).order_by(Subscription.id).with_for_update()))


def leave(session: Session, address: tuple[str, str, str], now: datetime) -> None:
    """End all that a group gets which we were taken out of; what ended before does not come back either."""
    for one in _ever_at(session, address):
        one.left_at = one.left_at or now
        if one.next_at is not None:
            _tell(session, one, {"skipped": "no_way"}, now)
            end(session, one.site_id, one.id, None, now)


def move(session: Session, address: tuple[str, str, str], conversation: str, now: datetime) -> None:
    """A group has got another address."""
    for one in _ever_at(session, address):
        there = Wish(one.period, one.at, None, (*address[:2], conversation))
        if one.next_at is not None and _same(session, one.site_id, there, one.at):
            end(session, one.site_id, one.id, None, now)  # the new address gets it already
        before, one.conversation = _values(one), conversation
        session.flush()
        if one.next_at is not None:
            _note(session, one, before, _values(one), None, now)


def of_site(session: Session, site_id: UUID, subscription_id: UUID) -> Subscription:
    one = session.get(Subscription, subscription_id)
    if one is None or one.site_id != site_id:
        raise NotFound(what="word.digest")
    return one


def running(session: Session, site_id: UUID) -> list[Subscription]:
    """The subscriptions of a site that have not ended."""
    query = select(Subscription).where(Subscription.site_id == site_id, Subscription.next_at.is_not(None))
    return list(session.scalars(query.order_by(Subscription.id)))


def sent_at_site(session: Session, site_id: UUID, limit: int = 20) -> list[Sent]:
    """What was sent last, the newest first."""
    return list(session.scalars(select(Sent).where(Sent.site_id == site_id).order_by(Sent.id.desc()).limit(limit)))


def sent_of_site(session: Session, site_id: UUID, digest_id: UUID) -> Sent:
    """Errors: NotFound."""
    one = session.get(Sent, digest_id)
    if one is None or one.site_id != site_id:
        raise NotFound(what="word.digest")
    return one


def next_moment(one: Subscription, site: SiteFacts, first: date, after: datetime) -> datetime | None:
    """When it is due next, on `first` or later and after a moment: on worked days, weekly on a week's first one."""
    calendar = worktime.of(site.settings, site.timezone)
    at, day = _time(one.at), first
    try:
        while True:
            day = _weekly(calendar, day) if one.period == "week" else calendar.near(day, 1)
            moment = calendars.instant(day, at, site.timezone)
            if moment > after:
                return moment
            day += timedelta(days=1)
    except NeverWorked:
        return None


def _weekly(calendar: Calendar, day: date) -> date:
    """The first worked day of a week, on a day or later."""
    while True:
        worked = calendar.near(day, 1)
        monday = worked - timedelta(days=worked.weekday())
        if calendar.near(monday, 1) == worked:
            return worked
        day = monday + timedelta(days=WEEK)


def send_due(session: Session, subscription_id: UUID, address: str, now: datetime) -> Sent | None:
    """Send what is due of a subscription, once a local day, and plan the next. None where there is nothing to do."""
    one = session.get_one(Subscription, subscription_id, with_for_update=True)
    if one.next_at is None or one.next_at > now:
        return None
    site = places.site_of(session, one.site_id)
    today = calendars.local_day(now, site.timezone)
    due_at, one.next_at = one.next_at, next_moment(one, site, today + timedelta(days=1), now)
    if not _may_get(session, one):
        _tell(session, one, {"skipped": "no_role"}, now)
        end(session, one.site_id, one.id, None, now)
        return None
    if one.next_at is None:  # no day is worked any more
        _note(session, one, _values(one), {}, None, now)
    span = span_of(one.period, _last_end(session, one), site.timezone, now)
    if span.starts_at >= span.ends_at:
        _tell(session, one, {"skipped": "told_before"}, now)
        return None
    found = digest(session, site, span)
    sent = _kept(session, one, found, today.isoformat(), now)
    is_merged = span.ends_at - span.starts_at > PERIODS[one.period] + timedelta(hours=2)
    _tell(session, one, {"digest": str(sent.id), "due_at": due_at.isoformat(), "is_merged": is_merged}, now)
    outbox.post(session, [digest_letters.letter(reader_of(one), site, found, address, sent.id)], now)
    return sent


def reader_of(one: Subscription) -> Reader:
    return Reader(one.person_id, (one.channel, one.account, one.conversation))


def preview(session: Session, one: Subscription, now: datetime) -> Digest:
    """What it would say now, of the last whole period."""
    site = places.site_of(session, one.site_id)
    return digest(session, site, span_of(one.period, None, site.timezone, now))


def send_test(session: Session, one: Subscription, address: str, now: datetime) -> None:
    """Send what it would say now, with all that a digest has; this is none of a period: the next one is not affected.

    Errors: NotFound for one that has ended, or whose reader may have none any more; NoChat.
    """
    if one.next_at is None or not _may_get(session, one):
        raise NotFound(what="word.digest")
    if not can_arrive(session, one):
        raise NoChat(name=people.get(session, one.person_id).name if one.person_id else name_of_group(one))
    site, found = places.site_of(session, one.site_id), preview(session, one, now)
    sent = _kept(session, one, found, f"test {clock.new_id()}", now, is_test=True)
    outbox.post(session, [digest_letters.letter(reader_of(one), site, found, address, sent.id)], now)


def can_arrive(session: Session, one: Subscription) -> bool:
    """Whether there is a chat that it can be written into."""
    return one.person_id is None or people.is_reachable(session, one.person_id)


def _kept(
    session: Session, one: Subscription, found: Digest, day: str, now: datetime, *, is_test: bool = False
) -> Sent:  # fmt: skip
    """A digest as it is sent, with the tickets behind its figures."""
    figures = {one.name: {"value": one.value, "tickets": list(one.tickets), "unit": one.unit} for one in found.figures}
    sent = Sent(
        id=clock.new_id(), subscription_id=one.id, site_id=one.site_id, day=day, starts_at=found.span.starts_at,
        ends_at=found.span.ends_at, sent_at=now, facts=figures, is_test=is_test,
    )  # fmt: skip
    session.add(sent)
    session.flush()
    return sent


def _last_end(session: Session, one: Subscription) -> datetime | None:
    query = select(Sent.ends_at).where(Sent.subscription_id == one.id, Sent.is_test.is_(False))
    return session.scalar(query.order_by(Sent.day.desc()).limit(1))


def _tell(session: Session, one: Subscription, facts: dict[str, Any], now: datetime) -> None:
    told = {"subscription": str(one.id), "period": one.period, **facts}
    entry = trace.Entry("digest", told, actor="digests")
    decisions.append(session, one.site_id, f"site:{one.site_id}", [entry], now)


def _may_get(session: Session, one: Subscription) -> bool:
    """Whether a person may still read it; for a group, whether whoever let it in still could."""
    if one.person_id is not None:
        return _may_read(session, one.person_id, one.site_id)
    return one.made_by is None or _holds(session, one.made_by, one.site_id, *MAKERS)


def _may_read(session: Session, person_id: UUID, site_id: UUID) -> bool:
    return _holds(session, person_id, site_id, *READERS)


def _holds(session: Session, person_id: UUID, site_id: UUID, *roles: str) -> bool:
    held = people.roles_of(session, person_id).get(site_id, set())
    return bool(held & set(roles)) and people.get(session, person_id).is_active


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        raise Invalid(field="field.time") from None


def _values(one: Subscription) -> dict[str, Any]:
    to = [one.channel, one.account, one.conversation]
    return {"period": one.period, "time": one.at, "person": str(one.person_id or ""), "address": to if any(to) else []}


def name_of_group(one: Subscription) -> str:
    return one.name or one.conversation


def _note(
    session: Session, one: Subscription, before: dict[str, Any], after: dict[str, Any], actor: UUID | None,
    now: datetime,
) -> None:  # fmt: skip
    name = people.get(session, one.person_id).name if one.person_id else name_of_group(one)
    changes.record(session, changes.Edit(one.site_id, "digest", str(one.id), before, after, name), actor, now)


@changes.restores("digest")
def _restore(
    session: Session, site_id: UUID, key: str, values: dict[str, Any], actor: UUID | None, now: datetime
) -> None:
    """A subscription goes on, or ends, as it was; for a group's whoever takes it back answers from then on.

    Errors: Lasting for a group that has put us out: it lets us in again by asking. DigestTaken where the same goes on
    under another name.
    """
    one = of_site(session, site_id, UUID(key))
    if values and one.left_at is not None:
        raise changes.Lasting
    wish = Wish(one.period, one.at, one.person_id, (one.channel, one.account, one.conversation))
    if values and _same(session, site_id, wish, one.at) not in (None, one):
        raise DigestTaken
    if values:
        one.made_by = actor
    before = _values(one) if one.next_at else {}
    site = places.site_of(session, site_id)
    one.next_at = next_moment(one, site, calendars.local_day(now, site.timezone), now) if values else None
    session.flush()
    _note(session, one, before, _values(one) if one.next_at else {}, actor, now)


def _standing(session: Session) -> Iterator[tuple[UUID, str, dict[str, Any]]]:
    for one in session.scalars(select(Subscription).order_by(Subscription.id)):
        yield one.site_id, str(one.id), _values(one) if one.next_at else {}


changes.STANDS.register("digest")(changes.Stands("subscriptions", _standing))


def due(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """The subscriptions whose moment has come."""
    query = select(Subscription.id).where(Subscription.next_at <= now).order_by(Subscription.next_at, Subscription.id)
    return session.scalars(query.limit(limit)).all()

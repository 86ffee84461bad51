"""Which way a message goes: the first of its reader's chats that may be written to now.

1. A message that belongs to a conversation goes there; any other to the chat that its reader used last.
2. Where the window is closed, as a template of the same chat, if its platform has one for the purpose.
3. Otherwise to the reader's next chat, the one used before; a chat that refused this very message is not tried again.
4. Where every chat only has to wait, until the first of them is free; where all are closed, nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bot.channels import Channel
from core import consents, importance, people, quotas, sendings
from core.database import Session
from core.outbox import OutboxMessage
from core.people import Identity
from core.quotas import Verdict

NO_WAY = "no_way"
NO_CONSENT = "no_consent"
ENDED = ("blocked", "gone")  # of a chat, whatever is sent there
Tried = dict[tuple[str, str, bool], str]


@dataclass(frozen=True, slots=True)
class Way:
    """A chat that a message may go to now. `passed`: the chats before it that were closed, as `<channel>:<reason>`."""

    channel: Channel
    conversation: str
    identity_id: UUID | None
    is_template: bool = False
    passed: str = ""

    @property
    def place(self) -> sendings.Place:
        return self.channel.name, self.channel.account, self.conversation


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing goes before this moment."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class NoWay:
    """Nothing goes at all."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Asked:
    session: Session
    row: OutboxMessage
    tried: Tried
    now: datetime

    @property
    def patience(self) -> datetime:
        return self.now + importance.PATIENCE[self.row.importance]


def is_counted(channels: Mapping[str, Channel]) -> bool:
    """Whether any platform has limits that are counted in rows."""
    return any(channel.limits.windows or channel.limits.quotas for channel in channels.values())


def is_scarce(session: Session, row: OutboxMessage, channels: Mapping[str, Channel], now: datetime) -> bool:
    """Whether the chat that a message would go to takes some, but a handful only."""
    way = next(_chats(session, row, channels), None)
    if way is None or not any(window.messages for window in way.channel.limits.windows):
        return False
    return _allowed(_Asked(session, row, {}, now), way).state == "go"


def choose(session: Session, row: OutboxMessage, channels: Mapping[str, Channel], now: datetime) -> Way | Later | NoWay:
    """Where a message goes now, or from when on, or why nowhere."""
    asked = _Asked(session, row, sendings.closed_to(session, row.id) if row.attempts > 1 else {}, now)
    waits: list[Later] = []
    passed: list[tuple[str, str]] = []
    for way in _chats(session, row, channels):
        verdict, is_template = _verdict(asked, way)
        if verdict.state == "go":
            told = " ".join(f"{channel}:{reason}" for channel, reason in passed)
            return Way(way.channel, way.conversation, way.identity_id, is_template, told)
        passed.append((way.channel.name, verdict.reason))
        if verdict.until is not None:
            waits.append(Later(verdict.until, verdict.reason))
            if verdict.until <= asked.patience:
                break
    if waits:
        return min(waits, key=lambda later: later.until)
    return NoWay(passed[0][1] if passed else NO_WAY)


def give_back(session: Session, row: OutboxMessage, way: Way) -> None:
    """The consent that this way took: the platform has not used it up."""
    if way.is_template and way.channel.limits.has_consents:
        consents.give(session, way.place, _purpose(row))


def end_consents(session: Session, row: OutboxMessage, way: Way) -> None:
    """The platform says that this chat has allowed none: what we had counted was wrong."""
    if way.is_template:
        consents.end(session, way.place, _purpose(row))


def _chats(session: Session, row: OutboxMessage, channels: Mapping[str, Channel]) -> Iterator[Way]:
    """Every chat that a message may go to, the best first. Only private chats belong to a person.

    What takes the place of a message has its place nowhere else, and what a group is told goes to nobody's chat. A
    private chat that is its reader's no longer gets nothing of theirs.
    """
    known = people.identities_of(session, row.person_id) if row.person_id else []
    own = next((one for one in known if (one.channel, one.conversation) == (row.channel, row.conversation)), None)
    is_lost = bool(
        row.person_id and row.conversation and own is None and people.is_private(session, row.channel, row.conversation)
    )
    if row.channel:
        if row.channel in channels and row.conversation and not is_lost:
            yield Way(channels[row.channel], row.conversation, own.id if own else None)
        if row.replaces or (own is None and not is_lost):
            return
    for one in known:
        if one is not own and _is_open(one) and one.channel in channels:
            yield Way(channels[one.channel], one.conversation, one.id)


def _is_open(identity: Identity) -> bool:
    return bool(identity.conversation) and identity.blocked_at is None


def _verdict(asked: _Asked, way: Way) -> tuple[Verdict, bool]:
    """Whether a message may go this way, as it is or else as a template."""
    refused = asked.tried.get((way.channel.name, way.conversation, False), "")
    verdict = Verdict("closed", refused) if refused else _allowed(asked, way)
    purpose = _purpose(asked.row)
    if verdict.state != "closed" or refused in ENDED or purpose not in way.channel.limits.templates:
        return verdict, False
    return _as_template(asked, way, purpose), True


def _purpose(row: OutboxMessage) -> str:
    return importance.purpose(row.kind, has_ticket=row.ticket_id is not None)


def _allowed(asked: _Asked, way: Way) -> Verdict:
    limits = way.channel.limits
    is_group = limits.is_group(way.conversation)
    counted = quotas.applying(limits.quotas, is_group=is_group)
    windows = () if is_group else limits.windows
    if not (counted or windows):
        return quotas.GO
    return quotas.decide(windows, counted, sendings.past(asked.session, way.place), asked.now)


def _as_template(asked: _Asked, way: Way, purpose: str) -> Verdict:
    if refused := asked.tried.get((way.channel.name, way.conversation, True), ""):
        return Verdict("closed", refused)
    counted = quotas.applying(way.channel.limits.quotas, is_template=True)
    verdict = quotas.decide((), counted, sendings.past(asked.session, way.place), asked.now)
    if verdict.state == "go" and way.channel.limits.has_consents:
        return verdict if consents.use(asked.session, way.place, purpose) else Verdict("closed", NO_CONSENT)
    return verdict

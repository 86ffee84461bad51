"""Messages at the desk: to whom, which way, its first words, and what became of it, with the reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.pages.desk._frame import At
from bot.messages import Limits
from bot.render import Setting, render
from core import categories, clock, i18n, outbox, replies, sendings
from core.database import Session
from core.i18n import has_text, translate
from core.outbox import OutboxMessage
from core.places import SiteFacts
from core.sendings import Sending
from core.tickets import queries
from core.tickets.models import Ticket
from core.upkeep import messages

SHOWN = 140
SETTLED = ("sent", "claimed")


@dataclass(frozen=True, slots=True)
class Told:
    """One message: to whom (empty on the page of that person), where, its first words, and what became of it.

    `notes`: why it went this way.
    """

    who: str
    channel: str
    text: str
    state: str
    state_text: str
    when: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Page:
    """What every line of the page needs."""

    setting: Setting
    names: Mapping[UUID, str]
    attempts: Mapping[UUID, Sequence[Sending]]
    carriers: Mapping[UUID, OutboxMessage]

    @property
    def locale(self) -> str:
        return self.setting.locale

    def time(self, moment: datetime) -> str:
        return i18n.local_time(moment, self.setting.zone, self.locale, self.setting.now)

    def reason(self, code: str) -> str:
        """Why, in words; a code of a platform that no catalog knows as it is."""
        key = f"delivery.reason.{code}"
        return translate(key, self.locale) if has_text(key, self.locale) else code


def of_ticket(session: Session, here: At, ticket: Ticket, site: SiteFacts) -> list[Told]:
    """What was told to whom about a ticket, newest first."""
    return _lines(session, here, site, outbox.of_ticket(session, ticket.id))


def of_person(session: Session, here: At, person_id: UUID) -> list[Told]:
    """What was sent to somebody, newest first. What was said in a conversation, about no ticket, is not shown."""
    return _lines(session, here, here.site, messages.of_person(session, here.site.id, person_id), is_private=True)


def channel_name(name: str, locale: str) -> str:
    return translate(f"channel.{name}", locale) if has_text(f"channel.{name}", locale) else name


def _lines(
    session: Session, here: At, site: SiteFacts, rows: Sequence[OutboxMessage], *, is_private: bool = False
) -> list[Told]:
    book = categories.handbook(session, site)
    setting = Setting(here.locale, site.timezone, clock.now(), lambda key: book.work(key).label(here.locale))
    page = _Page(
        setting, queries.names_of(session, [row.person_id for row in rows]),
        sendings.of_messages(session, [row.id for row in rows]), outbox.carriers_of(session, rows),
    )  # fmt: skip
    return [_line(page, row, is_private=is_private) for row in rows]


def _line(page: _Page, row: OutboxMessage, *, is_private: bool) -> Told:
    attempts = page.attempts.get(row.id, ())
    channel = attempts[-1].channel if attempts else row.channel
    is_own = is_private and row.ticket_id is None and not row.facts.get("site")
    text = translate("desk_messages.own", page.locale) if is_own else _words(row, page.setting)
    who = "" if is_private else page.names.get(row.person_id, "") if row.person_id else row.conversation
    return Told(
        who, channel_name(channel, page.locale), text, row.state, _became(page, row),
        page.time(row.settled_at or row.created_at), tuple(_notes(page, row, attempts)),
    )  # fmt: skip


def _became(page: _Page, row: OutboxMessage) -> str:
    """What became of a message, with the reason and the moment where there is one."""
    state = translate(f"delivery.{row.state}", page.locale)
    carrier = page.carriers.get(row.merged_into) if row.merged_into else None
    if carrier is not None:
        at, became = page.time(carrier.created_at), _became(page, carrier)
        return translate("desk_messages.merged", page.locale, time=at, state=became)
    if row.is_due and row.not_before > page.setting.now and (why := row.waits or row.error):
        return translate("desk_messages.waits", page.locale, time=page.time(row.not_before), why=page.reason(why))
    return f"{state}: {page.reason(row.error)}" if row.error and row.state not in ("ready", *SETTLED) else state


def _notes(page: _Page, row: OutboxMessage, attempts: Sequence[Sending]) -> Iterator[str]:
    """Why a message went the way it went: chats that were closed, attempts that failed, a template in its place."""
    if row.reference == replies.REFERENCE:
        yield translate("desk_messages.as_reply", page.locale)
    for one in attempts:
        here = channel_name(one.channel, page.locale)
        for passed in one.passed.split():
            channel, _, why = passed.partition(":")
            was = channel_name(channel, page.locale)
            yield translate("desk_messages.instead", page.locale, channel=here, was=was, why=page.reason(why))
        if one.is_template:
            yield translate("desk_messages.template", page.locale, channel=here)
        if one.outcome:
            said = f" ({one.said})" if one.said else ""
            why = page.reason(one.outcome) + said
            yield translate("desk_messages.failed", page.locale, channel=here, time=page.time(one.at), why=why)


def _words(row: OutboxMessage, setting: Setting) -> str:
    """How the message begins, in the language of the desk."""
    try:
        text = render(row.kind, row.facts, [], setting, Limits()).text
    except (KeyError, ValueError, TypeError):
        return row.kind
    first = text.split("\n", 1)[0]
    return first if len(first) <= SHOWN else f"{first[:SHOWN]}\u2026"

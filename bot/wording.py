"""A row of the outbox in its reader's words: language, zone and names are looked up, the rest is rendering."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from bot.messages import Limits, Outgoing
from bot.render import Setting, render
from core import categories, outbox, places
from core.database import Session
from core.outbox import OutboxMessage
from core.people import Person
from core.places import SiteFacts
from core.settings import Settings
from core.tickets import queries

ZONE = "Asia/Shanghai"


def worded(session: Session, row: OutboxMessage, limits: Limits, settings: Settings, now: datetime) -> Outgoing:
    """What the reader gets, within the limits of the platform that it goes to."""
    locale, site = locale_of(session, row), _site(session, row)
    buttons = [(button, outbox.token_of(row.id, index, settings.key)) for index, button in enumerate(row.buttons)]
    setting = Setting(locale, site.timezone if site else ZONE, now, _labels(session, site, locale))
    return render(row.kind, row.facts, buttons, setting, limits, row.replaces)


def locale_of(session: Session, row: OutboxMessage) -> str:
    """The reader's language; a group's is that of its site."""
    person = session.get(Person, row.person_id) if row.person_id else None
    site = None if person else _site(session, row)
    return person.locale if person else site.locale if site else "zh_CN"


def _site(session: Session, row: OutboxMessage) -> SiteFacts | None:
    if row.ticket_id is not None:
        return places.site_of(session, queries.by_id(session, row.ticket_id).site_id)
    return places.site_of(session, UUID(row.facts["site"])) if row.facts.get("site") else None


def _labels(session: Session, site: SiteFacts | None, locale: str) -> Callable[[str], str]:
    if site is None:
        return lambda key: categories.Work(key, {}).label(locale)
    book = categories.handbook(session, site)
    return lambda key: book.work(key).label(locale)

"""A row of the outbox in its reader's words: language, zone and names are looked up, the rest is rendering."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from bot.messages import Limits, Outgoing
from bot.render import Setting, render
from bot.templates import as_template
from core import access, categories, importance, outbox, people, places
from core.database import Session
from core.outbox import OutboxMessage
from core.people import Person
from core.places import SiteFacts
from core.settings import Settings
from core.tickets import queries

ZONE = "Asia/Shanghai"


def worded(
    session: Session,
    row: OutboxMessage,
    limits: Limits,
    settings: Settings,
    now: datetime,
    *,
    is_template: bool = False,
) -> Outgoing:
    """What the reader gets, within the limits of the platform that it goes to, or of its template for the purpose."""
    buttons = [(button, outbox.token_of(row.id, index, settings.key)) for index, button in enumerate(row.buttons)]
    setting = setting_of(session, row, limits, settings, now)
    rendered = render(row.kind, row.facts, buttons, setting, limits, row.replaces)
    purpose = importance.purpose(row.kind, has_ticket=row.ticket_id is not None)
    outgoing = replace(rendered, purpose=purpose)
    return as_template(outgoing, row.kind, row.facts, setting, settings.public_url) if is_template else outgoing


def setting_of(session: Session, row: OutboxMessage, limits: Limits, settings: Settings, now: datetime) -> Setting:
    """What its words depend on beside the facts."""
    locale, site = locale_of(session, row), _site(session, row)
    needs_page = not limits.has_taps and (limits.has_links or not limits.has_replies)
    page = _page(session, row, settings, now) if needs_page else ""
    return Setting(locale, site.timezone if site else ZONE, now, _labels(session, site, locale), page)


def locale_of(session: Session, row: OutboxMessage) -> str:
    """The reader's language; a group's is that of its site."""
    person = session.get(Person, row.person_id) if row.person_id else None
    site = None if person else _site(session, row)
    return person.locale if person else site.locale if site else "zh_CN"


def _site(session: Session, row: OutboxMessage) -> SiteFacts | None:
    if row.ticket_id is not None:
        return places.site_of(session, queries.by_id(session, row.ticket_id).site_id)
    return places.site_of(session, UUID(row.facts["site"])) if row.facts.get("site") else None


def _page(session: Session, row: OutboxMessage, settings: Settings, now: datetime) -> str:
    """A link that opens the message's ticket for its reader; none in a group, where others would open it."""
    if row.ticket_id is None or row.person_id is None or not _is_private(session, row, row.person_id):
        return ""
    return f"{settings.public_url}/w/{access.page_of(session, settings.key, row.person_id, row.ticket_id, now)}"


def _is_private(session: Session, row: OutboxMessage, person_id: UUID) -> bool:
    own = ((one.channel, one.conversation) for one in people.identities_of(session, person_id))
    return not row.conversation or (row.channel, row.conversation) in own


def _labels(session: Session, site: SiteFacts | None, locale: str) -> Callable[[str], str]:
    if site is None:
        return lambda key: categories.Work(key, {}).label(locale)
    book = categories.handbook(session, site)
    return lambda key: book.work(key).label(locale)

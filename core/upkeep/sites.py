"""A site's own facts: name, language, time zone, the telephone number that always answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import categories, changes, i18n, places
from core.errors import Invalid, Missing
from core.places import Site, root_of
from core.upkeep import calendar

FIELDS = ("name", "timezone", "locale", "phone")
MOST = 200


class SiteNameTaken(Invalid):
    """There is already a site called {name}. Please choose another name."""


class UnknownZone(Invalid):
    """There is no time zone called {zone}. Write one such as Asia/Shanghai or Europe/Berlin."""


def add(
    session: Session, name: str, *, timezone: str = "Asia/Shanghai", locale: str = "zh_CN", phone: str = ""
) -> Site:
    """A new site. Errors: Missing, Invalid, UnknownZone, SiteNameTaken."""
    _check(session, None, {"name": name.strip(), "timezone": timezone, "locale": locale})
    site = places.add_site(session, name.strip(), timezone=timezone, locale=locale, phone=phone)
    calendar.begin(site)
    return site


def values_of(site: Site) -> dict[str, Any]:
    """The editable facts of a site."""
    return {name: getattr(site, name) for name in FIELDS}


def edit(session: Session, site_id: UUID, values: dict[str, Any], actor: UUID | None, now: datetime) -> None:
    """Change some of a site's facts. Errors: Missing, Invalid, SiteNameTaken."""
    site = session.get_one(Site, site_id)
    before = values_of(site)
    after = before | {name: str(value).strip() for name, value in values.items() if name in FIELDS}
    _check(session, site_id, after)
    for name, value in after.items():
        setattr(site, name, value)
    root_of(session, site_id).name = after["name"]
    categories.touch(session, site_id)
    changes.record(session, changes.Edit(site_id, "site", str(site_id), before, after, after["name"]), actor, now)


@changes.restores("site")
def _restore(
    session: Session, site_id: UUID, key: str, values: dict[str, Any], actor: UUID | None, now: datetime
) -> None:
    edit(session, site_id, values, actor, now)


def _check(session: Session, site_id: UUID | None, after: dict[str, Any]) -> None:
    if not after["name"]:
        raise Missing(field="field.name")
    if len(after["name"]) > MOST:
        raise Invalid(field="field.name")
    if after["timezone"] not in available_timezones():
        raise UnknownZone(field="field.timezone", zone=after["timezone"])
    if after["locale"] not in i18n.LOCALES:
        raise Invalid(field="field.locale")
    same = select(Site.id).where(Site.name == after["name"])
    if session.scalar(same.where(Site.id != site_id) if site_id else same):
        raise SiteNameTaken(name=after["name"])

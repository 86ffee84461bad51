"""The first run: a site and its first administrator, on a server that nobody has set up yet.

Whoever reaches an empty server first must not own it, so the page asks for the code that `gongdan serve` prints.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import available_timezones

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.deps import Db
from api.pages._posting import Form, see_other
from api.pages._sessions import keep_signed_in
from api.pages._visits import AnyGuest, Guest
from core import access, clock, i18n, limits, people, places
from core.access import MIN_PASSWORD
from core.database import Session
from core.errors import GongdanError, Invalid, Missing, NotFound
from core.settings import Settings
from core.upkeep import calendar, sites

router = APIRouter(prefix="/setup", include_in_schema=False)

FIELDS = ("site", "phone", "timezone", "locale", "name", "code")
CODE_LENGTH = 12
TRIES = 20


class WrongSetupCode(Invalid):
    """This is not the code. `gongdan serve` prints it when it starts, and `gongdan doctor` does too."""


@dataclass(frozen=True, slots=True)
class SetupPage:
    values: dict[str, str]
    zones: list[tuple[str, str]]
    languages: list[tuple[str, str]]
    least: int
    error: str = ""
    field: str = ""


def code_of(settings: Settings) -> str:
    """What proves that somebody runs this server."""
    return hmac.digest(settings.key, b"setup", "sha256").hex()[:CODE_LENGTH]


def address_of(settings: Settings) -> str:
    """Where whoever runs this server begins."""
    return f"{settings.public_url}/setup?code={code_of(settings)}"


def is_needed(session: Session) -> bool:
    """Whether nobody has set anything up: as long as there is no site."""
    return not places.any_site(session)


@router.get("")
def show(visit: AnyGuest, session: Db, code: str = "") -> HTMLResponse:
    _check_needed(session)
    locale = visit.locale
    zone = "Asia/Shanghai" if locale == "zh_CN" else "Europe/Berlin"
    values = dict.fromkeys(FIELDS, "") | {"code": code[:40], "locale": locale, "timezone": zone}
    return visit.page("setup.html", _page(visit, values))


@router.post("")
def make(posted: Form, visit: AnyGuest) -> Response:
    """Make the site and its administrator, who is signed in and goes on at the desk."""
    typed = {name: posted.one(name) for name in FIELDS}
    password = posted.fields.get("password", [""])[-1]
    try:
        visit.system.database.write(lambda session: _count(session, visit.address, clock.now()))
        secret = visit.system.database.write(lambda session: _make(session, visit, typed, password, clock.now()))
    except GongdanError as error:
        return visit.page("setup.html", _page(visit, typed, error), error)
    answer = see_other("/desk/start")
    keep_signed_in(answer, visit.system.settings, secret)
    return answer


def _count(session: Session, address: str, now: datetime) -> None:
    """A try counts in a transaction of its own: one that fails takes back what it has written, but not its count."""
    _check_needed(session)
    limits.count(session, f"setup:{address}", now, most=TRIES)


def _make(session: Session, visit: Guest, typed: dict[str, str], password: str, now: datetime) -> str:
    _check_needed(session)
    if not hmac.compare_digest(typed["code"].strip().encode(), code_of(visit.system.settings).encode()):
        raise WrongSetupCode(field="field.code")
    if not typed["site"]:
        raise Missing(field="field.site")
    if not typed["name"]:
        raise Missing(field="field.name")
    site = places.add_site(session, typed["site"])
    values = {"timezone": typed["timezone"], "locale": typed["locale"], "phone": typed["phone"]}
    admin = people.add_person(session, typed["name"], locale=typed["locale"])
    people.grant(session, admin.id, "admin", site.id)
    sites.edit(session, site.id, values, admin.id, now)
    calendar.begin(site)
    access.set_password(session, admin.id, password)
    return access.issue(session, "session", admin.id, now, life=access.SESSION_LIFE)


def _check_needed(session: Session) -> None:
    """Once there is a site, this page is not there."""
    if not is_needed(session):
        raise NotFound(what="word.page")


def _page(visit: Guest, values: dict[str, str], error: GongdanError | None = None) -> SetupPage:
    zones = [(zone, zone) for zone in sorted(available_timezones()) if "/" in zone and not zone.startswith("Etc/")]
    said = i18n.explain(error, visit.locale) if error else ""
    name = str(error.facts.get("field", "")).removeprefix("field.") if error else ""
    return SetupPage(values, zones, list(i18n.NAMES.items()), MIN_PASSWORD, said, name)

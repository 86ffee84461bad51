"""Channels at the desk: whether each works and what to do where not, what did not arrive, whose a chat is.

Also which pages may embed the web chat.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from fastapi.responses import HTMLResponse, Response

from api import doctor
from api.deps import Db, WriteDb
from api.pages._posting import Form, see_other
from api.pages.desk._frame import At, Frame, at, section
from core import clock, contested, health, i18n, people
from core.contested import Contested
from core.database import Session
from core.errors import Conflict, GongdanError
from core.health import Undelivered
from core.i18n import local_time, translate
from core.upkeep import contests, policies

ROLES = ("admin",)
router = section("channels", order=75, icon="chat", roles=ROLES)
Here = Annotated[At, Depends(at(*ROLES))]
RECENT = timedelta(days=14)
TONES = {"ok": "done", "warning": "work", "broken": "mend"}


@dataclass(frozen=True, slots=True)
class Check:
    """What the doctor says of one thing. `state`: ok, warning or broken."""

    name: str
    state: str
    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class Lost:
    """A message that reached nobody: to whom, why, when, and about what."""

    who: str
    why: str
    when: str
    number: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A chat that somebody asks for and somebody else has."""

    id: str
    channel: str
    wanted_by: str
    owner: str
    since: str
    when: str


@dataclass(frozen=True, slots=True)
class ChannelsPage:
    frame: Frame
    checks: list[Check]
    lost: list[Lost]
    origins: str
    always: list[str]
    snippet: str
    is_saved: bool
    error: str
    claims: list[Claim]


@router.get("")
def show(here: Here, db: Db, saved: str = "") -> HTMLResponse:
    return here.page("desk_channels.html", _page(here, db, is_saved=bool(saved)))


@router.post("/origins")
def allow(here: Here, db: WriteDb, form: Form) -> Response:
    """Which pages of other origins may embed the web chat."""
    typed = form.one("origins")
    try:
        with db.begin_nested():
            policies.set_chat_origins(db, here.site.id, typed.split(), here.person_id, clock.now())
    except GongdanError as error:
        return here.page("desk_channels.html", _page(here, db, typed=typed, error=error), error)
    here.system.origins.forget()
    return see_other(here.link("/desk/channels", saved="1"))


@router.post("/claims/{claim_id}")
def decide(claim_id: UUID, here: Here, db: WriteDb, form: Form) -> Response:
    """Leave a chat with whom it belongs to, or give it to who asks for it."""
    verb = contests.give if form.one("answer") == "give" else contests.leave
    try:
        with db.begin_nested():
            verb(db, here.site.id, claim_id, here.person_id, clock.now())
    except Conflict as error:
        return here.page("desk_channels.html", _page(here, db, error=error), error)
    return see_other(here.link("/desk/channels", saved="1"))


def _page(
    here: At, db: Session, *, typed: str | None = None, is_saved: bool = False, error: GongdanError | None = None
) -> ChannelsPage:
    base = here.system.settings.public_url.rstrip("/")
    origins = typed if typed is not None else "\n".join(policies.chat_origins(db, here.site.id))
    checks = [
        Check(_named(found.check, here.locale), found.state, TONES[found.state], found.text(here.locale))
        for found in doctor.examine(here.system.settings)
        if found.site_id in (None, here.site.id)
    ]
    return ChannelsPage(
        here.frame("channels"), checks, _lost(here, db), origins, list(here.system.settings.web.origins),
        f'<script src="{base}/chat/widget.js" async></script>', is_saved,
        i18n.explain(error, here.locale) if error else "", _claims(here, db),
    )  # fmt: skip


def _claims(here: At, db: Session) -> list[Claim]:
    def line(one: Contested) -> Claim:
        identity = people.identity(db, one.identity_id)
        when = (local_time(at, here.site.timezone, here.locale, clock.now()) for at in (identity.verified_at, one.at))
        who = (_person(db, one.wanted_by, here.locale), _person(db, one.owner, here.locale))
        return Claim(str(one.id), _named(identity.channel, here.locale), *who, *when)

    return [line(one) for one in contested.waiting(db, here.site.id)]


def _person(db: Session, person_id: UUID, locale: str) -> str:
    return people.get(db, person_id).name or translate("desk_people.nameless", locale)


def _named(check: str, locale: str) -> str:
    """What was checked, in the reader's language: a part of the installation, or a channel."""
    keys = (key for key in (f"desk_channels.check_{check}", f"channel.{check}") if i18n.has_text(key, locale))
    key = next(keys, "")
    return translate(key, locale) if key else check


def _lost(here: At, db: Session) -> list[Lost]:
    now = clock.now()
    return [
        Lost(
            _reader(one, here.locale), _why(one.why, here.locale),
            local_time(one.at, here.site.timezone, here.locale, now), one.number,
        )
        for one in health.undelivered(db, here.site.id, now - RECENT)
    ]  # fmt: skip


def _reader(one: Undelivered, locale: str) -> str:
    """Who was to read a message: a person, or the group or chat of which only the channel is known."""
    return one.name or (_named(one.channel, locale) if one.channel else translate("desk_people.nameless", locale))


def _why(code: str, locale: str) -> str:
    key = f"delivery.reason.{code}"
    return translate(key, locale) if i18n.has_text(key, locale) else code

"""A site's policies: how soon somebody comes, what a sign-off needs, and the answers that are prepared.

They stand in the site's settings, where the rules read them: `promise`, `evidence`, `canned`, `quiet`, `numbers`
and `chat_origins`.
"""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import categories, changes, phones
from core.deadlines import RESPOND_WITHIN
from core.errors import Invalid
from core.places import Site
from core.tickets import evidence
from core.tickets.states import PRIORITIES
from core.upkeep import works

LONGEST_MINUTES = 60 * 24 * 90
MOST_TEXTS, LONGEST_TEXT = 40, 500
PLACEHOLDERS = {"number", "name", "until"}
SHORT_NUMBER = re.compile(r"\d{3,6}", re.ASCII)  # 110, 112, 119, 95598
MOST_ORIGINS = 20
ORIGIN = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?")
FIELD = re.compile(r"\{([^{}]*)\}")


class UnknownPlaceholder(Invalid):
    """{{{name}}} is no placeholder. There are {{number}}, {{name}} and {{until}}."""


class NotAnOrigin(Invalid):
    """{text} is not the address of a web site. Write it like https://www.example.com"""


def promises(session: Session, site_id: UUID) -> dict[str, int]:
    """Minutes until somebody is there, by priority."""
    own = session.get_one(Site, site_id).settings.get("promise", {})
    return {name: int(own.get(name) or RESPOND_WITHIN[name].total_seconds() // 60) for name in PRIORITIES}


def set_promises(session: Session, site_id: UUID, minutes: dict[str, int], actor: UUID | None, now: datetime) -> None:
    """They hold for tickets that are opened from now on. Errors: Invalid."""
    if not all(1 <= value <= LONGEST_MINUTES for value in minutes.values()) or set(minutes) - set(PRIORITIES):
        raise Invalid(field="field.minutes")
    _set(session, site_id, "promise", minutes, actor, now)


def required(session: Session, site_id: UUID, kind: str = "fault") -> tuple[str, ...]:
    """The evidence that a sign-off needs, whatever the category."""
    return evidence.required(kind, "", session.get_one(Site, site_id).settings.get("evidence", {}))


def set_required(
    session: Session, site_id: UUID, items: list[str], actor: UUID | None, now: datetime, kind: str = "fault"
) -> None:
    """Errors: Invalid."""
    if set(items) - set(evidence.KNOWN) or kind not in evidence.DEFAULTS:
        raise Invalid(field="field.evidence")
    own = session.get_one(Site, site_id).settings.get("evidence", {})
    ordered = [item for item in evidence.KNOWN if item in items]
    _set(session, site_id, "evidence", {**own, kind: ordered}, actor, now)


def canned(session: Session, site_id: UUID) -> list[dict[str, str]]:
    """The prepared answers, each in both languages."""
    return list(session.get_one(Site, site_id).settings.get("canned", []))


def set_canned(session: Session, site_id: UUID, texts: list[dict[str, str]], actor: UUID | None, now: datetime) -> None:
    """Errors: Invalid, UnknownPlaceholder."""
    kept = [one for one in texts if any(text.strip() for text in one.values())]
    if len(kept) > MOST_TEXTS:
        raise Invalid(field="field.texts")
    for text in (text for one in kept for text in one.values()):
        if len(text) > LONGEST_TEXT:
            raise Invalid(field="field.texts")
        for name in FIELD.findall(text):
            if name not in PLACEHOLDERS:
                raise UnknownPlaceholder(name=name)
    _set(session, site_id, "canned", kept, actor, now)


def quiet(session: Session, site_id: UUID) -> tuple[str, ...]:
    """The hours in which only what somebody waits for is sent, such as `("22:00", "07:00")`; empty for none."""
    return tuple(session.get_one(Site, site_id).settings.get("quiet", ()))


def set_quiet(session: Session, site_id: UUID, hours: tuple[str, str], actor: UUID | None, now: datetime) -> None:
    """Two local times; two empty ones for none. Errors: Invalid."""
    if not any(hours):
        _set(session, site_id, "quiet", None, actor, now)
        return
    try:
        begins, ends = (time.fromisoformat(text) for text in hours)
    except ValueError:
        raise Invalid(field="field.time") from None
    if begins == ends:
        raise Invalid(field="field.time")
    _set(session, site_id, "quiet", [f"{begins:%H:%M}", f"{ends:%H:%M}"], actor, now)


def numbers(session: Session, site_id: UUID) -> dict[str, str]:
    """Whom to call in each kind of emergency; empty where the site's own number answers."""
    own = session.get_one(Site, site_id).settings.get("numbers", {})
    return {kind: str(own.get(kind, "")) for kind in works.emergencies()}


def set_numbers(session: Session, site_id: UUID, given: dict[str, str], actor: UUID | None, now: datetime) -> None:
    """Errors: Invalid for what is no telephone number, or an emergency that nobody knows."""
    kept = {kind: number.strip() for kind, number in given.items() if number.strip()}
    if set(kept) - set(works.emergencies()):
        raise Invalid(field="field.kind")
    if not all(SHORT_NUMBER.fullmatch(number) or phones.is_number(number) for number in kept.values()):
        raise Invalid(field="field.phone")
    _set(session, site_id, "numbers", kept, actor, now)


def chat_origins(session: Session, site_id: UUID | None = None) -> list[str]:
    """The pages of other origins that may embed the web chat: of one site, or of all of them."""
    query = select(Site.settings) if site_id is None else select(Site.settings).where(Site.id == site_id)
    return sorted({origin for settings in session.scalars(query) for origin in settings.get("chat_origins", [])})


def set_chat_origins(session: Session, site_id: UUID, given: list[str], actor: UUID | None, now: datetime) -> None:
    """Errors: NotAnOrigin, Invalid where there are too many."""
    kept = sorted({_origin(text) for text in given if text.strip()})
    if len(kept) > MOST_ORIGINS:
        raise Invalid(field="field.origins")
    _set(session, site_id, "chat_origins", kept, actor, now)


def _origin(text: str) -> str:
    """An address as browsers name it: `https://www.example.com`. One with a path or wildcard would open more."""
    parts = urlsplit(text.strip().rstrip("/"))
    is_plain = parts.scheme in ("https", "http") and ORIGIN.fullmatch(parts.netloc)
    if not is_plain or parts.path or parts.query or parts.fragment:
        raise NotAnOrigin(text=text.strip()[:100])
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _set(session: Session, site_id: UUID, name: str, value: Any, actor: UUID | None, now: datetime) -> None:
    """Write one policy; a policy without a value is the default again."""
    site = session.get_one(Site, site_id)
    before = {name: site.settings[name]} if name in site.settings else {}
    after = {} if value in (None, {}, []) else {name: value}
    site.settings = {key: kept for key, kept in site.settings.items() if key != name} | after
    categories.touch(session, site_id)
    changes.record(session, changes.Edit(site_id, "policy", name, before, after, site.name), actor, now)


@changes.restores("policy")
def _restore(
    session: Session, site_id: UUID, key: str, values: dict[str, Any], actor: UUID | None, now: datetime
) -> None:
    _set(session, site_id, key, values.get(key), actor, now)

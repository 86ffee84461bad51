"""How the categories of a site are handled, and the words that lead to them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core import categories, changes, lexicon
from core.categories import MODES, Category, SiteTerm
from core.errors import Conflict, Invalid, Missing
from core.people import Team
from core.tickets.states import PRIORITIES

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
LONGEST_NAME, LONGEST_PHRASE, HEAVIEST = 60, 60, 20
BLANK = {"name_zh": "", "name_en": "", "priority": "normal", "mode": "assign", "team": ""}


class KeyTaken(Conflict):
    """There is a category {name} already."""


def values_of(session: Session, site_id: UUID, key: str) -> dict[str, str]:
    """What the site says about a category; for a built-in one without a row, what holds anyway."""
    row = session.get(Category, (site_id, key))
    if row is None:
        return dict(BLANK)
    return {
        "name_zh": row.name_zh, "name_en": row.name_en, "priority": row.priority, "mode": row.mode,
        "team": str(row.team_id or ""),
    }  # fmt: skip


def edit(session: Session, site_id: UUID, key: str, values: dict[str, str], actor: UUID | None, now: datetime) -> None:
    """Change how a category is handled. Errors: Invalid."""
    before = values_of(session, site_id, key)
    after = before | {name: value.strip() for name, value in values.items() if name in BLANK}
    _check(session, site_id, after)
    categories.set_category(
        session, site_id, key, name_zh=after["name_zh"], name_en=after["name_en"], priority=after["priority"],
        mode=after["mode"], team_id=UUID(after["team"]) if after["team"] else None,
    )  # fmt: skip
    label = after["name_en"] or after["name_zh"] or key
    changes.record(session, changes.Edit(site_id, "category", key, before, after, label), actor, now)


def add(session: Session, site_id: UUID, key: str, values: dict[str, str], actor: UUID, now: datetime) -> None:
    """Add a category of the site's own. Errors: Invalid, Missing, KeyTaken."""
    if not KEY.fullmatch(key):
        raise Invalid(field="field.key")
    if key in lexicon.CATEGORIES or session.get(Category, (site_id, key)) is not None:
        raise KeyTaken(name=key)
    if not (values.get("name_zh") or values.get("name_en")):
        raise Missing(field="field.name")
    edit(session, site_id, key, values, actor, now)


@changes.restores("category")
def _restore(
    session: Session, site_id: UUID, key: str, values: dict[str, Any], actor: UUID | None, now: datetime
) -> None:
    edit(session, site_id, key, values, actor, now)


def emergencies() -> list[str]:
    """Every kind of emergency that the lexicon knows."""
    known = lexicon.load()
    found = [term.emergency for term in known.terms] + [rule.emergency for rule in known.rules]
    return list(dict.fromkeys(kind for kind in found if kind))


def terms(session: Session, site_id: UUID) -> list[SiteTerm]:
    """The site's own words."""
    return list(session.scalars(select(SiteTerm).where(SiteTerm.site_id == site_id).order_by(SiteTerm.phrase)))


def set_term(
    session: Session, site_id: UUID, phrase: str, category: str, actor: UUID | None, now: datetime, *,
    weight: int = 4, emergency: str = "",
) -> None:  # fmt: skip
    """Teach the site a word, or change what it means. Errors: Missing, Invalid."""
    phrase = phrase.strip()
    if not phrase:
        raise Missing(field="field.phrase")
    known = set(lexicon.CATEGORIES) | set(session.scalars(select(Category.key).where(Category.site_id == site_id)))
    if len(phrase) > LONGEST_PHRASE or "\x00" in phrase:
        raise Invalid(field="field.phrase")
    if category not in known:
        raise Invalid(field="field.category")
    if not 1 <= weight <= HEAVIEST:
        raise Invalid(field="field.weight")
    before = _term(session, site_id, phrase)
    categories.add_term(session, site_id, phrase, category, weight=weight, emergency=emergency)
    after = {"category": category, "weight": weight, "emergency": emergency}
    changes.record(session, changes.Edit(site_id, "term", phrase, before, after, phrase), actor, now)


def remove_term(session: Session, site_id: UUID, phrase: str, actor: UUID | None, now: datetime) -> None:
    before = _term(session, site_id, phrase)
    session.execute(delete(SiteTerm).where(SiteTerm.site_id == site_id, SiteTerm.phrase == phrase))
    categories.touch(session, site_id)
    changes.record(session, changes.Edit(site_id, "term", phrase, before, {}, phrase), actor, now)


@changes.restores("term")
def _restore_term(
    session: Session, site_id: UUID, key: str, values: dict[str, Any], actor: UUID | None, now: datetime
) -> None:
    if not values:
        remove_term(session, site_id, key, actor, now)
        return
    known = {"category": "other", "weight": 4, "emergency": "", **_term(session, site_id, key), **values}
    set_term(
        session, site_id, key, known["category"], actor, now, weight=int(known["weight"]), emergency=known["emergency"]
    )


def _term(session: Session, site_id: UUID, phrase: str) -> dict[str, Any]:
    session.expire_all()
    row = session.get(SiteTerm, (site_id, phrase))
    return {"category": row.category, "weight": row.weight, "emergency": row.emergency} if row else {}


def _check(session: Session, site_id: UUID, after: dict[str, str]) -> None:
    if max(len(after["name_zh"]), len(after["name_en"])) > LONGEST_NAME:
        raise Invalid(field="field.name")
    if after["priority"] not in PRIORITIES:
        raise Invalid(field="field.priority")
    if after["mode"] not in MODES:
        raise Invalid(field="field.mode")
    if after["team"]:
        team = session.get(Team, UUID(after["team"]))
        if team is None or team.site_id != site_id:
            raise Invalid(field="field.team")

"""Categories of work over HTTP, and the words by which a site's reports are understood."""

from __future__ import annotations

from typing import Annotated, cast
from uuid import UUID

from fastapi import Path, Query
from fastapi.responses import Response

from api import subjects
from api.deps import Anywhere, Db, Locale, WriteDb
from api.idempotency import Idempotent, answer
from api.routing import noun, problems
from api.schemas import register as schema
from api.schemas.tickets import Priority
from core import categories, lexicon, places
from core.access import Viewer
from core.categories import Work
from core.database import Session
from core.errors import Forbidden, Invalid

router = noun("categories")

Key = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["water"])]


@router.get("", response_model=schema.CategoryList, operation_id="list_categories", responses={**problems(404, 422)})
def index(asked: Annotated[schema.OfSite, Query()], who: Anywhere, locale: Locale, db: Db) -> Response:
    """The categories of a site, built-in and its own."""
    site_id = subjects.site_of(db, who, asked.site)
    book = categories.handbook(db, places.site_of(db, site_id))
    return answer(schema.CategoryList(items=[_shown(work, locale) for work in book.works.values()]))


@router.post(
    "", status_code=201, response_model=schema.Category, operation_id="set_category",
    responses={**problems(403, 404, 413, 422, 503)},
)  # fmt: skip
def keep(given: schema.NewCategory, who: Anywhere, locale: Locale, db: WriteDb, once: Idempotent) -> Response:
    """Add a category to a site or change it. For administrators of the site."""
    return once.answer(db, given, lambda: _kept(db, who, locale, given), 201)


def _kept(session: Session, who: Viewer, locale: str, given: schema.NewCategory) -> schema.Category:
    site_id = _administered(session, who, given.site)
    if given.team:
        subjects.check_team(session, site_id, given.team)
    categories.set_category(
        session, site_id, given.key, name_zh=given.name_zh, name_en=given.name_en, priority=given.priority,
        mode=given.mode, team_id=given.team,
    )  # fmt: skip
    names = {"zh_CN": given.name_zh, "en": given.name_en}
    named = {language: name for language, name in names.items() if name}
    return _shown(Work(given.key, named, given.priority, given.mode, given.team), locale)


@router.post(
    "/{key}/terms", status_code=201, response_model=schema.Term, operation_id="add_term",
    responses={**problems(403, 404, 413, 422, 503)},
)  # fmt: skip
def teach(key: Key, given: schema.NewTerm, who: Anywhere, db: WriteDb, once: Idempotent) -> Response:
    """Teach a site a word that means a category. For administrators of the site."""
    return once.answer(db, given, lambda: _taught(db, who, key, given), 201)


def _taught(session: Session, who: Viewer, key: str, given: schema.NewTerm) -> schema.Term:
    site_id = _administered(session, who, given.site)
    subjects.check_category(session, site_id, key)
    if given.emergency and given.emergency not in lexicon.load().emergencies:
        raise Invalid(field="field.emergency")
    categories.add_term(session, site_id, given.phrase, key, weight=given.weight, emergency=given.emergency)
    return schema.Term(phrase=given.phrase.strip(), category=key, weight=given.weight, emergency=given.emergency)


def _administered(session: Session, who: Viewer, site: str) -> UUID:
    if not who.sites("admin"):
        raise Forbidden
    return subjects.site_of(session, who, site, "admin")


def _shown(work: Work, locale: str) -> schema.Category:
    return schema.Category(
        key=work.key, name=work.label(locale), priority=cast("Priority", work.priority),
        mode=cast("schema.Mode", work.mode), team=work.team_id,
    )  # fmt: skip

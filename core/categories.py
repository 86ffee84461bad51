"""The categories of work at a site: how urgent, who does it, how it is given out; and the site's own words."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ForeignKey, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import i18n, lexicon
from core.database import Table
from core.errors import Invalid
from core.places import Site, SiteFacts

MODES = ("assign", "claim", "by_hand")


class Category(Table):
    """What a site says about a category. A built-in one without a row is assigned to whoever is skilled."""

    __tablename__ = "categories"

    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    name_zh: Mapped[str] = mapped_column(default="")
    name_en: Mapped[str] = mapped_column(default="")
    priority: Mapped[str] = mapped_column(default="normal")
    mode: Mapped[str] = mapped_column(default="assign")
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))


class SiteTerm(Table):
    """A word or phrase of a site's own, added to the built-in lexicon."""

    __tablename__ = "terms"

    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    phrase: Mapped[str] = mapped_column(primary_key=True)
    category: Mapped[str]
    weight: Mapped[int] = mapped_column(default=4)
    emergency: Mapped[str] = mapped_column(default="")


@dataclass(frozen=True, slots=True)
class Work:
    """How a category is handled at a site."""

    key: str
    names: dict[str, str]
    priority: str = "normal"
    mode: str = "assign"
    team_id: UUID | None = None

    def label(self, locale: str) -> str:
        """The name of a category for people; a key that nobody named is shown as it is."""
        own = self.names.get(locale) or self.names.get("en") or self.names.get("zh_CN")
        key = f"category.{self.key}"
        return own or (i18n.translate(key, locale) if i18n.has_text(key, locale) else self.key)


@dataclass(frozen=True, slots=True)
class Handbook:
    """What a process knows about a site at one revision: its categories and its lexicon."""

    revision: int
    works: dict[str, Work]
    lexicon: lexicon.Lexicon

    def work(self, key: str) -> Work:
        return self.works.get(key) or Work(key, {})


_handbooks: dict[UUID, Handbook] = {}


def handbook(session: Session, site: SiteFacts) -> Handbook:
    """The handbook of a site, read again only when its revision has grown."""
    known = _handbooks.get(site.id)
    if known is None or known.revision != site.revision:
        known = _handbooks[site.id] = _read(session, site)
    return known


def _read(session: Session, site: SiteFacts) -> Handbook:
    rows = session.scalars(select(Category).where(Category.site_id == site.id)).all()
    terms = session.scalars(select(SiteTerm).where(SiteTerm.site_id == site.id)).all()
    works = {key: Work(key, {}) for key in lexicon.CATEGORIES}
    for row in rows:
        names = {"zh_CN": row.name_zh, "en": row.name_en}
        works[row.key] = Work(row.key, {k: v for k, v in names.items() if v}, row.priority, row.mode, row.team_id)
    extra = [lexicon.Term(t.phrase, t.category, t.weight, emergency=t.emergency or None) for t in terms]
    builtin = lexicon.load()
    return Handbook(site.revision, works, builtin.extended(extra) if extra else builtin)


def set_category(
    session: Session, site_id: UUID, key: str, *, name_zh: str = "", name_en: str = "", priority: str = "normal",
    mode: str = "assign", team_id: UUID | None = None,
) -> None:  # fmt: skip
    """Add a category to a site or change it."""
    if mode not in MODES:
        raise Invalid(field="field.mode")
    session.merge(
        Category(
            site_id=site_id, key=key, name_zh=name_zh, name_en=name_en, priority=priority, mode=mode, team_id=team_id
        )
    )
    touch(session, site_id)


def add_term(
    session: Session, site_id: UUID, phrase: str, category: str, *, weight: int = 4, emergency: str = ""
) -> None:
    """Teach a site's lexicon a word."""
    if not phrase.strip():
        raise Invalid(field="field.phrase")
    session.merge(
        SiteTerm(site_id=site_id, phrase=phrase.strip(), category=category, weight=weight, emergency=emergency)
    )
    touch(session, site_id)


def touch(session: Session, site_id: UUID) -> None:
    """Let every cache of the site's settings know that they changed."""
    session.flush()
    session.execute(
        update(Site)
        .where(Site.id == site_id)
        .values(revision=Site.revision + 1)
        .execution_options(synchronize_session="fetch")
    )

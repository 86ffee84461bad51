"""Where things are: a site and the tree of places below it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    UniqueConstraint,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from core import clock
from core.database import Table, rows
from core.errors import Invalid, NotFound
from core.prepared import Prepared

LONGEST_WORDS = 200


class Site(Table):
    """A compound or building that is run as one.

    `phone`: the number that answers for 24 hours. `settings`: policies of the site. `revision` grows with each
    change of its categories, terms and settings, so that caches know.
    """

    __tablename__ = "sites"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    name: Mapped[str] = mapped_column(unique=True)
    prefix: Mapped[str] = mapped_column(unique=True)
    timezone: Mapped[str] = mapped_column(default="Asia/Shanghai")
    locale: Mapped[str] = mapped_column(default="zh_CN")
    phone: Mapped[str] = mapped_column(default="")
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    revision: Mapped[int] = mapped_column(default=1)


class Place(Table):
    """A building, floor, room, unit or outdoor spot. `path` is the names from below the site, joined by `/`."""

    __tablename__ = "places"
    __table_args__ = (UniqueConstraint("site_id", "path"), Index(None, "parent_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("places.id"))
    name: Mapped[str]
    path: Mapped[str]
    kind: Mapped[str] = mapped_column(default="area")
    is_common: Mapped[bool] = mapped_column(default=True)


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """A site as the rules see it."""

    id: UUID
    name: str
    prefix: str
    timezone: str
    locale: str
    phone: str
    settings: dict[str, Any]
    revision: int


@dataclass(frozen=True, slots=True)
class Known:
    """What somebody may know of: what is common at `sites`, everything at `staffed` ones, and their own `homes`."""

    sites: Sequence[UUID]
    staffed: Sequence[UUID] = ()
    homes: Sequence[UUID] = ()


_SITES = rows(Site)
_FACTS = Prepared(select(*(_SITES.c[item.name] for item in fields(SiteFacts))).where(_SITES.c.id == bindparam("of_id")))


def site_of(session: Session, site_id: UUID) -> SiteFacts:
    """The facts of a site."""
    return SiteFacts(*_FACTS.rows(session, of_id=site_id)[0])


def number_for(site: SiteFacts, emergency: str) -> str:
    """Whom to call: the number for this kind of emergency, else the one that always answers."""
    return str(site.settings.get("numbers", {}).get(emergency) or site.phone)


def add_site(
    session: Session, name: str, *, timezone: str = "Asia/Shanghai", locale: str = "zh_CN", phone: str = ""
) -> Site:
    """Add a site with its root place. Its tickets are numbered under a prefix of its own: WX, WX2, WX3, …"""
    taken = len(session.scalars(select(Site.prefix)).all())
    prefix = f"WX{taken + 1}" if taken else "WX"
    site = Site(
        id=clock.new_id(),
        name=name,
        prefix=prefix,
        timezone=timezone,
        locale=locale,
        phone=phone,
        settings={},
        revision=1,
    )
    session.add(site)
    session.flush()
    session.add(Place(id=clock.new_id(), site_id=site.id, parent_id=None, name=name, path="", kind="site"))
    session.flush()
    return site


def site_named(session: Session, name: str) -> Site:
    site = session.scalar(select(Site).where(Site.name == name))
    if site is None:
        raise NotFound(what="word.site")
    return site


def root_of(session: Session, site_id: UUID) -> Place:
    return session.scalars(select(Place).where(Place.site_id == site_id, Place.path == "")).one()


def place_of(session: Session, place_id: UUID) -> Place | None:
    return session.get(Place, place_id)


def place_at(session: Session, site_id: UUID, path: str) -> Place:
    place = session.scalar(select(Place).where(Place.site_id == site_id, Place.path == path.strip("/ ")))
    if place is None:
        raise NotFound(what="word.place")
    return place


def ensure_path(session: Session, site_id: UUID, path: str, *, kind: str = "area", is_common: bool = True) -> Place:
    """The place at a path such as `A/2F/201`; missing parts of the path are added on the way."""
    here = root_of(session, site_id)
    names = [name.strip() for name in path.split("/") if name.strip()]
    if len(names) > 12:
        raise Invalid(field="field.place")
    for depth, name in enumerate(names):
        is_last = depth == len(names) - 1
        here = _child(session, here, name) or _add_child(
            session, here, name, kind=kind if is_last else "area", is_common=is_common if is_last else True
        )
    return here


def _child(session: Session, parent: Place, name: str) -> Place | None:
    return session.scalar(select(Place).where(Place.site_id == parent.site_id, Place.path == _join(parent, name)))


def _add_child(session: Session, parent: Place, name: str, *, kind: str, is_common: bool) -> Place:
    place = Place(
        id=clock.new_id(), site_id=parent.site_id, parent_id=parent.id, name=name, path=_join(parent, name),
        kind=kind, is_common=is_common,
    )  # fmt: skip
    session.add(place)
    session.flush()
    return place


def _join(parent: Place, name: str) -> str:
    return f"{parent.path}/{name}" if parent.path else name


def is_common(session: Session, place_id: UUID) -> bool:
    return session.get_one(Place, place_id).is_common


def sites(session: Session, site_ids: list[UUID]) -> list[Site]:
    """Some sites by name."""
    return list(session.scalars(select(Site).where(Site.id.in_(site_ids)).order_by(Site.name)))


def every_site(session: Session) -> list[UUID]:
    """Every site, by name."""
    return list(session.scalars(select(Site.id).order_by(Site.name)))


def only_site(session: Session) -> Site | None:
    """The only site there is; None when there are several or none."""
    found = session.scalars(select(Site).limit(2)).all()
    return found[0] if len(found) == 1 else None


def find(session: Session, words: str, limit: int, known: Known | None = None) -> list[Place]:
    """The places that words may mean: the one of exactly that name or path, else those whose path holds them.

    `known`: of all places only these.
    """
    exact, words = named(session, words, limit, known), _plain(words)
    if exact or not words:
        return exact
    within = select(Place).where(_is_known(known), Place.path.icontains(words, autoescape=True), Place.path != "")
    return list(session.scalars(within.order_by(func.length(Place.path), Place.path).limit(limit)))


def named(session: Session, words: str, limit: int, known: Known | None = None) -> list[Place]:
    """The places of exactly that name or path."""
    words = _plain(words)
    is_meant = or_(func.lower(Place.name) == words.lower(), func.lower(Place.path) == words.lower())
    query = select(Place).where(_is_known(known), is_meant).order_by(Place.path)
    return list(session.scalars(query.limit(limit))) if words else []


def mentioned(session: Session, text: str, spelled: Collection[str], known: Known, limit: int = 200) -> list[Place]:
    """The places below a site whose names stand in lower-case words, or are spelled so; the deepest first."""
    stands = and_(func.length(Place.name) > 1, literal(text).contains(func.lower(Place.name)))
    is_meant = or_(stands, func.lower(Place.name).in_(spelled)) if spelled else stands
    query = select(Place).where(_is_known(known), Place.path != "", is_meant)
    return list(session.scalars(query.order_by(func.length(Place.path).desc(), Place.path).limit(limit)))


def above(session: Session, path: str, known: Known) -> Place | None:
    """The deepest common place on a path that somebody wrote, whether or not there is anything at its end.

    None where two sites have it.
    """
    names = _plain(path).lower().split("/")
    paths = ["/".join(name.strip() for name in names[:depth]) for depth in range(1, len(names))]
    query = select(Place).where(Place.site_id.in_(known.sites), _is_common(), func.lower(Place.path).in_(paths))
    found = session.scalars(query.order_by(func.length(Place.path).desc()).limit(2)).all() if paths else []
    is_doubtful = len(found) == 2 and len(found[0].path) == len(found[1].path)
    return found[0] if found and not is_doubtful else None


def _plain(words: str) -> str:
    """Words for a place without what surrounds them; nothing for a novel."""
    words = words.strip().strip("/")
    return words if len(words) <= LONGEST_WORDS else ""


def _is_known(known: Known | None) -> ColumnElement[bool]:
    if known is None:
        return Place.id.is_not(None)
    is_open = and_(Place.site_id.in_(known.sites), _is_common())
    return or_(is_open, Place.site_id.in_(known.staffed), Place.id.in_(known.homes))


def _is_common() -> ColumnElement[bool]:
    """A room of a home tells of the home, whatever it says of itself."""
    parent = aliased(Place)
    return and_(Place.is_common, ~exists().where(parent.id == Place.parent_id, parent.is_common.is_(False)))


def places_of(
    session: Session, site_id: UUID, *, words: str = "", homes: Sequence[UUID] | None = None, after: str | None = None,
    limit: int = 50,
) -> list[Place]:  # fmt: skip
    """Places of a site in the order of their paths, paged by key: `after` is the path of the last one seen.

    `homes`: of the places that are not common only these, as a resident may know them.
    """
    query = select(Place).where(Place.site_id == site_id)
    for word in words.split():
        query = query.where(Place.path.icontains(word, autoescape=True))
    if homes is not None:
        query = query.where(or_(Place.is_common, Place.id.in_(homes)))
    if after is not None:
        query = query.where(Place.path > after)
    return list(session.scalars(query.order_by(Place.path).limit(limit)))


def names_of(session: Session, site_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The names of some sites."""
    return {site.id: site.name for site in session.scalars(select(Site).where(Site.id.in_(site_ids)))}


def every_name(session: Session) -> list[str]:
    """The names of all sites."""
    return list(session.scalars(select(Site.name).order_by(Site.name)))


def tops(session: Session, site_id: UUID) -> list[Place]:
    """The places right below the site: its buildings and grounds."""
    root = select(Place.id).where(Place.site_id == site_id, Place.path == "").scalar_subquery()
    return list(session.scalars(select(Place).where(Place.parent_id == root).order_by(Place.path)))


def any_site(session: Session) -> bool:
    """Whether anything has been set up at all."""
    return session.scalar(select(Site.id).limit(1)) is not None

"""Secret calendar links at the desk: of the site, of a technician, of an asset; made and ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from fastapi.responses import HTMLResponse, Response

from api.deps import Db, WriteDb
from api.pages._posting import Form, Posted, once, see_other
from api.pages.desk._frame import At, Frame, at, section
from api.pages.feeds import link
from api.subjects import as_id
from assets import codes, register
from core import clock, feeds, i18n
from core.database import Session
from core.errors import GongdanError, Invalid, NotFound
from core.i18n import translate
from core.tickets import queries

ROLES = ("supervisor", "admin")
router = section("feeds", order=39, icon="calendar", roles=ROLES)
Here = Annotated[At, Depends(at(*ROLES))]


@dataclass(frozen=True, slots=True)
class Link:
    """A link that works."""

    id: str
    of: str
    url: str


@dataclass(frozen=True, slots=True)
class FeedsPage:
    frame: Frame
    key: str
    links: list[Link]
    technicians: list[tuple[str, str]]
    code: str
    error: str


@router.get("")
def index(here: Here, db: Db) -> HTMLResponse:
    return here.page("desk_feeds.html", _page(here, db))


@router.post("")
def make(here: Here, db: WriteDb, form: Form) -> Response:
    """A link of an asset by its code, of a technician, or of the whole site where neither is given."""
    try:
        with db.begin_nested():
            to = once(db, here.person_id, form, here.path, lambda: _make(here, db, form))
    except GongdanError as error:
        return here.page("desk_feeds.html", _page(here, db, form.one("code"), error), error)
    return see_other(to)


def _make(here: At, db: Session, form: Posted) -> str:
    feeds.make(db, here.site.id, _of(here, db, form), here.person_id, clock.now())
    return here.link("/desk/feeds")


@router.post("/{feed_id}/end")
def end(feed_id: UUID, here: Here, db: WriteDb, form: Form) -> Response:
    feeds.end(db, feeds.at_site(db, here.site.id, feed_id), here.person_id, clock.now())
    return see_other(here.link("/desk/feeds"))


def _of(here: At, db: Session, form: Posted) -> feeds.Of:
    if code := form.one("code"):
        asset = register.asset_by_code(db, codes.canonical(code))
        if asset.site_id != here.site.id:
            raise NotFound(what="word.asset")
        return feeds.Of(f"{asset.code} {asset.name}", asset_id=asset.id)
    if who := form.one("who"):
        if (person_id := as_id(who)) is None:
            raise Invalid(field="field.person")
        return feeds.Of(queries.names_of(db, [person_id]).get(person_id, ""), person_id=person_id)
    return feeds.Of(here.site.name)


def _page(here: At, db: Session, code: str = "", error: GongdanError | None = None) -> FeedsPage:
    settings = here.system.settings
    links = [
        Link(str(one.id), one.label, link(one, settings.public_url, settings.key))
        for one in feeds.running(db, here.site.id)
    ]
    whole = ("", translate("desk_feeds.site", here.locale))
    staff = [(str(who), name) for who, name in queries.technicians(db, here.site.id)]
    return FeedsPage(
        here.frame("feeds"),
        clock.new_id().hex,
        links,
        [whole, *staff],
        code,
        i18n.explain(error, here.locale) if error else "",
    )

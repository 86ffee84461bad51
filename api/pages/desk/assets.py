"""Equipment at the desk: found by words, type and place; changed one by one or several at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from fastapi.responses import HTMLResponse, Response

from api.deps import Db, WriteDb
from api.pages._posting import Form, see_other
from api.pages.desk._frame import At, Frame, at, section
from api.subjects import as_id
from assets import editing, listing
from assets.listing import Line
from core import clock, i18n, places
from core.database import Session
from core.errors import GongdanError, Missing
from core.i18n import translate

ROLES = ("supervisor", "admin")
router = section("assets", order=40, icon="wrench", roles=ROLES)
Here = Annotated[At, Depends(at(*ROLES))]
PER_PAGE = 100
MANY = ("type", "place", "retire")


@dataclass(frozen=True, slots=True)
class Asked:
    """As the address has it; empty means any."""

    q: str = ""
    of_type: str = ""
    under: str = ""
    retired: str = ""

    @property
    def question(self) -> listing.Asked:
        return listing.Asked(self.q[:100], as_id(self.of_type), as_id(self.under), is_retired=bool(self.retired))


@dataclass(frozen=True, slots=True)
class AssetsPage:
    """`chosen`: the ids that are ticked, shown again after an error."""

    frame: Frame
    asked: Asked
    lines: list[Line]
    count: int
    more: str
    types: list[tuple[str, str]]
    places: list[tuple[str, str]]
    type_names: list[str]
    chosen: list[str]
    error: str
    done: str


def asked(q: str = "", of_type: str = "", under: str = "", retired: str = "") -> Asked:
    return Asked(q.strip(), of_type, under, retired)


@router.get("")
def index(
    here: Here, db: Db, wanted: Annotated[Asked, Depends(asked)], after: str = "", done: str = ""
) -> HTMLResponse:
    page = _page(here, db, wanted, after)
    return here.page("desk_assets.html", replace(page, done=done))


@router.post("")
def change_many(here: Here, db: WriteDb, form: Form) -> Response:
    """Give several assets a type or a place, or take them out of use."""
    ids = [number for number in map(as_id, form.many("id")) if number]
    wanted = Asked(form.one("q"), form.one("of_type"), form.one("under"), form.one("retired"))
    try:
        with db.begin_nested():
            count = _change_many(db, here, ids, form.one("do"), form.one("value"))
    except GongdanError as error:
        page = _page(here, db, wanted, "")
        said = i18n.explain(error, here.locale)
        return here.page("desk_assets.html", replace(page, error=said, chosen=form.many("id")), error)
    back = here.link("/desk/assets", q=wanted.q, of_type=wanted.of_type, under=wanted.under, done=str(count))
    return see_other(back)


def _change_many(session: Session, here: At, ids: list[UUID], what: str, value: str) -> int:
    now = clock.now()
    if not ids:
        raise Missing(field="field.asset")
    if what == "retire":
        for asset_id in ids:
            editing.retire(session, here.site.id, asset_id, here.person_id, now)
        return len(ids)
    if what not in MANY or not value:
        raise Missing(field=f"field.{what}" if what in MANY else "field.action")
    return editing.edit_many(session, here.site.id, ids, {what: value}, here.person_id, now)


def _page(here: At, db: Session, wanted: Asked, after: str) -> AssetsPage:
    found = listing.lines(db, here.site.id, wanted.question, after=after, limit=PER_PAGE + 1)
    shown = found[:PER_PAGE]
    more = ""
    if len(found) > PER_PAGE:
        more = here.link(
            "/desk/assets", q=wanted.q, of_type=wanted.of_type, under=wanted.under, retired=wanted.retired,
            after=shown[-1].key,
        )  # fmt: skip
    any_type, everywhere = (translate(key, here.locale) for key in ("desk.any", "desk_labels.everywhere"))
    types = listing.types(db, here.site.id)
    tops = [(str(place.id), place.name) for place in places.tops(db, here.site.id)]
    return AssetsPage(
        here.frame("assets"), wanted, shown, listing.count(db, here.site.id, wanted.question), more,
        [("", any_type), *((str(one.id), f"{one.name} ({one.assets})") for one in types)], [("", everywhere), *tops],
        [one.name for one in types], [], "", "",
    )  # fmt: skip

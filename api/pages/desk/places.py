"""The tree of places at the desk: browsed level by level, searched, added to by a pattern, renamed, moved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from fastapi.responses import HTMLResponse, Response

from api.deps import Db, WriteDb
from api.pages._posting import Form, Posted, see_other
from api.pages.desk import _editing as editing
from api.pages.desk._editing import ChangedMeanwhile, Clash
from api.pages.desk._frame import At, Frame, at, section
from api.subjects import as_id
from assets import listing, register
from assets.choosing import walk_order
from assets.listing import Line
from core import clock, i18n
from core import places as tree
from core.database import Session
from core.errors import GongdanError, Missing
from core.i18n import translate
from core.places import Place
from core.upkeep import places

ROLES = ("supervisor", "admin")
router = section("places", order=42, icon="place", roles=ROLES)
Here = Annotated[At, Depends(at(*ROLES))]
FOUND = 100
KINDS = ("area", "building", "floor", "room", "unit", "outdoor")


@dataclass(frozen=True, slots=True)
class Branch:
    """A place in a list. `below`: how many there are right below it."""

    id: str
    name: str
    path: str
    kind: str
    is_common: bool
    below: int


@dataclass(frozen=True, slots=True)
class PlacesPage:
    """One place with what is below it, or what words find. `chosen`: the ids that are ticked."""

    frame: Frame
    id: str
    name: str
    is_root: bool
    above: list[tuple[str, str]]
    words: str
    branches: list[Branch]
    assets: list[Line]
    values: dict[str, str]
    was: str
    kinds: list[tuple[str, str]]
    changed_by: str
    clashes: list[Clash]
    error: str
    field: str
    typed: str
    chosen: list[str]
    is_open: bool


@router.get("")
def index(here: Here, db: Db, place: str = "", q: str = "") -> HTMLResponse:
    return here.page("desk_places.html", _page(here, db, _at(here, db, place), q[:100].strip()))


@router.post("/{place_id}")
def save(place_id: UUID, here: Here, db: WriteDb, form: Form) -> Response:
    """Rename, describe or move a place; of two who change the same field, the second is asked again."""
    place = places.place_at(db, here.site.id, place_id)
    now = _values(db, place)
    draft = editing.draft(_flattened(form), now)
    error: GongdanError = ChangedMeanwhile()
    if not draft.clashes:
        try:
            with db.begin_nested():
                _write(db, here, place, draft.values)
            return here.saved(f"desk-place-{place_id}", "/desk/places", place=str(place_id))
        except GongdanError as refused:
            error = refused
    page = _page(here, db, place, "", error)
    shown = editing.shown(draft.clashes, now, here.locale)
    return here.page("desk_places.html", replace(page, values=draft.values, clashes=shown, is_open=True), error)


@router.post("/{place_id}/add")
def add(place_id: UUID, here: Here, db: WriteDb, form: Form) -> Response:
    """Add places below one, by a pattern for their names."""
    place, names = places.place_at(db, here.site.id, place_id), form.one("names")
    try:
        with db.begin_nested():
            places.add(db, here.site.id, place_id, names, here.person_id, clock.now(), is_home=bool(form.one("home")))
    except GongdanError as error:
        return here.page("desk_places.html", replace(_page(here, db, place, "", error), typed=names), error)
    return see_other(here.link("/desk/places", place=str(place_id)))


@router.post("/{place_id}/many")
def change_many(place_id: UUID, here: Here, db: WriteDb, form: Form) -> Response:
    """Change, move or remove several places at once, or none of them."""
    place = places.place_at(db, here.site.id, place_id)
    try:
        with db.begin_nested():
            _change_many(db, here, form)
    except GongdanError as error:
        page = replace(_page(here, db, place, "", error), chosen=form.many("id"))
        return here.page("desk_places.html", page, error)
    return see_other(here.link("/desk/places", place=str(place_id)))


@router.post("/{place_id}/label")
def label(place_id: UUID, here: Here, db: WriteDb, form: Form) -> Response:
    """The code of a place, minted where it has none, shown on the page behind it."""
    places.place_at(db, here.site.id, place_id)
    return see_other(f"/q/{register.code_of_place(db, place_id, now=clock.now())}")


def _change_many(db: Session, here: At, form: Posted) -> None:
    chosen, what, now = [number for number in map(as_id, form.many("id")) if number], form.one("do"), clock.now()
    if not chosen:
        raise Missing(field="field.place")
    for place_id in chosen:
        if what == "remove":
            places.remove(db, here.site.id, place_id, here.person_id, now)
        elif what == "move":
            target = tree.place_at(db, here.site.id, form.one("target"))
            places.edit(db, here.site.id, place_id, {"parent": str(target.id)}, here.person_id, now)
        elif what in ("home", "shared"):
            kind = {"kind": "unit"} if what == "home" else {}
            values = {"is_common": what == "shared", **kind}
            places.edit(db, here.site.id, place_id, values, here.person_id, now)
        else:
            raise Missing(field="field.action")


def _write(db: Session, here: At, place: Place, given: dict[str, str]) -> None:
    values: dict[str, object] = {"name": given["name"], "kind": given["kind"], "is_common": given["is_common"] == "1"}
    if place.parent_id is not None:
        values["parent"] = str(tree.place_at(db, here.site.id, given["parent"]).id)
    places.edit(db, here.site.id, place.id, values, here.person_id, clock.now())


def _at(here: At, db: Session, number: str) -> Place:
    place_id = as_id(number)
    return places.place_at(db, here.site.id, place_id) if place_id else places.root(db, here.site.id)


def _values(db: Session, place: Place) -> dict[str, str]:
    """A place as the words of a form; the parent is a path."""
    parent = tree.place_of(db, place.parent_id) if place.parent_id else None
    return {
        "name": place.name, "kind": place.kind, "is_common": "1" if place.is_common else "",
        "parent": parent.path if parent else "",
    }  # fmt: skip


def _flattened(form: Posted) -> Posted:
    """The form with its box: one that is not ticked is not sent at all."""
    return Posted({**form.fields, "is_common": [form.one("is_common")]}, key=form.key)


def _page(here: At, db: Session, place: Place, words: str, error: GongdanError | None = None) -> PlacesPage:
    values = _values(db, place)
    return PlacesPage(
        here.frame("places"), str(place.id), place.name, place.parent_id is None, _above(here, db, place), words,
        _branches(here, db, place, words), [] if words else listing.at_place(db, place.id), values,
        editing.packed(values), [(kind, translate(f"desk_places.kind_{kind}", here.locale)) for kind in KINDS],
        editing.who_changed(db, here.site, "place", str(place.id), here.locale), [],
        i18n.explain(error, here.locale) if error else "",
        str(error.facts.get("field", "")).removeprefix("field.") if error else "", "", [], is_open=False,
    )  # fmt: skip


def _branches(here: At, db: Session, place: Place, words: str) -> list[Branch]:
    if words:
        found = [(one, 0) for one in tree.places_of(db, here.site.id, words=words, limit=FOUND) if one.path]
    else:
        found = sorted(places.children(db, place.id), key=lambda branch: walk_order(branch[0].name))
    return [Branch(str(one.id), one.name, one.path, one.kind, one.is_common, below) for one, below in found]


def _above(here: At, db: Session, place: Place) -> list[tuple[str, str]]:
    """The way down to a place: (address, name), the site first."""
    found: list[tuple[str, str]] = []
    while place.parent_id is not None:
        parent = tree.place_of(db, place.parent_id)
        assert parent is not None  # a foreign key holds it
        place = parent
        found.insert(0, (here.link("/desk/places", place=str(place.id)), place.name))
    return found

"""One asset at the desk: its story, its code, its files; edited, retired, replaced, given a new label."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from api.deps import Db, WriteDb
from api.pages import _tickets
from api.pages._posting import Form, OwnFiles, Posted, see_other
from api.pages._tickets import Head
from api.pages.desk import _editing as editing_forms
from api.pages.desk._editing import ChangedMeanwhile, Clash
from api.pages.desk._frame import At, Frame, at
from api.pages.desk.assets import ROLES
from api.routes.photos import HEADERS
from api.subjects import as_id
from assets import codes, editing, prints, register, screens, stickers, story
from assets.editing import BLANK, FIELDS
from assets.models import Asset, AssetFile
from assets.story import DOCUMENT, PHOTO, Kept, Totals
from bot.fetching import stored_photo
from core import changes, clock, i18n, media, money
from core.database import Session
from core.errors import GongdanError, Missing
from core.i18n import full_time, translate
from core.storage import key_of

router = APIRouter(prefix="/desk/assets", include_in_schema=False)
Here = Annotated[At, Depends(at(*ROLES))]
PER_PAGE = 20
SUFFIXES = {"application/pdf": ".pdf", "image/jpeg": ".screen.jpg"}


@dataclass(frozen=True, slots=True)
class AssetForm:
    """What is edited. `was`: what the form was filled with, for the one who saves second."""

    values: dict[str, str]
    was: str
    types: list[str]
    changed_by: str
    clashes: list[Clash]
    error: str
    field: str


@dataclass(frozen=True, slots=True)
class NewAssetPage:
    """A form for a new asset, or for the unit that replaces `old`."""

    frame: Frame
    form: AssetForm
    old: str
    old_name: str


@dataclass(frozen=True, slots=True)
class Label:
    """The label: its code, the picture of it, when it was printed, and the codes that it replaced."""

    code: str
    printed: str
    picture: str
    when: str
    older: list[str]


@dataclass(frozen=True, slots=True)
class File:
    href: str
    name: str
    when: str
    remove: str


@dataclass(frozen=True, slots=True)
class Happening:
    """A line of its history: what changed, who and when."""

    what: str
    who: str
    when: str


@dataclass(frozen=True, slots=True)
class Unit:
    """Another unit: before, after, or a part of this one."""

    href: str
    name: str
    note: str


@dataclass(frozen=True, slots=True)
class AssetPage:
    frame: Frame
    id: str
    asset: Asset
    form: AssetForm
    label: Label
    totals: Totals
    cost: str
    tickets: list[Head]
    more: str
    photos: list[File]
    documents: list[File]
    history: list[Happening]
    older: list[Unit]
    newer: Unit | None
    parts_of: list[Unit]
    is_open: bool


@router.get("/new")
def ask(here: Here, db: Db, place: str = "", replaces: str = "") -> HTMLResponse:
    values = BLANK | {"place": place[:300]}
    old = _old(db, here, replaces)
    if old is not None:
        kept = editing.values_of(db, old)
        values = BLANK | {name: kept[name] for name in ("name", "type", "place", "parent")}
    return here.page("desk_asset_new.html", _new(here, db, values, old))


@router.post("/new")
def add(here: Here, db: WriteDb, form: Form) -> Response:
    """Add an asset, or the unit that replaces one."""
    values, old = _given(form), _old(db, here, form.one("replaces"))
    try:
        with db.begin_nested():
            asset = _added(db, here, values, old, keeps_label=bool(form.one("keeps_label")))
    except GongdanError as error:
        return here.page("desk_asset_new.html", _new(here, db, values, old, error), error)
    return here.saved(f"desk-asset-for-{old.id}" if old else "desk-asset-new", f"/desk/assets/{asset.id}")


@router.get("/{asset_id}")
def show(asset_id: UUID, here: Here, db: Db, before: str = "") -> HTMLResponse:
    return here.page("desk_asset.html", _page(here, db, asset_id, before=as_id(before)))


@router.post("/{asset_id}")
def save(asset_id: UUID, here: Here, db: WriteDb, form: Form) -> Response:
    """Save what was changed; of two who change the same field, the second is asked again."""
    now = editing.values_of(db, editing.asset_at(db, here.site.id, asset_id))
    draft = editing_forms.draft(form, now)
    error: GongdanError = ChangedMeanwhile()
    if not draft.clashes:
        try:
            with db.begin_nested():
                editing.edit(db, here.site.id, asset_id, dict(draft.values), here.person_id, clock.now())
            return here.saved(f"desk-asset-{asset_id}", f"/desk/assets/{asset_id}")
        except GongdanError as refused:
            error = refused
    clashes = editing_forms.shown(draft.clashes, now, here.locale)
    page = _page(here, db, asset_id, values=draft.values, error=error, clashes=clashes)
    return here.page("desk_asset.html", page, error)


@router.post("/{asset_id}/retire")
def retire(asset_id: UUID, here: Here, db: WriteDb, form: Form) -> Response:
    editing.retire(db, here.site.id, asset_id, here.person_id, clock.now())
    return see_other(here.link(f"/desk/assets/{asset_id}"))


@router.post("/{asset_id}/reinstate")
def reinstate(asset_id: UUID, here: Here, db: WriteDb, form: Form) -> Response:
    editing.reinstate(db, here.site.id, asset_id, here.person_id, clock.now())
    return see_other(here.link(f"/desk/assets/{asset_id}"))


@router.post("/{asset_id}/label")
def new_label(asset_id: UUID, here: Here, db: WriteDb, form: Form) -> Response:
    """A torn sticker: a new code, to be printed; the old one leads here still."""
    editing.asset_at(db, here.site.id, asset_id)
    register.replace_code(db, asset_id, now=clock.now(), actor=str(here.person_id))
    return see_other(here.link("/desk/labels", fresh="1"))


@router.post("/{asset_id}/files")
def add_file(asset_id: UUID, here: Here, form: OwnFiles) -> Response:
    """A photo or a PDF: cleaned and stored first, so that nobody waits for it."""
    try:
        if form.refused:
            raise form.refused[0]
        kept = [_kept(here, data) for data in form.of("file")]
        if not kept:
            raise Missing(field="field.file")
        here.system.database.write(lambda db: _attach(db, here, asset_id, form.one("name"), kept))
    except GongdanError as error:
        with here.system.database.read_scope() as db:
            return here.page("desk_asset.html", _page(here, db, asset_id, error=error), error)
    return see_other(here.link(f"/desk/assets/{asset_id}"))


@router.get("/{asset_id}/files/{file_id}")
def file(asset_id: UUID, file_id: UUID, here: Here, db: Db) -> Response:
    editing.asset_at(db, here.site.id, asset_id)
    found = story.file_at(db, asset_id, file_id)
    data = here.system.storage.get(key_of(found.hash, SUFFIXES[found.mime]))
    name = f"document-{found.hash[:8]}.pdf"
    told = {"content-disposition": f'attachment; filename="{name}"'} if found.kind == DOCUMENT else {}
    return Response(data, media_type=found.mime, headers=HEADERS | told)


@router.post("/{asset_id}/files/{file_id}/remove")
def remove_file(asset_id: UUID, file_id: UUID, here: Here, db: WriteDb, form: Form) -> Response:
    editing.asset_at(db, here.site.id, asset_id)
    story.remove_file(db, asset_id, file_id, here.person_id, clock.now())
    return see_other(here.link(f"/desk/assets/{asset_id}"))


def _kept(here: At, data: bytes) -> Kept:
    if data[:1024].lstrip().startswith(media.PDF_MARK):
        return Kept(DOCUMENT, media.store_document(here.system.storage, data), "application/pdf")
    stored = stored_photo(here.system.storage, data, keep_evidence=False)
    return Kept(PHOTO, stored["hash"], stored["mime"])


def _attach(db: Session, here: At, asset_id: UUID, name: str, kept: list[Kept]) -> None:
    editing.asset_at(db, here.site.id, asset_id)
    for one in kept:
        story.add_file(db, asset_id, name, one, here.person_id, clock.now())


def _given(form: Posted) -> dict[str, str]:
    return {name: form.one(name) for name in FIELDS}


def _old(db: Session, here: At, number: str) -> Asset | None:
    """The unit that a new one replaces."""
    asset_id = as_id(number)
    return editing.asset_at(db, here.site.id, asset_id) if asset_id else None


def _added(db: Session, here: At, values: dict[str, str], old: Asset | None, *, keeps_label: bool) -> Asset:
    if old is None:
        return editing.add(db, here.site.id, values, here.person_id, clock.now())
    return editing.replace(db, here.site.id, old.id, values, here.person_id, clock.now(), keeps_label=keeps_label)


def _new(
    here: At, db: Session, values: dict[str, str], old: Asset | None, error: GongdanError | None = None
) -> NewAssetPage:
    form = _form(here, db, values, "", "", error, [])
    return NewAssetPage(here.frame("assets"), form, str(old.id) if old else "", old.name if old else "")


def _form(
    here: At, db: Session, values: dict[str, str], was: str, changed_by: str, error: GongdanError | None,
    clashes: list[Clash],
) -> AssetForm:  # fmt: skip
    return AssetForm(
        values, was, editing.types_named(db, here.site.id), changed_by, clashes,
        i18n.explain(error, here.locale) if error else "",
        str(error.facts.get("field", "")).removeprefix("field.") if error else "",
    )  # fmt: skip


def _page(
    here: At, db: Session, asset_id: UUID, *, values: dict[str, str] | None = None, error: GongdanError | None = None,
    clashes: list[Clash] | None = None, before: UUID | None = None,
) -> AssetPage:  # fmt: skip
    asset, now = editing.asset_at(db, here.site.id, asset_id), clock.now()
    stored = editing.values_of(db, asset)
    changed_by = editing_forms.who_changed(db, here.site, "asset", str(asset_id), here.locale)
    found = story.tickets(db, asset_id, before=before, limit=PER_PAGE)
    is_full = sum(not one.is_open for one in found) == PER_PAGE
    numbers, files = story.totals(db, asset_id), story.files(db, asset_id)
    newer = story.after(db, asset)
    when = _moments(here)
    return AssetPage(
        frame=here.frame("assets"), id=str(asset_id), asset=asset,
        form=_form(here, db, values or stored, editing_forms.packed(stored), changed_by, error, clashes or []),
        label=_label(here, db, asset), totals=numbers, cost=money.shown(numbers.cost) if numbers.cost else "",
        tickets=[_tickets.head(db, one, here.locale, now) for one in found],
        more=here.link(f"/desk/assets/{asset_id}", before=str(found[-1].id)) if is_full else "",
        photos=[_file(here, one, when) for one in files if one.kind == PHOTO],
        documents=[_file(here, one, when) for one in files if one.kind == DOCUMENT],
        history=_history(here, db, asset_id, when), older=[_unit(here, one, when) for one in story.before(db, asset)],
        newer=_unit(here, newer, when) if newer else None,
        parts_of=[_unit(here, one, when) for one in story.parts_of(db, asset_id)], is_open=bool(error or clashes),
    )  # fmt: skip


def _moments(here: At) -> Callable[[datetime], str]:
    return lambda moment: full_time(moment, here.site.timezone, here.locale)


def _label(here: At, db: Session, asset: Asset) -> Label:
    run = prints.last_of(db, asset.code)
    return Label(
        asset.code, codes.printed(asset.code),
        screens.svg(codes.payload(asset.code, here.system.settings.public_url)),
        full_time(run.at, here.site.timezone, here.locale) if run else "",
        [codes.printed(old.code) for old in stickers.old_codes(db, asset.id)],
    )  # fmt: skip


def _file(here: At, row: AssetFile, when: Callable[[datetime], str]) -> File:
    path = f"/desk/assets/{row.asset_id}/files/{row.id}"
    name = row.name or translate(f"desk_assets.{row.kind}", here.locale)
    return File(here.link(path), name, when(row.added_at), here.link(f"{path}/remove"))


def _history(here: At, db: Session, asset_id: UUID, when: Callable[[datetime], str]) -> list[Happening]:
    return [
        Happening(_told(one, here.locale), editing_forms.actor_name(db, one.actor_id, here.locale), when(one.at))
        for one in changes.of_thing(db, here.site.id, "asset", str(asset_id))
    ]


def _told(change: changes.Change, locale: str) -> str:
    """What changed, in words: `Place: A/1 → A/2`."""
    if not change.before:
        return translate("desk_assets.was_added", locale)
    if "retired" in change.after:
        return translate("desk_assets.was_retired" if change.after["retired"] else "desk_assets.was_reinstated", locale)
    told = (
        f"{translate(f'field.{name}', locale)}: {change.before.get(name) or '–'} → {value or '–'}"
        for name, value in change.after.items()
    )
    return "; ".join(told)


def _unit(here: At, asset: Asset, when: Callable[[datetime], str]) -> Unit:
    note = translate("desk_assets.until", here.locale, time=when(asset.retired_at)) if asset.retired_at else ""
    return Unit(here.link(f"/desk/assets/{asset.id}"), asset.name, note or codes.printed(asset.code))

"""The site's own facts at the desk: its name, language, time zone and the number that always answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from zoneinfo import available_timezones

from fastapi import Depends
from fastapi.responses import HTMLResponse, Response

from api.deps import Db, WriteDb
from api.pages._posting import Form
from api.pages.desk import _editing as editing
from api.pages.desk._editing import ChangedMeanwhile, Clash
from api.pages.desk._frame import At, Frame, at, section
from core import clock, i18n
from core.database import Session
from core.errors import GongdanError
from core.places import Site
from core.upkeep import sites

ROLES = ("admin",)
router = section("site", order=80, icon="settings", roles=ROLES)
Here = Annotated[At, Depends(at(*ROLES))]


@dataclass(frozen=True, slots=True)
class SitePage:
    """`values`: what the fields hold. `was`: what the form was filled with, for the one who saves second."""

    frame: Frame
    values: dict[str, str]
    was: str
    zones: list[tuple[str, str]]
    languages: list[tuple[str, str]]
    changed_by: str
    clashes: list[Clash]
    error: str
    field: str
    is_saved: bool


@router.get("")
def show(here: Here, db: Db) -> HTMLResponse:
    return here.page("desk_site.html", _filled(here, db, _values(db, here), is_saved=bool(here.asked("saved"))))


@router.post("")
def save(here: Here, db: WriteDb, form: Form) -> Response:
    """Save what was changed; of two who change the same field, the second is asked again."""
    now = _values(db, here)
    draft = editing.draft(form, now)
    if draft.clashes:
        error = ChangedMeanwhile()
        page = _filled(here, db, draft.values, clashes=editing.shown(draft.clashes, now, here.locale), error=error)
        return here.page("desk_site.html", page, error)
    try:
        sites.edit(db, here.site.id, dict(draft.values), here.person_id, clock.now())
    except GongdanError as error:
        return here.page("desk_site.html", _filled(here, db, draft.values, error=error), error)
    return here.saved("desk-site", "/desk/site", saved="1")


def _values(db: Session, here: At) -> dict[str, str]:
    return sites.values_of(db.get_one(Site, here.site.id))


def _filled(
    here: At, db: Session, values: dict[str, str], *, clashes: list[Clash] | None = None,
    error: GongdanError | None = None, is_saved: bool = False,
) -> SitePage:  # fmt: skip
    offered = {zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")}
    zones = sorted(offered | {values["timezone"]})  # its own, too: a choice that nobody made must not be saved
    return SitePage(
        here.frame("site"), values, editing.packed(_values(db, here)), [(zone, zone) for zone in zones],
        list(i18n.NAMES.items()), editing.who_changed(db, here.site, "site", str(here.site.id), here.locale),
        clashes or [], i18n.explain(error, here.locale) if error else "",
        str(error.facts.get("field", "")).removeprefix("field.") if error else "", is_saved,
    )  # fmt: skip

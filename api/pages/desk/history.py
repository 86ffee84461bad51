"""What was changed at a site, by whom, from what to what; and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from fastapi.responses import HTMLResponse, Response

from api.deps import Db, WriteDb
from api.pages._posting import Form, see_other
from api.pages.desk import _differences, _told
from api.pages.desk._differences import Difference
from api.pages.desk._editing import actor_name
from api.pages.desk._frame import At, Frame, at, section
from api.pages.desk._told import Told
from api.subjects import as_id
from core import changes, clock, decisions, i18n
from core.database import Session
from core.i18n import full_time, has_text, translate
from core.upkeep import __name__ as _kinds  # noqa: F401 - its kinds know the way back

ROLES = ("admin",)
router = section("history", order=90, icon="trace", roles=ROLES)
Here = Annotated[At, Depends(at(*ROLES))]
PER_PAGE = 50
KINDS = (
    "make", "skip", "postpone", "leave_out", "stops_gone", "meter", "carry", "done", "end", "plan_held", "plan_freed",
    "plan_empty", "shift_ended", "digest", "calendar_unpublished", "terms", "labels_printed", "code_claimed", "absence",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One change. `hindrance`: what was changed again since then, where that keeps it from being taken back."""

    id: str
    what: str
    who: str
    when: str
    differences: list[Difference]
    is_undoing: bool
    can_undo: bool
    hindrance: str = ""


@dataclass(frozen=True, slots=True)
class HistoryPage:
    frame: Frame
    lines: list[Line]
    older: str


@dataclass(frozen=True, slots=True)
class DecisionsPage:
    """What nobody at a desk did. `kinds`: what can be chosen."""

    frame: Frame
    decisions: list[Told]
    kinds: list[tuple[str, str]]
    kind: str
    older: str


@router.get("")
def index(here: Here, db: Db, before: str = "") -> HTMLResponse:
    """The changes at the site, newest first, a page at a time."""
    found = changes.of_site(db, here.site.id, before=as_id(before), limit=PER_PAGE + 1)
    shown = found[:PER_PAGE]
    told = zip(shown, _differences.of(db, here.site.id, shown, here.locale), strict=True)
    lines = [_line(db, here, one, differences) for one, differences in told]
    older = here.link("/desk/history", before=lines[-1].id) if len(found) > PER_PAGE else ""
    return here.page("desk_history.html", HistoryPage(here.frame("history"), lines, older))


@router.get("/decisions")
def decided(here: Here, db: Db, kind: str = "", before: str = "") -> HTMLResponse:
    """What time brought about at the site, newest first, a page at a time."""
    chosen = kind if has_text(f"decided.kind_{kind}") else ""
    found = decisions.of_site(db, here.site.id, action=chosen, before=as_id(before), limit=PER_PAGE + 1)
    path = "/desk/history/decisions"
    older = here.link(path, kind=chosen, before=str(found[PER_PAGE - 1].id)) if len(found) > PER_PAGE else ""
    kinds = [
        ("", translate("desk.any", here.locale)),
        *((one, translate(f"decided.kind_{one}", here.locale)) for one in KINDS),
    ]
    told = _told.lines(here, db, found[:PER_PAGE])
    return here.page("desk_decisions.html", DecisionsPage(here.frame("history"), told, kinds, chosen, older))


@router.post("/{change_id}/take-back")
def take_back(change_id: UUID, here: Here, db: WriteDb, form: Form) -> Response:
    """Undo a change by a new one."""
    changes.take_back(db, here.site.id, change_id, here.person_id, clock.now())
    return see_other(here.link("/desk/history"))


def _line(db: Session, here: At, change: changes.Change, differences: list[Difference]) -> Line:
    found = changes.hindrance(db, change)
    return Line(
        str(change.id),
        _what(change, here.locale),
        actor_name(db, change.actor_id, here.locale), full_time(change.at, here.site.timezone, here.locale),
        differences, change.takes_back is not None, found is None,
        i18n.explain(found, here.locale) if isinstance(found, changes.OverlaidSince) else "",
    )  # fmt: skip


def _what(change: changes.Change, locale: str) -> str:
    """What was changed. A kind that no catalog has a word for yet is told by its label alone."""
    label, key = change.label or change.key, f"change.{change.kind}"
    return translate(key, locale, label=label) if has_text(key, locale) else label

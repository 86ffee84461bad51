"""Labels at the desk: what to print is chosen, looked at, printed; what was printed when stays on record."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from fastapi.responses import HTMLResponse, Response

from api.deps import Db, WriteDb
from api.pages._posting import Form, Posted, see_other
from api.pages.desk import _editing as editing
from api.pages.desk._frame import At, Frame, at, section
from api.subjects import as_id
from assets import codes, labels, listing, prints, screens
from assets.choosing import KINDS, Thing, Wanted, things
from assets.formats import DEFAULT, FORMATS
from assets.models import PrintRun
from assets.prints import Setup
from core import clock, i18n, places
from core.database import Session
from core.errors import GongdanError, Invalid
from core.i18n import full_time, translate

ROLES = ("supervisor", "admin")
router = section("labels", order=45, icon="qr", roles=ROLES)
Here = Annotated[At, Depends(at(*ROLES))]
SHOWN = 6
BLANKS = "63"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the address asks for: words, ids and keys as they were sent."""

    kind: tuple[str, ...] = ("assets",)
    under: str = ""
    of_type: str = ""
    q: str = ""
    fresh: str = ""

    @property
    def wanted(self) -> Wanted:
        kinds = tuple(kind for kind in self.kind if kind in KINDS)
        return Wanted(kinds, as_id(self.under), as_id(self.of_type), self.q[:100], is_new=bool(self.fresh))


@dataclass(frozen=True, slots=True)
class Run:
    """A line of what was printed."""

    href: str
    when: str
    who: str
    count: int
    size: str
    is_test: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen: (value, text)."""

    kinds: list[tuple[str, str]]
    places: list[tuple[str, str]]
    types: list[tuple[str, str]]
    formats: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class LabelsPage:
    """`first`: the beginning of what is chosen, `count` in all. `format` and `blanks`: as they were sent."""

    frame: Frame
    chosen: Chosen
    choices: Choices
    count: int
    first: list[Thing]
    unprinted: int
    format: str
    blanks: str
    address: str
    is_public: bool
    runs: list[Run]
    error: str


@dataclass(frozen=True, slots=True)
class RunPage:
    """One run. `first`: its first label with the picture of its code."""

    frame: Frame
    run: Run
    sheet: str
    address: str
    digest: str
    labels: list[labels.Label]
    first_code: str
    picture: str


def chosen(
    kind: Annotated[list[str] | None, Query()] = None, under: str = "", of_type: str = "", q: str = "", fresh: str = ""
) -> Chosen:
    return Chosen(tuple(kind or ["assets"]), under, of_type, q.strip(), fresh)


@router.get("")
def index(here: Here, db: Db, asked: Annotated[Chosen, Depends(chosen)]) -> HTMLResponse:
    return here.page("desk_labels.html", _page(here, db, asked))


@router.post("/print")
def make(here: Here, db: WriteDb, form: Form) -> Response:
    """Print labels for what is chosen."""
    asked = Chosen(tuple(form.many("kind")), form.one("under"), form.one("of_type"), form.one("q"), form.one("fresh"))
    try:
        with db.begin_nested():
            run = prints.print_things(db, here.site.id, asked.wanted, _setup(here, form), here.person_id, clock.now())
    except GongdanError as error:
        return here.page("desk_labels.html", _page(here, db, asked, form, error), error)
    return see_other(here.link(f"/desk/labels/{run.id}"))


@router.post("/blank")
def make_blank(here: Here, db: WriteDb, form: Form) -> Response:
    """Print labels that are claimed later, with the phone, where they are stuck."""
    try:
        if not form.one("count").isdecimal() or len(form.one("count")) > 6:
            raise Invalid(field="field.count")
        count = int(form.one("count"))
        with db.begin_nested():
            run = prints.print_blank(db, here.site.id, count, _setup(here, form), here.person_id, clock.now())
    except GongdanError as error:
        return here.page("desk_labels.html", _page(here, db, Chosen(), form, error), error)
    return see_other(here.link(f"/desk/labels/{run.id}"))


@router.get("/{run_id}")
def show(run_id: UUID, here: Here, db: Db) -> HTMLResponse:
    run = prints.run_at(db, here.site.id, run_id)
    found = prints.labels_of(db, run)
    first, link = found[0], here.link(f"/desk/labels/{run.id}/sheet.pdf")
    picture = screens.svg(codes.payload(first.code, run.address))
    line = _run(here, db, run)
    page = RunPage(here.frame("labels"), line, link, run.address, run.digest, found, codes.printed(first.code), picture)
    return here.page("desk_print_run.html", page)


@router.get("/{run_id}/sheet.pdf")
def sheet(run_id: UUID, here: Here, db: Db) -> Response:
    run = prints.run_at(db, here.site.id, run_id)
    out = io.BytesIO()
    prints.draw(db, run, out)
    name = f"labels-{here.site.prefix}-{run.at:%Y%m%d}-{run.count}.pdf"
    headers = {"content-disposition": f'inline; filename="{name}"', "cache-control": "private, no-store"}
    return Response(out.getvalue(), media_type="application/pdf", headers=headers)


def _setup(here: At, form: Posted) -> Setup:
    locale = here.site.locale if here.site.locale in i18n.LOCALES else i18n.DEFAULT_LOCALE
    address = here.system.settings.public_url
    return Setup(form.one("format") or DEFAULT, locale, address, is_test=bool(form.one("test")))


def _page(
    here: At, db: Session, asked: Chosen, form: Posted | None = None, error: GongdanError | None = None
) -> LabelsPage:
    found, sent = things(db, here.site.id, asked.wanted), form or Posted({})
    address = here.system.settings.public_url
    return LabelsPage(
        here.frame("labels"), asked, _choices(here, db), len(found), found[:SHOWN],
        len(things(db, here.site.id, Wanted(is_new=True))), sent.one("format") or DEFAULT, sent.one("count") or BLANKS,
        address, labels.is_public(address), [_run(here, db, run) for run in prints.of_site(db, here.site.id)],
        i18n.explain(error, here.locale) if error else "",
    )  # fmt: skip


def _choices(here: At, db: Session) -> Choices:
    everywhere, any_type = (translate(key, here.locale) for key in ("desk_labels.everywhere", "desk.any"))
    return Choices(
        [(kind, translate(f"desk_labels.kind_{kind}", here.locale)) for kind in KINDS],
        [("", everywhere), *((str(place.id), place.name) for place in places.tops(db, here.site.id))],
        [("", any_type), *((str(one.id), one.name) for one in listing.types(db, here.site.id))],
        [(key, _size(key, here.locale)) for key in FORMATS],
    )


def _size(key: str, locale: str) -> str:
    form = FORMATS[key]
    word = "desk_labels.sheet_of" if form.is_sheet else "desk_labels.roll_of"
    return translate(word, locale, size=form.millimetres, count=form.per_page)


def _run(here: At, db: Session, run: PrintRun) -> Run:
    return Run(
        here.link(f"/desk/labels/{run.id}"), full_time(run.at, here.site.timezone, here.locale),
        editing.actor_name(db, run.actor_id, here.locale), run.count, _size(run.format, here.locale), run.is_test,
    )  # fmt: skip

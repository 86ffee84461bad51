"""Tables come in at the desk: brought, their columns named, compared with the register, imported, mended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from fastapi.responses import HTMLResponse, Response

from api.deps import Db
from api.pages._posting import Form, Posted, see_other
from api.pages.desk import _editing as editing
from api.pages.desk._frame import At, Frame, at, section
from assets import columns, imports, jobs, mending, reading, understanding
from assets.diffs import FATES
from assets.handover import Quarantined, Source
from assets.imports import BUSY
from assets.models import Import
from assets.reading import Sheets
from assets.understanding import Mapping
from core import clock, i18n
from core.database import Session
from core.errors import GongdanError, Missing
from core.i18n import full_time, translate
from core.storage import key_of
from core.triggers import Tick

ROLES = ("admin",)
router = section("exchange", order=48, icon="transfer", roles=ROLES, at="import")
Here = Annotated[At, Depends(at(*ROLES))]
Options = list[tuple[str, str]]
SHORT = 200_000  # bytes: what is shorter is worked on at once, the rest by the trigger
LOOK_AGAIN = "2"  # seconds until a page about work that goes on is loaded again
FORMATS = ("xlsx", "csv")
HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
SHOWN = 12


@dataclass(frozen=True, slots=True)
class Run:
    """A line of what was brought."""

    href: str
    name: str
    kind: str
    when: str
    who: str
    state: str


@dataclass(frozen=True, slots=True)
class Export:
    kind: str
    files: Options


@dataclass(frozen=True, slots=True)
class ImportsPage:
    """`kind`: what was chosen, kept after an error."""

    frame: Frame
    kinds: Options
    kind: str
    exports: list[Export]
    runs: list[Run]
    error: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file: its heading, some values of it, and what it holds."""

    number: int
    heading: str
    samples: list[str]
    field: str


@dataclass(frozen=True, slots=True)
class Difference:
    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class DiffLine:
    text: str
    differences: list[Difference]


@dataclass(frozen=True, slots=True)
class Fate:
    """How many rows are added, changed, unchanged or refused, and the first of them."""

    key: str
    count: int
    lines: list[DiffLine]


@dataclass(frozen=True, slots=True)
class Columns:
    """The form that says what each column holds."""

    kind: str
    sheet: str
    header: int
    columns: list[Column]
    fields: Options
    sheets: Options


@dataclass(frozen=True, slots=True)
class ImportPage:
    """`mend`: where the workbook of refused rows is. `done` of `total` rows are written."""

    frame: Frame
    id: str
    name: str
    state: str
    kinds: Options
    form: Columns | None
    fates: list[Fate]
    done: int
    total: int
    mend: str
    error: str


@router.get("")
def index(here: Here, db: Db, kind: str = "") -> HTMLResponse:
    return here.page("desk_imports.html", _index(here, db, kind))


@router.post("")
def bring(here: Here, form: Form) -> Response:
    """A file is kept as it came; what is no table is refused at once."""
    database, storage = here.system.database, here.system.storage
    kind = form.one("kind")
    try:
        if form.refused:
            raise form.refused[0]
        if not form.of("file"):
            raise Missing(field="field.file")
        sha256 = imports.keep(storage, form.of("file")[0])
        name = form.names["file"][0]
        made = database.write(
            lambda db: imports.begin(db, here.site.id, kind, name, sha256, here.person_id, clock.now()).id
        )
    except GongdanError as error:
        with database.read_scope() as db:
            return here.page("desk_imports.html", _index(here, db, kind, error), error)
    return see_other(here.link(f"/desk/import/{made}"))


@router.get("/{import_id}")
def show(import_id: UUID, here: Here, db: Db, kind: str = "", sheet: str = "") -> HTMLResponse:
    page = _page(here, db, imports.at(db, here.site.id, import_id), kind, sheet)
    shown = here.page("desk_import.html", page)
    if page.state in BUSY:
        shown.headers["refresh"] = LOOK_AGAIN
    return shown


@router.post("/{import_id}")
def check(import_id: UUID, here: Here, form: Form) -> Response:
    """Keep what the columns hold, and compare the table with the register."""
    database = here.system.database
    with database.read_scope() as db:
        row = imports.at(db, here.site.id, import_id)
        try:
            sheets = imports.first_lines(imports.data_of(here.system.storage, row))
            mapping = _mapped(form, sheets)
            header, _ = understanding.table_of(sheets, mapping)
        except GongdanError as error:
            return here.page("desk_import.html", _page(here, db, row, "", "", error=error), error)
        kind = form.one("kind")
        try:
            database.write(lambda db: imports.check(db, here.site.id, import_id, kind, mapping, header))
        except GongdanError as error:
            page = _page(here, db, row, kind, mapping.sheet, error=error)
            return here.page("desk_import.html", _kept(page, mapping), error)
    return _worked(here, import_id)


@router.post("/{import_id}/run")
def start(import_id: UUID, here: Here, form: Form) -> Response:
    """Import what was checked."""
    try:
        here.system.database.write(lambda db: imports.start(db, here.site.id, import_id))
    except GongdanError as error:
        with here.system.database.read_scope() as db:
            page = _page(here, db, imports.at(db, here.site.id, import_id), "", "", error=error)
            return here.page("desk_import.html", page, error)
    return _worked(here, import_id)


@router.get("/{import_id}/mend.xlsx")
def mend(import_id: UUID, here: Here, db: Db) -> Response:
    """The rows that stay out, to be mended and brought again."""
    row = imports.at(db, here.site.id, import_id)
    refused = jobs.refused_of(row)
    if not refused:
        return see_other(here.link(f"/desk/import/{import_id}"))
    sheets = reading.sheets(Source("", imports.data_of(here.system.storage, row)))
    data = mending.workbook(sheets, Mapping.of(row.mapping), row.kind, refused, here.locale)
    told = {"content-disposition": f'attachment; filename="{row.kind}-mend-{row.id.hex[-6:]}.xlsx"'}
    return Response(data, media_type=mending.TYPE, headers=HEADERS | told)


def _worked(here: At, import_id: UUID) -> Response:
    """A short table is done when the page comes back; a long one is left to the trigger."""
    with here.system.database.read_scope() as db:
        key = key_of(imports.at(db, here.site.id, import_id).sha256, imports.SUFFIX)
    if here.system.storage.size(key) <= SHORT:
        jobs.run_now(here.system.database, Tick(clock.now(), here.system.settings), import_id)
    return see_other(here.link(f"/desk/import/{import_id}"))


def _mapped(form: Posted, sheets: Sheets) -> Mapping:
    """What the form says of each column; a field that we do not have is none."""
    fields, count = columns.fields_of(form.one("kind")), 0
    chosen = []
    while f"column-{count}" in form.fields:
        chosen.append(form.one(f"column-{count}"))
        count += 1
    header = form.one("header")
    line = int(header) if header.isdecimal() and len(header) < 7 else 1
    return Mapping(form.one("sheet"), line, tuple(one if one in fields else "" for one in chosen))


def _kept(page: ImportPage, mapping: Mapping) -> ImportPage:
    """The page with what was chosen."""
    if page.form is None:
        return page
    chosen = [*mapping.fields, *[""] * len(page.form.columns)]
    kept = [replace(column, field=chosen[column.number]) for column in page.form.columns]
    return replace(page, form=replace(page.form, columns=kept))


def _index(here: At, db: Session, kind: str, error: GongdanError | None = None) -> ImportsPage:
    exports = [
        Export(_of(kind, here.locale), [(here.link(f"/desk/export/{kind}.{form}"), form.upper()) for form in FORMATS])
        for kind in columns.KINDS
    ]
    runs = [_run(here, db, row) for row in imports.listed(db, here.site.id)]
    said = i18n.explain(error, here.locale) if error else ""
    chosen = kind if kind in columns.KINDS else columns.KINDS[0]
    return ImportsPage(here.frame("exchange"), _kinds(here.locale), chosen, exports, runs, said)


def _run(here: At, db: Session, row: Import) -> Run:
    return Run(
        here.link(f"/desk/import/{row.id}"), row.name, _of(row.kind, here.locale),
        full_time(row.at, here.site.timezone, here.locale), editing.actor_name(db, row.actor_id, here.locale),
        translate(f"desk_exchange.state_{row.state}", here.locale),
    )  # fmt: skip


def _of(kind: str, locale: str) -> str:
    return translate(f"desk_exchange.kind_{kind}", locale)


def _kinds(locale: str) -> Options:
    return [(kind, _of(kind, locale)) for kind in columns.KINDS]


def _page(
    here: At, db: Session, row: Import, kind: str, sheet: str, *, error: GongdanError | None = None
) -> ImportPage:  # fmt: skip
    kind = kind if kind in columns.KINDS else row.kind
    said = i18n.explain(error, here.locale) if error else _failure(row, here.locale)
    mend = here.link(f"/desk/import/{row.id}/mend.xlsx") if row.outcome.get("refused") else ""
    form = None
    if row.state not in BUSY:
        try:
            form = _columns(here, db, row, kind, sheet)
        except GongdanError as problem:
            said = said or i18n.explain(problem, here.locale)
    return ImportPage(
        here.frame("exchange"), str(row.id), row.name, row.state, _kinds(here.locale), form,
        _fates(row, here.locale) if row.state not in BUSY[:1] else [], row.done, row.total, mend, said,
    )  # fmt: skip


def _failure(row: Import, locale: str) -> str:
    """Why an import could not be done."""
    kind = GongdanError.catalog.get(row.outcome.get("error", "")) if row.state == "failed" else None
    return i18n.explain(kind(**row.outcome.get("facts", {})), locale) if kind else ""


def _columns(here: At, db: Session, row: Import, kind: str, sheet: str) -> Columns:
    sheets = imports.first_lines(imports.data_of(here.system.storage, row))
    is_known = bool(row.mapping) and kind == row.kind and sheet in ("", row.mapping["sheet"])
    known = imports.remembered(db, row.site_id, kind)
    mapping = Mapping.of(row.mapping) if is_known else understanding.guess(sheets, kind, known, sheet)
    header, lines = understanding.table_of(sheets, mapping)
    headings = [*header, *[""] * (len(mapping.fields) - len(header))]
    found = [
        Column(number, heading, understanding.samples(lines, number), mapping.fields[number])
        for number, heading in enumerate(headings[: len(mapping.fields)])
    ]
    fields = [("", translate("desk_exchange.nothing", here.locale))]
    fields += [(one, translate(f"desk_exchange.{kind}_{one}", here.locale)) for one in columns.fields_of(kind)]
    return Columns(kind, mapping.sheet, mapping.header, found, fields, [(name, name) for name in sheets])


def _fates(row: Import, locale: str) -> list[Fate]:
    """The outcome as it is read, empty before the table was checked."""
    if "counts" not in row.outcome:
        return []
    lines = {fate: [_line(row.kind, one, locale) for one in row.outcome["lines"].get(fate, [])] for fate in FATES}
    lines["refused"] = [_refused(row.kind, one, locale) for one in jobs.refused_of(row)[:SHOWN]]
    return [Fate(fate, row.outcome["counts"][fate], lines[fate]) for fate in FATES]


def _line(kind: str, told: list[Any], locale: str) -> DiffLine:
    text, differences = told
    return DiffLine(
        text,
        [Difference(translate(f"desk_exchange.{kind}_{name}", locale), old, new) for name, old, new in differences],
    )


def _refused(kind: str, one: Quarantined, locale: str) -> DiffLine:
    where = translate("desk_exchange.row", locale, row=one.row)
    return DiffLine(f"{where} {mending.reason(one, kind, locale)}", [Difference("", "", one.as_dict(locale)["value"])])

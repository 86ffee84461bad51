"""Tables go out of the desk: equipment, places, people & homes, as an import reads them back."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from api import sheets
from api.deps import Db
from api.pages._posting import see_other
from api.pages.desk._frame import At, at
from api.pages.desk.imports import FORMATS, HEADERS, ROLES
from api.sheets import Sheet
from assets import columns, exporting, mending
from core import clock
from core.errors import NotFound
from core.i18n import translate

router = APIRouter(prefix="/desk/export", include_in_schema=False)
Here = Annotated[At, Depends(at(*ROLES))]
TYPES = {"xlsx": mending.TYPE, "csv": "text/csv; charset=utf-8"}


@router.get("")
def index(here: Here) -> Response:
    """The buttons stand beside those of the import."""
    return see_other(here.link("/desk/import"))


@router.get("/{table}")
def download(table: str, here: Here, db: Db) -> Response:
    """One table in the language of the reader."""
    kind, _, form = table.partition(".")
    if kind not in columns.KINDS or form not in FORMATS:
        raise NotFound(what="word.table")
    header, rows = exporting.table(db, here.site.id, kind, here.locale)
    sheet = Sheet(translate(f"desk_exchange.kind_{kind}", here.locale), "", header, rows)
    name = f"{kind}-{here.site.prefix}-{clock.now():%Y-%m-%d}.{form}"
    told = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(_bytes(sheet, form), media_type=TYPES[form], headers=HEADERS | told)


def _bytes(sheet: Sheet, form: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"table.{form}"
        sheets.write(file, [sheet])
        return file.read_bytes()

"""Codes over HTTP: what a client shows after a scan, before somebody reports."""

from __future__ import annotations

from fastapi.responses import Response

from api.deps import Anywhere, Db, SystemDep
from api.idempotency import answer
from api.routes.assets import Code
from api.routing import noun, problems
from api.schemas import codes as schema
from api.schemas.tickets import PlaceRef
from assets import codes, register
from core import places

router = noun("codes")


@router.get("/{code}", response_model=schema.Behind, operation_id="read_code", responses={**problems(404, 422)})
def read(code: Code, who: Anywhere, db: Db, system: SystemDep) -> Response:
    """What a scanned code is on, as the page behind it shows to anybody. It may be reported on with `code`."""
    found = codes.canonical(code)
    subject = register.subject_of(db, found)
    site = places.site_of(db, subject.site_id)
    shown = schema.Behind(
        code=found, printed=codes.printed(found), site=site.name, asset=subject.name, category=subject.category,
        place=PlaceRef(id=subject.place_id, path=subject.place), links={"page": f"/q/{found}"},
    )  # fmt: skip
    return answer(shown)

"""Codes over HTTP: what a client shows after a scan, before somebody reports."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from fastapi.responses import Response

from api.deps import Anywhere, Db, SystemDep
from api.idempotency import answer
from api.routing import noun, problems
from api.schemas import codes as schema
from api.schemas.tickets import PlaceRef
from assets import codes, register
from core import places

router = noun("codes")

Scanned = Annotated[str, Path(max_length=400, examples=["7KQ4-M2XP-95"])]


@router.get("/{code:path}", response_model=schema.Behind, operation_id="read_code", responses={**problems(404, 422)})
def read(code: Scanned, who: Anywhere, db: Db, system: SystemDep) -> Response:
    """What a scanned code is on, as the page behind it shows to anybody. It may be reported on with `code`.

    A label holds an address, and so may the path: percent-encoded, as it was scanned.
    """
    found = codes.parse(code, system.settings.public_url) or codes.canonical(code)
    subject = register.subject_of(db, found)
    site = places.site_of(db, subject.site_id)
    shown = schema.Behind(
        code=found, printed=codes.printed(found), site=site.name, asset=subject.name, category=subject.category,
        place=PlaceRef(id=subject.place_id, path=subject.place), links={"page": f"/q/{found}"},
    )  # fmt: skip
    return answer(shown)

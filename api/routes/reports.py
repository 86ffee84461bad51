"""The managers' reports that this installation knows, by name."""

from __future__ import annotations

import pkgutil

from fastapi.responses import Response

from api.deps import Anywhere
from api.idempotency import answer
from api.routing import noun, problems
from api.schemas import register as schema
from core import reports
from core.errors import Forbidden

router = noun("reports")


@router.get("", response_model=schema.ReportList, operation_id="list_reports", responses={**problems(403)})
def index(who: Anywhere) -> Response:
    """The reports that there are, for supervisors, managers and administrators."""
    if not who.sites("supervisor", "manager", "admin"):
        raise Forbidden
    names = sorted(found.name for found in pkgutil.iter_modules(reports.__path__) if not found.name.startswith("_"))
    return answer(schema.ReportList(items=[schema.Report(name=name) for name in names]))

"""The managers' reports: which there are, and the figures of one with the tickets behind each."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from fastapi.responses import Response

from api import subjects
from api.deps import Anywhere, Db
from api.idempotency import answer
from api.routing import noun, problems
from api.schemas import reports as schema
from core import clock, reports
from core.errors import Forbidden
from core.i18n import translate

router = noun("reports")

READERS = ("supervisor", "manager", "admin")


@router.get("", response_model=schema.ReportList, operation_id="list_reports", responses={**problems(403)})
def index(who: Anywhere) -> Response:
    """The reports that there are, for supervisors, managers and administrators."""
    if not who.sites(*READERS):
        raise Forbidden
    return answer(schema.ReportList(items=[schema.Report(name=name) for name in sorted(reports.names())]))


@router.get("/{name}", response_model=schema.Figures, operation_id="read_report", responses={**problems(403, 404, 422)})
def read(
    name: Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["tickets"])],
    asked: Annotated[schema.ReportFilter, Query()], who: Anywhere, db: Db,
) -> Response:  # fmt: skip
    """The figures of a period at one site, in your language."""
    if not who.sites(*READERS):
        raise Forbidden
    site_id = subjects.site_of(db, who, asked.site, *READERS)
    return answer(_shown(reports.figures_of(db, name, site_id, asked.period, clock.now()), who.locale))


def _shown(found: reports.Figures, locale: str) -> schema.Figures:
    period = found.scope.period
    figures = [
        schema.Figure(
            name=one.name, title=translate(f"reports.{found.report}.{one.name}", locale), value=one.value,
            unit=one.unit, tickets=list(one.tickets),
        )
        for one in found.figures
    ]  # fmt: skip
    return schema.Figures(
        report=found.report, site=found.scope.site.name, period=period.name, starts_at=period.starts_at,
        ends_at=period.ends_at, figures=figures,
    )  # fmt: skip

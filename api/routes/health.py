"""Whether it lives, whether it can work, and its figures for a monitor."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from api.deps import SystemDep
from core import clock, health

router = APIRouter(include_in_schema=True, tags=["health"])

READY = {"ready": True, "reasons": []}
SILENT = {"ready": False, "reasons": ["scheduler"]}
FIGURES = "# TYPE gongdan_tickets_open gauge\ngongdan_tickets_open 12.0\n"


def _text(example: str) -> dict[int | str, dict[str, object]]:
    return {200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": example}}}}


@router.get("/healthz", response_class=PlainTextResponse, operation_id="is_alive", responses=_text("ok"))
def alive() -> str:
    """Answers while the process lives."""
    return "ok"


@router.get(
    "/readyz", operation_id="is_ready",
    responses={
        200: {"content": {"application/json": {"example": READY}}},
        503: {"description": "It cannot work, and why.", "content": {"application/json": {"example": SILENT}}},
    },
)  # fmt: skip
def ready(system: SystemDep) -> Response:
    """200 when the database answers and the scheduler has ticked lately; 503 with the reasons otherwise."""
    state = health.check(system.database, clock.now())
    return JSONResponse(state.as_dict(), 200 if state.is_ready else 503)


@router.get("/metrics", response_class=PlainTextResponse, operation_id="read_metrics", responses=_text(FIGURES))
def metrics(system: SystemDep) -> str:
    """Gauges in the text format of Prometheus. They name nobody."""
    state = health.check(system.database, clock.now())
    figures = {"ready": float(state.is_ready), **state.gauges}
    return "".join(f"# TYPE gongdan_{name} gauge\ngongdan_{name} {value}\n" for name, value in sorted(figures.items()))

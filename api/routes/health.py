"""Whether it lives, whether it can work, and its figures for a monitor."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from api.deps import Db, SystemDep
from core import clock, health

router = APIRouter(include_in_schema=True, tags=["health"])


@router.get("/healthz", response_class=PlainTextResponse)
def alive() -> str:
    """Answers while the process lives."""
    return "ok"


@router.get("/readyz")
def ready(db: Db, system: SystemDep) -> Response:
    """200 when the database answers and the scheduler has ticked lately; 503 with the reasons otherwise."""
    state = health.look(db, clock.now())
    return JSONResponse(state.as_dict(), 200 if state.is_ready else 503)


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(db: Db) -> str:
    """Gauges in the text format of Prometheus. They name nobody."""
    state = health.look(db, clock.now())
    return "".join(f"gongdan_{name} {value}\n" for name, value in sorted(state.gauges.items()))

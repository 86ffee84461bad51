"""Maintenance plans as JSON."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from api.schemas import Name, Paged, Shown, example
from api.schemas.tickets import NUMBER

PLAN = "019a0000-0000-7000-8000-000000000060"
SELF = f"/api/v1/plans/{PLAN}"
_PLAN: dict[str, Any] = {
    "id": PLAN, "name": "Lifts, every fortnight", "level": "lift", "category": "lift", "state": "active",
    "subject": {"kind": "type", "id": "019a0000-0000-7000-8000-000000000051", "stops": []}, "next": "2026-12-01",
    "links": {"self": SELF, "occurrences": f"{SELF}/occurrences", "page": f"/desk/plans/{PLAN}"},
}  # fmt: skip
_RHYTHM: dict[str, Any] = {
    "rule": "FREQ=DAILY;INTERVAL=14", "starts_on": "2026-12-01", "hour": "08:00", "extra": [], "left_out": [],
    "months": [], "on_holiday": "before", "counts_from": "scheduled", "lead_days": 0, "tolerance_days": 0,
    "limit_days": 15,
}  # fmt: skip
_DATE: dict[str, Any] = {
    "on": "2026-12-15", "planned": "2026-12-15", "reason": "planned", "why": "", "holiday": "", "known": True,
    "skipped": False,
}  # fmt: skip
_OCCURRENCE: dict[str, Any] = {
    "on": "2026-12-01", "planned": "2026-12-01", "until": "2026-12-01", "reason": "planned", "late": False,
    "state": "done", "asset": "019a0000-0000-7000-8000-000000000050", "ticket": NUMBER, "resolution": "passed",
    "made": "2026-12-01T00:00:00Z", "done": "2026-12-01T03:10:00Z",
    "links": {"ticket": f"/api/v1/tickets/{NUMBER}", "page": f"/t/{NUMBER}"},
}  # fmt: skip


class Subject(Shown):
    """What a plan is about. `id`: of the asset, type or place; null for a route, which has `stops`."""

    kind: Literal["asset", "type", "place", "route"]
    id: UUID | None
    stops: list[dict[str, UUID]]


class PlanInList(Shown):
    """`state`: active, paused, held because it cannot be worked out, waiting for the last one to be done, or ended."""

    id: UUID
    name: str
    level: str
    category: str
    state: Literal["active", "paused", "held", "waiting", "ended"]
    subject: Subject
    next: date | None
    links: dict[str, str]


class PlanPage(Shown):
    model_config = example(items=[_PLAN], next=None)

    items: list[PlanInList]
    next: str | None


class PlanFilter(Paged):
    site: Name = Field(default="", description="Name or id of a site; needed where the caller belongs to several.")


class Rhythm(Shown):
    """How often: an iCalendar RRULE over local dates, dates added and left out, and what happens on days off."""

    rule: str
    starts_on: date
    hour: str
    extra: list[date]
    left_out: list[date]
    months: list[int]
    on_holiday: str
    counts_from: str
    lead_days: int
    tolerance_days: int
    limit_days: int


class Date(Shown):
    """A date to come. `reason`: planned, extra, moved, kept, limited, skipped, merged, meter.

    `why` and `holiday`: what the planned day is where that moved it. `known`: false where nobody has published yet
    which days of that year are off.
    """

    on: date
    planned: date
    reason: str
    why: str
    holiday: str
    known: bool
    skipped: bool


class Item(Shown):
    """A question of the checklist. `failing`: the choices that are a failure."""

    key: str
    question: str
    kind: str
    low: float | None = None
    high: float | None = None
    unit: str = ""
    choices: list[str] = Field(default_factory=list)
    failing: list[str] = Field(default_factory=list)


class Plan(PlanInList):
    """A plan with its rule, its checklist and its next dates, each with the reason why it is when it is."""

    model_config = example(
        **_PLAN, rhythm=_RHYTHM, meter_every=None, coming=[_DATE],
        checklist=[{"key": "1f0c0a3b5d7e", "question": "Does the door open?", "kind": "pass_fail", "low": None,
                    "high": None, "unit": "", "choices": [], "failing": []}],
    )  # fmt: skip

    rhythm: Rhythm
    meter_every: float | None
    checklist: list[Item]
    coming: list[Date]


class Occurrence(Shown):
    """A date of a plan for one thing. `late`: it was made after its day. `asset`: where the plan is for a type.

    `state`: open, missed (open after `until`), done, late (done after `until`), skipped (its ticket was cancelled).
    """

    on: date
    planned: date
    until: date
    reason: str
    late: bool
    state: Literal["open", "missed", "done", "late", "skipped"]
    asset: UUID | None
    ticket: str
    resolution: str | None
    made: datetime
    done: datetime | None
    links: dict[str, str]


class OccurrencePage(Shown):
    model_config = example(items=[_OCCURRENCE], next=None)

    items: list[Occurrence]
    next: str | None


class OccurrenceFilter(Paged):
    """Which of the dates of a plan."""

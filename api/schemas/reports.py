"""Managers' reports as JSON: each figure with the tickets behind it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas import Given, Moment, Name, Shown, example


class Report(Shown):
    name: str


class ReportList(Shown):
    model_config = example(items=[{"name": "tickets"}], next=None)

    items: list[Report]
    next: str | None = None


class ReportFilter(Given):
    """`period`: 2026-11, 2026-W47, 2026-Q4 or 2026; the last whole month of the site if not given."""

    site: Name = ""
    period: Annotated[str, Field(max_length=10, examples=["2026-11"])] = ""


class Figure(Shown):
    """One number. `value` is null where there is nothing to compute it from; `tickets`: the numbers behind it."""

    name: str
    title: str
    value: float | None
    unit: Literal["tickets", "percent", "minutes", "stars", "surveys"]
    tickets: list[str]


class Figures(Shown):
    """A report on whole local days: from `starts_at` until just before `ends_at`."""

    model_config = example(
        report="tickets", site="Parkview", period="2026-11", starts_at="2026-11-01T00:00:00Z",
        ends_at="2026-12-01T00:00:00Z",
        figures=[{"name": "new", "title": "New", "value": 1, "unit": "tickets", "tickets": ["WX-261120-0001"]}],
    )  # fmt: skip

    report: str
    site: str
    period: str
    starts_at: Moment
    ends_at: Moment
    figures: list[Figure]

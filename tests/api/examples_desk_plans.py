"""What the plans are rendered with."""

from __future__ import annotations

from dataclasses import replace

from api.pages.desk._route import Leg, Route
from api.pages.desk.plans import BLANK, COLUMNS, Line, PlanPage, PlansPage, Shown
from tests.api.examples_desk import ANY, FRAME

LINES = [
    Line("x1", "x1", "x1", day, state)
    for state, day in (("active", "x1"), ("paused", ""), ("waiting", ""), ("ended", ""))
]
DATES = [Shown("x1", "x1", is_skipped=False), Shown("x1", "x1", is_skipped=True)]
LEG = Leg("place:1", "x1", "x1")
ITEMS = [dict.fromkeys(COLUMNS, "1")]
PAGE = PlanPage(
    FRAME,
    "x1",
    "active",
    BLANK | {"name": "x1"},
    ITEMS,
    ANY,
    ANY,
    ANY,
    ANY,
    ANY,
    ANY,
    Route([LEG, replace(LEG, own="x1")], "x1", [LEG], ["x1"]),
    DATES,
    [("x1", "WX-1", "x1")],
    "",
)

EXAMPLES = {
    "desk_plans.html": [PlansPage(FRAME, LINES), PlansPage(FRAME, [])],
    "desk_plan.html": [
        PAGE,
        replace(PAGE, id="new", values=BLANK, dates=[], done=[]),
        replace(PAGE, state="paused", error="x1"),
    ],
}

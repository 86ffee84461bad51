"""What the plans are rendered with."""

from __future__ import annotations

from dataclasses import replace

from api.pages.desk import _month
from api.pages.desk._month import Day, MonthPage
from api.pages.desk._plan_form import BLANK, COLUMNS
from api.pages.desk._route import Leg, Route
from api.pages.desk._told import Told
from api.pages.desk.history import DecisionsPage
from api.pages.desk.plans import Line, PlanPage, PlansPage, Shown
from tests.api.examples_desk import ANY, FRAME

LINES = [
    Line("x1", "x1", "x1", "x1", day, state)
    for state, day in (("active", "x1"), ("paused", ""), ("held", "x1"), ("waiting", ""), ("ended", ""))
]
DATES = [Shown("x1", "x1", is_skipped=False), Shown("x1", "x1", is_skipped=True)]
LEG = Leg("place:1", "x1", "x1")
ITEMS = [dict.fromkeys(COLUMNS, "1")]
WRONG = [*BLANK, "add_stops", "own:place:1", "question-1", "low-1", "choices-2"]
PAGE = PlanPage(
    FRAME,
    "x1",
    "active",
    BLANK | {"name": "x1", "often": "own"},
    ITEMS,
    ANY,
    ANY,
    ANY,
    ANY,
    ANY,
    ANY,
    ANY,
    Route([LEG, replace(LEG, own="x1")], "x1", [LEG], ["x1"]),
    DATES,
    [("x1", "WX-1", "x1")],
)

ONE = _month.Line("x1", "done", "x1", "check", "done", "/x1", "x1")
FULL = Day("x1", "x1", is_today=True, is_inside=True, kind="holiday", holiday="x1", lines=[ONE], rest=[ONE])
BARE = Day("x1", "x1", is_today=False, is_inside=False, kind="weekday", holiday="", lines=[], rest=[])
CHOSEN = {"plan": "1", "place": "", "team": ""}
TOTALS = [("x1", "check", "done", 1)]
MONTH = MonthPage(
    FRAME, "x1", "2026-12", "/x1", "/x1", [[FULL, BARE]], TOTALS, ANY, ANY, ANY, CHOSEN, is_cut=True
)  # fmt: skip

TOLD = [Told("x1", "x1", "x1", "x1", "x1", "/x1"), Told("x1", "x1", "", "x1", "", "")]

EXAMPLES = {
    "desk_plan_month.html": [
        MONTH,
        replace(MONTH, totals=[], earlier="", later="", is_cut=False, chosen=dict.fromkeys(CHOSEN, "")),
    ],
    "desk_plans.html": [PlansPage(FRAME, LINES), PlansPage(FRAME, [])],
    "desk_decisions.html": [
        DecisionsPage(FRAME, TOLD, ANY, "", "/x1"),
        DecisionsPage(FRAME, [], ANY, "1", ""),
    ],
    "desk_plan.html": [
        replace(PAGE, decisions=TOLD, older="/x1"),
        PAGE,
        replace(PAGE, id="new", values=BLANK | {"often": "usual"}, dates=[], done=[]),
        replace(PAGE, state="paused", errors=[(place, "x1") for place in WRONG]),
        replace(PAGE, dates=[], is_tried=True),
        replace(PAGE, state="held", held="x1"),
    ],
}

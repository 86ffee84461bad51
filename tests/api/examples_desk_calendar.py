"""What the calendar of a site is rendered with."""

from __future__ import annotations

from dataclasses import replace

from api.pages.desk.calendar import CalendarPage, Cell, Month, Override
from tests.api.examples_desk import ANY, FRAME

KINDS = ("weekday", "weekend", "holiday", "make_up", "own_off", "own_worked")
CELLS = [Cell("1", kind, "x1" if kind not in ("weekday", "weekend") else "", "x1") for kind in KINDS]
MONTHS = [Month("x1", [[None, *CELLS]], ["x1"]), Month("x1", [[None] * 7], [])]
DAYS = [(str(day), "x1") for day in range(7)]
PAGE = CalendarPage(
    FRAME, 2026, "/x1", "/x1", MONTHS, ["x1"], DAYS, ANY, ANY, "CN", "", "CN", ["x1"] * 7, ANY, "1", ["x1"] * 7, ["x1"],
    [Override("x1", "x1")],
)  # fmt: skip

EXAMPLES = {
    "desk_calendar.html": [
        PAGE,
        replace(PAGE, earlier="", later="", warnings=[], suggested="DE", teams=[], own=[], days=[], is_saved=True),
        replace(PAGE, own=[], values={"day": "x1", "kind": "worked", "name": "x1", "hours": "x1"}, error="x1"),
    ]
}

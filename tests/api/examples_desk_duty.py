"""What the roster is rendered with."""

from __future__ import annotations

from dataclasses import replace

from api.pages.desk.duty import BLANK, Day, DutyPage, Turn
from tests.api.examples_desk import ANY, FRAME

TURNS = [Turn("x1", "x1", "on_call", "x1", "x1", is_now=True), Turn("x1", "x1", "shift", "x1", "", is_now=False)]
DAYS = [Day("x1", "x1", True, TURNS), Day("x1", "x1", False, [])]  # noqa: FBT003 - today, and another day
PAGE = DutyPage(FRAME, DAYS, "x1", "/x1", "/x1", ["x1"], ANY, ANY, ANY, ANY, BLANK, ["1"], "", "", "2")

EXAMPLES = {
    "desk_duty.html": [
        PAGE,
        *(replace(PAGE, on_call=[], teams=[], error="x1", field=field) for field in ("person", "time", "weeks")),
    ]
}

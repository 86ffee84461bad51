"""What the rules about deadlines are rendered with."""

from __future__ import annotations

from dataclasses import replace

from api.pages.desk.deadlines import BLANK, DeadlinesPage, Line
from tests.api.examples_desk import ANY, FRAME

CHOICES = dict.fromkeys(("category", "priority", "kind", "team"), ANY)
PAGE = DeadlinesPage(
    FRAME, [Line("x1", "x1", "x1", "x1", "/x1?x1")], ["x1"], "new", dict(BLANK), CHOICES, ANY, ANY,
    [("technician", "x1"), ("manager", "x1")], [("respond", "x1")], {"at": "2026-11-20T17:30"}, ["x1"],
)  # fmt: skip

EXAMPLES = {
    "desk_deadlines.html": [
        PAGE,
        replace(PAGE, open="x1", values={**BLANK, "respond": "x1", "stops": ["1"]}, error="x1", field="respond"),
        replace(PAGE, open="", lines=[], found=[], error="x1", field="remind"),
        replace(PAGE, open="new", error="x1", field="remind", is_saved=True),
    ]
}

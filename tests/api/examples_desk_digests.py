"""What the pages of digests and calendar links are rendered with."""

from __future__ import annotations

from dataclasses import replace

from api.pages.desk.digests import Behind, DigestsPage, FiguresPage, Reading, Shown, Told
from api.pages.desk.feeds import FeedsPage, Link
from api.pages.feeds import CalendarPage
from api.pages.quiet import QuietPage
from tests.api.examples_desk import ANY, FRAME

VALUES = {"who": "", "period": "day", "at": "08:00"}
PAGE = DigestsPage(
    FRAME, [Reading("x1", "x1", "x1", "x1", "x1", "/x1")], [Told("/x1", "x1", "x1", "x1")],
    Shown("x1", "x1\nx1", "/x1"), ANY, ANY, VALUES, may_edit=True, is_saved=True, is_tested=True, error="",
)  # fmt: skip
FEEDS = FeedsPage(FRAME, "x1", [Link("x1", "x1", "/x1")], ANY, "", "")
FIGURES = FiguresPage(FRAME, "x1", [Behind("new", "x1", "x1", ["x1"]), Behind("done", "x1", "x1", [])], "/x1")

EXAMPLES = {
    "desk_digests.html": [
        replace(PAGE, unsent="x1", is_own=True, readings=[replace(PAGE.readings[0], can_arrive=False)]),
        PAGE,
        replace(PAGE, readings=[], sent=[], preview=None, may_edit=False, is_saved=False, is_tested=False),
        replace(PAGE, is_saved=False, error="x1"),
    ],
    "desk_digest.html": [FIGURES],
    "desk_feeds.html": [FEEDS, replace(FEEDS, links=[], error="x1")],
    "quiet.html": [
        QuietPage("22:00", "07:00", "x1", "/work", "", is_saved=True),
        QuietPage("", "", "x1", "", "x1", is_saved=False),
    ],
    "calendar.html": [CalendarPage(["/x1"]), CalendarPage([])],
}

"""What the desk and the first page are rendered with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from markupsafe import Markup

from api.pages._tickets import Head, Photo, Until
from api.pages._timeline import Line
from api.pages.desk import _differences, history
from api.pages.desk._drawer import FORMS, Drawer
from api.pages.desk._editing import Clash
from api.pages.desk._filter import Filter, Options
from api.pages.desk._frame import Entry, Frame
from api.pages.desk._messages import Told
from api.pages.desk._rows import Column, Figure, Row, Rows
from api.pages.desk.board import BoardPage, ListPage
from api.pages.desk.bulk import BulkPage, Outcome
from api.pages.desk.site import SitePage
from api.pages.desk.tickets import MergePage, Side
from api.pages.start import Door, Scan, StartPage
from tests.api.examples_pages import ROUND

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
SITES = [Entry("x1", "/x1"), Entry("x1", "/x2")]
FRAME = Frame("site", [Entry("x1", "/desk", "board", is_current=True)], SITES, "WX", "x1", "x1")
LATE = Until("x1", AT.isoformat(), "over")
HEAD = Head("WX-1", "x1", "x1", "reported", "", "x1", LATE, 1, "Asia/Shanghai")
ROW = Row("/desk?open=WX-1", "WX-1", "x1", "x1", "x1", LATE, "reported", "x1", "x1", 1)
CALM = Row("/desk?open=WX-2", "WX-2", "x1", "x1", "", None, "done", "x1", "", 1)
COLUMNS = [Column("reported", "reported", "x1", 41, [ROW], "/x1"), Column("done", "done", "x1", 0, [], "")]
ROWS = Rows([Figure(3, "x1", "/x1", is_emergency=True), Figure(0, "x1", "/x1", is_emergency=False)], COLUMNS)
ANY = [("", "x1"), ("1", "x1")]
OPTIONS = Options([*ANY, ("2", "x1")], ANY, ANY, ANY, ANY)
PHOTO = Photo("/x1", "/x1", "x1")
LINE = Line("report", "chat", "x1", "x1", "", AT, "reported", "x1", [PHOTO], ["/voice"])
TOLD = [
    Told("x1", "x1", "x1", state, "x1", "x1", ("x1",)[:notes])
    for notes, state in enumerate(("sent", "undeliverable", "merged", "ready"))
]
CHOICES = dict.fromkeys(("assignee", "team", "category", "priority", "evidence", "hold"), ANY)
DRAWER = Drawer(
    HEAD, "reported", "x1", [("x1", "x1")], [LINE], TOLD, [*FORMS, "schedule", "merge"], CHOICES, [("x1", "x1")], "/x1",
    "site=WX", "WX", "1",
)  # fmt: skip
CLOSED = Drawer(HEAD, "closed", "", [], [], [], [], {}, [], "", "", "WX", "1", has_resident=False)
REFUSED = replace(DRAWER, entered={"reason": "x1", "text": "x1"}, action="cancel", error="x1")
SIDE = Side(HEAD, "x1", "x1", 2, [PHOTO])
OUTCOMES = [Outcome(HEAD, is_possible=True, reason=""), Outcome(HEAD, is_possible=False, reason="x1")]
DOORS = [Door("resident", "/chat", "home", "reported")]

EXAMPLES = {
    "desk.html": [
        BoardPage(FRAME, Filter(), OPTIONS, ROWS, "1", None, "/desk", steers=False),
        BoardPage(FRAME, Filter("x1", "1", q="x1"), OPTIONS, ROWS, "1", DRAWER, "/desk", steers=True),
        BoardPage(FRAME, Filter(), OPTIONS, ROWS, "1", REFUSED, "/desk", steers=True),
        BoardPage(FRAME, Filter(), OPTIONS, ROWS, "1", replace(REFUSED, action="words"), "/desk", steers=True),
        BoardPage(FRAME, Filter(), OPTIONS, ROWS, "1", CLOSED, "/desk", steers=True),
        BoardPage(FRAME, Filter(), OPTIONS, ROWS, "1", replace(CLOSED, round=ROUND), "/desk", steers=True),
    ],
    "desk_list.html": [ListPage(FRAME, "x1", [ROW, CALM], "/x1", "/x1"), ListPage(FRAME, "x1", [], "", "/x1")],
    "desk_merge.html": [
        MergePage(FRAME, SIDE, None, [HEAD], "x1", "1", ""),
        MergePage(FRAME, SIDE, None, [], "", "1", ""),
        MergePage(FRAME, SIDE, SIDE, [], "", "1", "x1"),
    ],
    "desk_bulk.html": [
        BulkPage(FRAME, "assign", OUTCOMES, ANY, "", "1", "", is_done=False),
        BulkPage(FRAME, "cancel", OUTCOMES, [], "x1", "1", "x1", is_done=False),
        BulkPage(FRAME, "cancel", OUTCOMES, [], "", "", "", is_done=True),
        BulkPage(FRAME, "assign", [], [], "", "1", "", is_done=False),
    ],
    "start.html": [
        StartPage(DOORS, [], "", can_scan=True),
        StartPage(DOORS, [Scan("x1", "x1", "X1-2", "/q/X12", Markup("<svg></svg>"))], "x1", can_scan=False),
    ],
}
CHANGE = history.Line("1", "x1", "x1", "x1", [_differences.Difference("x1", "x1", "")], is_undoing=True, can_undo=True)
OVERLAID = replace(CHANGE, can_undo=False, hindrance="x1")
SITE = {"name": "x1", "timezone": "Asia/Shanghai", "locale": "en", "phone": "1"}
ZONES, LANGUAGES = [("Asia/Shanghai", "x1")], [("en", "x1")]
EXAMPLES |= {
    "desk_site.html": [
        SitePage(FRAME, SITE, "{}", ZONES, LANGUAGES, "x1", [], "", "", is_saved=True),
        SitePage(FRAME, SITE, "{}", ZONES, LANGUAGES, "", [Clash("x1", "x1")], "x1", "name", is_saved=False),
    ],
    "desk_history.html": [
        history.HistoryPage(FRAME, [CHANGE, OVERLAID], "/x1"),
        history.HistoryPage(FRAME, [], ""),
    ],
}

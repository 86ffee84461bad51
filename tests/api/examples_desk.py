"""What the desk and the first page are rendered with."""

from __future__ import annotations

from markupsafe import Markup

from api.pages.desk._editing import Clash
from api.pages.desk._frame import Entry, Frame
from api.pages.desk.board import DeskPage, Drawer, Filter
from api.pages.desk.history import Difference, HistoryPage, Line
from api.pages.desk.site import SitePage
from api.pages.start import Door, Scan, StartPage

ROW = {
    "href": "/desk?open=WX-1", "number": "WX-1", "what": "x1", "where": "x1", "who": "x1", "until": "x1",
    "state": "reported", "state_text": "x1", "emergency": "x1",
}  # fmt: skip
COLUMNS = [
    {"id": "reported", "state": "reported", "title": "x1", "count": 1, "rows": [ROW]},
    {"id": "done", "state": "done", "title": "x1", "count": 0, "rows": []},
]
FIGURES = [{"value": 3, "label": "x1", "emergency": True}]
GROUPS = [{"title": "x1", "items": [{"text": "x1", "href": "/desk", "current": True}]}]
DRAWER = Drawer(
    "WX-1", "x1", "reported", "x1", "x1", [("x1", "x1")], 1, [("1", "x1")], ["assign", "cancel", "waive"]
)  # fmt: skip
DOORS = [Door("resident", "/chat", "home", "reported")]

EXAMPLES = {
    "desk.html": [
        DeskPage(Filter(), FIGURES, GROUPS, COLUMNS, None, "/desk"),
        DeskPage(Filter("x1", "1", "x1"), FIGURES, GROUPS, COLUMNS, DRAWER, "/desk"),
    ],
    "start.html": [
        StartPage(DOORS, [], ""),
        StartPage(DOORS, [Scan("x1", "x1", "X1-2", "/q/X12", Markup("<svg></svg>"))], "x1"),
    ],
}
SITES = [Entry("x1", "/x1"), Entry("x1", "/x2")]
FRAME = Frame("site", [Entry("x1", "/desk", "board", is_current=True)], SITES, "WX", "x1", "x1")
CHANGE = Line("1", "x1", "x1", "x1", [Difference("x1", "x1", "")], is_undoing=True, can_undo=True)
SITE = {"name": "x1", "timezone": "Asia/Shanghai", "locale": "en", "phone": "1"}
ZONES, LANGUAGES = [("Asia/Shanghai", "x1")], [("en", "x1")]
EXAMPLES |= {
    "desk_site.html": [
        SitePage(FRAME, SITE, "{}", ZONES, LANGUAGES, "x1", [], "", "", is_saved=True),
        SitePage(FRAME, SITE, "{}", ZONES, LANGUAGES, "", [Clash("x1", "x1")], "x1", "name", is_saved=False),
    ],
    "desk_history.html": [
        HistoryPage(FRAME, [CHANGE], "/x1"),
        HistoryPage(FRAME, [], ""),
    ],
}

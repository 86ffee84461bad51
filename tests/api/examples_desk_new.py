"""What the form for calls and its slip are rendered with."""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup

from api.pages._tickets import Head
from api.pages.desk.new import FIELDS, Choice, NewPage, SlipPage, Twin
from tests.api.examples_desk import FRAME

ENTERED = dict.fromkeys(FIELDS, "")
CHOICE = Choice("1 2", "x1", "x1", "x1", has_chat=True)
NOBODY = Choice("new 2", "", "", "x1", has_chat=False)
KINDS = [("", "x1"), ("water", "x1")]
TWIN = Twin("WX-1", "x1", "x1")
HEAD = Head("WX-1", "x1", "x1", "reported", "", "x1", None, 1, "Asia/Shanghai")

EXAMPLES = {
    "desk_new.html": [
        NewPage(FRAME, "1", ENTERED, [], KINDS, KINDS, None, "", ""),
        NewPage(
            FRAME, "1", ENTERED | {"caller": "1 2"}, [CHOICE, NOBODY], KINDS, KINDS, Twin("WX-1", "x1", "x1"), "", ""
        ),
        NewPage(FRAME, "1", ENTERED | {"caller": "new"}, [CHOICE], KINDS, KINDS, None, "x1", "text"),
        NewPage(FRAME, "1", ENTERED, [], KINDS, KINDS, replace(TWIN, is_home=True), "", "", ("x1", "x1")),
        NewPage(FRAME, "1", ENTERED, [], KINDS, KINDS, None, "x1", "unit", ("x1", "x1"), ["x1", "x1"]),
        NewPage(FRAME, "1", ENTERED, [], KINDS, KINDS, None, "x1", "where", ("x1", "x1"), ["x1", "x1"]),
    ],
    "desk_slip.html": [
        SlipPage(FRAME, HEAD, "x1", "1", "/w/1", Markup("<svg></svg>"), "x1"),
        SlipPage(FRAME, HEAD, "x1", "", "", Markup(), "x1"),
    ],
}

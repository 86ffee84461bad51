"""What the settings at the desk are rendered with."""

from __future__ import annotations

from dataclasses import replace

from api.pages.desk.categories import CategoriesPage, Found, Tried, Word, Work
from api.pages.desk.channels import ChannelsPage, Check, Claim, Lost
from api.pages.desk.policies import PoliciesPage
from core.upkeep.works import BLANK
from tests.api.examples_desk import ANY, FRAME

WORKS = [Work("lift", "x1", "urgent", mode, "x1") for mode in ("assign", "claim", "by_hand")]
VALUES = {"key": ""} | BLANK
SURE = Tried("x1", "sure", "x1", "x1", [Found("x1", "x1", "4", ""), Found("x1", "", "1", "x1")])
NONE = Tried("", "none", "x1", "", [])
WORDS = [Word("x1", "x1", 4, "fire"), Word("x1", "x1", 4, "")]
PAGE = CategoriesPage(FRAME, WORKS, "", VALUES, ANY, ANY, ANY, ANY, ANY, WORDS, "x1", SURE, "")
TEXTS = [{"zh_CN": "x1", "en": "x1"}]

CHANNELS = ChannelsPage(
    FRAME, [Check("x1", "ok", "done", "x1"), Check("x1", "broken", "mend", "x1"), Check("x1", "warning", "work", "x1")],
    [Lost("x1", "x1", "x1", "x1")], "x1", ["x1"], "x1", is_saved=True, error="",
    claims=[Claim("x1", "x1", "x1", "x1", "x1", "x1")],
)  # fmt: skip

POLICIES = PoliciesPage(
    FRAME, {"urgent": 90}, ANY, ["1"], TEXTS, ("22:00", "07:00"), [("gas_smell", "x1", "x1")], is_saved=True, error=""
)

EXAMPLES = {
    "desk_channels.html": [CHANNELS, replace(CHANNELS, lost=[], claims=[], always=[], is_saved=False, error="x1")],
    "desk_categories.html": [
        PAGE,
        replace(PAGE, open="lift", error="x1"),
        replace(PAGE, open="new", tried=replace(NONE, confidence="unsure"), words=[]),
        replace(PAGE, tried=NONE, error="x1"),
    ],
    "desk_policies.html": [
        PoliciesPage(
            FRAME,
            {"urgent": 90},
            ANY,
            ["1"],
            TEXTS,
            ("22:00", "07:00"),
            [("gas_smell", "x1", "x1")],
            is_saved=True,
            error="",
        ),
        POLICIES,
        replace(POLICIES, required=[], quiet=("", ""), numbers=[], is_saved=False, error="x1"),
    ],
}

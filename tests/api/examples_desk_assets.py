"""What the pages of equipment are rendered with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from api.pages.desk._editing import Clash
from api.pages.desk.asset import AssetForm, AssetPage, File, Happening, Label, NewAssetPage, Unit
from api.pages.desk.assets import Asked, AssetsPage
from assets.editing import BLANK
from assets.listing import Line
from assets.models import Asset
from assets.story import Totals
from tests.api.examples_desk import ANY, FRAME
from tests.api.examples_pages import HEAD, QUIET

AT = datetime(2026, 11, 20, tzinfo=UTC)
LINE = Line(UUID(int=1), "x1", "x1", "x1", "x1", 2, None)
LIST = AssetsPage(FRAME, Asked(), [LINE], 2, "/x1", ANY, ANY, ["x1"], [], "", "2")
FORM = AssetForm(BLANK | {"name": "x1"}, "{}", ["x1"], "x1", [], "", "")
FULL = AssetForm(dict.fromkeys(BLANK, "x1"), "{}", [], "", [Clash("x1", "x1")], "x1", "name")
LABEL = Label("x1", "x1", "<svg></svg>", "x1", ["x1"])
ASSET = Asset(name="x1", code="x1", retired_at=None)
FILE = File("/x1", "x1", "x1", "/x1")
UNIT = Unit("/x1", "x1", "x1")
PAGE = AssetPage(
    FRAME, "x1", ASSET, FORM, LABEL, Totals(2, 1, 3, 4), "x1", [HEAD, QUIET], "/x1", [FILE], [FILE],
    [Happening("x1", "x1", "x1")], [UNIT], None, [UNIT], is_open=False,
)  # fmt: skip

EXAMPLES = {
    "desk_assets.html": [
        LIST,
        replace(LIST, lines=[replace(LINE, tickets=0, type="")], chosen=[str(LINE.id)], error="x1", done="", more=""),
        replace(LIST, lines=[], asked=Asked(retired="1")),
    ],
    "desk_asset_new.html": [NewAssetPage(FRAME, FORM, "", ""), NewAssetPage(FRAME, FULL, "x1", "x1")],
    "desk_asset.html": [
        PAGE,
        replace(
            PAGE, asset=Asset(name="x1", code="x1", retired_at=AT), newer=UNIT, form=FULL, is_open=True, tickets=[],
            photos=[], documents=[], history=[], older=[], parts_of=[], more="", cost="",
        ),
        replace(PAGE, asset=Asset(name="x1", code="x1", retired_at=AT), label=replace(LABEL, when="", older=[])),
    ],
}  # fmt: skip

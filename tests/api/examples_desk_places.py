"""What the page of places is rendered with."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from api.pages.desk._editing import Clash
from api.pages.desk.places import Branch, PlacesPage
from assets.listing import Line
from tests.api.examples_desk import ANY, FRAME

BRANCHES = [
    Branch("x1", "x1", "x1", "unit", is_common=False, below=2),
    Branch("x2", "x1", "x1", "area", is_common=True, below=0),
]
ASSET = Line(UUID(int=1), "x1", "x1", "x1", "", 0, None)
VALUES = {"name": "x1", "kind": "area", "is_common": "1", "parent": "x1"}
PAGE = PlacesPage(
    FRAME, "x1", "x1", is_root=False, above=[("/x1", "x1")], words="", branches=BRANCHES, assets=[ASSET],
    values=VALUES, was="{}", kinds=ANY, changed_by="x1", clashes=[], error="", field="", typed="", chosen=[],
    is_open=False,
)  # fmt: skip

EXAMPLES = {
    "desk_places.html": [
        PAGE,
        replace(PAGE, is_root=True, above=[], branches=[], assets=[], values=VALUES | {"is_common": "", "parent": ""}),
        replace(PAGE, words="x1"),
        replace(
            PAGE, error="x1", field="name", clashes=[Clash("x1", "x1")], typed="x1", chosen=["x1"], is_open=True,
            assets=[], changed_by="",
        ),
    ]
}  # fmt: skip

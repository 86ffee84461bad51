"""What the pages of labels are rendered with."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from api.pages.claims import ClaimPage, Found
from api.pages.desk.labels import Choices, Chosen, LabelsPage, Run, RunPage
from assets.choosing import Thing
from assets.printing import Label
from tests.api.examples_desk import ANY, FRAME

CHOICES = Choices(ANY, ANY, ANY, ANY)
THING = Thing(None, UUID(int=1), "x1", "x1", "x1")
RUN = Run("/x1", "x1", "x1", 2, "x1", is_test=True)
PAGE = LabelsPage(FRAME, Chosen(), CHOICES, 2, [THING], 3, "x1", "x1", "x1", is_public=False, runs=[RUN], error="x1")
LABEL = Label("x1", "x1", "x1", "x1")
ONE = RunPage(FRAME, RUN, "/x1", "x1", "x1", [LABEL], "x1", "<svg></svg>")
CLAIM = ClaimPage("x1", "x1", "x1", [Found("asset:x1", "x1", "x1", "wrench")], "x1", "x1", "x1", ["x1"], "x1")

EXAMPLES = {
    "desk_labels.html": [
        PAGE,
        replace(PAGE, is_public=True, runs=[replace(RUN, is_test=False)], error="", unprinted=0, count=1),
        replace(PAGE, count=0, first=[], runs=[]),
    ],
    "desk_print_run.html": [ONE, replace(ONE, run=replace(RUN, is_test=False))],
    "claim.html": [CLAIM, replace(CLAIM, words="", found=[], error=""), replace(CLAIM, found=[])],
}

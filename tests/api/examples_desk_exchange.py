"""What the pages of import and export are rendered with."""

from __future__ import annotations

from dataclasses import replace

from api.pages.desk.imports import (
    Column,
    Columns,
    Difference,
    DiffLine,
    Export,
    Fate,
    ImportPage,
    ImportsPage,
    Run,
)
from tests.api.examples_desk import ANY, FRAME

FORM = Columns("assets", "x1", 2, [Column(0, "x1", ["x1", "x1"], "1"), Column(1, "", [], "")], ANY, [("x1", "x1")] * 2)
LINES = [DiffLine("x1", [Difference("x1", "", "x1")]), DiffLine("x1", [Difference("", "", "x1")])]
FATES = [Fate(key, 20, LINES) for key in ("added", "changed", "unchanged", "refused")]
PAGE = ImportPage(FRAME, "1", "x1", "checked", ANY, FORM, FATES, 0, 20, "/x1", "")

EXAMPLES = {
    "desk_imports.html": [
        ImportsPage(FRAME, ANY, "1", [Export("x1", [("/x1", "x1")])], [Run("/x1", "", "x1", "x1", "x1", "x1")], "x1"),
        ImportsPage(FRAME, ANY, "1", [], [], ""),
    ],
    "desk_import.html": [
        PAGE,
        replace(PAGE, state="mapping", fates=[], mend="", form=replace(FORM, sheets=[])),
        replace(PAGE, state="checking", form=None, fates=[], mend=""),
        replace(PAGE, state="importing", done=5, form=None),
        replace(PAGE, state="done"),
        replace(PAGE, state="checked", total=0, mend=""),
        replace(PAGE, state="failed", name="", form=None, error="x1"),
    ],
}

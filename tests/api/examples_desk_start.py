"""What the first run and the first steps are rendered with."""

from __future__ import annotations

from api.pages.desk.start import Preview, StartPage, Step
from api.pages.setup import FIELDS, SetupPage
from tests.api.examples_desk import ANY, FRAME

VALUES = dict.fromkeys(FIELDS, "x1")
KEYS = ("site", "places", "staff", "channel", "ticket")
DONE = [Step(key, is_done=True, detail="3", href="") for key in KEYS]
OPEN = [Step(key, is_done=False, detail="", href="" if key == "places" else "/x1") for key in KEYS]

EXAMPLES = {
    "setup.html": [SetupPage(VALUES, ANY, ANY, 10), SetupPage(VALUES, ANY, ANY, 10, "x1", "code")],
    "desk_start.html": [
        StartPage(FRAME, OPEN, "x1", None, ""),
        StartPage(FRAME, DONE, "x1", Preview(432, ["x1"], "x1"), "x1"),
    ],
}

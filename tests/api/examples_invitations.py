"""What invitations are rendered with."""

from __future__ import annotations

from dataclasses import replace

from api.pages.desk.invitations import InvitationsPage, Printed
from api.pages.join import JoinPage
from tests.api.examples_desk import FRAME

PAGE = InvitationsPage(FRAME, "x1", ["x1"], [], 30, "x1", "")
JOIN = JoinPage("x1", "x1", "", "x1", "x1", "x1")

EXAMPLES = {
    "desk_invitations.html": [
        PAGE,
        replace(PAGE, error="x1"),
        replace(PAGE, slips=[Printed("x1", "x1", "<svg></svg>")]),
        replace(PAGE, slips=[Printed("x1", "x1", "<svg></svg>")], site_phone=""),
    ],
    "join.html": [JOIN, replace(JOIN, error=""), replace(JOIN, known="x1", error="")],
}

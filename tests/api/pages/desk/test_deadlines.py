"""The rules about deadlines at the desk: made, changed, tried, removed."""

from __future__ import annotations

import re

import pytest

from tests.api.pages.browsing import Browser, Web, seen
from tests.personas import Cast

TYPED = {
    "category": "water", "priority": "", "kind": "", "team": "", "respond": "120", "arrive": "", "repair": "480",
    "clock": "working", "stops": ["waiting_parts"], "remind": "30, 10", "after-technician": "0",
    "after-supervisor": "15", "after-manager": "",
}  # fmt: skip
TRIAL = "/desk/deadlines?try_category=water&try_priority=normal&try_at=2026-11-20T17:30"


@pytest.fixture
def admin(web: Web, cast: Cast) -> Browser:
    return web.browser(cast.admin)


def test_a_rule_is_made_tried_changed_and_removed(admin: Browser) -> None:
    assert admin.post("/desk/deadlines/new", **TYPED).status_code == 303
    page = seen(admin.get(TRIAL))
    assert "Acceptance 2 h · Repair 8 h" in page
    assert "to be accepted within 2 h of working time, counted from 11-20 17:30, time off is left out" in page
    [key] = set(re.findall(r"open=([0-9a-f-]{36})", admin.get("/desk/deadlines").text))
    assert 'value="120"' in admin.get(f"/desk/deadlines?open={key}").text
    assert admin.post(f"/desk/deadlines/{key}", **{**TYPED, "respond": "60"}).status_code == 303
    assert "Acceptance 1 h" in seen(admin.get("/desk/deadlines"))
    assert admin.post(f"/desk/deadlines/{key}", do="remove").status_code == 303
    assert "Acceptance 1 h · Repair" not in seen(admin.get("/desk/deadlines"))


def test_a_wrong_rule_is_said_and_stays_in_the_form(admin: Browser) -> None:
    for wrong in (
        {"respond": "soon"},
        {"respond": "9" * 5000},
        {"remind": "soon"},
        {"clock": "slow"},
        {"category": "magic"},
    ):
        refused = admin.post("/desk/deadlines/new", **{**TYPED, **wrong})
        assert refused.status_code == 422
        assert 'value="480"' in refused.text
    assert admin.post("/desk/deadlines/nothing", **TYPED).status_code == 404


def test_a_moment_that_is_none_is_said(admin: Browser) -> None:
    for at in ("soon", "0001-01-01T00:00", "9999-12-31T23:59"):
        assert "cannot be used" in seen(admin.get(f"/desk/deadlines?try_at={at}"))

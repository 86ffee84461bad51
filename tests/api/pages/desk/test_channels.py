"""What the doctor says at the desk."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from api import doctor
from api.doctor import Finding
from core.database import Database
from core.places import Site
from tests.api.pages.browsing import Web, seen
from tests.personas import Cast


def test_what_concerns_another_site_is_not_said(
    web: Web, db: Database, cast: Cast, elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.read_scope() as session:
        other = session.scalar(select(Site.id).where(Site.id != cast.site))
    found = [
        Finding("plans", "plans.held", {"site": "Garden Court", "name": "Lamps", "why": "x"}, cast.site),
        Finding("plans", "plans.held", {"site": "River Court", "name": "Pumps", "why": "x"}, other),
        Finding("address", "address.ok", {"url": "https://fix.example"}),
    ]
    monkeypatch.setattr(doctor, "examine", lambda settings: found)
    page = seen(web.browser(cast.admin).get("/desk/channels"))
    assert ("Lamps" in page, "Pumps" in page, "https://fix.example" in page) == (True, False, True)

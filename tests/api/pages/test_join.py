"""The way in by a slip: from the desk's printer to the chat."""

from __future__ import annotations

import re

from tests.api.pages.browsing import Browser, Web, seen
from tests.personas import Cast


def slips(desk: Browser, under: str = "") -> list[str]:
    return re.findall(r"/join/([\w-]+)<", desk.post("/desk/invitations", under=under).text)


def test_a_slip_leads_into_the_chat(web: Web, cast: Cast) -> None:
    desk, stranger = web.browser(cast.supervisor), web.browser()
    assert "Invite residents" in seen(desk.get("/desk/residents"))
    secret = slips(desk)[0]
    assert "Do you live here" in seen(stranger.get(f"/join/{secret}"))
    nameless = stranger.post(f"/join/{secret}", name="", phone="0170")
    assert nameless.status_code == 422
    assert 'value="0170"' in nameless.text
    joined = stranger.post(f"/join/{secret}", name="Mrs Weber", phone="0170")
    assert joined.headers["location"] == "/chat"
    assert "Mrs Weber" in seen(desk.get("/desk/residents", params={"q": "weber"}))
    assert stranger.get("/api/v1/me").status_code == 200


def test_somebody_signed_in_joins_as_themselves_and_staff_do_not(web: Web, cast: Cast) -> None:
    secret = slips(web.browser(cast.supervisor))[0]
    assert web.browser(cast.neighbour).post(f"/join/{secret}").status_code == 303
    assert web.browser(cast.technician).post(f"/join/{secret}").status_code == 403


def test_a_dead_slip_says_so(web: Web, cast: Cast) -> None:
    stranger = web.browser()
    for answer in (stranger.get("/join/nothing"), stranger.post("/join/nothing", name="x")):
        assert answer.status_code == 404
        assert "Please ask for a new one" in seen(answer)


def test_unknown_buildings_are_said(web: Web, cast: Cast) -> None:
    refused = web.browser(cast.supervisor).post("/desk/invitations", under="No/Such")
    assert refused.status_code == 404
    assert 'value="No/Such"' in refused.text

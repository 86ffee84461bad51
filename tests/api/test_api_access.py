"""Who may call at all: every route asks who calls, and believes a token or our own page's cookie only."""

from __future__ import annotations

import pytest

from api.deps import COOKIE
from core import access, clock, people
from core.tickets import queries
from tests.api.calling import URL, Api, Caller, kind_of
from tests.personas import Cast

OPEN = {"/healthz", "/readyz", "/metrics", "/auth/{channel}"}
FILLED = {
    "name": "tickets",
    "number": "WX-261120-001",
    "code": "7KQ4-M2XP-9T",
    "key": "water",
    "sha256": "a" * 64,
    "plan_id": "x",
}


def operations(api: Api) -> list[tuple[str, str]]:
    paths = api.app.openapi()["paths"]
    return [(method.upper(), path) for path, found in paths.items() for method in found]


def test_a_stranger_is_asked_to_sign_in_everywhere(api: Api, cast: Cast) -> None:
    walked = 0
    for method, path in operations(api):
        if path in OPEN:
            continue
        answer = api.stranger.call(method, path.format(**FILLED), json={} if method == "POST" else None)
        assert (answer.status_code, kind_of(answer)) == (401, "sign-in-needed"), (method, path)
        assert answer.headers["www-authenticate"] == "Bearer"
        walked += 1
    assert walked > 40


@pytest.mark.parametrize("token", ["", " ", "%20", "null", "x" * 5000, "é".encode().decode("latin-1")])
def test_a_token_that_is_none_opens_nothing(api: Api, cast: Cast, token: str) -> None:
    answer = api.stranger.call("GET", "/api/v1/me", headers={"authorization": f"Bearer {token}".encode("latin-1")})
    assert answer.status_code == 401


def test_a_token_of_another_kind_opens_nothing(api: Api, cast: Cast) -> None:
    for kind in ("session", "sign_in", "link", "page"):
        with api.database.write_scope() as session:
            secret = access.issue(session, kind, cast.admin, clock.now(), life=None)
        answer = Caller(api, {"authorization": f"Bearer {secret}"}).get("/api/v1/me")
        assert answer.status_code == 401, kind


def test_a_person_who_left_is_a_stranger(api: Api, cast: Cast) -> None:
    caller = api.as_(cast.technician)
    assert caller.get("/api/v1/me").status_code == 200
    with api.database.write_scope() as session:
        session.get_one(people.Person, cast.technician).is_active = False
    assert caller.get("/api/v1/me").status_code == 401


def test_a_cookie_is_as_good_as_a_token_but_not_from_another_page(api: Api, cast: Cast) -> None:
    with api.database.write_scope() as session:
        secret = access.issue(session, "session", cast.resident, clock.now(), life=access.SESSION_LIFE)
    browser = Caller(api, {"cookie": f"{COOKIE}={secret}", "origin": URL})
    number = browser.report()["number"]
    assert browser.get(f"/api/v1/tickets/{number}").status_code == 200
    foreign = Caller(api, {**browser.headers, "origin": "https://evil.example"})
    assert foreign.act(number, "nudge").status_code == 403
    assert foreign.post("/api/v1/tickets", text="forged").status_code == 403


def test_headers_that_name_a_user_or_an_address_are_not_believed(api: Api, cast: Cast) -> None:
    for name in ("x-remote-user", "x-forwarded-user", "x-user-id"):
        assert api.stranger.call("GET", "/api/v1/me", headers={name: str(cast.admin)}).status_code == 401


def test_many_ranges_cost_nothing(api: Api, cast: Cast) -> None:
    ranges = "bytes=" + ",".join(f"{n}-{n}" for n in range(2000))
    answer = api.as_(cast.resident).call("GET", "/api/v1/me", headers={"range": ranges})
    assert answer.status_code == 200


def test_answers_of_the_api_are_not_kept_by_anybody(api: Api, cast: Cast) -> None:
    assert api.as_(cast.resident).get("/api/v1/me").headers["cache-control"] == "no-store"


def test_a_link_to_one_ticket_opens_that_one_and_nothing_else(api: Api, cast: Cast) -> None:
    mine, other = (api.as_(cast.resident).report(text)["number"] for text in ("tap", "lamp"))
    with api.database.write_scope() as session:
        ticket = queries.by_number(session, mine)
        secret = access.issue(session, "session", cast.resident, clock.now(), life=None, ticket_id=ticket.id)
    guest = Caller(api, {"cookie": f"{COOKIE}={secret}", "origin": URL})
    assert guest.get(f"/api/v1/tickets/{mine}").json()["text"] == "tap"
    assert guest.act(mine, "note", text="from six").status_code == 200
    assert guest.get(f"/api/v1/tickets/{other}").status_code == 404
    assert guest.post("/api/v1/tickets", text="noise").status_code == 401
    for path in ("tickets", "me", "places", "assets/LIFT-01", "categories"):
        assert guest.get(f"/api/v1/{path}").status_code == 401, path

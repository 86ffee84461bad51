"""Signing in: passwords, one-time links, Telegram's proof; and signing out."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from typing import cast as typed
from urllib.parse import urlencode

import pytest

from api.deps import COOKIE
from api.pages import sign_in, static_url
from core import access, clock, people
from core.database import Database
from tests.api.pages.browsing import URL, Web, browsing, digest_of
from tests.personas import Cast

PASSWORD = "correct horse battery"
TOKEN = "12345:telegram-secret-of-the-test"


@pytest.fixture
def with_password(db: Database, cast: Cast) -> str:
    with db.write_scope() as session:
        access.set_password(session, cast.technician, PASSWORD)
    return "Wang Wei"


def link_for(db: Database, cast: Cast) -> str:
    with db.write_scope() as session:
        secret = access.issue(session, "sign_in", cast.technician, clock.now(), life=access.LINK_LIFE)
    return f"/sign-in/{secret}"


def test_staff_sign_in_with_a_password(web: Web, with_password: str) -> None:
    browser = web.browser()
    answer = browser.post("/sign-in", name=with_password, password=PASSWORD)
    assert answer.headers["location"] == "/work"
    assert browser.get("/work").status_code == 200


def test_a_wrong_password_keeps_the_name_and_says_no_more(web: Web, with_password: str) -> None:
    wrong, nobody = (web.browser().post("/sign-in", name=name, password="x") for name in (with_password, "Nobody"))
    assert wrong.status_code == nobody.status_code == 401
    assert f'value="{with_password}"' in wrong.text
    assert wrong.text.replace(with_password, "") == nobody.text.replace("Nobody", "")


def test_guessing_passwords_is_stopped_for_the_name_and_address(web: Web, with_password: str) -> None:
    answers = [web.browser().post("/sign-in", name=with_password, password="guess") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert web.browser().post("/sign-in", name=with_password, password=PASSWORD).status_code == 429
    other = web.browser(address="198.51.100.8").post("/sign-in", name=with_password, password=PASSWORD)
    assert other.status_code == 303


def guess_from_everywhere(web: Web, name: str, tries: int) -> list[int]:
    addresses = [f"198.51.100.{number}" for number in range(tries)]
    return [web.browser(address=one).post("/sign-in", name=name, password="guess").status_code for one in addresses]


def test_an_owner_of_many_ipv6_addresses_is_one_address(web: Web, with_password: str) -> None:
    lines = [f"2001:db8:1:2:{number:x}::1" for number in range(11)]
    statuses = [
        web.browser(address=one).post("/sign-in", name=with_password, password="guess").status_code for one in lines
    ]
    assert statuses == [401] * 10 + [429]
    other = web.browser(address="2001:db8:1:3::1").post("/sign-in", name=with_password, password=PASSWORD)
    assert other.status_code == 303


def test_guessing_one_name_from_many_addresses_is_slowed_down_and_locks_nobody_out(
    web: Web, with_password: str
) -> None:
    began = clock.now().replace(minute=0, second=0)
    known, stranger = web.browser(address="203.0.113.50"), web.browser(address="203.0.113.51")
    with clock.at(began):
        assert known.post("/sign-in", name=with_password, password=PASSWORD).status_code == 303
        tried = guess_from_everywhere(web, with_password, sign_in.TRIES_OVER_ALL + 20)
        assert tried == [401] * sign_in.TRIES_OVER_ALL + [429] * 20
        assert known.post("/sign-in", name=with_password, password=PASSWORD).status_code == 303
        assert stranger.post("/sign-in", name=with_password, password=PASSWORD).status_code == 429
    with clock.at(began + timedelta(seconds=sign_in.SLOT_SECONDS)):
        assert stranger.post("/sign-in", name=with_password, password=PASSWORD).status_code == 303


@pytest.mark.parametrize(
    "wished", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_never_leads_to_another_site(web: Web, with_password: str, wished: str) -> None:
    answer = web.browser().post("/sign-in", name=with_password, password=PASSWORD, next=wished)
    assert answer.headers["location"] == "/work"


def test_looking_at_a_one_time_link_uses_nothing_up(web: Web, db: Database, cast: Cast) -> None:
    link = link_for(db, cast)
    before = digest_of(db)
    for _ in range(10):
        web.browser().get(link)
        web.browser().call("HEAD", link)
    assert digest_of(db) == before
    assert web.browser().post(link).status_code == 303


def test_of_fifty_presses_exactly_one_signs_in(web: Web, db: Database, cast: Cast) -> None:
    link = link_for(db, cast)
    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(lambda _: web.browser().post(link).status_code, range(50)))
    assert sorted(statuses) == [303] + [404] * 49


@pytest.mark.parametrize("token", ["x", "%20", "null", "A" * 300])
def test_a_link_that_was_never_given_is_none(web: Web, token: str) -> None:
    assert web.browser().get(f"/sign-in/{token}").status_code == 404
    assert web.browser().post(f"/sign-in/{token}").status_code == 404


@pytest.mark.parametrize("origin", ["null", "https://evil.example"])
def test_no_frame_of_another_site_signs_its_visitor_in(
    web: Web, db: Database, cast: Cast, with_password: str, origin: str
) -> None:
    headers, link = {"origin": origin}, link_for(db, cast)
    answers = [
        web.browser().post("/sign-in", None, headers, name=with_password, password=PASSWORD),
        web.browser().post(link, None, headers),
        web.browser().post("/w/any", None, headers),
    ]
    assert [answer.status_code for answer in answers] == [403] * 3
    assert web.browser().post(link, None, {"origin": URL}).status_code == 303


def test_our_pages_let_a_browser_tell_their_origin(web: Web, lift: str) -> None:
    for path in ("/sign-in", f"/q/{lift}", "/chat", "/privacy"):
        page = web.browser().get(path)
        assert page.headers["referrer-policy"] == "same-origin"
        assert "sandbox" not in page.headers["content-security-policy"]
        assert "no-referrer" not in page.text


def test_signing_out_ends_the_session_on_the_server_too(web: Web, cast: Cast) -> None:
    browser = web.browser(cast.technician)
    kept = dict(browser.cookies)
    browser.post("/sign-out")
    assert COOKIE not in browser.cookies
    browser.cookies = kept
    assert browser.get("/work").status_code == 401


def test_who_has_signed_out_leaves_no_chat_behind_on_the_device(web: Web, cast: Cast) -> None:
    browser = web.browser(cast.technician)
    assert static_url("js/signed-out.js") in browser.get(browser.post("/sign-out").headers["location"]).text


def test_residents_do_not_get_the_page_of_technicians(web: Web, cast: Cast) -> None:
    assert web.browser(cast.resident).get("/work").status_code == 403
    assert web.browser().get("/work").status_code == 401


@pytest.fixture
def telegram_web(db: Database, cast: Cast, tmp_path: Path) -> Iterator[Web]:
    with db.write_scope() as session:
        people.add_identity(
            session, cast.technician, "telegram", "12345", "telegram_id", "777", conversation="777", via="message"
        )
    channels: Any = {"telegram": SimpleNamespace(name="telegram", account="12345")}
    settings = {"telegram": {"token": TOKEN}}
    with browsing(db, tmp_path, typed("Any", channels), **settings) as opened:
        yield opened


def init_data(user: int, signed_at: datetime, token: str = TOKEN) -> str:
    fields = {"auth_date": str(int(signed_at.timestamp())), "user": json.dumps({"id": user}), "query_id": "AA"}
    lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    key = hmac.digest(b"WebAppData", token.encode(), "sha256")
    return urlencode({**fields, "hash": hmac.digest(key, lines.encode(), "sha256").hex()})


def test_a_mini_app_signs_in_by_what_telegram_signed(telegram_web: Web) -> None:
    browser = telegram_web.browser()
    assert "js/mini_app.js" in browser.get("/sign-in").text
    assert browser.post("/sign-in/telegram", init_data=init_data(777, clock.now())).status_code == 303
    assert browser.get("/work").status_code == 200


def test_a_mini_app_without_a_good_proof_signs_nobody_in(telegram_web: Web) -> None:
    good, now = init_data(777, clock.now()), clock.now()
    forged = [
        good.replace("777", "778"),
        init_data(777, now, "other"),
        init_data(777, now - timedelta(hours=2)),
        "",
        "x",
    ]
    for given in forged:
        answer = telegram_web.browser().post("/sign-in/telegram", init_data=given)
        assert answer.status_code == 401, given
        assert "set-cookie" not in answer.headers


def test_somebody_whom_the_bot_does_not_know_is_not_signed_in(telegram_web: Web) -> None:
    answer = telegram_web.browser().post("/sign-in/telegram", init_data=init_data(999, clock.now()))
    assert answer.status_code == 404


def test_without_a_bot_there_is_no_such_way_in(web: Web) -> None:
    assert web.browser().post("/sign-in/telegram", init_data=init_data(777, clock.now())).status_code == 404

"""The loop over five platforms at once, without a browser: one ticket in every chat, and the page that shows them."""

from __future__ import annotations

import http.client
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import sync_playwright

from bot.channels.wechat import WeChatChannel
from bot.proofs import page_signature
from core import clock, places, surveys
from core.database import Session
from core.tickets import queries
from tests.browser.conftest import FLAGS, MISSING
from tests.chats import page
from tests.chats.drawing import Key, Line, anchored, linked
from tests.chats.page import server_of
from tests.chats.phones import SEATS
from tests.chats.play import ACTS, Act, play, stands_in
from tests.chats.stage import Stage, StillWaiting

PATIENCE = 30
IN_WECHAT = "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50"
# What WeChat's script does here: it keeps what it was told, says that all is well, and has always read the lift's code.
SCRIPT = """
window.wx = {
  config(told) { window.told = told; }, ready(then) { then(); }, error() {},
  scanQRCode(asked) { asked.success({ resultStr: CODE }); },
};
"""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """After the loop: five stars, and nothing more to come."""
    with Stage(tmp_path_factory.mktemp("chats"), "en") as stage:
        play(stage)
        yield stage


@pytest.fixture(scope="module")
def port(played: Stage) -> Iterator[int]:
    with server_of(played, 0) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_port
        server.shutdown()


def get(port: int, path: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def test_the_same_ticket_stands_in_five_chats(played: Stage) -> None:
    ticket = played.ticket()
    assert ticket is not None
    assert (ticket.state, ticket.stars, len(ticket.steps)) == ("closed", 5, 5)
    assert [seat for seat in SEATS if stands_in(played, seat)] == list(SEATS)


def test_each_chat_is_drawn_as_its_platform_shows_it(played: Stage) -> None:
    looks = {phone.name: {line.look for line in phone.lines()} for phone in played.phones}
    assert "reply" in looks["wechat"]
    assert "card" not in looks["wechat"]  # an Official Account has no buttons: numbers stand for them
    assert all("card" in looks[name] for name in ("wecom", "dingtalk", "feishu"))
    assert all(any(line.edits for line in played.phone(seat).lines()) for seat in ("technician", "neighbour", "busy"))
    assert any(line.photo for line in played.phone("resident").lines() if not line.is_mine)


def test_the_page_tells_what_the_phones_show_and_only_once(port: int) -> None:
    _, body = get(port, "/state?known=")
    told: dict[str, Any] = json.loads(body)
    assert [phone["seat"] for phone in told["phones"]] == list(SEATS)
    assert told["ticket"]["taken"] == ["reported", "accepted", "arrived", "done", "confirmed", "rated"]
    assert get(port, f"/state?known={told['version']}")[0].status in (200, 204)  # somebody may be told meanwhile


def test_a_link_opens_our_page_as_whoever_sits_there(played: Stage, port: int) -> None:
    opened, _ = get(port, f"/open?{urlencode({'seat': 'supervisor', 'to': '/desk'})}")
    assert opened.status == 303
    place, cookie = str(opened.headers["location"]), str(opened.headers["set-cookie"]).partition(";")[0]
    assert get(urlsplit(place).port or 0, "/desk", Cookie=cookie)[0].status == 200
    assert get(port, f"/open?{urlencode({'seat': 'supervisor', 'to': '//elsewhere.example'})}")[0].status == 404


def test_no_other_page_of_the_browser_plays_a_part_here(port: int) -> None:
    assert get(port, "/state", Origin="http://elsewhere.example")[0].status == 403
    assert get(port, "/state", Host="elsewhere.example")[0].status == 403
    assert get(port, "/nowhere")[0].status == 404


def test_in_wechats_browser_its_own_camera_opens_the_page_behind_a_code(played: Stage) -> None:
    """With WeChat's script played by ours, in a browser that holds the page to its policy."""
    path = shutil.which("chromium") or pytest.skip(MISSING)
    with sync_playwright() as player:
        tab = player.chromium.launch(executable_path=path, args=FLAGS).new_page(user_agent=IN_WECHAT)
        script = SCRIPT.replace("CODE", json.dumps(played.code))
        tab.route(WeChatChannel.page_script, lambda route: route.fulfill(body=script, content_type="text/javascript"))
        tab.goto(f"{played.url}/scan")
        tab.wait_for_selector("#platform-scan")
        told = tab.evaluate("window.told")
        tab.click("#platform-scan")
        tab.wait_for_url(played.code)
        tab.context.browser.close()  # type: ignore[union-attr]
    wanted = page_signature("canary-ticket", told["nonceStr"], told["timestamp"], f"{played.url}/scan")
    assert (told["signature"], told["jsApiList"]) == (wanted, ["scanQRCode"])


def test_a_task_that_a_low_rating_opens_does_not_take_the_place_of_the_report(played: Stage) -> None:
    before = played.ticket()
    assert before is not None

    def open_task(session: Session) -> str:
        ticket = queries.by_number(session, before.number)
        return surveys._recovery_task(session, places.site_of(session, ticket.site_id), ticket, 1, clock.now()).number  # noqa: SLF001

    assert played._db.write(open_task) != before.number  # noqa: SLF001 - nobody can rate twice
    assert played.ticket() == before


def test_of_several_offers_that_of_the_own_ticket_is_tapped(played: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    tapped: list[str] = []
    phone = played.phone("busy")
    shown = [
        Line(pieces=((f"{number}: an offer", ""),), keys=(Key("Decline", tap=partial(tapped.append, number)),))
        for number in ("GC-1", "GC-2")
    ]
    monkeypatch.setattr(phone, "lines", lambda: shown)
    phone.choose("Decline", "GC-1")
    assert tapped == ["GC-1"]
    assert phone.choice("Decline", "GC-3") is None


def test_a_play_that_stops_says_what_it_waited_for_and_of_whom(played: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(stage: Stage, begun: Callable[[int, Act], None], *, pause: float) -> None:
        begun(6, ACTS[6])
        raise StillWaiting

    monkeypatch.setattr(page, "play", stop)
    shown = page.Page(played)
    shown._play()  # noqa: SLF001 - in its thread otherwise
    told = json.loads(shown.state("").body)["play"]
    assert (told["step"], told["stuck"]) == (0, {"act": "decline", "seat": "busy"})


def test_addresses_can_be_tapped_and_what_people_wrote_is_no_link() -> None:
    assert linked("See http://127.0.0.1/t/1.") == (
        ("See ", ""),
        ("http://127.0.0.1/t/1", "http://127.0.0.1/t/1"),
        (".", ""),
    )
    assert anchored('Tap <a href="http://a.example">here</a>') == (("Tap ", ""), ("here", "http://a.example"))

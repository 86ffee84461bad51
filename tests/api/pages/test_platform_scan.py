"""Scanning in the browser of a chat app: its own camera where the app is set up here, and nothing of it elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.safety import POLICY
from bot.channels.wechat import WeChatChannel
from bot.proofs import page_signature
from core.database import Database
from core.storage import open_storage
from tests.api.pages.browsing import URL, Browser, Web, browsing
from tests.contracts.rigs.wechat import channel_of
from tests.fakes.wechat import FakeWeChat, says
from tests.personas import Cast

IN_WECHAT = {"user-agent": "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50 NetType/WIFI"}
IN_WECOM = {"user-agent": "Mozilla/5.0 (Linux; Android 14) wxwork/4.1.22 MicroMessenger/7.0.1"}
ELSEWHERE = {"user-agent": "Mozilla/5.0 (Linux; Android 14) Chrome/130"}
TICKET = "/cgi-bin/ticket/getticket"
ORDINARY = POLICY.format(ancestors="'none'")


@pytest.fixture
def db(sqlite_db: Database) -> Database:
    """One database is enough: nothing here asks it anything of its own."""
    return sqlite_db


@pytest.fixture
def wechat() -> Iterator[FakeWeChat]:
    with FakeWeChat() as fake:
        yield fake


@pytest.fixture
def web(db: Database, cast: Cast, wechat: FakeWeChat, tmp_path: Path) -> Iterator[Web]:
    channel = channel_of(wechat, db, open_storage(f"file://{tmp_path}/media"))
    channels: dict[str, Any] = {"wechat": channel}
    with browsing(db, tmp_path, channels) as opened:
        yield opened
        opened.portal.call(channel.close)


@pytest.fixture
def somebody(web: Web) -> Browser:
    return web.browser()


def test_in_wechat_the_page_loads_its_script_and_may(somebody: Browser) -> None:
    page = somebody.get("/scan", headers=IN_WECHAT)
    assert f'src="{WeChatChannel.page_script}"' in page.text
    assert 'id="platform-scan"' in page.text
    assert page.headers["content-security-policy"] == f"{ORDINARY}; script-src 'self' {WeChatChannel.page_script}"
    assert somebody.get("/q", headers=IN_WECHAT).headers["content-security-policy"] == ORDINARY


@pytest.mark.parametrize("browser", [ELSEWHERE, IN_WECOM, {"user-agent": ""}], ids=["elsewhere", "wecom", "unknown"])
def test_in_every_other_browser_there_is_nothing_of_it(somebody: Browser, browser: dict[str, str]) -> None:
    page = somebody.get("/scan", headers=browser)
    assert "platform-scan" not in page.text
    assert "res.wx.qq.com" not in page.text
    assert page.headers["content-security-policy"] == ORDINARY
    assert somebody.get(f"/scan/proof?url={URL}/scan", headers=browser).status_code == 404


def test_the_page_that_scans_proves_whose_it_is(somebody: Browser, wechat: FakeWeChat) -> None:
    page = f"{URL}/scan?round=WX-1"
    told = somebody.get("/scan/proof", params={"url": page}, headers=IN_WECHAT).json()
    assert told["appId"] == wechat.app_id
    assert told["signature"] == page_signature("canary-ticket", told["nonceStr"], told["timestamp"], page)


@pytest.mark.parametrize(
    "url",
    ["", "https://evil.example/scan", f"{URL}.evil.example/scan", f"{URL}/desk", f"{URL}@evil.example/scan",
     f"{URL}/scan/../desk", f"{URL}/scan?{'x' * 2000}", "https://[", "https://[x]/scan", f"{URL}/sc\tan"],
)  # fmt: skip
def test_no_other_address_is_signed(somebody: Browser, wechat: FakeWeChat, url: str) -> None:
    assert somebody.get("/scan/proof", params={"url": url}, headers=IN_WECHAT).status_code == 422
    assert wechat.asked == []


def test_where_wechat_is_away_the_page_says_so_and_its_script_shows_no_button(
    somebody: Browser, wechat: FakeWeChat
) -> None:
    wechat.fail(TICKET, says(-1))
    assert somebody.get("/scan/proof", params={"url": f"{URL}/scan"}, headers=IN_WECHAT).status_code == 503


def test_what_the_camera_read_counts_as_scanned(web: Web, cast: Cast, lift: str) -> None:
    answer = web.browser(cast.technician).post("/scan", None, IN_WECHAT, scanned=f"{URL}/q/{lift}", code="")
    assert answer.headers["location"] == f"/q/{lift}"


def test_a_code_that_is_not_ours_leads_nowhere(web: Web, cast: Cast) -> None:
    answer = web.browser(cast.technician).post("/scan", None, IN_WECHAT, scanned="https://evil.example/q/X", code="")
    assert answer.status_code == 422

"""A one-time code is drawn where a platform's app can scan it, and can always be typed."""

from __future__ import annotations

import pytest
import zxingcpp
from PIL import Image

from tests.api.commands.conftest import Gongdan, Told
from tests.fakes.wechat import FakeWeChat

LIGHT = {"█": (255, 255), "▀": (255, 0), "▄": (0, 255), " ": (0, 0)}
WAYS = ("app_id", "app_secret", "token", "aes_key", "base_url")


@pytest.fixture
def wechat(gongdan: Gongdan, monkeypatch: pytest.MonkeyPatch) -> FakeWeChat:
    wechat = FakeWeChat()
    known = (wechat.app_id, wechat.secret, wechat.token, wechat.aes_key, wechat.url)
    for name, value in zip(WAYS, known, strict=True):
        monkeypatch.setenv(f"GONGDAN_WECHAT__{name.upper()}", value)
    gongdan("site", "add", "Garden Court")
    gongdan("person", "add", "Wang Wei", "--role", "technician", "--site", "Garden Court")
    return wechat


def scanned(drawn: list[str]) -> str:
    """What a camera reads from a dark terminal, whose characters are twice as high as wide."""
    pairs = [[LIGHT[char] for char in line] for line in drawn]
    pixels = [pair[half] for line in pairs for half in (0, 1) for pair in line]
    picture = Image.new("L", (len(drawn[0]), len(drawn) * 2))
    picture.putdata(pixels)
    [found] = zxingcpp.read_barcodes(picture.resize((picture.width * 6, picture.height * 6), Image.Resampling.NEAREST))
    return found.text


def test_a_code_is_scanned_with_wechat(gongdan: Gongdan, wechat: FakeWeChat, monkeypatch: pytest.MonkeyPatch) -> None:
    with wechat:
        monkeypatch.setenv("GONGDAN_WECHAT__BASE_URL", wechat.url)
        made = gongdan("link-code", "Wang Wei", "--scan", "wechat")
    assert made.exit_code == 0, made.output
    code, *drawn = made.stdout.strip("\n").splitlines()
    assert scanned(drawn) == f"http://weixin.qq.com/q/link-{code}"


@pytest.mark.parametrize(("channel", "part"), [("wechat", "wechat gave no code to scan (unreachable)"), ("web", "")])
def test_a_code_that_cannot_be_drawn_can_be_typed(wechat: FakeWeChat, told: Told, channel: str, part: str) -> None:
    assert part in told("link-code", "Wang Wei", "--scan", channel)

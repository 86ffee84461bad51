"""The whole loop in the demo on a phone's screen, in both languages: the one story that everything else serves.

A resident reports in the web chat with a photo; the technician opens the code on the equipment, accepts, checks in,
photographs, and both sign; the resident sees it in the chat, confirms and gives five stars; the trace is intact.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from api.demo import pictures
from tests.browser.conftest import ROOT, free_port, wait_until_ready

SHOTS = os.environ.get("GONGDAN_SCREENSHOTS", "")

WORDS = {
    "en": {
        "fault": "The lift door does not close and keeps beeping", "report": "Report a fault", "accept": "Accept",
        "arrive": "Check in", "confirm": "Confirm", "thanks": "5 stars, thank you", "taken": "Got it",
        "sign_off": "Sign off",
    },
    "zh_CN": {
        "fault": "电梯门关不上,一直在响", "report": "报修", "accept": "接单", "arrive": "到场", "confirm": "确认",
        "thanks": "5 星", "taken": "已收到", "sign_off": "完工",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "data"


@pytest.fixture(scope="module")
def demo(demo_folder: Path) -> Iterator[str]:
    """`gongdan demo`, as `make run` starts it."""
    folder, port = demo_folder.parent, free_port()
    command = [sys.executable, "-m", "api.cli", "demo", "--port", str(port), "--data-dir", str(demo_folder)]
    url = f"http://127.0.0.1:{port}"
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            wait_until_ready(process, url, folder / "server.log")
            yield url
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "photo.jpg"
    file.write_bytes(pictures.draw(1, is_repaired=False))
    return file


def enter(make: Callable[..., BrowserContext], demo: str, role: str, lang: str) -> Page:
    page = make(locale="zh-CN" if lang == "zh_CN" else "en-GB").new_page()
    page.goto(f"{demo}/?lang={lang}")
    page.locator(f"button[value={role}]").click()
    page.wait_for_url(lambda url: "?lang" not in url)
    return page


def shot(page: Page, lang: str, name: str) -> None:
    if SHOTS:
        page.wait_for_timeout(400)
        page.screenshot(path=Path(SHOTS) / f"loop-{lang}-{name}.png", full_page=True)


def scan(page: Page, demo: str, place: int) -> None:
    """Open a code of the demo as a phone's camera does."""
    page.goto(demo)
    page.goto(demo + str(page.locator(".qr a").nth(place).get_attribute("href")))


def press(page: Page, name: str) -> None:
    """Press what is called so, be it a button or a link that looks like one."""
    found = page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name))
    found.locator("visible=true").last.click()


def sign(page: Page, role: str) -> None:
    """Draw a stroke on a signature pad."""
    pad = page.locator(f"canvas[data-for={role}], [data-signature={role}] canvas, .signature:has([name={role}]) canvas")
    pad.first.scroll_into_view_if_needed()
    box = pad.first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 60)
    page.mouse.down()
    for step in range(1, 8):
        page.mouse.move(box["x"] + 20 + 25 * step, box["y"] + 60 - (20 if step % 2 else -15))
    page.mouse.up()


@pytest.mark.parametrize(("lang", "place"), [("zh_CN", 0), ("en", 2)])
def test_the_whole_loop(
    new_context: Callable[..., BrowserContext], demo: str, demo_folder: Path, photo: Path, lang: str, place: int
) -> None:
    words = WORDS[lang]
    resident = enter(new_context, demo, "resident", lang)
    code = report(resident, demo, words, photo, lang, place)
    technician = enter(new_context, demo, "technician", lang)
    repair(technician, f"{demo}/q/{code}", words, photo, lang)
    confirm_and_rate(resident, words, lang)
    shot(enter(new_context, demo, "supervisor", lang), lang, "9-desk")
    assert_trace_is_intact(demo_folder)


def report(page: Page, demo: str, words: dict[str, str], photo: Path, lang: str, place: int) -> str:
    page.goto(demo)
    code = str(page.locator(".qr a").nth(place).get_attribute("href")).removeprefix("/q/")
    page.goto(f"{demo}/chat?code={code}")
    expect(page.locator(".bubble").last).to_be_visible()
    shot(page, lang, "1-asked")
    page.locator("input[type=file]").first.set_input_files(photo)
    page.locator("textarea").fill(words["fault"])
    page.locator("button[type=submit]").last.click()
    expect(page.locator(".messages")).to_contain_text(words["taken"])
    shot(page, lang, "2-taken")
    return code


def repair(page: Page, code: str, words: dict[str, str], photo: Path, lang: str) -> None:
    page.goto(code)
    shot(page, lang, "3-code")
    press(page, words["accept"])
    shot(page, lang, "4-accepted")
    page.goto(code)
    press(page, words["arrive"])
    page.locator("#before-block input[type=file]").last.set_input_files(photo)
    page.locator("#after-block input[type=file]").last.set_input_files(photo)
    page.locator("#photos button[type=submit]").last.click()
    expect(page.locator("#after-block img").first).to_be_visible()
    shot(page, lang, "5-photographed")
    press(page, words["sign_off"])
    sign(page, "technician")
    page.locator("label:has(input[name=presence][value=present])").click()
    sign(page, "resident")
    shot(page, lang, "6-signing")
    page.locator("button[form=sign]").click()
    page.wait_for_url(lambda url: not url.endswith("/sign"))
    shot(page, lang, "7-signed")


def confirm_and_rate(page: Page, words: dict[str, str], lang: str) -> None:
    page.bring_to_front()
    for name in (words["confirm"], "5 ★"):  # what was pressed in an earlier story is there too, disabled
        page.locator("button.reply:enabled", has_text=name).last.click()
    expect(page.locator(".messages")).to_contain_text(words["thanks"])
    shot(page, lang, "8-rated")


def assert_trace_is_intact(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "audit", "verify"], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "GONGDAN_DATA_DIR": str(folder)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "intact" in done.stdout

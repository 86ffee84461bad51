"""Takes the pictures of README.md anew: `python -m tests.browser.write_screenshots`.

The loop of tests/browser/test_loop.py is played in a demo of each language; what it shows on the way becomes small
pictures in docs/images, and so does the page of `make chats` after its own loop.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser import test_loop as loop
from tests.browser.conftest import FLAGS, PHONE, ROOT, free_port, wait_until_ready
from tests.chats.page import server_of
from tests.chats.play import play
from tests.chats.stage import Stage

IMAGES = ROOT / "docs/images"
COLOURS = 96
HEIGHT = 740
WIDE = {"width": 1280, "height": 540}
# What the loop calls its pictures, what they are called here, and whether the lower end of a long page is shown.
PHONES = {
    "2-taken": ("report", True),
    "3-code": ("code", False),
    "6-signing": ("sign", True),
    "8-rated": ("rate", True),
}


@contextmanager
def demo(folder: Path, lang: str) -> Iterator[str]:
    """`gongdan demo` in a language, until the block ends."""
    port = free_port()
    command = [sys.executable, "-m", "api.cli", "demo", "--port", str(port), "--data-dir", str(folder / "data")]
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen([*command, "--language", lang], cwd=ROOT, stdout=log, stderr=log)
        try:
            wait_until_ready(process, f"http://127.0.0.1:{port}", folder / "server.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()


def take(browser: Browser, lang: str, folder: Path) -> None:
    """Play the loop, and look at the desk while the work is under way."""
    words, photo = loop.WORDS[lang], folder / "photo.jpg"
    photo.write_bytes(lift_door())
    loop.SHOTS = str(folder)

    def make(**options: object) -> BrowserContext:
        return browser.new_context(**{"viewport": PHONE, "timezone_id": "Asia/Shanghai", **options})  # type: ignore[arg-type]

    with demo(folder, lang) as url:
        resident = loop.enter(make, url, "resident", lang)
        code = loop.report(resident, url, words, photo, lang, 0)
        desk = loop.enter(lambda **options: make(**{**options, "viewport": WIDE}), url, "supervisor", lang)
        desk.wait_for_timeout(500)
        desk.screenshot(path=folder / "desk.png")
        loop.repair(loop.enter(make, url, "technician", lang), f"{url}/q/{code}", words, photo, lang)
        loop.confirm_and_rate(resident, words, lang)


def side_by_side(browser: Browser, lang: str, folder: Path) -> None:
    """The page of `make chats` after its loop, in a language."""
    with Stage(folder / "chats", lang) as stage, server_of(stage, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = browser.new_page(viewport={"width": 1280, "height": 740})
        play(stage)
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.wait_for_selector(".steps .is-taken:last-child")
        page.wait_for_timeout(8000)  # until the last news have come, a second apart
        page.screenshot(path=folder / "chats.png")
        server.shutdown()


def lift_door() -> bytes:
    """What the resident photographs: a lift whose door stays open."""
    picture = Image.new("RGB", (900, 700), (203, 198, 190))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 610, 900, 700), fill=(126, 116, 106))
    pen.rectangle((220, 90, 680, 620), fill=(70, 76, 82))
    pen.rectangle((245, 115, 655, 620), fill=(28, 31, 35))
    pen.rectangle((245, 115, 395, 620), fill=(168, 175, 181))
    pen.rectangle((540, 115, 655, 620), fill=(156, 163, 170))
    pen.rectangle((740, 300, 790, 420), fill=(92, 98, 104))
    pen.ellipse((752, 322, 778, 348), fill=(226, 84, 60))
    told = io.BytesIO()
    picture.save(told, "JPEG", quality=85)
    return told.getvalue()


def keep(source: Path, name: str, *, is_lower_end: bool) -> None:
    """One screen of a page, in few colours."""
    page = Image.open(source).convert("RGB")
    top = max(page.height - HEIGHT, 0) if is_lower_end else 0
    screen = page.crop((0, top, page.width, min(top + HEIGHT, page.height)))
    screen.quantize(COLOURS, dither=Image.Dither.NONE).save(IMAGES / name, optimize=True)


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS)
        for lang in loop.WORDS:
            with tempfile.TemporaryDirectory() as name:
                take(browser, lang, Path(name))
                for shot, (kept, is_lower_end) in PHONES.items():
                    keep(Path(name) / f"loop-{lang}-{shot}.png", f"{kept}-{lang}.png", is_lower_end=is_lower_end)
                keep(Path(name) / "desk.png", f"desk-{lang}.png", is_lower_end=False)
                side_by_side(browser, lang, Path(name))
                keep(Path(name) / "chats.png", f"chats-{lang}.png", is_lower_end=False)


if __name__ == "__main__":
    main()

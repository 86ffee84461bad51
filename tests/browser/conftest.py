"""A real server process and a real browser for it: nothing is shared with the tests but HTTP and the data folder.

Chromium is the system's. The browser belongs to the package, not to the session: Playwright's loop runs in the
test's thread, and asyncio of other tests would find it there.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from api.app import open_system
from api.deps import COOKIE
from assets import register
from core import access, clock
from core.database import open_database
from core.settings import load_settings
from tests.personas import Cast, play

ROOT = Path(__file__).parents[2]
MISSING = "Chromium is missing; this installs it: apt-get install --no-install-recommends chromium"
# Without these Chromium looks for its maker's servers, and sandboxes do not start as root.
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]  # fmt: skip
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 800}
PATIENCE = 90.0
expect.set_options(timeout=15_000)  # machines that run everything at once are slow


@dataclass(frozen=True, slots=True)
class House:
    """A running Gongdan: where it is, who lives in it, and the code on its lift."""

    url: str
    folder: Path
    cast: Cast
    lift: str


def sign_in(context: BrowserContext, house: House, person: UUID) -> None:
    """A session of a person in a browser, as the sign-in page would have begun it."""
    database = open_database(load_settings(data_dir=house.folder).database_url)
    with database.write_scope() as session:
        secret = access.issue(session, "session", person, clock.now(), life=access.SESSION_LIFE)
    database.dispose()
    context.add_cookies([{"name": COOKIE, "value": secret, "url": house.url}])


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def serving(folder: Path, port: int, **environment: str) -> Iterator[str]:
    """`gongdan serve` on a data folder, until the block ends."""
    url = f"http://127.0.0.1:{port}"
    known = {"GONGDAN_DATA_DIR": str(folder), "GONGDAN_PUBLIC_URL": url, **environment}
    command = [sys.executable, "-m", "api.cli", "serve", "--port", str(port)]
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **known}, stdout=log, stderr=log)
        try:
            wait_until_ready(process, url, folder / "server.log")
            yield url
        finally:
            process.kill()
            process.wait()


def wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = clock.now().timestamp() + PATIENCE
    while clock.now().timestamp() < deadline:
        if process.poll() is not None:
            break
        try:
            httpx.get(f"{url}/readyz", timeout=1).raise_for_status()
        except httpx.HTTPError:
            continue
        return
    pytest.fail(f"the server did not start: {log.read_text(encoding='utf-8')[-2000:]}")


def furnish(folder: Path, url: str) -> tuple[Cast, str]:
    """Bring the cast and a lift into a new data folder."""
    system = open_system(load_settings(data_dir=folder, public_url=url))
    with system.database.write_scope() as session:
        cast = play(session)
        lift = register.add_asset(session, cast.site, cast.hall, "Lift 1", "Passenger lift", now=clock.now()).code
    system.database.dispose()
    return cast, lift


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """Settings of the module's server; a module overrides this."""
    return {}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Iterator[House]:
    folder, port = tmp_path_factory.mktemp("house"), free_port()
    cast, lift = furnish(folder, f"http://127.0.0.1:{port}")
    with serving(folder, port, **environment) as url:
        yield House(url, folder, cast, lift)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_context(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """A new person's browser; by default a phone 360 px wide that speaks English."""
    opened: list[BrowserContext] = []

    def make(**options: object) -> BrowserContext:
        chosen: dict[str, object] = {"viewport": PHONE, "locale": "en-GB", "timezone_id": "Asia/Shanghai", **options}
        context = chromium.new_context(**chosen)  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def phone(new_context: Callable[..., BrowserContext]) -> Iterator[Page]:
    """A page on a phone; anything that its script could not do fails the test."""
    page = new_context(has_touch=True, is_mobile=True).new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []

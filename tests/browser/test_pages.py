"""Every page, looked at by a browser: nothing is wider than the screen, axe finds nothing serious, no script fails."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, ConsoleMessage, Page

from api.demo import builder
from core.database import open_database
from core.settings import load_settings
from tests.api.access.rules import routes
from tests.browser import tour
from tests.browser.conftest import free_port, serving
from tests.browser.tour import NO_PAGES, STOPS, Things

# Every page in both languages, at both widths, in both themes; not each in all eight ways. The long form has more.
LOOKS = [("zh_CN", 360, "light"), ("en", 1280, "dark"), ("en", 360, "dark"), ("zh_CN", 1280, "light")]
SHORT = 2
ADDRESSES = [(route, number) for route, stops in STOPS.items() for number in range(len(stops))]
SEVERE = ("serious", "critical")
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
PICTURES = os.environ.get("GONGDAN_PICTURES", "")  # a folder: every page that is looked at is kept there as a picture


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Things]]:
    folder, port = tmp_path_factory.mktemp("demo"), free_port()
    settings = load_settings(data_dir=folder, demo=True)
    builder.build(settings, "en", lambda what, done, total: None)
    database = open_database(settings.database_url)
    things = tour.things(database, settings)
    database.dispose()
    with serving(folder, port, GONGDAN_DEMO="true") as url:
        yield url, things


def test_every_page_is_on_the_tour() -> None:
    pages = {route for route in routes() if route.startswith("GET ") and not route.startswith("GET /api/")}
    assert pages - NO_PAGES - set(STOPS) == set(), "tell tests/browser/tour.py who opens the new page and where it is"
    assert set(STOPS) - pages == set()


def test_pages_fit_and_can_be_used_by_everybody(
    chromium: Browser, demo: tuple[str, Things], pytestconfig: pytest.Config
) -> None:
    looks = LOOKS if pytestconfig.getoption("--full") else LOOKS[:SHORT]
    problems = [problem for look in looks for problem in _tour(chromium, demo, look)]
    assert not problems, "\n".join(problems)


def _tour(chromium: Browser, demo: tuple[str, Things], look: tuple[str, int, str]) -> Iterator[str]:
    """What is wrong with the pages in one look: language, width in pixels, theme."""
    for who in (tour.STRANGER, tour.RESIDENT, tour.TECHNICIAN, tour.ADMIN):
        page = _opened(chromium, demo, who, *look)
        failures = _failures(page)
        for route, number in ADDRESSES:
            stop = STOPS[route][number]
            if stop[0] == who:
                name = f"{route[4:]} {number} {look}"
                yield from _problems(page, demo[0] + stop[1](demo[1]), name)
                yield from (f"{name}: {failure}" for failure in failures)
                failures.clear()
                _keep(page, "-".join(map(str, (route[4:], number, *look))))
        page.context.close()


def _opened(chromium: Browser, demo: tuple[str, Things], who: str, language: str, width: int, theme: str) -> Page:
    context = chromium.new_context(
        viewport={"width": width, "height": 800},
        locale=language.replace("_", "-"),
        color_scheme=theme,  # type: ignore[arg-type]
        reduced_motion="reduce",  # what still fades in has no contrast to measure
    )
    cookies = {"gongdan_lang": language} | ({"gongdan_session": demo[1].sessions[who]} if who else {})
    context.add_cookies([{"name": name, "value": value, "url": demo[0]} for name, value in cookies.items()])
    return context.new_page()


def _failures(page: Page) -> list[str]:
    """What the scripts of a page could not do, as it happens; that a page is not there is no failure of a script."""
    failures: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and urlsplit(message.location["url"]).path not in tour.NOT_THERE:
            failures.append(message.text)

    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("console", heard)
    return failures


def _problems(page: Page, address: str, name: str) -> Iterator[str]:
    answer = page.goto(address)
    assert answer is not None
    if answer.status >= 400 and urlsplit(address).path not in tour.NOT_THERE:
        yield f"{name}: status {answer.status}"
    page.wait_for_load_state("load")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        yield f"{name}: {wide} px too wide"
    for found in Axe().run(page, options=RULES).response["violations"]:
        if found["impact"] in SEVERE:
            yield f"{name}: {found['id']}: {found['nodes'][0]['html'][:200]}"


def _keep(page: Page, name: str) -> None:
    if PICTURES:
        plain = "".join(character if character.isalnum() or character in "-_" else "_" for character in name.strip("/"))
        page.screenshot(path=Path(PICTURES) / f"{plain}.png", full_page=True)

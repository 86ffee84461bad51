"""Files for the web chat: read when the chat is proved, counted before they are kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from api import uploads
from bot.channels.web import WebChannel
from core.database import Database
from core.settings import load_settings
from tests.api.pages.browsing import URL, Browser, Web, browsing
from tests.pictures import corners, encoded

PHOTO = encoded(corners(), "JPEG")


@pytest.fixture
def web(db: Database, tmp_path: Path) -> Iterator[Web]:
    settings = load_settings(data_dir=tmp_path, database_url=db.url, secret_key="k" * 32, public_url=URL)
    with browsing(db, tmp_path, {"web": WebChannel(settings, db)}) as opened:
        yield opened


def begin(browser: Browser) -> dict[str, str]:
    """A new conversation; returns what proves it."""
    return {"authorization": f"Bearer {browser.post('/chat/sessions').json()['token']}"}


def send(browser: Browser, proof: dict[str, str]) -> httpx.Response:
    return browser.post("/chat/files", {"file": ("a.jpg", PHOTO)}, proof, kind="photo")


def test_files_count_for_their_address_however_many_chats_it_begins(web: Web) -> None:
    browser = web.browser()
    first, second = begin(browser), begin(browser)
    for number in range(uploads.MOST_FILES):
        assert send(browser, (first, second)[number % 2]).status_code == 201
    assert send(browser, begin(browser)).status_code == 429
    other = web.browser(address="198.51.100.7")
    assert send(other, begin(other)).status_code == 201


def test_a_file_is_not_read_before_the_chat_is_proved(web: Web) -> None:
    read = []

    async def body() -> AsyncIterator[bytes]:
        read.append(1)
        yield b"x" * 1024

    headers = {"content-type": "multipart/form-data; boundary=b", "content-length": "1024"}
    assert web.browser().call("POST", "/chat/files", headers=headers, content=body()).status_code == 401
    too_much = {**headers, **begin(web.browser()), "content-length": str(21 * 1024**2)}
    assert web.browser().call("POST", "/chat/files", headers=too_much, content=body()).status_code == 413
    assert read == []


def test_a_form_without_a_file_says_what_is_missing(web: Web) -> None:
    browser = web.browser()
    assert browser.post("/chat/files", {"other": ("a.jpg", PHOTO)}, begin(browser)).status_code == 422

"""A body is read only when it is known whose it is, and only as much of it as its route needs."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.api.pages.browsing import Browser, Web
from tests.personas import Cast

LARGE = 2 * 1024 * 1024
MULTIPART = "multipart/form-data; boundary=b"


class Body:
    """A body that tells how much of it was asked for."""

    def __init__(self) -> None:
        self.read = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(LARGE // 1024):
            self.read += 1024
            yield b"x" * 1024


def send(browser: Browser, path: str, body: Body) -> int:
    headers = {"content-type": MULTIPART, "content-length": str(LARGE)}
    return browser.call("POST", path, headers=headers, content=body).status_code


@pytest.mark.parametrize(
    "path", ["/sign-in", "/sign-in/x", "/sign-in/telegram", "/sign-out", "/w/x", "/setup", "/language"]
)
def test_a_form_without_files_is_small(web: Web, cast: Cast, path: str) -> None:
    body = Body()
    assert (send(web.browser(), path, body), body.read) == (413, 0)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/t/GC-1/words", 401), ("/t/GC-1/photos", 401), ("/t/GC-1/do/accept", 401), ("/t/GC-1/sign", 401),
     ("/q/NOPE-77", 404), ("/q/NOPE-77/photos", 404)],
)  # fmt: skip
def test_nothing_large_of_a_stranger_is_read(web: Web, cast: Cast, path: str, status: int) -> None:
    body = Body()
    assert (send(web.browser(), path, body), body.read) == (status, 0)


def test_a_person_at_the_desk_sends_words_and_no_files(web: Web, cast: Cast) -> None:
    body = Body()
    assert (send(web.browser(cast.supervisor), "/desk/new", body), body.read) == (413, 0)

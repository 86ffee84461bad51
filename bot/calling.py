"""Requests to a platform: what went wrong comes back as a SendError that delivery can act on, and no secret is told.

A channel says which of its platform's numbers mean what; everything that HTTP itself can do wrong is decided here,
once: what never left is sent again, what may have arrived is unknown, and what was refused is not repeated.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from bot.messages import SendError
from bot.tokens import SpentToken

log = logging.getLogger(__name__)

PATIENCE = 20.0
MAX_ANSWER = 1024 * 1024
MAX_MEDIA = 20 * 1024 * 1024
MAX_SAID = 200
HIDDEN = "…"
SHORTEST_SECRET = 6
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(hours=1)
NOT_SENT = (httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ConnectError, httpx.ProxyError, httpx.UnsupportedProtocol)
CODES = ("errcode", "code")  # how platforms name the number of an error, and below what they say of it
WORDS = ("errmsg", "message", "msg")
FINE = (0, "0", None, "ok")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a platform's number means to delivery; the fields are those of SendError.

    `is_spent`: the access token is no longer taken, so that a fresh one may help at once.
    """

    code: str
    retryable: bool = False
    stop_contact: bool = False
    after: timedelta | None = None
    is_spent: bool = False


REFUSED = Verdict("refused")


class PlatformError(SendError):
    """A platform said no. `number`: its own; `said`: its own words, without anything secret."""

    def __init__(self, verdict: Verdict, number: int | str, said: str) -> None:
        super().__init__(
            verdict.code, retryable=verdict.retryable, stop_contact=verdict.stop_contact, after=verdict.after
        )
        self.number = number
        self.said = said


class Caller:
    """The way to one platform. `base_url`: the only address that is called, but for the `hosts` that hold its media.

    `verdicts`: by the platform's own number. `secrets`: what must not be told, beside every value that is sent in a
    query.
    """

    def __init__(
        self, base_url: str, verdicts: Mapping[int | str, Verdict], *, secrets: Sequence[str] = (),
        hosts: Sequence[str] = (), patience: float = PATIENCE,
    ) -> None:  # fmt: skip
        for library in ("httpx", "httpcore"):  # at INFO they tell every address, and addresses hold tokens
            logging.getLogger(library).setLevel(logging.WARNING)
        self._base_url = base_url.rstrip("/")
        self._verdicts = verdicts
        self._secrets = tuple(secrets)
        self._hosts = tuple(hosts)
        self._client = httpx.AsyncClient(timeout=patience, verify=certificates(), follow_redirects=False)

    async def post(
        self, path: str, content: Json | None = None, *, is_repeatable: bool = False,
        query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None, files: Any = None,
        method: str = "POST",
    ) -> Json:  # fmt: skip
        """The answer to a message as an object. `is_repeatable`: doing it twice is as good as once.

        `method`: PUT or PATCH where the platform changes so what it has.
        """
        options = {"json": content} if files is None else {"data": content, "files": files}
        request = self._request(method, path, params=query, headers=headers, **options)
        return self._read(await self._answer(request, MAX_ANSWER, is_repeatable=is_repeatable))

    async def get(
        self, path: str, query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Json:
        request = self._request("GET", path, params=query, headers=headers)
        return self._read(await self._answer(request, MAX_ANSWER, is_repeatable=True))

    async def download(
        self, address: str, query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None, *,
        most: int = MAX_MEDIA,
    ) -> bytes:  # fmt: skip
        """The bytes behind a path, or behind an address at one of the hosts. An error that comes as JSON is raised."""
        request = self._request("GET", address, params=query, headers=headers)
        found = await self._answer(request, most, is_repeatable=True)
        if found.is_json:
            self._read(found)
        return found.body

    async def close(self) -> None:
        await self._client.aclose()

    def _request(self, method: str, path: str, **options: Any) -> httpx.Request:
        """A request, unless the address in a message is such that no library can read it."""
        try:
            return self._client.build_request(method, self._address(path), **options)
        except (ValueError, httpx.InvalidURL):
            raise SendError("refused") from None

    def _address(self, path: str) -> str:
        """Where a request goes: never where a message of somebody says."""
        if path.startswith("/") and not path.startswith("//"):
            return self._base_url + path
        parts = urlsplit(path)
        host = parts.hostname or ""
        is_media = any(host == known or host.endswith(f".{known}") for known in self._hosts)
        if parts.scheme != "https" or not is_media or parts.port not in (None, 443) or "@" in parts.netloc:
            raise SendError("refused")
        return path

    async def _answer(self, request: httpx.Request, most: int, *, is_repeatable: bool) -> _Found:
        """What comes back, as long as it is not too much. The library's errors are not chained: they hold the URL."""
        try:
            answer = await self._client.send(request, stream=True)
            try:
                body = await _limited(answer, most)
            finally:
                await answer.aclose()
        except NOT_SENT:
            raise SendError("unreachable", retryable=True) from None
        except httpx.TimeoutException:
            raise _lost("timeout", is_repeatable=is_repeatable) from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError):
            raise _lost("unreachable", is_repeatable=is_repeatable) from None
        found = _Found(answer.status_code, dict(answer.headers), body, dict(request.url.params), is_repeatable)
        if answer.status_code != httpx.codes.OK:
            raise self._failure(found)
        return found

    def _read(self, found: _Found) -> Json:
        """The object of an answer. Raises what its number means."""
        try:
            answer = orjson.loads(found.body)
        except orjson.JSONDecodeError:
            answer = None
        if not isinstance(answer, dict):
            raise _lost("unreachable", is_repeatable=found.is_repeatable)
        number = next((answer[name] for name in CODES if name in answer), None)
        if number in FINE:
            return answer
        raise self._error(number, answer, found)

    def _failure(self, found: _Found) -> SendError:
        """What another status than 200 means: the platform's own number where it names one that is known."""
        answer: Any = None
        with suppress(orjson.JSONDecodeError):
            answer = orjson.loads(found.body)
        number = next((answer[name] for name in CODES if name in answer), None) if isinstance(answer, dict) else None
        if isinstance(number, int | str) and number in self._verdicts:
            return self._error(number, answer, found)
        if found.status == httpx.codes.TOO_MANY_REQUESTS:
            return SendError("throttled", retryable=True, after=_wish(found.headers.get("retry-after", "")))
        if found.status == httpx.codes.GATEWAY_TIMEOUT:
            return _lost("timeout", is_repeatable=found.is_repeatable)
        if found.status >= httpx.codes.INTERNAL_SERVER_ERROR:
            return SendError("unreachable", retryable=True)
        return self._error(number if number is not None else found.status, answer, found)

    def _error(self, number: Any, answer: Any, found: _Found) -> SendError:
        verdict = self._verdicts.get(number, REFUSED) if isinstance(number, int | str) else REFUSED
        words = next((str(answer[name]) for name in WORDS if name in answer), "") if isinstance(answer, dict) else ""
        said = self._without_secrets(words, found.query.values())[:MAX_SAID]
        log.warning("%s said no: %s %s", urlsplit(self._base_url).hostname, number, said)
        return SpentToken() if verdict.is_spent else PlatformError(verdict, number, said)

    def _without_secrets(self, text: str, sent: Iterable[str]) -> str:
        for secret in sorted({*self._secrets, *sent}, key=len, reverse=True):
            if len(secret) >= SHORTEST_SECRET:
                text = text.replace(secret, HIDDEN)
        return text


@dataclass(frozen=True, slots=True)
class _Found:
    status: int
    headers: dict[str, str]
    body: bytes
    query: dict[str, str]
    is_repeatable: bool

    @property
    def is_json(self) -> bool:
        return "json" in self.headers.get("content-type", "") or "text/plain" in self.headers.get("content-type", "")


async def _limited(answer: httpx.Response, most: int) -> bytes:
    data = bytearray()
    async for part in answer.aiter_bytes():
        data += part
        if len(data) > most:
            raise SendError("too_large")
    return bytes(data)


def _lost(code: str, *, is_repeatable: bool) -> SendError:
    """A request whose fate is not known: it is repeated only where that harms nobody."""
    return SendError(code, retryable=is_repeatable, is_unknown=not is_repeatable)


def _wish(seconds: str) -> timedelta:
    """How long a platform wants us to wait."""
    wished = timedelta(seconds=int(seconds)) if seconds.isascii() and seconds.isdigit() and len(seconds) < 7 else None
    return min(max(wished or FIRST_PAUSE, FIRST_PAUSE), LONGEST_PAUSE)


@cache
def certificates() -> ssl.SSLContext:
    """Whom we trust. Reading the list takes 50 ms, so it is read once."""
    return httpx.create_ssl_context()

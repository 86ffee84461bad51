"""Requests in the name of one app: with its access token, which all processes share.

https://developer.work.weixin.qq.com/document/path/91039 (tokens), .../path/90236 (messages), .../path/90253 (files).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from bot.calling import Caller, Json
from bot.channels._wecom_errors import VERDICTS
from bot.messages import SendError
from bot.tokens import Fetched, Tokens
from core.platform_tokens import Name

T = TypeVar("T")


class Api:
    """The app `agent` of a company. Raises SendError and nothing else."""

    def __init__(self, base_url: str, corp: str, agent: int, secret: str, tokens: Tokens, patience: float) -> None:
        self.agent = agent
        self._corp, self._secret, self._tokens = corp, secret, tokens
        self._name = Name("wecom", corp, f"app {agent}")
        self._caller = Caller(base_url, VERDICTS, secrets=[secret], patience=patience)

    async def get(self, path: str, **query: str) -> Json:
        return await self._using(lambda known: self._caller.get(path, query | known))

    async def post(self, path: str, content: Json, *, is_repeatable: bool = False, **query: str) -> Json:
        return await self._using(
            lambda known: self._caller.post(path, content, query=query | known, is_repeatable=is_repeatable)
        )

    async def upload(self, name: str, data: bytes) -> str:
        """A picture that may be sent for three days, by its id."""
        files: Any = {"media": (name, data)}
        answer = await self._using(
            lambda known: self._caller.post(
                "/cgi-bin/media/upload", files=files, query=known | {"type": "image"}, is_repeatable=True
            )
        )
        media = answer.get("media_id")
        if not isinstance(media, str) or not media:
            raise SendError("refused")
        return media

    async def download(self, media: str) -> bytes:
        return await self._using(lambda known: self._caller.download("/cgi-bin/media/get", known | {"media_id": media}))

    async def log_in(self) -> Fetched:
        """A fresh access token."""
        answer = await self._caller.get("/cgi-bin/gettoken", {"corpid": self._corp, "corpsecret": self._secret})
        return _fetched(answer, "access_token")

    async def page_ticket(self) -> str:
        """The key by which pages prove to a phone that they are ours; the company's, for two hours."""
        return await self._tokens.token(Name("wecom", self._corp, f"jsapi {self.agent}"), self._fetch_ticket)

    async def close(self) -> None:
        await self._caller.close()

    async def _fetch_ticket(self) -> Fetched:
        """https://developer.work.weixin.qq.com/document/path/90506"""
        return _fetched(await self.get("/cgi-bin/get_jsapi_ticket"), "ticket")

    async def _using(self, call: Callable[[dict[str, str]], Awaitable[T]]) -> T:
        return await self._tokens.using(self._name, self.log_in, lambda token: call({"access_token": token}))


def _fetched(answer: Json, name: str) -> Fetched:
    value, seconds = answer.get(name), answer.get("expires_in")
    if not isinstance(value, str) or not value or not isinstance(seconds, int):
        raise SendError("bad_token", retryable=True)
    return Fetched(value, timedelta(seconds=seconds))


def numbered(error: SendError) -> int:
    """The platform's own number of an error; 0 for one that is not the platform's."""
    number = getattr(error, "number", 0)
    return number if isinstance(number, int) else 0


def listed(answer: Mapping[str, Any], name: str) -> list[str]:
    """Members that an answer names, separated by bars."""
    return [one for one in str(answer.get(name) or "").split("|") if one]

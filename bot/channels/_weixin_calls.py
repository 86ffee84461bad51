"""WeChat's server: its access token, what its numbers mean, and the few endpoints that are called.

An Official Account and a mini program are accounts of the same server.

https://developers.weixin.qq.com/doc/service/api/
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import TypeVar

from bot.calling import Caller, Json, PlatformError, Verdict
from bot.channels import Proven
from bot.messages import SendError
from bot.tokens import Fetched, Tokens
from core.platform_tokens import Name

T = TypeVar("T")

log = logging.getLogger(__name__)

CHANNEL = "wechat"
OPEN = "weixin_open"  # the realm of the ids that all apps of one owner share
SENDER = "openid"
SETUP_PAUSE = timedelta(minutes=10)  # until somebody has mended the settings
USED_CODES = (40029, 40163, 41008)
# https://developers.weixin.qq.com/doc/oplatform/developers/errCode/
VERDICTS: Mapping[int | str, Verdict] = {
    -1: Verdict("throttled", retryable=True, after=timedelta(seconds=10)),
    40001: Verdict("bad_token", is_spent=True),
    40014: Verdict("bad_token", is_spent=True),
    42001: Verdict("bad_token", is_spent=True),
    40013: Verdict("bad_token", retryable=True, after=SETUP_PAUSE),
    40125: Verdict("bad_token", retryable=True, after=SETUP_PAUSE),
    40243: Verdict("bad_token", retryable=True, after=SETUP_PAUSE),
    40164: Verdict("untrusted_ip", retryable=True, after=SETUP_PAUSE),
    40003: Verdict("gone", stop_contact=True),
    40007: Verdict("gone"),
    43004: Verdict("blocked", stop_contact=True),
    43019: Verdict("blocked", stop_contact=True),
    48002: Verdict("blocked", stop_contact=True),
    50005: Verdict("blocked", stop_contact=True),
    45009: Verdict("throttled", retryable=True, after=timedelta(hours=1)),
    45011: Verdict("throttled", retryable=True, after=timedelta(minutes=1)),
    45015: Verdict("window_closed"),
    45047: Verdict("quota"),
    43101: Verdict("no_consent"),
}


class Calls:
    """One account at WeChat. `channel`: whose it is."""

    def __init__(
        self, app_id: str, secret: str, tokens: Tokens, base_url: str, patience: float, channel: str = CHANNEL
    ) -> None:  # fmt: skip
        self.channel = channel
        self._app_id = app_id
        self._secret = secret
        self._tokens = tokens
        self._caller = Caller(base_url, VERDICTS, secrets=[secret], patience=patience)

    async def post(self, path: str, content: Json, *, is_repeatable: bool = False) -> Json:
        return await self._using(
            lambda token: self._caller.post(path, content, query=_with(token), is_repeatable=is_repeatable)
        )

    async def get(self, path: str) -> Json:
        return await self._using(lambda token: self._caller.get(path, _with(token)))

    async def upload(self, data: bytes, name: str, mime: str) -> str:
        """Lend WeChat a picture for three days, for a message; returns its media id. It may be done twice."""
        path, files = "/cgi-bin/media/upload", {"media": (name, data, mime)}
        sent = await self._using(
            lambda token: self._caller.post(
                path, {}, query={**_with(token), "type": "image"}, files=files, is_repeatable=True
            )
        )
        return text_of(sent, "media_id")

    async def media(self, media_id: str) -> bytes:
        """What a person has sent; WeChat keeps it for three days."""
        path = "/cgi-bin/media/get"
        return await self._using(lambda token: self._caller.download(path, {**_with(token), "media_id": media_id}))

    async def page_ticket(self) -> str:
        """The key by which pages prove to a phone that they are ours; it lives for two hours, as a token does."""
        return await self._tokens.token(Name(self.channel, self._app_id, "jsapi"), self._fetch_ticket)

    async def behind_code(self, path: str, **asked: str) -> Json:
        """What the account is told for a code of a sign-in; nothing for one that is wrong, old or used."""
        query = {"appid": self._app_id, "secret": self._secret, "grant_type": "authorization_code", **asked}
        return await unless_used(self._caller.get(path, query))

    async def fetch_token(self) -> Fetched:
        """The stable token: asking again gives the same one, so that no other server of this account loses its own.

        https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken.html
        """
        asked = {"grant_type": "client_credential", "appid": self._app_id, "secret": self._secret}
        return _fetched(await self._caller.post("/cgi-bin/stable_token", asked, is_repeatable=True), "access_token")

    async def close(self) -> None:
        await self._caller.close()

    async def _using(self, call: Callable[[str], Awaitable[T]]) -> T:
        return await self._tokens.using(Name(self.channel, self._app_id), self.fetch_token, call)

    async def _fetch_ticket(self) -> Fetched:
        ask = partial(self._caller.get, "/cgi-bin/ticket/getticket")
        return _fetched(await self._using(lambda token: ask({**_with(token), "type": "jsapi"})), "ticket")


def _with(token: str) -> dict[str, str]:
    return {"access_token": token}


def _fetched(answer: Json, name: str) -> Fetched:
    value, seconds = answer.get(name), answer.get("expires_in")
    if not isinstance(value, str) or not value or not isinstance(seconds, int):
        raise SendError("bad_token", retryable=True)
    return Fetched(value, timedelta(seconds=seconds))


async def unless_used(asking: Awaitable[Json]) -> Json:
    """The answer; nothing where WeChat does not take the code that was asked with."""
    try:
        return await asking
    except PlatformError as error:
        if error.number in USED_CODES:
            return {}
        raise


def proven(told: Json) -> list[Proven]:
    """Who a code was of: by the id that the account alone knows, and by the one that all apps of one owner share.

    WeChat tells the second where the apps are bound to one account of its Open Platform: the same id in two apps means
    the same person and the same owner.
    https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/union-id.html
    """
    if not told:
        return []
    openid, union = text_of(told, "openid"), told.get("unionid")
    known = [Proven(SENDER, openid, openid)]
    return [*known, Proven("unionid", union, realm=OPEN)] if isinstance(union, str) and union else known


def text_of(answer: Json, name: str) -> str:
    """A text without which an answer is none."""
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise SendError("unreachable", retryable=True)
    return value

"""Calls of DingTalk: the new interface and what only the old one can, with one access token for both."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from bot.calling import Caller, Verdict
from bot.messages import SendError
from bot.tokens import Fetched, Tokens
from core.platform_tokens import Name

T = TypeVar("T")
Json = dict[str, Any]

PUBLIC, OLD = "https://api.dingtalk.com", "https://oapi.dingtalk.com"
MEDIA_HOSTS = ("dingtalk.com", "aliyuncs.com")  # where DingTalk keeps files; it names the address itself, over TLS
TOKEN_HEADER = "x-acs-dingtalk-access-token"  # noqa: S105 (the name of a header)
TOPICS = ("/v1.0/im/bot/messages/get", "/v1.0/card/instances/callback")
CONSOLE_PAUSE = timedelta(minutes=10)  # somebody has to change something in the console first
ROBOT_PAUSE = timedelta(minutes=10)  # https://open.dingtalk.com/document/robots/custom-robot-access
SECOND = timedelta(seconds=2)

_SLOWER = Verdict("throttled", retryable=True, after=SECOND)
_MUCH_SLOWER = Verdict("throttled", retryable=True, after=ROBOT_PAUSE)
_SPENT = Verdict("bad_token", is_spent=True)
_WRONG = Verdict("bad_token", retryable=True, after=CONSOLE_PAUSE)
_GONE = Verdict("gone", stop_contact=True)
UNTRUSTED = ("Forbidden.AccessDenied.IpNotInWhiteList", 60020)
DENIED = ("Forbidden.AccessDenied.AccessTokenPermissionDenied", 60011)
UNKNOWN_APP = ("invalidClientIdOrSecret", "authFailed", 40089)
# https://open.dingtalk.com/document/orgapp/error-code
VERDICTS: dict[int | str, Verdict] = {
    "InvalidAuthentication": _SPENT, 40014: _SPENT, 42001: _SPENT,
    **dict.fromkeys((*UNKNOWN_APP, *UNTRUSTED, *DENIED), _WRONG),
    "Forbidden.AccessDenied.QpsLimitForApi": _SLOWER, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi": _SLOWER,
    "Throttling": _SLOWER, 90002: _SLOWER, 90018: _SLOWER,
    130101: _MUCH_SLOWER, 410100: _MUCH_SLOWER,
    "group.disbanded": _GONE, 400013: _GONE, 400101: _GONE, 400102: _GONE, 300001: _GONE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class App:
    """An app of an organisation and its robot, as the console names them."""

    client_id: str
    secret: str = field(repr=False)
    robot: str


class Api:
    """`old`: the base address of the old interface, which a relay of one's own answers as well."""

    def __init__(self, app: App, base_url: str, tokens: Tokens, patience: float) -> None:
        self.app = app
        self.base_url = base_url
        self._tokens = tokens
        known: Json = {"secrets": [app.secret], "patience": patience}
        self._new = Caller(base_url, VERDICTS, hosts=MEDIA_HOSTS, **known)
        self.old = Caller(OLD if base_url == PUBLIC else base_url, VERDICTS, **known)

    async def post(self, path: str, content: Json, *, is_repeatable: bool = False) -> Json:
        """The answer to a call with our token."""
        return await self._with_token(
            lambda token: self._new.post(path, content, headers={TOKEN_HEADER: token}, is_repeatable=is_repeatable)
        )

    async def put(self, path: str, content: Json) -> Json:
        """The answer to a change, which may be made twice."""
        return await self._with_token(
            lambda token: self._new.post(
                path, content, headers={TOKEN_HEADER: token}, is_repeatable=True, method="PUT"
            )
        )  # fmt: skip

    async def post_old(self, path: str, content: Json, files: Any = None) -> Json:
        """A call of the old interface; each of those that we use may be repeated."""
        return await self._with_token(
            lambda token: self.old.post(
                path, content, query={"access_token": token}, files=files, is_repeatable=True
            )
        )  # fmt: skip

    async def log_in(self) -> Fetched:
        """A fresh access token: https://open.dingtalk.com/document/orgapp/obtain-the-access_token-of-an-internal-app"""
        credentials = {"appKey": self.app.client_id, "appSecret": self.app.secret}
        answer = await self._new.post("/v1.0/oauth2/accessToken", credentials, is_repeatable=True)
        value, seconds = answer.get("accessToken"), answer.get("expireIn")
        if not isinstance(value, str) or not isinstance(seconds, int):
            raise SendError("bad_token", retryable=True)
        return Fetched(value, timedelta(seconds=seconds))

    async def open_stream(self) -> Json:
        """Where the stream is, and the ticket that opens it once."""
        wish = {
            "clientId": self.app.client_id, "clientSecret": self.app.secret, "ua": "gongdan", "localIp": "",
            "subscriptions": [
                {"type": "EVENT", "topic": "*"}, *({"type": "CALLBACK", "topic": topic} for topic in TOPICS),
            ],
        }  # fmt: skip
        return await self._new.post("/v1.0/gateway/connections/open", wish, is_repeatable=True)

    async def as_person(self, code: str) -> Json:
        """Who came back from DingTalk's sign-in page with a code: https://open.dingtalk.com/document/orgapp/tutorial-obtaining-user-personal-information"""
        wish = {"clientId": self.app.client_id, "clientSecret": self.app.secret, "code": code}
        wish["grantType"] = "authorization_code"
        theirs = await self._new.post("/v1.0/oauth2/userAccessToken", wish)
        return await self._new.get("/v1.0/contact/users/me", headers={TOKEN_HEADER: str(theirs.get("accessToken"))})

    async def download(self, code: str) -> bytes:
        """The file of a message. Its address is DingTalk's own answer, and is called at DingTalk's hosts alone."""
        wish = {"downloadCode": code, "robotCode": self.app.robot}
        answer = await self.post("/v1.0/robot/messageFiles/download", wish, is_repeatable=True)
        address = str(answer.get("downloadUrl") or "")
        if address.startswith(f"{self.base_url}/"):
            address = address.removeprefix(self.base_url)
        return await self._new.download(address.replace("http://", "https://", 1))

    async def close(self) -> None:
        """Give the connections back."""
        await self._new.close()
        await self.old.close()

    async def _with_token(self, call: Callable[[str], Awaitable[T]]) -> T:
        return await self._tokens.using(Name("dingtalk", self.app.client_id), self.log_in, call)

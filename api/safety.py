"""What guards every answer: headers against script from elsewhere, and posts only from our own pages.

Plain ASGI, so that nothing is buffered and a hook's body is not read before its proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.deps import COOKIE, System

POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors {ancestors}"
)
NOBODY = "'none'"
SAFE = ("GET", "HEAD", "OPTIONS")
MAX_BODY = 64 * 1024 * 1024


def policy_with(script: str) -> str:
    """The policy of the one page that loads a platform's script, from this address and no other."""
    return f"{POLICY.format(ancestors=NOBODY)}; script-src 'self' {script}"


class Safety:
    """Sets the security headers, and refuses a cookie's mutation that another site's page has sent."""

    def __init__(self, app: ASGIApp, system: System) -> None:
        self.app = app
        self.system = system

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if _is_foreign(scope, self.system.settings.public_url):
            await JSONResponse({"title": "foreign origin", "status": 403}, 403)(scope, receive, send)
            return

        if _declared(scope) > MAX_BODY:
            await JSONResponse({"title": "body too large", "status": 413}, 413)(scope, receive, send)
            return

        origins = await self.system.origins.now() if scope["path"] == "/chat" else ()

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._protect(scope["path"], origins, MutableHeaders(scope=message))
            await send(message)

        await self.app(scope, _counted(receive), send_with_headers)

    def _protect(self, path: str, origins: Sequence[str], headers: MutableHeaders) -> None:
        ancestors = " ".join(["'self'", *origins]) if path == "/chat" else NOBODY
        headers.setdefault("content-security-policy", POLICY.format(ancestors=ancestors))
        headers.setdefault("x-content-type-options", "nosniff")
        headers.setdefault("referrer-policy", "same-origin")
        headers.setdefault("permissions-policy", "camera=(self), geolocation=(self), microphone=(self)")
        if path.startswith("/static/"):
            headers.setdefault("cache-control", "public, max-age=31536000, immutable")
        else:
            headers.setdefault("cache-control", "no-store")


def _declared(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isdigit() else 0


def _counted(receive: Receive) -> Receive:
    """Stop reading a body that did not tell its length once it is too large."""
    total = 0

    async def limited() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        return {"type": "http.disconnect"} if total > MAX_BODY else message

    return limited


def _is_foreign(scope: Scope, public_url: str) -> bool:
    """A mutation that carries our cookie but comes from a page of another origin."""
    headers = Headers(scope=scope)
    if scope["method"] in SAFE or COOKIE not in headers.get("cookie", ""):
        return False
    origin = headers.get("origin") or _origin(headers.get("referer", ""))
    ours = {_origin(public_url), f"{scope.get('scheme', 'http')}://{headers.get('host', '')}"}
    return bool(origin) and origin not in ours


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""

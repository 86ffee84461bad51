"""Routers: found in their packages; those of the JSON API with a limit on every body and their errors documented."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from fastapi import APIRouter, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from api.uploads import BodyTooLarge
from core.photos import MAX_BYTES

JSON_BODY = 1024 * 1024
PHOTO_BODY = MAX_BYTES + 64 * 1024
PROBLEM_SCHEMA = {"$ref": "#/components/schemas/Problem"}
Handler = Callable[[Request], Coroutine[Any, Any, Response]]

PROBLEMS: dict[int, tuple[str, str, dict[str, Any]]] = {
    401: ("sign-in-needed", "Please sign in first.", {}),
    403: ("forbidden", "You may not do this.", {}),
    404: ("not-found", "There is no such ticket.", {"what": "ticket"}),
    409: (
        "stale-ticket", "WX-261120-042 has changed since you saw it: it is accepted now. Please look again.",
        {"number": "WX-261120-042", "state": "accepted", "version": 3},
    ),
    413: ("body-too-large", "The request is larger than 1048576 bytes.", {"limit": JSON_BODY}),
    415: ("not-an-image", "This is not a photo. Please send it as JPEG, PNG, WEBP or HEIC.", {"field": "photo"}),
    422: (
        "missing", "text is missing.",
        {"errors": [{"field": "text", "problem": "Field required"}]},
    ),
    503: ("busy", "The database is busy. Please try again in a moment.", {}),
}  # fmt: skip
MEANINGS = {
    401: "No token or cookie, or one that is not valid.",
    403: "The caller sees the thing and may not do this to it.",
    404: "There is no such thing, or it is none of the caller's business; both read the same.",
    409: "It has moved on: `stale-ticket`, `illegal-transition`, `already-taken`, `conflict`.",
    413: "The body is too large. It is refused before it has been read.",
    415: "The file is not a photo.",
    422: "A field or evidence (`missing-evidence`) is missing or wrong, or a replay was changed (`changed-replay`).",
    503: "The database is busy; nothing was changed. Repeat it in a moment.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The documented errors of an operation."""
    return {status: {"description": MEANINGS[status], "content": _content(status)} for status in (401, *statuses)}


def _content(status: int) -> dict[str, Any]:
    kind, text, facts = PROBLEMS[status]
    example = {"type": f"https://gongdan.org/problems/{kind}", "title": text, "status": status, "detail": text, **facts}
    return {"application/problem+json": {"schema": PROBLEM_SCHEMA, "example": example}}


class LimitedRoute(APIRoute):
    """Refuses a body as soon as it is known to be too large: by its declared length, else while it is read."""

    limit: ClassVar[int] = JSON_BODY

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            declared = request.headers.get("content-length", "")
            if declared.isdigit() and int(declared) > self.limit:
                raise BodyTooLarge(limit=self.limit)
            return await handle(Request(request.scope, _counted(request.receive, self.limit)))

        return guarded


class UploadRoute(LimitedRoute):
    """For bodies that hold one photo."""

    limit: ClassVar[int] = PHOTO_BODY


def _counted(receive: Receive, limit: int) -> Receive:
    read = 0

    async def counting() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > limit:
            raise HTTPException(413)  # FastAPI lets this one alone through its reading of bodies
        return message

    return counting


def noun(name: str, route_class: type[APIRoute] = LimitedRoute) -> APIRouter:
    """The router of one noun under /api/v1."""
    return APIRouter(prefix=f"/api/v1/{name}", tags=[name.split("/", maxsplit=1)[0]], route_class=route_class)


def routers_of(package: str) -> list[APIRouter]:
    """The router of every module in a package: a new file is a new page or route, and no list is edited."""
    found = importlib.import_module(package)
    names = sorted(module.name for module in pkgutil.iter_modules(found.__path__))
    modules = [importlib.import_module(f"{package}.{name}") for name in names if not name.startswith("_")]
    return [module.router for module in modules if hasattr(module, "router")]

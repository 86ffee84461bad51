"""Callbacks of the platforms: authentic over the raw bytes, then taken, then answered."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool

from api import uploads
from api.deps import System, SystemDep
from bot.channels import Channel
from bot.messages import HookRequest, Incoming
from core.errors import GongdanError, NotFound

router = APIRouter(prefix="/hooks", include_in_schema=False)

MAX_BODY = 1024 * 1024


class NotAuthentic(GongdanError):
    """The platform's proof is missing or wrong."""


@router.get("/{channel}")
async def handshake(channel: str, request: Request, system: SystemDep) -> Response:
    """The proof that a platform asks for when its hook is set up."""
    found = _open(system, channel)
    hook = HookRequest("GET", b"", _headers(request), dict(request.query_params))
    answer = found.handshake(hook)
    if answer is None:
        raise NotFound(what="word.channel")
    return PlainTextResponse(answer)


@router.post("/{channel}")
async def take(channel: str, request: Request, system: SystemDep) -> Response:
    """Refuse on size and proof before anything is parsed, then take every message of the callback."""
    found = _open(system, channel)
    proof = HookRequest("POST", b"", _headers(request), dict(request.query_params))
    if not found.is_welcome(proof):
        raise NotAuthentic
    hook = HookRequest("POST", await uploads.body_of(request, MAX_BODY), proof.headers, proof.query)
    if not await run_in_threadpool(found.is_authentic, hook):
        raise NotAuthentic
    messages = found.parse(hook)
    await run_in_threadpool(_take_all, system, messages)
    system.nudge()
    for incoming in messages:
        if incoming.callback:
            system.spawn(found.settle_tap(incoming, ""))
    return Response(b"{}", media_type="application/json")


def _take_all(system: System, messages: list[Incoming]) -> None:
    for incoming in messages:
        system.router.take(incoming)


def _open(system: System, name: str) -> Channel:
    found = system.channels.get(name)
    if found is None or not found.has_hook:
        raise NotFound(what="word.channel")
    return found


def _headers(request: Request) -> dict[str, str]:
    """Headers by lower-case name; a repeated one is joined, so that it matches nothing that is expected once."""
    joined: dict[str, str] = {}
    for name, value in request.headers.items():
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined

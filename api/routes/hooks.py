"""Callbacks of the platforms: authentic over the raw bytes, then taken, then answered."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from api import uploads
from api.deps import System, SystemDep
from bot.channels import Channel
from bot.messages import Answer, HookRequest, Incoming
from bot.replying import Replying
from core.errors import GongdanError, NotFound

router = APIRouter(prefix="/hooks", include_in_schema=False)

MAX_BODY = 1024 * 1024
NEVER = timedelta(0)


class NotAuthentic(GongdanError):
    """The platform's proof is missing or wrong."""


@router.get("/{channel}")
@router.get("/{channel}/{part}")
async def handshake(channel: str, request: Request, system: SystemDep, part: str = "") -> Response:
    """The proof that a platform asks for when its hook is set up."""
    found = _open(system, channel, part)
    answer = found.handshake(_asked(request, part))
    if answer is None:
        raise NotFound(what="word.channel")
    return _response(answer)


@router.post("/{channel}")
@router.post("/{channel}/{part}")
async def take(channel: str, request: Request, system: SystemDep, part: str = "") -> Response:
    """Refuse on size and proof before anything is parsed, then take every message of the callback, and answer."""
    arrived = time.monotonic()
    found = _open(system, channel, part)
    proof = _asked(request, part)
    if not found.is_welcome(proof):
        raise NotAuthentic
    hook = replace(proof, body=await uploads.body_of(request, MAX_BODY))
    if (challenge := found.handshake(hook)) is not None:
        return _response(challenge)
    if not await run_in_threadpool(found.is_authentic, hook):
        raise NotAuthentic
    messages = found.parse(hook)
    await run_in_threadpool(_take_all, system, messages)
    patience = found.limits.reply_within or NEVER
    is_late = time.monotonic() - arrived >= patience.total_seconds()
    replying = Replying(system.database, system.settings)
    told = await run_in_threadpool(replying.to, found, hook, messages, is_late=is_late)
    system.nudge()
    for incoming in messages:
        if incoming.callback:
            system.spawn(found.settle_tap(incoming, ""))
    return _response(told.answer, BackgroundTask(replying.settle, told) if told.message_id else None)


def _take_all(system: System, messages: list[Incoming]) -> None:
    for incoming in messages:
        system.router.take(incoming)


def _open(system: System, name: str, part: str) -> Channel:
    found = system.channels.get(name)
    if found is None or part not in found.hooks:
        raise NotFound(what="word.channel")
    return found


def _asked(request: Request, part: str) -> HookRequest:
    """What a callback says before its body is read."""
    return HookRequest(request.method, b"", _headers(request), dict(request.query_params), part)


def _response(answer: Answer, settle: BackgroundTask | None = None) -> Response:
    return Response(answer.body.encode(), media_type=answer.content_type, background=settle)


def _headers(request: Request) -> dict[str, str]:
    """Headers by lower-case name; a repeated one is joined, so that it matches nothing that is expected once."""
    joined: dict[str, str] = {}
    for name, value in request.headers.items():
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined

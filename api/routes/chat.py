"""The web chat's wire: begin a conversation, say something, upload a file, read the lines, see a photo.

A browser proves its conversation with `Authorization: Bearer <chat token>`; cookies play no part, so that the
chat works inside a page of another origin.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from api import uploads
from api.deps import Known, System, SystemDep
from api.routing import LimitedRoute, UploadRoute
from assets import scan
from bot import greeting
from bot.channels.web import ACCOUNT, SENDER, WebChannel, bearer_of, shown
from bot.fetching import stored_photo, stored_voice
from bot.messages import HookRequest, Incoming
from core import clock, i18n, limits, people, transcripts
from core.access import Viewer
from core.database import Session
from core.errors import Invalid, Missing, NotFound, SignInNeeded
from core.people import Identity

router = APIRouter(prefix="/chat", include_in_schema=False, route_class=LimitedRoute)

LONGEST_WAIT = 25.0
LOOK_EVERY = 0.4
MAX_MESSAGE = 64 * 1024
# In ten minutes. An address may be that of a whole house.
MOST_FILES = 100
MOST_SAID, MOST_SAID_FROM = 300, 1000
FIELDS = 8


def channel_of(system: SystemDep) -> WebChannel:
    found = system.channels["web"]
    assert isinstance(found, WebChannel)
    return found


Web = Annotated[WebChannel, Depends(channel_of)]


def chat_of(request: Request, web: Web) -> str:
    """The conversation that the request proves."""
    chat_id = web.chat_of(_token(request))
    if chat_id is None:
        raise SignInNeeded
    return chat_id


def _token(request: Request) -> str:
    return bearer_of(request.headers.get("authorization", ""))


Chat = Annotated[str, Depends(chat_of)]


@router.post("/sessions", status_code=201)
def begin(request: Request, system: SystemDep, web: Web, visitor: Known) -> dict[str, str]:
    """Begin a conversation. Somebody who is signed in goes on with their own, whatever device it began on.

    Who came by a link to one ticket is a stranger here: docs/decisions/0012-page-links.md.
    """
    locale = i18n.choose(request.headers.get("accept-language"))

    def work(session: Session) -> str:
        limits.count(session, f"chat:{uploads.address_of(request)}", clock.now(), most=60)
        chat = (_own_chat(session, visitor) if visitor else None) or _new_chat(session, visitor, locale)
        return web.token_of(chat.conversation, chat.epoch)

    return {"token": system.database.write(work)}


def _own_chat(session: Session, visitor: Viewer) -> Identity | None:
    """The web chat of a person that was used last and is still kept."""
    chats = [known for known in people.identities_of(session, visitor.person_id) if known.channel == "web"]
    kept = transcripts.newest(session, [chat.conversation for chat in chats])
    return next((chat for chat in chats if chat.conversation in kept), None)


def _new_chat(session: Session, visitor: Viewer | None, locale: str) -> Identity:
    chat_id = transcripts.open_chat(session, clock.now())
    person_id = visitor.person_id if visitor else people.add_person(session, "", locale=locale).id
    via = "signed_in" if visitor else "first_contact"
    return people.add_identity(session, person_id, "web", ACCOUNT, SENDER, chat_id, conversation=chat_id, via=via)


@router.put("/language")
def speak(system: SystemDep, chat_id: Chat, locale: Annotated[str, Body(embed=True)]) -> dict[str, bool]:
    """Answer from now on in the language that the page was switched to."""
    if locale not in i18n.LOCALES:
        raise Invalid(field="field.locale")

    def work(session: Session) -> None:
        person = people.identify(session, "web", ACCOUNT, SENDER, chat_id)
        if person is None:
            raise SignInNeeded
        person.locale = locale
        session.flush()

    system.database.write(work)
    return {"ok": True}


@router.post("/messages")
async def say(request: Request, system: SystemDep, web: Web, chat_id: Chat) -> Response:
    """Say something; safe to repeat with the same id, and refused with 503 when it could not be kept."""
    body = await uploads.body_of(request, MAX_MESSAGE)
    hook = HookRequest("POST", body, dict(request.headers))
    await run_in_threadpool(_say, system, web, uploads.address_of(request), hook)
    system.nudge()
    return JSONResponse({"ok": True})


def _say(system: System, web: WebChannel, address: str, hook: HookRequest) -> None:
    """Show what was said in the conversation, then take it."""
    for incoming in web.parse(hook):
        system.database.write(partial(_show, incoming, address))
        system.router.take(incoming)


def _show(incoming: Incoming, address: str, session: Session) -> None:
    _count(session, incoming, address)
    key, chat_id = incoming.dedupe_key, incoming.conversation
    if transcripts.append(session, chat_id, key, "mine", shown(incoming), clock.now()) is None:
        raise SignInNeeded


def _count(session: Session, incoming: Incoming, address: str) -> None:
    """A ceiling on what is stored. Neighbours of a flood, who share its address, can still tell of an emergency."""
    limits.count(session, f"chat-said:{incoming.conversation}", clock.now(), most=MOST_SAID)
    if not greeting.is_emergency(incoming):
        limits.count(session, f"chat-said-from:{address}", clock.now(), most=MOST_SAID_FROM)


async def upload(request: Request, system: SystemDep, web: Web, chat_id: Chat) -> dict[str, Any]:
    """Take a photo or voice note in before it is said; its reference goes into the message.

    The form is read here, because FastAPI reads one that is declared before it asks whose chat it is.
    """
    async with request.form(max_files=1, max_fields=FIELDS, max_part_size=MAX_MESSAGE) as form:
        file, kind = form.get("file"), str(form.get("kind") or "photo")
        if not isinstance(file, UploadFile):
            raise Missing(field="field.file")
        data = await uploads.bytes_of(file)
    return await run_in_threadpool(_keep, system, web, chat_id, kind, data, uploads.address_of(request))


router.add_api_route("/files", upload, methods=["POST"], status_code=201, route_class_override=UploadRoute)


def _keep(
    system: System, web: WebChannel, chat_id: str, kind: str, data: bytes, address: str
) -> dict[str, Any]:  # fmt: skip
    """Counted before it is looked at, for its chat and for where it comes from: an address may begin many chats."""
    uploads.count(system.database, address)
    system.database.write(lambda s: limits.count(s, f"chat-files:{chat_id}", clock.now(), most=MOST_FILES))
    if kind == "voice":
        stored, texts = stored_voice(system.storage, data), []
    else:
        stored, texts = stored_photo(system.storage, data, keep_evidence=False), scan.read_codes(data)
    kind = "voice" if kind == "voice" else "photo"
    return {"reference": web.sign_file(kind, stored, texts), "hash": stored["hash"]}


@router.get("/lines")
async def read(
    request: Request, system: SystemDep, web: Web, chat_id: Chat, after: int = 0, wait: float = 0
) -> dict[str, Any]:
    """The lines after a number; waits for new ones, whoever delivered them, up to `wait` seconds.

    `token`: a new one, where the one that was sent is half used up.
    """
    number = await run_in_threadpool(_newest, system, chat_id)
    if number <= after and wait > 0:
        await _wait_for_more(system, chat_id, after, min(wait, LONGEST_WAIT))
    fresh = web.renewed(_token(request))
    lines = await run_in_threadpool(_lines, system, chat_id, after)
    return {"lines": lines, "token": fresh} if fresh else {"lines": lines}


def _newest(system: System, chat_id: str) -> int:
    """The number of a chat's newest line. A chat that is no longer kept must begin anew."""
    with system.database.read_scope() as session:
        number = transcripts.newest(session, [chat_id]).get(chat_id)
    if number is None:
        raise SignInNeeded
    return number


def _lines(system: System, chat_id: str, after: int) -> list[dict[str, Any]]:
    with system.database.read_scope() as session:
        return [_line(line) for line in transcripts.lines_after(session, chat_id, after)]


def _line(line: transcripts.Line) -> dict[str, Any]:
    """A line as the browser shows it; with the browser's own id for what it said itself."""
    own = {"id": line.key.removeprefix(f"{line.chat_id}:")} if line.side == "mine" else {}
    return {
        "number": line.number, "side": line.side, "replaces": line.replaces, "at": line.said_at.isoformat(),
        **own, **line.body,
    }  # fmt: skip


@router.get("/photos/{photo:path}")
def photo(photo: str, system: SystemDep, chat_id: Chat) -> Response:
    """A picture or voice note that this very conversation shows."""
    with system.database.read_scope() as session:
        mime = transcripts.shows(session, chat_id, photo)
    if mime is None:
        raise NotFound(what="word.photo")
    return Response(system.storage.get(photo), media_type=mime, headers={"cache-control": "private, max-age=86400"})


class Watch:
    """All conversations of this process that wait for a line: one query looks for all of them."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.waiting: dict[str, dict[asyncio.Event, int]] = {}
        self.task: asyncio.Task[None] | None = None

    async def wait(self, chat_id: str, after: int, seconds: float) -> None:
        news = asyncio.Event()
        self.waiting.setdefault(chat_id, {})[news] = after
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._look())
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await news.wait()
        finally:
            self.waiting[chat_id].pop(news, None)
            if not self.waiting[chat_id]:
                del self.waiting[chat_id]

    async def _look(self) -> None:
        """Look for new lines until nobody waits any more."""
        while self.waiting:
            found = await run_in_threadpool(self._numbers, list(self.waiting))
            for chat_id, number in found.items():
                for news, after in self.waiting.get(chat_id, {}).items():
                    if number > after:
                        news.set()
            await asyncio.sleep(LOOK_EVERY)

    def _numbers(self, chat_ids: list[str]) -> dict[str, int]:
        with self.system.database.read_scope() as session:
            return transcripts.newest(session, chat_ids)


async def _wait_for_more(system: System, chat_id: str, after: int, seconds: float) -> None:
    watch = system.facts.setdefault("watch", Watch(system))
    assert isinstance(watch, Watch)
    await watch.wait(chat_id, after, seconds)

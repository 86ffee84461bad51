"""DingTalk's stream: a connection of ours that brings messages, so that no address of ours has to be reachable.

The SDK keeps the connection; its frames are read by us, because its own reading throws on real ones, and it forgets
what a lost connection was still working on. https://open.dingtalk.com/document/direction/stream-mode-protocol-access-description
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError, Future
from typing import Any
from urllib.parse import urlsplit

from bot.channels import Take
from bot.channels._dingtalk_api import TOPICS, Api
from bot.channels._dingtalk_messages import parse_event, parse_message, parse_tap, read_object
from bot.messages import Incoming, SendError
from core.errors import Invalid

log = logging.getLogger(__name__)

HOST = "dingtalk.com"
PAUSE = 1.0
LONGEST_PAUSE = 60.0
TRIES = 5
LAST_WORDS = 5.0
OK, NOT_TAKEN = 200, 500
MESSAGES, TAPS = TOPICS
Json = dict[str, Any]
Sleep = Callable[[float], Awaitable[None]]


def parse_frame(frame: Json, account: str, robot: str) -> list[Incoming]:
    """The messages of a frame; nothing for a topic that we have not asked for. Raises Invalid for what is no callback.

    A message has its own number, which names it on every way; a tap has that of its frame alone.
    """
    headers, kind = frame.get("headers"), frame.get("type")
    if kind not in ("CALLBACK", "EVENT") or not isinstance(headers, dict):
        return []
    key, said = str(headers.get("messageId") or ""), read_object(str(frame.get("data")))
    if kind == "EVENT":
        return parse_event(said, account, str(headers.get("eventType")), str(headers.get("eventId") or key))
    if headers.get("topic") == TAPS:
        if not key:
            raise Invalid(field="field.id")
        return parse_tap(said, account, key)
    return parse_message(said, account, robot, key) if headers.get("topic") == MESSAGES else []


class Stream:
    """One listening. `pause`: the first one before the connection is opened again."""

    def __init__(self, api: Api, take: Take, *, pause: float = PAUSE, sleep: Sleep = asyncio.sleep) -> None:
        self._api = api
        self._take = take
        self._pause = pause
        self._sleep = sleep
        self._in_order = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._opening: Future[Json] | None = None

    async def run(self) -> None:
        """Listen until cancelled; what has come by then is still stored, as far as a few seconds are enough."""
        self._loop = asyncio.get_running_loop()
        client = self._client()
        try:
            await client.start()
        finally:
            if self._opening is not None:
                self._opening.cancel()
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=LAST_WORDS)

    def _client(self) -> Any:
        """The SDK's client, with the parts replaced by ours that block, that tell secrets, and that read frames."""
        from dingtalk_stream import Credential, DingTalkStreamClient  # type: ignore[import-untyped]  # noqa: PLC0415

        app = self._api.app
        client = DingTalkStreamClient(Credential(app.client_id, app.secret), logger=_quiet_logger())
        client.RECONNECT_BASE_DELAY_SECONDS = client.RECONNECT_JITTER_SECONDS = self._pause
        client.RECONNECT_MAX_DELAY_SECONDS = LONGEST_PAUSE
        client.open_connection = self._open
        client.background_task = self._heard
        return client

    def _open(self) -> Json | None:
        """In a thread of the SDK's: where to connect to. None: it asks again after a pause."""
        try:
            self._opening = asyncio.run_coroutine_threadsafe(self._api.open_stream(), self._loop)
            opened = self._opening.result()
        except SendError as error:
            log.warning("DingTalk's stream cannot be opened (%s); asking again", error.code)
            return None
        except CancelledError:
            return None
        if not is_trusted(str(opened.get("endpoint")), self._api.base_url) or not opened.get("ticket"):
            log.warning("DingTalk named no address of a stream that we would connect to; asking again")
            return None
        log.info("DingTalk's stream is opened")
        return opened

    async def _heard(self, frame: Any, connection: Any) -> None:
        """A frame. A task of its own answers it: the SDK cancels what it has begun where a connection is lost."""
        if isinstance(frame, dict):
            task = asyncio.create_task(self._answer(frame, connection))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            await asyncio.shield(task)

    async def _answer(self, frame: Json, connection: Any) -> None:
        """Store, then acknowledge; in the order in which frames have come."""
        told = frame.get("headers")
        headers: Json = told if isinstance(told, dict) else {}
        if frame.get("type") == "SYSTEM":
            await _acknowledge(connection, headers, OK, str(frame.get("data") or "{}"))
            if headers.get("topic") == "disconnect":
                await connection.close()
            return
        data: Json = {"status": "SUCCESS", "message": "OK"} if frame.get("type") == "EVENT" else {"response": {}}
        try:
            messages = parse_frame(frame, self._api.app.client_id, self._api.app.robot)
        except Invalid:
            log.warning("a frame of DingTalk's stream was left out: it is no callback")
            messages = []
        async with self._in_order:
            is_stored = not messages or await self._store(messages)
        await _acknowledge(connection, headers, OK if is_stored else NOT_TAKEN, json.dumps(data))

    async def _store(self, messages: list[Incoming]) -> bool:
        """Whether they are stored now. Nobody sends them again, so we try for a while."""
        for attempt in range(TRIES):
            try:
                await self._take(messages)
            except Exception:
                log.exception("messages of DingTalk could not be stored yet")
                await self._sleep(PAUSE * 2**attempt)
            else:
                return True
        return False


def is_trusted(endpoint: str, base_url: str) -> bool:
    """Whether an address that the interface names is DingTalk's, or on the relay that stands for it."""
    parts, ours = urlsplit(endpoint), urlsplit(base_url)
    host = parts.hostname or ""
    if host == ours.hostname and ours.scheme == "http":
        return parts.scheme in ("ws", "wss")
    return parts.scheme == "wss" and (host in (ours.hostname, HOST) or host.endswith(f".{HOST}"))


async def _acknowledge(connection: Any, headers: Json, code: int, data: str) -> None:
    """Tell DingTalk; where the connection is gone meanwhile, it brings the message again, and we know it then."""
    told = {"messageId": headers.get("messageId"), "contentType": "application/json"}
    answer = {"code": code, "headers": told, "message": "OK" if code == OK else "not stored", "data": data}
    try:
        await connection.send(json.dumps(answer))
    except Exception as error:  # noqa: BLE001 - of a library that names many; there is nobody to tell
        log.info("an acknowledgement was lost with its connection: %s", type(error).__name__)


class _Quiet(logging.Filter):
    """The SDK tells whole messages and addresses with tickets. That the connection was lost is enough."""

    def filter(self, record: logging.LogRecord) -> bool:
        kind = record.exc_info[0] if isinstance(record.exc_info, tuple) else None
        record.msg, record.args = "DingTalk's stream was interrupted: %s", (kind.__name__ if kind else "closed",)
        record.exc_info = record.exc_text = None
        return record.levelno >= logging.WARNING


def _quiet_logger() -> logging.Logger:
    for library in ("websockets", "urllib3"):
        logging.getLogger(library).setLevel(logging.WARNING)
    quiet = logging.getLogger(f"{__name__}.sdk")
    if not quiet.filters:
        quiet.addFilter(_Quiet())
    return quiet

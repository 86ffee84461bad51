"""What went wrong with a request to Telegram, in the words that delivery acts on; never with the bot's token."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any, TypeVar

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest

from bot.messages import SendError

T = TypeVar("T")

GONE = ("chat not found", "user not found", "peer_id_invalid", "user is deactivated")
CLOSED = ("not enough rights", "have no rights", "chat_write_forbidden")
TOO_LARGE = "file is too big"
NOT_SENT = (httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ConnectError, httpx.ProxyError, httpx.UnsupportedProtocol)
TOKEN_PAUSE = timedelta(minutes=10)
RIVAL_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)


class Refused(SendError):
    """Telegram will not do this, however often it is asked. `reason`: its own words."""

    def __init__(self, reason: str) -> None:
        super().__init__("refused", said=reason)
        self.reason = reason.lower()


class Throttled(TelegramError):
    """Too many messages; `after`: how long Telegram wants us to wait."""

    def __init__(self, after: timedelta) -> None:
        super().__init__("throttled")
        self.after = after


class Request(HTTPXRequest):
    """HTTP as the library does it, except for the throttle: its own error warns of a deprecation each time."""

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        status, payload = await super().do_request(*args, **kwargs)
        if status == 429:
            raise Throttled(_wish(payload))
        return status, payload


def _wish(payload: bytes) -> timedelta:
    try:
        seconds = float(json.loads(payload)["parameters"]["retry_after"])
    except (ValueError, KeyError, TypeError):
        seconds = 1.0
    return min(max(timedelta(seconds=seconds), timedelta(seconds=1)), LONGEST_PAUSE)


async def translated(request: Awaitable[T], *, is_repeatable: bool = False) -> T:
    """The answer to a request. Raises SendError and nothing else.

    `is_repeatable`: doing it twice is as good as once, so an unknown outcome is a reason to repeat it. The
    library's error is not chained: its text may hold the address, and the address holds the token.
    """
    try:
        return await request
    except TelegramError as error:
        raise as_send_error(error, is_repeatable=is_repeatable) from None
    except (AttributeError, KeyError, TypeError, ValueError, RuntimeError):
        raise _lost(is_repeatable=is_repeatable, code="unreachable") from None


def as_send_error(error: TelegramError, *, is_repeatable: bool = False) -> SendError:
    """What delivery does about an error of the library."""
    match error:
        case Throttled():
            found = SendError("throttled", retryable=True, after=error.after)
        case ChatMigrated():
            found = SendError("gone", moved_to=str(error.new_chat_id))
        case Forbidden():
            found = SendError("blocked", stop_contact=True, said=error.message)
        case BadRequest():
            found = _refusal(error.message)
        case InvalidToken():
            found = SendError("bad_token", retryable=True, after=TOKEN_PAUSE)
        case Conflict():
            found = SendError("conflict", retryable=True, after=RIVAL_PAUSE)
        case NetworkError():
            found = _unanswered(error, is_repeatable=is_repeatable)
        case _:
            found = SendError("unreachable", retryable=True)
    return found


def _refusal(reason: str) -> SendError:
    said = reason.lower()
    if any(sign in said for sign in GONE):
        return SendError("gone", stop_contact=True, said=reason)
    if any(sign in said for sign in CLOSED):
        return SendError("blocked", stop_contact=True, said=reason)
    return SendError("too_large") if TOO_LARGE in said else Refused(reason)


def _unanswered(error: NetworkError, *, is_repeatable: bool) -> SendError:
    """A lost connection: unknown unless it broke before anything was sent, or the server said that it failed."""
    cause = error.__cause__
    if isinstance(cause, NOT_SENT) or not isinstance(cause, httpx.HTTPError):
        return SendError("unreachable", retryable=True)
    return _lost(is_repeatable=is_repeatable, code="timeout" if isinstance(error, TimedOut) else "unreachable")


def _lost(*, is_repeatable: bool, code: str) -> SendError:
    return SendError(code, retryable=is_repeatable, is_unknown=not is_repeatable)

"""Who opened the Mini App: the check of its signed start data, without trusting anything the page says itself."""

from __future__ import annotations

import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

MAX_AGE = timedelta(hours=1)
MAX_SKEW = timedelta(seconds=30)


def verify_init_data(init_data: str, token: str, now: datetime) -> dict[str, Any] | None:
    """The fields of Telegram's initData with `user` decoded, or None unless the bot's token signed them lately.

    https://core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app

    1. Every field except `hash` takes part, the newer `signature` and empty ones too, each once.
    2. key = HMAC("WebAppData", token); hash = HMAC(key, the sorted lines "name=value").
    3. Signed within the last hour, by a clock that may be half a minute ahead.
    """
    pairs = _pairs(init_data)
    fields = dict(pairs)
    given = fields.pop("hash", "")
    if len(fields) + 1 != len(pairs) or not given.isascii():
        return None
    lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    key = hmac.digest(b"WebAppData", token.encode(), "sha256")
    if not hmac.compare_digest(hmac.digest(key, _raw(lines), "sha256").hex(), given):
        return None
    return _decoded(fields) if _is_fresh(fields.get("auth_date", ""), now) else None


def _pairs(init_data: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(init_data, keep_blank_values=True, strict_parsing=True, max_num_fields=50)
    except ValueError:
        return []


def _raw(lines: str) -> bytes:
    return lines.encode("utf-8", "surrogatepass")


def _is_fresh(signed_at: str, now: datetime) -> bool:
    if not (signed_at.isascii() and signed_at.isdigit() and len(signed_at) <= 11):
        return False
    return -MAX_SKEW <= now - datetime.fromtimestamp(int(signed_at), UTC) <= MAX_AGE


def _decoded(fields: dict[str, str]) -> dict[str, Any] | None:
    try:
        user = json.loads(fields["user"]) if "user" in fields else {}
    except ValueError:
        return None
    return {**fields, "user": user} if isinstance(user, dict) else None

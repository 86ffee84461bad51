"""The opaque values of `next` and `after`: the key of the last row that was seen, in URL-safe characters."""

from __future__ import annotations

import base64
import binascii
from uuid import UUID

from core.errors import Invalid


def after(key: UUID | str) -> str:
    """The opaque value of `next`."""
    raw = key.bytes if isinstance(key, UUID) else key.encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def id_in(given: str) -> UUID | None:
    """The id in a cursor; none for the first page. Raises Invalid for anything else."""
    if not given:
        return None
    raw = _unpacked(given)
    if len(raw) != 16:
        raise Invalid(field="field.after")
    return UUID(bytes=raw)


def text_in(given: str) -> str | None:
    """The text in a cursor, in the same way."""
    if not given:
        return None
    try:
        text = _unpacked(given).decode()
    except UnicodeDecodeError:
        raise Invalid(field="field.after") from None
    if "\x00" in text:
        raise Invalid(field="field.after")
    return text


def _unpacked(given: str) -> bytes:
    try:
        return base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Invalid(field="field.after") from None

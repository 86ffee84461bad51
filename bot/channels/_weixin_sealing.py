"""The envelope of WeChat's callbacks: who sent them, and how they are opened and sealed.

Nothing is parsed before its proof: what is sealed is found by its form alone, and opened once its signature is right.
https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/Technical_Plan.html
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from bot.messages import HookRequest
from bot.proofs import is_fresh, is_same
from core import clock

SEALED = re.compile(rb"<Encrypt>\s*(?:<!\[CDATA\[)?([A-Za-z0-9+/]+={0,2})(?:\]\]>)?\s*</Encrypt>")
SEALED_IN_JSON = re.compile(rb'"Encrypt"\s*:\s*"((?:[A-Za-z0-9+/]|\\/)+={0,2})"')
# WeChat does not say whether a repetition is signed anew; the third comes after 15 s at the latest.
WITHIN = timedelta(minutes=15)
AHEAD = timedelta(minutes=5)


class Envelope:
    """The proof and the cipher of one account. Without an `aes_key` (plain mode) a signature covers no content.

    `forms`: how the sealed content may stand in a body.
    """

    def __init__(
        self, app_id: str, token: str, aes_key: str, forms: Sequence[re.Pattern[bytes]] = (SEALED,)
    ) -> None:  # fmt: skip
        self._app_id = app_id
        self._token = token
        self._forms = forms
        self._cipher = _cipher(app_id, token, aes_key) if aes_key else None

    def is_ours(self, query: Mapping[str, str]) -> bool:
        """Whether the address alone is WeChat's and of these minutes, which is all that a GET says."""
        wanted = self._signature(query)
        return is_same(query.get("signature", ""), wanted) and is_fresh(query.get("timestamp", ""), WITHIN, ahead=AHEAD)

    def opened(self, request: HookRequest) -> str | None:
        """The content of a callback in clear; None for one that WeChat did not send to this account.

        In safe mode what is not sealed is refused, although its address is signed: that says nothing of its content.
        """
        if not self.is_ours(request.query):
            return None
        return self._read(request.body) if self._cipher is None else self._unsealed(self._cipher, request)

    def sealed(self, xml: str) -> str:
        """An answer as WeChat reads it."""
        if self._cipher is None:
            return xml
        stamp = str(int(clock.now().timestamp()))
        return str(self._cipher.encrypt_message(xml, clock.secret(), stamp))

    def _unsealed(self, cipher: Any, request: HookRequest) -> str | None:
        found = [sealed for form in self._forms for sealed in form.findall(request.body)]
        if len(found) != 1:
            return None
        encrypted = found[0].decode().replace("\\/", "/")
        wanted = self._signature(request.query, encrypted)
        if not is_same(request.query.get("msg_signature", ""), wanted):
            return None
        return _decrypted(cipher, encrypted, wanted, request.query)

    def _signature(self, query: Mapping[str, str], *more: str) -> str:
        """SHA-1 over the sorted parts, as WeChat defines it; secret because the token is one of them."""
        parts = (self._token, query.get("timestamp", ""), query.get("nonce", ""), *more)
        raw = sorted(part.encode("utf-8", "surrogatepass") for part in parts)
        return hashlib.sha1(b"".join(raw)).hexdigest()  # noqa: S324 - the platform's choice

    def _read(self, body: bytes) -> str | None:
        try:
            return body.decode()
        except UnicodeDecodeError:
            return None


def _cipher(app_id: str, token: str, aes_key: str) -> Any:
    from wechatpy.crypto import WeChatCrypto  # type: ignore[import-untyped]  # noqa: PLC0415 - 0.3 s, only where on

    return WeChatCrypto(token, aes_key, app_id)


def _decrypted(cipher: Any, encrypted: str, signature: str, query: Mapping[str, str]) -> str | None:
    """What was sealed for this account; None for what only looks so. wechatpy raises whatever goes wrong inside it."""
    from wechatpy.exceptions import WeChatException  # type: ignore[import-untyped]  # noqa: PLC0415 - as above

    message = {"Encrypt": encrypted}
    try:
        opened = cipher.decrypt_message(message, signature, query.get("timestamp", ""), query.get("nonce", ""))
    except (WeChatException, ValueError, IndexError, struct.error):
        return None
    return str(opened)

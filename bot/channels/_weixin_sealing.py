"""The proof and the cipher of WeChat's callbacks: who sent them, and how they are opened and sealed.

https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/Technical_Plan.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bot.channels._weixin import SEALED, Query, is_recent, sealed_part, signature, unsealed
from bot.messages import HookRequest
from bot.proofs import is_same
from core import clock


class Envelope:
    """The proof and the cipher of one account. Without an `aes_key` (plain mode) a signature covers no content.

    `forms`: how the sealed content may stand in a body.
    """

    def __init__(
        self, app_id: str, token: str, aes_key: str, forms: Sequence[re.Pattern[bytes]] = (SEALED,)
    ) -> None:  # fmt: skip
        self._token = token
        self._forms = forms
        self._cipher = _cipher(app_id, token, aes_key) if aes_key else None

    def is_ours(self, query: Query) -> bool:
        """Whether the address alone is WeChat's and of these minutes, which is all that a GET says."""
        return is_same(query.get("signature", ""), signature(self._token, query)) and is_recent(query)

    def opened(self, request: HookRequest) -> str | None:
        """The content of a callback in clear; None for one that WeChat did not send to this account.

        In safe mode what is not sealed is refused, although its address is signed: that says nothing of its content.
        """
        if not self.is_ours(request.query):
            return None
        return _read(request.body) if self._cipher is None else self._unsealed(self._cipher, request)

    def sealed(self, xml: str) -> str:
        """An answer as WeChat reads it."""
        if self._cipher is None:
            return xml
        stamp = str(int(clock.now().timestamp()))
        return str(self._cipher.encrypt_message(xml, clock.secret(), stamp))

    def _unsealed(self, cipher: Any, request: HookRequest) -> str | None:
        query, encrypted = request.query, sealed_part(request.body, self._forms)
        wanted = signature(self._token, query, encrypted)
        if not (encrypted and is_same(query.get("msg_signature", ""), wanted)):
            return None
        proof = (wanted, query.get("timestamp", ""), query.get("nonce", ""))
        return unsealed(lambda: cipher.decrypt_message({"Encrypt": encrypted}, *proof))


def _cipher(app_id: str, token: str, aes_key: str) -> Any:
    from wechatpy.crypto import WeChatCrypto  # type: ignore[import-untyped]  # noqa: PLC0415 - 0.3 s, only where on

    return WeChatCrypto(token, aes_key, app_id)


def _read(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None

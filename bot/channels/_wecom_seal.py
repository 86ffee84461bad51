"""How WeCom signs and encrypts its callbacks: https://developer.work.weixin.qq.com/document/path/90968.

The library decrypts; the signature is ours, because the library's comparison takes a time that tells.
"""

from __future__ import annotations

import re

from bot.channels._weixin import Query, answer_xml, is_recent, signature, unsealed
from bot.proofs import is_same
from core import clock
from core.errors import Invalid

PROOF = ("msg_signature", "timestamp", "nonce")


class Seal:
    """The secrets of an app's callbacks. Errors: ValueError for an EncodingAESKey that is none."""

    def __init__(self, token: str, aes_key: str, corp_id: str) -> None:
        # Imported here because a server without this channel has no use for it, and it takes a quarter of a second.
        from wechatpy.work.crypto import PrpCrypto, WeChatCrypto  # type: ignore[import-untyped]  # noqa: PLC0415

        if not re.fullmatch(r"[A-Za-z0-9+/]{43}", aes_key):
            raise ValueError("an EncodingAESKey has 43 letters and digits")
        self._token, self._corp_id = token, corp_id
        self._crypto = WeChatCrypto(token, aes_key, corp_id)
        self._cipher = PrpCrypto(self._crypto.key)

    def is_genuine(self, query: Query, sealed: str) -> bool:
        """Whether WeCom has signed this text a short while ago. Nothing is decrypted before."""
        wanted = signature(self._token, query, sealed)
        return bool(sealed) and is_same(query.get("msg_signature", ""), wanted) and is_recent(query)

    def opened(self, sealed: str) -> str:
        """The text inside. Errors: Invalid for one that is broken or meant for another company."""
        found = unsealed(lambda: self._cipher.decrypt(sealed, self._corp_id))
        if found is None:
            raise Invalid(field="field.body")
        return found

    def sealed(self, text: str) -> str:
        """A text as WeCom would encrypt it for us."""
        return str(self._cipher.encrypt(text, self._corp_id), "ascii")

    def closed(self, reader: str, text: str) -> str:
        """Words as the encrypted answer to a callback."""
        second = str(int(clock.now().timestamp()))
        words = answer_xml(reader, self._corp_id, text)
        return str(self._crypto.encrypt_message(words, clock.secret(64), second))


def is_told(query: Query) -> bool:
    """Whether a request has what a proof consists of, asked before its body is read."""
    return all(query.get(name) for name in PROOF) and is_recent(query)

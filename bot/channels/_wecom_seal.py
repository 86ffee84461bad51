"""How WeCom signs and encrypts its callbacks: https://developer.work.weixin.qq.com/document/path/90968.

The library decrypts; the signature is ours, because the library's comparison takes a time that tells.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Mapping
from datetime import timedelta

from bot.proofs import is_fresh, is_same
from core import clock
from core.errors import Invalid

# A callback that failed is repeated twice; whether with a new time is not documented, so that some minutes are left.
WITHIN = timedelta(minutes=15)
AHEAD = timedelta(minutes=5)
PROOF = ("msg_signature", "timestamp", "nonce")
ENVELOPE = re.compile(rb"<Encrypt>\s*(?:<!\[CDATA\[)?([A-Za-z0-9+/]+={0,2})(?:\]\]>)?\s*</Encrypt>")
REPLY = """<xml><ToUserName><![CDATA[{reader}]]></ToUserName><FromUserName><![CDATA[{corp}]]></FromUserName>\
<CreateTime>{second}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{text}]]></Content></xml>"""
Query = Mapping[str, str]


class Seal:
    """The secrets of an app's callbacks. Errors: ValueError for an EncodingAESKey that is none."""

    def __init__(self, token: str, aes_key: str, corp_id: str) -> None:
        # Imported here because a server without this channel has no use for it, and it takes a quarter of a second.
        from wechatpy.exceptions import WeChatException  # type: ignore[import-untyped]  # noqa: PLC0415
        from wechatpy.work.crypto import PrpCrypto, WeChatCrypto  # type: ignore[import-untyped]  # noqa: PLC0415

        if not re.fullmatch(r"[A-Za-z0-9+/]{43}", aes_key):
            raise ValueError("an EncodingAESKey has 43 letters and digits")
        self._token, self._corp_id = token, corp_id
        self._crypto = WeChatCrypto(token, aes_key, corp_id)
        self._cipher = PrpCrypto(self._crypto.key)
        self._odd = (WeChatException, ValueError, TypeError, IndexError, struct.error)

    def is_genuine(self, query: Query, sealed: str) -> bool:
        """Whether WeCom has signed this text a short while ago. Nothing is decrypted before."""
        wanted = signature(self._token, query.get("timestamp", ""), query.get("nonce", ""), sealed)
        is_now = is_fresh(query.get("timestamp", ""), WITHIN, ahead=AHEAD)
        return bool(sealed) and is_same(query.get("msg_signature", ""), wanted) and is_now

    def opened(self, sealed: str) -> str:
        """The text inside. Errors: Invalid for one that is broken or meant for another company."""
        try:
            return str(self._cipher.decrypt(sealed, self._corp_id))
        except self._odd:
            raise Invalid(field="field.body") from None

    def sealed(self, text: str) -> str:
        """A text as WeCom would encrypt it for us."""
        return str(self._cipher.encrypt(text, self._corp_id), "ascii")

    def closed(self, reader: str, text: str) -> str:
        """Words as the encrypted answer to a callback."""
        second = str(int(clock.now().timestamp()))
        words = REPLY.format(reader=_inside(reader), corp=self._corp_id, second=second, text=_inside(text))
        return str(self._crypto.encrypt_message(words, clock.secret(64), second))


def is_told(query: Query) -> bool:
    """Whether a request has what a proof consists of, asked before its body is read."""
    return all(query.get(name) for name in PROOF) and is_fresh(query.get("timestamp", ""), WITHIN, ahead=AHEAD)


def envelope(body: bytes) -> str:
    """The encrypted text of a callback, found without parsing; nothing where it is not there once."""
    found: list[bytes] = ENVELOPE.findall(body)
    return found[0].decode("ascii") if len(found) == 1 else ""


def signature(*parts: str) -> str:
    """SHA-1 over the sorted parts, as the platform prescribes."""
    joined = b"".join(sorted(part.encode("utf-8", "surrogatepass") for part in parts))
    return hashlib.sha1(joined, usedforsecurity=False).hexdigest()


def _inside(text: str) -> str:
    """A text that does not end the section of XML that it stands in; the library leaves that to us."""
    return text.replace("]]>", "]]]]><![CDATA[>")

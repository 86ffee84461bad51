"""Feishu's callbacks: who wrote them, when, and what is in them.

The signature covers the raw bytes, which are encrypted; the token inside is a second proof.
https://open.feishu.cn/document/ukTMukTMukTM/uYDNxYjL2QTM24iN0EjN/event-subscription-configure-/encrypt-key-encryption-configuration-case
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from bot.messages import HookRequest
from bot.proofs import is_fresh, is_same
from core import clock
from core.errors import Invalid

STAMP, NONCE, SIGNATURE = "x-lark-request-timestamp", "x-lark-request-nonce", "x-lark-signature"
CARDS = "cards"
AHEAD = timedelta(minutes=5)
AT_ONCE = timedelta(minutes=5)
# An event comes again 15 s, 5 min, 1 h and 6 h later, and nobody promises that it is stamped anew. What is repeated
# within that time is found by its key in the inbox, which keeps more than a week. Taps never come again.
# https://open.feishu.cn/document/ukTMukTMukTM/uUTNz4SN1MjL1UzM
REDELIVERED = timedelta(hours=8)
MOST_CHALLENGE = 1024  # bytes: a challenge has about 250, the smallest event more than a thousand
BLOCK = 16
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Callbacks:
    """What is known of one app's callbacks."""

    app_id: str
    encrypt_key: str = field(repr=False)
    token: str = field(repr=False)

    def is_welcome(self, request: HookRequest) -> bool:
        """Signed now or lately; or not signed at all, as Feishu asks whether we are there."""
        given = [name in request.headers for name in (STAMP, NONCE, SIGNATURE)]
        return _is_of_now(request) if all(given) else not any(given)

    def is_authentic(self, request: HookRequest) -> bool:
        """Whether the signature is that of the raw bytes, with a time that we take."""
        stamp, nonce = request.headers.get(STAMP, ""), request.headers.get(NONCE, "")
        wanted = self.signature(stamp, nonce, request.body)
        return _is_of_now(request) and is_same(request.headers.get(SIGNATURE, ""), wanted)

    def signature(self, stamp: str, nonce: str, body: bytes) -> str:
        """What Feishu writes into its header."""
        start = f"{stamp}{nonce}{self.encrypt_key}".encode("utf-8", "surrogatepass")
        return hashlib.sha256(start + body).hexdigest()

    def challenge(self, request: HookRequest) -> str:
        """What Feishu wants to hear back; empty for every other request, and for a forged one.

        It is the only callback that need not be signed; nobody else can encrypt the token that is in it.
        """
        if request.method != "POST" or not 0 < len(request.body) <= MOST_CHALLENGE:
            return ""
        if SIGNATURE in request.headers and not self.is_authentic(request):
            return ""
        try:
            said = self.opened(request.body)
        except Invalid:
            return ""
        is_ours = said.get("type") == "url_verification" and self._is_token(said.get("token"))
        challenge = said.get("challenge") if is_ours else None
        return challenge if isinstance(challenge, str) else ""

    def event(self, body: bytes) -> Json:
        """What a genuine callback says. Raises Invalid for what no app of this name subscribes to."""
        said = self.opened(body)
        header = said.get("header")
        if not isinstance(header, dict) or not isinstance(said.get("event"), dict):
            raise Invalid(field="field.body")
        if not self._is_token(header.get("token")) or header.get("app_id") != self.app_id:
            raise Invalid(field="field.body")
        return said

    def opened(self, body: bytes) -> Json:
        """The object in an encrypted body. Raises Invalid for anything else."""
        try:
            said = orjson.loads(self.decrypted(orjson.loads(body)["encrypt"]))
        except (ValueError, KeyError, TypeError):
            raise Invalid(field="field.body") from None
        if not isinstance(said, dict):
            raise Invalid(field="field.body")
        return said

    def sealed(self, content: bytes) -> bytes:
        """A body as Feishu sends it, to ask ourselves whether we are there."""
        vector = hashlib.sha256(clock.secret().encode()).digest()[:BLOCK]
        padder, writer = PKCS7(BLOCK * 8).padder(), self._cipher(vector).encryptor()
        padded = padder.update(content) + padder.finalize()
        whole = vector + writer.update(padded) + writer.finalize()
        return orjson.dumps({"encrypt": base64.b64encode(whole).decode()})

    def decrypted(self, sealed: str) -> bytes:
        """Base64 of a vector and of AES-256-CBC under SHA-256 of the key. Raises ValueError for what is none."""
        raw = base64.b64decode(sealed, validate=True)
        reader, cutter = self._cipher(raw[:BLOCK]).decryptor(), PKCS7(BLOCK * 8).unpadder()
        padded = reader.update(raw[BLOCK:]) + reader.finalize()
        return cutter.update(padded) + cutter.finalize()

    def _cipher(self, vector: bytes) -> Cipher[CBC]:
        return Cipher(AES(hashlib.sha256(self.encrypt_key.encode()).digest()), CBC(vector))

    def _is_token(self, given: Any) -> bool:
        return isinstance(given, str) and is_same(given, self.token)


def is_at_once(request: HookRequest) -> bool:
    """Whether a callback is of these minutes, as one is that never comes again."""
    return is_fresh(request.headers.get(STAMP, ""), AT_ONCE, ahead=AHEAD)


def _is_of_now(request: HookRequest) -> bool:
    if request.part == CARDS:
        return is_at_once(request)
    return is_fresh(request.headers.get(STAMP, ""), REDELIVERED, ahead=AHEAD)

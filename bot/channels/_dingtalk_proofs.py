"""The signatures of DingTalk: none of them covers a body, so each is good for minutes, and TLS carries the rest."""

from __future__ import annotations

import base64
import hashlib
import hmac


def signed(stamp: str, secret: str) -> str:
    """What a callback of the robot carries, and what a message to a group robot must carry. `stamp`: milliseconds.

    https://open.dingtalk.com/document/orgapp/receive-message and
    https://open.dingtalk.com/document/robots/customize-robot-security-settings
    """
    return _mac(secret, f"{stamp}\n{secret}")


def card_signed(stamp: str, secret: str) -> str:
    """What the callback of a card carries: https://open.dingtalk.com/document/development/event-callback-card"""
    return _mac(secret, stamp)


def card_secret(client_secret: str) -> str:
    """The secret that we register for the callbacks of cards: one that nobody has to set and nobody else knows."""
    return hmac.digest(client_secret.encode(), b"callbacks of cards", hashlib.sha256).hex()


def _mac(secret: str, text: str) -> str:
    raw = text.encode("utf-8", "surrogatepass")
    return base64.b64encode(hmac.digest(secret.encode(), raw, hashlib.sha256)).decode()

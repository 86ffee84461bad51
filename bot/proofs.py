"""Whether a callback is genuine and of now: what every channel asks of a signature and of its time. And our own proofs.

A signature that is right says who wrote a callback, not when: what was overheard can be sent again for ever. So a
channel refuses what is not of these minutes, and the inbox takes what comes twice within them once.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from core import clock

LONGEST = 13  # digits: milliseconds until the year 2286


def is_same(given: str, wanted: str) -> bool:
    """Whether a secret or signature is the wanted one, in constant time; of any characters. Nothing equals nothing."""
    return bool(wanted) and hmac.compare_digest(_raw(given), _raw(wanted))


def is_fresh(stamp: str, within: timedelta, *, ahead: timedelta | None = None, a_second: int = 1) -> bool:
    """Whether a callback was made in the last minutes. `ahead`: how far the platform's clock may be before ours.

    `stamp`: digits, counted from 1970; `a_second`: how many of them are one, 1000 where a platform counts thousandths.
    """
    moment = moment_of(stamp, a_second=a_second)
    return moment is not None and -(within if ahead is None else ahead) <= clock.now() - moment <= within


def moment_of(stamp: str, *, a_second: int = 1) -> datetime | None:
    """The instant that a platform writes in digits; None for what is none."""
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= LONGEST):
        return None
    try:
        return datetime.fromtimestamp(int(stamp) / a_second, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def page_proof(account: str, ticket: str, url: str) -> dict[str, str]:
    """What a page gives to `wx.config`, in WeChat and in WeCom, so that it may open the app's camera for codes.

    https://developers.weixin.qq.com/doc/service/guide/h5/jssdk.html
    https://developer.work.weixin.qq.com/document/path/90514
    """
    nonce, stamp = clock.secret().encode().hex(), str(int(clock.now().timestamp()))
    signature = page_signature(ticket, nonce, stamp, url)
    return {"appId": account, "timestamp": stamp, "nonceStr": nonce, "signature": signature}


def page_signature(ticket: str, nonce: str, stamp: str, url: str) -> str:
    """The signature of a page, by its address without what stands behind `#`."""
    page = url.partition("#")[0]
    words = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={stamp}&url={page}"
    return hashlib.sha1(words.encode()).hexdigest()  # noqa: S324 - the platform's choice


def _raw(text: str) -> bytes:
    """Every text has bytes, also one with halves of characters in it, as they come out of hostile JSON."""
    return text.encode("utf-8", "surrogatepass")

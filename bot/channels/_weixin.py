"""What WeChat and WeCom have in common: how callbacks are signed and sealed, and how words are answered.

Nothing is parsed before its proof: what is sealed is found by its form alone.
https://developer.work.weixin.qq.com/document/path/90968
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from bot.proofs import is_fresh
from core import clock

SEALED = re.compile(rb"<Encrypt>\s*(?:<!\[CDATA\[)?([A-Za-z0-9+/]+={0,2})(?:\]\]>)?\s*</Encrypt>")
UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what no XML may hold
SEALED_IN_JSON = re.compile(rb'"Encrypt"\s*:\s*"([A-Za-z0-9+/\\]+={0,2})"')
ANCHOR = re.compile(r"<(?=\s*/?\s*a\b)", re.IGNORECASE)
# Neither says whether a repetition is signed anew; the third comes after 15 s at the latest.
WITHIN = timedelta(minutes=15)
AHEAD = timedelta(minutes=5)
Query = Mapping[str, str]


def is_recent(query: Query) -> bool:
    """Whether a callback says that it was made in these minutes."""
    return is_fresh(query.get("timestamp", ""), WITHIN, ahead=AHEAD)


def signature(token: str, query: Query, *more: str) -> str:
    """SHA-1 over the sorted parts, as the platform prescribes; secret because the token is one of them."""
    parts = (token, query.get("timestamp", ""), query.get("nonce", ""), *more)
    joined = b"".join(sorted(part.encode("utf-8", "surrogatepass") for part in parts))
    return hashlib.sha1(joined, usedforsecurity=False).hexdigest()


def sealed_part(body: bytes, forms: Sequence[re.Pattern[bytes]] = (SEALED,)) -> str:
    """The encrypted text of a callback; nothing where it is not there once. `forms`: how it may stand there."""
    found = [sealed for form in forms for sealed in form.findall(body)]
    return found[0].decode("ascii").replace("\\/", "/") if len(found) == 1 else ""


def unsealed(decrypt: Callable[[], str | bytes]) -> str | None:
    """What wechatpy decrypts; None for what only looks sealed for us. It raises whatever goes wrong inside it."""
    # Imported here because a server without these channels has no use for it, and it takes a quarter of a second.
    from wechatpy.exceptions import WeChatException  # type: ignore[import-untyped]  # noqa: PLC0415

    try:
        found = decrypt()
        return found.decode() if isinstance(found, bytes) else found
    except (WeChatException, ValueError, TypeError, IndexError, struct.error):
        return None


def harmless(text: str) -> str:
    """Words of people as words: both make a link of every <a>, whoever wrote it. As long as before."""
    return ANCHOR.sub("[", text)


def answer_xml(reader: str, account: str, text: str) -> str:
    """Words in the answer to a callback.

    https://developers.weixin.qq.com/doc/service/guide/product/message/Passive_user_reply_message.html
    """
    return (
        f"<xml><ToUserName>{_cdata(reader)}</ToUserName><FromUserName>{_cdata(account)}</FromUserName>"
        f"<CreateTime>{int(clock.now().timestamp())}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content>{_cdata(harmless(text))}</Content></xml>"
    )


def _cdata(text: str) -> str:
    """Text that nothing in it can end; wechatpy leaves that to us."""
    return f"<![CDATA[{UNSPEAKABLE.sub('', text).replace(']]>', ']]]]><![CDATA[>')}]]>"

"""The short codes on printed labels: made, read back from whatever a person scans or types, resolved.

Two kinds live together:
- Ours: ten characters such as `7KQ4-M2XP-9T`. Nine are random (44 bits), the last is a check character. Registered
  without dashes. The alphabet of 31 leaves out 0, O, 1, I and L; no other character is mapped, because a guess at
  what somebody meant would take the check's meaning away. Each holds two digits and two letters at least, so that
  with one character wrong it still cannot be taken for a word or a telephone number.
- A customer's own, such as `LIFT-01`: registered as given, in capitals, without a check character. One that has
  exactly the shape of ours (ten characters, bare or grouped 4-4-2) must also have its check right, otherwise it is
  a typing error and not a new code.

The check: the characters' values times the weights 10 … 1 add up to 0 modulo 31. As 31 is prime and larger than
every weight, no single wrong character and no exchange of any two characters leaves the sum at 0.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import datetime
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from assets.models import Code
from core import clock
from core.errors import Invalid, NotFound

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 10
LONGEST = 32
LONGEST_TEXT = 2000

DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹘﹣ー"), "-")
UNSEEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
OURS = re.compile(rf"([{ALPHABET}]{{4}})[- ]?([{ALPHABET}]{{4}})[- ]?([{ALPHABET}]{{2}})")
CUSTOMERS = re.compile(r"[A-Z0-9](?:[A-Z0-9._-]{0,30}[A-Z0-9])?")
IN_PATH = re.compile(r"/q/([^/]+)/?$", re.IGNORECASE)
TELEGRAM_HOSTS = frozenset({"t.me", "telegram.me", "telegram.dog"})
START_WORDS = ("start", "startapp")
PORTS = {"http": 80, "https": 443}

_VALUES = {character: value for value, character in enumerate(ALPHABET)}


class WrongCheckDigit(Invalid):
    """This code has a typing error, please check it."""


class NotACode(Invalid):
    """A code has at most 32 characters: letters A–Z, digits and - . _ between them."""


def mint(session: Session, *, asset_id: UUID | None = None, place_id: UUID | None = None, now: datetime) -> str:
    """Make a new code for an asset or a place and register it."""
    code = fresh()
    while session.get(Code, code) is not None:
        code = fresh()
    register(session, code, asset_id=asset_id, place_id=place_id, now=now)
    return code


def register(
    session: Session, code: str, *, asset_id: UUID | None = None, place_id: UUID | None = None, now: datetime
) -> None:
    """Keep a code, ours or a customer's, in its canonical form."""
    if (asset_id is None) == (place_id is None):
        raise ValueError("a code is for an asset or for a place")
    session.execute(insert(Code), [new_row(code, now) | {"asset_id": asset_id, "place_id": place_id}])


def mint_blank(session: Session, site_id: UUID, count: int, now: datetime) -> list[str]:
    """Codes that lead nowhere yet: their labels are printed first, and claimed where they are stuck."""
    minted = list(dict.fromkeys(fresh() for _ in range(count)))
    session.execute(insert(Code), [new_row(code, now) | {"site_id": site_id} for code in minted])
    return minted


def new_row(code: str, now: datetime) -> dict[str, Any]:
    """A row of the table of codes that leads nowhere yet."""
    unset = dict.fromkeys(("site_id", "asset_id", "place_id", "retired_at"))
    return unset | {"code": code, "minted_at": now}


def fresh() -> str:
    """A new random code of ours, not registered."""
    while True:
        number = int.from_bytes(hashlib.sha256(clock.secret().encode()).digest())
        payload = ""
        for _ in range(LENGTH - 1):
            number, value = divmod(number, len(ALPHABET))
            payload += ALPHABET[value]
        code = with_check(payload)
        if 2 <= sum(map(str.isdigit, code)) <= LENGTH - 2:
            return code


def with_check(payload: str) -> str:
    """Nine characters followed by the check character that belongs to them."""
    return payload + ALPHABET[-remainder(payload)]


def is_ours(code: str) -> bool:
    """Whether it is a canonical code of ours with its check right."""
    return len(code) == LENGTH and _VALUES.keys() >= set(code) and remainder(code) == 0


def remainder(characters: str) -> int:
    """The weighted sum modulo 31: 0 for a complete code whose check is right."""
    return sum(_VALUES[character] * (LENGTH - place) for place, character in enumerate(characters)) % len(ALPHABET)


def printed(code: str) -> str:
    """A code as people read and type it: ours in groups, a customer's as it is."""
    return f"{code[:4]}-{code[4:8]}-{code[8:]}" if is_ours(code) else code


def payload(code: str, public_url: str) -> str:
    """What the QR of a code holds: the address of its page."""
    return f"{public_url.rstrip('/')}/q/{code}"


def canonical(text: str) -> str:
    """A text that is meant as a code, in the form in which codes are registered.

    Raises WrongCheckDigit where it has the shape of ours and the check is wrong, NotACode where it is no code at all.
    """
    plain = _plain(text)
    if grouped := OURS.fullmatch(plain):
        code = "".join(grouped.groups())
        if is_ours(code):
            return code
        if _has_both(code):
            raise WrongCheckDigit
    if CUSTOMERS.fullmatch(plain):
        return plain
    code = plain.replace(" ", "").replace("-", "")
    if is_ours(code):
        return code
    raise NotACode


def parse(text: str, public_url: str) -> str | None:
    """The code in what was scanned, tapped or typed; None where it is none. Pure: it may still be unknown.

    A link to `/q/CODE` counts on the host of `public_url`. On another host it counts only when it is a code of
    ours with the check right: those are unique by chance, so labels survive a change of the domain, while
    another installation's `LIFT-01` is not taken for the one here. A Telegram link counts by its start word.
    A typed customer's code needs a digit, so that words stay words.

    Raises WrongCheckDigit for a code of ours with a typing error.
    """
    if len(text) > LONGEST_TEXT:
        return None
    text = unicodedata.normalize("NFKC", text).translate(UNSEEN).strip()
    if "/" in text or text.lower().startswith("tg:"):
        return _linked(text, public_url)
    try:
        code = canonical(text)
    except NotACode:
        return None
    return code if len(code) > 1 and any(map(str.isdigit, code)) else None


def resolve(session: Session, code: str) -> Code:
    """The registered code, retired ones included. Raises NotFound, or WrongCheckDigit where it looks misread."""
    bare = code.replace("-", "")
    found = session.get(Code, code) or (session.get(Code, bare) if is_ours(bare) else None)
    if found is not None:
        return found
    if _is_misread(bare):
        raise WrongCheckDigit
    raise NotFound(what="word.code")


def _plain(text: str) -> str:
    """Capitals, one kind of dash and of space; full-width characters and invisible ones gone."""
    text = unicodedata.normalize("NFKC", text).translate(UNSEEN).translate(DASHES)
    return re.sub(r" ?- ?", "-", " ".join(text.split())).upper() if text.isascii() else ""


def _linked(text: str, public_url: str) -> str | None:
    try:
        link, home = _split(text, public_url), urlsplit(public_url)
        code = _code_in(link)
        if code is None:
            return None
        if link.hostname in TELEGRAM_HOSTS or not link.hostname or _where(link) == _where(home):
            return canonical(code)
    except (NotACode, ValueError):
        return None
    bare = _plain(code).replace("-", "")
    return bare if is_ours(bare) else None


def _split(text: str, public_url: str) -> SplitResult:
    if "://" in text or text.startswith("/"):
        return urlsplit(text)
    return urlsplit(f"{urlsplit(public_url).scheme}://{text}")


def _code_in(link: SplitResult) -> str | None:
    if link.hostname in TELEGRAM_HOSTS or link.scheme == "tg":
        asked = parse_qs(link.query)
        return next((asked[word][0] for word in START_WORDS if word in asked), None)
    found = IN_PATH.search(unquote(link.path)) if link.scheme in {"", *PORTS} else None
    return found[1] if found else None


def _where(link: SplitResult) -> tuple[str | None, int | None]:
    """Host and port. The two web schemes count as one place: a label may outlive the move to https."""
    standard = link.port is None or link.port in PORTS.values()
    return link.hostname, None if standard else link.port


def _has_both(code: str) -> bool:
    return any(map(str.isdigit, code)) and any(map(str.isalpha, code))


def _is_misread(bare: str) -> bool:
    """One character that ours never have, such as O for Q: a reading error, not an unknown code."""
    strangers = [character for character in bare if character not in _VALUES]
    return len(bare) == LENGTH and len(strangers) == 1 and strangers[0].isalnum()

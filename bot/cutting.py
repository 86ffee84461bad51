"""Texts cut to a platform's length: in its own unit, between what a person sees as characters."""

from __future__ import annotations

import unicodedata

ELLIPSIS = "…"
JOINER = "\u200d"
FLAG = ("\U0001f1e6", "\U0001f1ff")  # two such letters are one flag
SKIN = ("\U0001f3fb", "\U0001f3ff")
TAG = ("\U000e0020", "\U000e007f")  # what makes a flag that of a region
CLINGING = ("Mn", "Me", "Mc")
LIKE_MARKS = ("\u0e33", "\u0eb3")  # vowels of Thai and Lao that Unicode counts as letters
VIRAMA = 9  # the class of marks that join a letter of an Indian script to the next


def size(text: str, unit: str) -> int:
    """How long a text is in characters, UTF-8 bytes or UTF-16 units."""
    if unit == "bytes":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2 if unit == "utf16" else len(text)


def shorten(text: str, limit: int, unit: str) -> str:
    """Cut a text so that it fits, with an ellipsis where something is missing; nothing where not even that fits.

    A mark, a variation selector, half of a flag or of a joined emoji is not torn from what it belongs to.
    """
    if size(text, unit) <= limit:
        return text
    if size(ELLIPSIS, unit) > limit:
        return ""
    kept = text
    while kept and size(kept + ELLIPSIS, unit) > limit:
        kept = kept[: -max(1, (size(kept, unit) - limit) // 4)]
    while kept and _is_joined(text, len(kept)):
        kept = kept[:-1]
    return kept.rstrip() + ELLIPSIS


def ending(text: str, limit: int, unit: str) -> str:
    """The end of an address within a length, from one of its parts on: who goes there needs the flat most."""
    if size(text, unit) <= limit:
        return text
    start = next((at for at in range(len(text)) if size(ELLIPSIS + text[at:], unit) <= limit), len(text))
    if (slash := text.find("/", start, -1)) >= 0:
        start = slash
    while start < len(text) and _is_joined(text, start):
        start += 1
    return shorten(ELLIPSIS + text[start:].lstrip(), limit, unit)


def fitted(prose: str, tail: str, limit: int, unit: str) -> str:
    """A text above what must not be lost: the text is cut, and what stands below it is not."""
    if not tail:
        return shorten(prose, limit, unit)
    above = shorten(prose, limit - size(f"\n{tail}", unit), unit)
    return f"{above}\n{tail}" if above else tail


def _is_joined(text: str, at: int) -> bool:
    """Whether the character at a place belongs to the one before it."""
    following, before = text[at : at + 1], text[at - 1 : at]
    return (
        JOINER in (following, before)
        or unicodedata.category(following or "a") in CLINGING
        or following in LIKE_MARKS
        or unicodedata.combining(before or "a") == VIRAMA
        or SKIN[0] <= following <= SKIN[1]
        or TAG[0] <= following <= TAG[1]
        or (_is_flag(following) and _flags_before(text, at) % 2 == 1)
        or (before, following) == ("\r", "\n")
    )


def _is_flag(character: str) -> bool:
    return FLAG[0] <= character <= FLAG[1]


def _flags_before(text: str, at: int) -> int:
    """How many letters of flags stand directly before a place; an odd one waits for its other half."""
    start = at
    while start > 0 and _is_flag(text[start - 1]):
        start -= 1
    return at - start

"""A number that somebody writes as a whole message, in whatever digits: 2, full-width or in a circle, in words."""

from __future__ import annotations

import unicodedata
from functools import cache

from core import i18n

LONGEST = 12
TEN = 10
EMOJI = "\ufe0f"  # behind a character that is to be shown as a picture
MARKS = frozenset("\u2605\u2606\u2b50\U0001f31f")


def number_in(text: str) -> int | None:
    """The number that a message is; None for one that says anything else.

    Around it punctuation may stand, and before or behind it a word that only says that it is one: "reply 2", "No. 2".
    """
    if len(text) > 4 * LONGEST:  # to normalise a long text of combining marks takes quadratic time
        return None
    said = unicodedata.normalize("NFKC", text).casefold().strip()
    if not said or len(said) > LONGEST:
        return None
    return _value(_bare(said))


def stars_in(text: str) -> int | None:
    """How many stars a message gives: "5 stars", or as many of them; None for one that speaks of none."""
    if len(text) > 4 * LONGEST:
        return None
    said = _inside(unicodedata.normalize("NFKC", text).casefold()).replace(EMOJI, "")
    if not said or len(said) > LONGEST:
        return None
    if set(said) <= MARKS:
        return len(said)
    word = next((one for one in _words("numbers.stars") if said.endswith(one)), "")
    return _value(_inside(said.removesuffix(word))) if word and said != word else None


def is_said_with(text: str, key: str) -> bool:
    """Whether a text is nothing but the words of a key and punctuation."""
    said = unicodedata.normalize("NFKC", text).casefold()
    for word in _words(key):
        said = said.replace(word, " ")
    return not _inside(said)


def _bare(said: str) -> str:
    """Without what stands around a number."""
    bare = _inside(said)
    for word in _words("numbers.words"):
        bare = _inside(bare.removeprefix(word))
        if len(bare) > 1:
            bare = _inside(bare.removesuffix(word))
    return bare


def _inside(said: str) -> str:
    """Without punctuation and blanks at either end."""
    ends = "".join(one for one in said if unicodedata.category(one)[0] in "PZ")
    return said.strip(ends) if ends else said


@cache
def _words(key: str) -> tuple[str, ...]:
    """What is said with a number, in every language, the longest first."""
    words = {word for locale in i18n.LOCALES for word in i18n.translate(key, locale).split("|")}
    return tuple(sorted(words, key=len, reverse=True))


def _value(bare: str) -> int | None:
    """Digits, or Chinese numerals below a hundred."""
    if bare.isascii():
        return int(bare) if bare.isdigit() else None
    values = [unicodedata.numeric(one, -1) for one in bare]
    if not values or any(not 0 <= one <= TEN or one != int(one) for one in values):
        return None
    tens = values.count(TEN)
    if tens == 0:
        return int(values[0]) if len(values) == 1 else None
    before, _, after = bare.partition(bare[values.index(TEN)])
    if tens > 1 or len(before) > 1 or len(after) > 1:
        return None
    return int((values[0] if before else 1) * TEN + (values[-1] if after else 0))

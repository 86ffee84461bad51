"""Telephone numbers as people write them: "138 0013 8000", "+86 138-0013-8000" and "0086 13800138000" are one.

No country is assumed: two numbers are the same when one, without its zeros in front, ends with the other. The last
eight digits are what is searched by, because they are in every way of writing a number.
"""

from __future__ import annotations

import unicodedata

KEY = 8
LEAST = 5  # digits; what is shorter is the same as nothing but itself
MOST = 15  # https://www.itu.int/rec/T-REC-E.164


def digits(text: str) -> str:
    """The digits of a number, those of every script as ASCII."""
    return "".join(str(unicodedata.digit(sign)) for sign in text if sign.isdigit())


def key(text: str) -> str:
    """What a number is searched by; empty for what is no number."""
    found = digits(text)
    return found[-KEY:] if len(found) >= LEAST else ""


def is_number(text: str) -> bool:
    """Whether text is meant as a telephone number: digits, with nothing between them but what people put there."""
    return LEAST <= len(digits(text)) <= MOST + 2 and all(sign.isdigit() or sign in " +-()./" for sign in text.strip())


def same(one: str, other: str) -> bool:
    """Whether two ways of writing mean the same telephone."""
    short, long = sorted((digits(one).lstrip("0"), digits(other).lstrip("0")), key=len)
    return len(short) >= LEAST and (long == short or (len(short) >= KEY and long.endswith(short)))


def is_end_of(told: str, whole: str) -> bool:
    """Whether a number as somebody writes it says a whole one, or its end: what says more may be another's."""
    return same(told, whole) and len(digits(told).lstrip("0")) <= len(digits(whole).lstrip("0"))

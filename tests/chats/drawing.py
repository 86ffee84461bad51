"""What a phone shows, whatever platform it is on: lines with words, links, a picture and what can be tapped."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Look = Literal["text", "card", "reply", "template"]
Piece = tuple[str, str]  # words, and the address behind them
ADDRESS = re.compile(r"https?://[^\s<>，。；：）]+[^\s<>，。；：）.,;:!?)]")
ANCHOR = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Key:
    """What can be tapped: it opens a page (`url`), or does something on the platform (`tap`)."""

    label: str
    url: str = ""
    tap: Callable[[], None] | None = None
    row: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One message. `look`: as words, as a card, as the answer to a callback, or as a template message.

    `fields`: the keywords of a template; `edits`: how often it was changed in its place; `used`: what stands where its
    buttons were.
    """

    is_mine: bool = False
    look: Look = "text"
    pieces: tuple[Piece, ...] = ()
    photo: bytes = b""
    keys: tuple[Key, ...] = ()
    fields: tuple[Piece, ...] = ()
    edits: int = 0
    used: str = ""

    @property
    def text(self) -> str:
        return "".join(words for words, _ in self.pieces)


def linked(text: str) -> tuple[Piece, ...]:
    """Words with the addresses in them, which every chat makes tappable."""
    pieces, at = [], 0
    for found in ADDRESS.finditer(text):
        pieces += [(text[at : found.start()], ""), (found[0], found[0])]
        at = found.end()
    return tuple(piece for piece in (*pieces, (text[at:], "")) if piece[0])


def anchored(text: str) -> tuple[Piece, ...]:
    """Words in which a chat also reads `<a href>`."""
    pieces: list[Piece] = []
    at = 0
    for found in ANCHOR.finditer(text):
        pieces += [*linked(text[at : found.start()]), (found[2], found[1])]
        at = found.end()
    return (*pieces, *linked(text[at:]))

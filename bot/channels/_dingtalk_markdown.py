"""Plain text as DingTalk's Markdown, which cards know alone, so that nothing a person wrote is read as markup."""

from __future__ import annotations

import re

from bot.cutting import shorten

LONGEST_TITLE = 40
MARKS = re.compile(r"[\\`*\[\]<>~|&]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])")  # inside a word "_" means nothing
AT_START = re.compile(r"^(#{1,6}|[-+=]+|\d{1,9}(?=[.)]))", re.MULTILINE)
INDENT = re.compile(r"^[ \t]+", re.MULTILINE)  # four spaces would make code of a line


def escaped(text: str) -> str:
    """Text that reads as it was written, with its line breaks; only spaces before a line are left out."""
    safe = MARKS.sub(r"\\\g<0>", INDENT.sub("", text.replace("\r\n", "\n")))
    safe = AT_START.sub(_disarmed, safe)
    return re.sub(r"(?<=[^\n])\n(?=[^\n])", "  \n", safe)


def with_picture(text: str, media: str) -> str:
    """A picture above its words. `media`: its identifier at DingTalk."""
    return f"![]({media})\n\n{escaped(text)}".strip()


def title_of(text: str) -> str:
    """What the list of chats and the notification show: the first line."""
    lines = text.strip().splitlines()
    return shorten(lines[0], LONGEST_TITLE, "characters") if lines else "…"


def _disarmed(found: re.Match[str]) -> str:
    """A number is disarmed behind its digits, everything else before it."""
    mark = found[0]
    return f"{mark}\\" if mark[0].isdigit() else f"\\{mark}"

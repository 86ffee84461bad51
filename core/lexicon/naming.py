"""The numbered parts of a compound as people write them: 3号楼, "building 3" and "Bldg 3" are one and the same."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

NUMERALS = {name: number for number, name in enumerate("零一二三四五六七八九十")}
NUMBER = r"[a-z]?\d{1,5}[a-z]?|[a-z]|[一二三四五六七八九十]{1,3}"
BARE = re.compile(r"(?<![a-z0-9.:-])\d{3,4}(?![a-z0-9.:-])")
FLAT = "flat"

Part = tuple[str, str]  # its kind, and its number as digits or a letter


@dataclass(frozen=True, slots=True)
class Spelling:
    """How one kind of part is written."""

    kind: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@cache
def spellings() -> tuple[Spelling, ...]:
    read = tomllib.loads((files(__package__) / "places.toml").read_text(encoding="utf-8"))
    return tuple(Spelling(row["kind"], tuple(row["before"]), tuple(row["after"])) for row in read["part"])


def folded(text: str) -> str:
    """Words as they are compared: half-width, lower-case, with single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def parts(text: str) -> list[Part]:
    """The parts that folded words name. A number of three or four digits that is left over is a flat's."""
    found: list[Part] = []
    for kind, pattern in _patterns():
        found += [(kind, _plain(match[1] or match[2])) for match in pattern.finditer(text)]
        text = pattern.sub(" ", text)
    return list(dict.fromkeys([*found, *((FLAT, number) for number in BARE.findall(text))]))


def part(name: str) -> Part | None:
    """The part that a folded name is, when it is nothing else."""
    return next(((kind, _plain(m[1] or m[2])) for kind, pattern in _patterns() if (m := pattern.fullmatch(name))), None)


def spelled(named: Part) -> Iterator[str]:
    """The usual names of a part, folded."""
    kind, number = named
    yield number
    numeral = next((word for word, value in NUMERALS.items() if str(value) == number), number)
    for spelling in spellings():
        if spelling.kind == kind:
            yield from (f"{word} {number}" for word in spelling.before)
            yield from (f"{said}{word}" for word in spelling.after for said in (number, numeral))


def occurs(name: str, text: str) -> bool:
    """Whether folded words hold a folded name; an English one as whole words."""
    start = text.find(name)
    while start >= 0:
        around = text[start - 1 : start] + name[:1], name[-1:] + text[start + len(name) :][:1]
        if not any(_is_joined(pair) for pair in around):
            return True
        start = text.find(name, start + 1)
    return False


def _is_joined(pair: str) -> bool:
    return len(pair) == 2 and pair.isascii() and pair.isalnum()


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((spelling.kind, re.compile(_pattern(spelling))) for spelling in spellings())


def _pattern(spelling: Spelling) -> str:
    before, after = "|".join(spelling.before), "|".join(map(re.escape, spelling.after))
    ahead = rf"(?<![a-z])(?:{before})\s*(?:no\.?\s*|#\s*)?({NUMBER})(?![a-z0-9])"
    return rf"{ahead}|(?<![a-z0-9])({NUMBER})\s*(?:{after})(?![a-z])"


def _plain(number: str) -> str:
    """A number in digits: 十二 is 12."""
    if not set(number) <= NUMERALS.keys():
        return number.lstrip("0") or number
    tens, ten, ones = number.rpartition("十")
    if not ten:
        return "".join(str(NUMERALS[one]) for one in number)
    return str(NUMERALS.get(tens, 1) * 10 + NUMERALS.get(ones, 0))

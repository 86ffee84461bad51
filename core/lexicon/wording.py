"""Text as a row of comparable words, so that one dictionary can hold Chinese and English terms alike.

A Chinese character is a word, and an English word stands for all its inflections; so "Chinese matches anywhere,
English on word boundaries" needs no second mechanism. Folding keeps one character for each character: spans
point into the text that the person typed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

CLAUSE_END = ","
SENTENCE_END = "."

_TRADITIONAL = (
    "電氣門廁樓滅濕關閉燈線開壞壓頂牆塊鎖窗戶聲鬧蟲鼠蟑樹車場網絡絡話視頻訊號單號證報警險災燒煙燙傷觸漏淹臺臭味聞裡裏"
    "們個這還沒來對嗎過時間動響雜務業員圾掃潔髒糞溝廢熱製冷風機閥錶線擋堆佔逃發現隻離馬桶墜拋陽點救請嗆暈"
    "夾體積噴爆斷裂鬆頭條間輪雙總處緊維護買費寬帶畫應該貓園綠遲歸從讓東係屬產廳廚"
)
_SIMPLIFIED = (
    "电气门厕楼灭湿关闭灯线开坏压顶墙块锁窗户声闹虫鼠蟑树车场网络络话视频讯号单号证报警险灾烧烟烫伤触漏淹台臭味闻里里"
    "们个这还没来对吗过时间动响杂务业员圾扫洁脏粪沟废热制冷风机阀表线挡堆占逃发现只离马桶坠抛阳点救请呛晕"
    "夹体积喷爆断裂松头条间轮双总处紧维护买费宽带画应该猫园绿迟归从让东系属产厅厨"
)
_MODERN = dict(zip(_TRADITIONAL, _SIMPLIFIED, strict=True)) | {"’": "'", "‘": "'", "ʼ": "'"}

_WORD = re.compile(r"[一-鿿㐀-䶿]|[a-z]+(?:'[a-z]+)?|[0-9]+|[,;:、()—]+|[.。!?…\n]+")

_VOWELS = "aeiouy"
_SHORT = 4  # letters of a word that without its "e" would be another
_SILENT = re.compile("[^aeiouy][aeiouy][^aeiouywx]")  # what loses an "e" before -ing: "rating", but "tapping"

# Words whose ending is no inflection, or whose inflected form means something else ("smoking" is no smoke).
_WHOLE = frozenset(
    "parking building wiring flooring landing smoking burning fired fixed repaired clearing being during evening "
    "morning something nothing anything need indeed speed feed bed red shed does series news gas bus always outside "
    "access address lens cooking heating cooling lighting covered tired".split()
)
_IRREGULAR = dict(
    pair.split(":")
    for pair in (
        "gases:gas buses:bus "
        "broke:break broken:break fell:fall fallen:fall smelt:smell smelly:smell leaky:leak mice:mouse froze:freeze "
        "frozen:freeze ran:run blew:blow blown:blow burnt:burn burned:burn stank:stink stunk:stink woke:wake "
        "woken:wake colour:color odour:odor neighbour:neighbor neighbours:neighbor kid:child kids:child "
        "children:child "
        "cant:cannot can't:cannot couldn't:cannot couldnt:cannot wont:not dont:not doesnt:not isnt:not didnt:not "
        "arent:not hasnt:not"
    ).split()
)


class _Folding(dict[int, str]):
    """A character's plain form, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        plain = unicodedata.normalize("NFKC", chr(code)).casefold()
        plain = plain if len(plain) == 1 else chr(code)
        self[code] = _MODERN.get(plain, plain)
        return self[code]


_folding = _Folding()


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text, and where each begins and ends in it. Punctuation is `,` or `.` and joins nothing."""

    words: list[str]
    starts: list[int]
    ends: list[int]


def read(text: str) -> Words:
    """Fold full-width, upper-case and the commonest traditional characters, and cut into words."""
    folded = text.translate(_folding)
    words: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for found in _WORD.finditer(folded):
        word = found[0]
        words.append(word if word >= "一" and word <= "鿿" else _plain(word))
        start, end = found.span()
        starts.append(start)
        ends.append(end)
    return Words(words, starts, ends)


@lru_cache(maxsize=8192)
def _plain(word: str) -> str:
    if word[0].isalpha():
        return stem(word)
    if word[0].isdigit():
        return word
    return CLAUSE_END if set(word) <= set(",;:、()—") else SENTENCE_END


def stem(word: str) -> str:
    """One form for an English word's inflections: leak, leaks, leaked, leaking. Rough, and the same on both sides."""
    word = _IRREGULAR.get(word, word)
    if word.endswith("n't"):
        return "not"
    word = word.partition("'")[0]
    word = _IRREGULAR.get(word, word)
    return word if len(word) <= 3 or word in _WHOLE else _without_ending(word)


def _without_ending(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    for ending in ("ing", "ed"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= 3 and any(vowel in rest for vowel in _VOWELS):
            return f"{rest}e" if _SILENT.fullmatch(rest) else _undoubled(rest).removesuffix("e")
    if word.endswith(("ches", "shes", "sses", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    return word if len(word) <= _SHORT else word.removesuffix("e")  # "rate" is no rat, and "note" does not deny


def _undoubled(word: str) -> str:
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        return word[:-1]
    return word

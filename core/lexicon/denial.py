"""Which of the found faults the sentence takes back: 没有煤气味, "not leaking", 修好了, "what if there is a fire"."""

from __future__ import annotations

from core.lexicon.matching import Match
from core.lexicon.terms import Kind, Term
from core.lexicon.wording import CLAUSE_END, SENTENCE_END


def denials(matches: list[Match], words: list[str]) -> dict[int, str]:
    """Position in `matches` → the phrase that denies it.

    1. A `before` word denies what begins within its reach behind it, up to a comma, a full stop or a turn.
    2. An `after` word denies what ends within its reach before it, up to a full stop.
    """
    denied: dict[int, str] = {}
    for at, match in enumerate(matches):
        for term in match.terms:
            if term.kind == "before":
                _deny_behind(at, term, matches, words, denied)
            elif term.kind == "after":
                _deny_ahead(at, term, matches, words, denied)
    return denied


def _deny_behind(at: int, term: Term, matches: list[Match], words: list[str], denied: dict[int, str]) -> None:
    begin = matches[at].end
    limit = _until(words, begin, begin + term.reach, (CLAUSE_END, SENTENCE_END))
    for later in range(at + 1, len(matches)):
        match = matches[later]
        if match.start > limit or _is(match, "turn"):
            return
        denied.setdefault(later, term.phrase)


def _deny_ahead(at: int, term: Term, matches: list[Match], words: list[str], denied: dict[int, str]) -> None:
    begin = matches[at].start
    for earlier in range(at - 1, -1, -1):
        match = matches[earlier]
        if begin - match.end > term.reach:
            return
        if SENTENCE_END in words[match.end : begin]:
            return
        denied.setdefault(earlier, term.phrase)


def _until(words: list[str], begin: int, end: int, stops: tuple[str, ...]) -> int:
    for position in range(begin, min(end, len(words))):
        if words[position] in stops:
            return position
    return end


def _is(match: Match, kind: Kind) -> bool:
    return any(term.kind == kind for term in match.terms)

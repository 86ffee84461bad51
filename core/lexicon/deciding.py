"""From the found terms to a guess: add up, compare, and keep the reasons."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from core.lexicon.denial import denials
from core.lexicon.matching import Lexicon, Match, find
from core.lexicon.terms import PRIORITIES, Priority, Rule, Term
from core.lexicon.wording import Words, read

Confidence = Literal["sure", "unsure", "none"]

ENOUGH = 3  # one named thing
LEAD = 2  # ahead of the next category


@dataclass(frozen=True, slots=True)
class Reason:
    """A term that was found in the text, from character `start` to `end`; it counts unless something denied it."""

    term: Term
    start: int
    end: int
    denied_by: str | None = None

    @property
    def counts(self) -> bool:
        return self.denied_by is None


@dataclass(frozen=True, slots=True)
class Guess:
    """What a text seems to be about. `alternatives` are the other categories with any reason, best first."""

    category: str | None
    confidence: Confidence
    priority: Priority
    emergency: str | None
    alternatives: tuple[str, ...]
    reasons: tuple[Reason, ...]


def guess(text: str, lexicon: Lexicon) -> Guess:
    """Guess category and urgency of a fault report.

    1. Find the terms; strike the faults that the sentence denies.
    2. An emergency is a term that raises one, or a rule whose signs stand close together; it decides the category.
    3. Else every category adds up its terms, each once; the highest sum wins. Sure from ENOUGH on with a LEAD.
    4. Urgency is the highest that any counted term asks for, else normal.
    """
    words = read(text)
    matches = find(lexicon.tree, words)
    if not matches:
        return Guess(None, "none", "normal", None, (), ())
    denied = denials(matches, words.words)
    raised = _emergency(matches, denied, lexicon.rules)
    reasons = _reasons(matches, denied, words)
    ranked = _ranked(reasons)
    if raised is not None:
        emergency, category = raised
        category = category or (ranked[0][0] if ranked else None)
        others = tuple(key for key, _ in ranked if key != category)
        return Guess(category, "sure", "emergency", emergency, others, reasons)
    confidence = _confidence(ranked)
    if confidence == "sure" and _is_settled(matches, denied):
        confidence = "unsure"
    best = ranked[0][0] if ranked else None
    return Guess(best, confidence, _priority(reasons), None, tuple(key for key, _ in ranked[1:]), reasons)


def _reasons(matches: list[Match], denied: dict[int, str], words: Words) -> tuple[Reason, ...]:
    found = []
    for at, match in enumerate(matches):
        start, end = words.starts[match.start], words.ends[match.end - 1]
        for term in match.terms:
            by = denied.get(at) if term.kind == "fault" else None
            found.append(Reason(term, start, end, by))
    return tuple(found)


def _emergency(matches: list[Match], denied: dict[int, str], rules: Iterable[Rule]) -> tuple[str, str | None] | None:
    signs: dict[str, list[int]] = {}
    for at, match in enumerate(matches):
        for term in match.terms:
            if term.kind == "fault" and at in denied:
                continue
            if term.emergency is not None:
                return term.emergency, term.category
            for sign in term.signs:
                signs.setdefault(sign, []).append(match.start)
    if signs:
        for rule in rules:
            if signs.keys() >= set(rule.signs) and _together(rule, signs):
                return rule.emergency, rule.category
    return None


def _together(rule: Rule, signs: dict[str, list[int]]) -> bool:
    first, *others = rule.signs
    return any(
        all(_near(place, signs[sign], rule.reach) for sign in others)
        and not any(_near(place, signs.get(sign, []), rule.reach) for sign in rule.unless)
        for place in signs[first]
    )


def _near(place: int, places: list[int], reach: int) -> bool:
    following = bisect_left(places, place - reach)
    return following < len(places) and places[following] <= place + reach


def _ranked(reasons: tuple[Reason, ...]) -> list[tuple[str, float]]:
    """Categories with their sums, best first; a repeated term counts once, ties keep the order of the text."""
    sums: dict[str, float] = {}
    seen: set[tuple[str, str]] = set()
    for reason in reasons:
        term = reason.term
        if term.category is None or not term.weight or not reason.counts or (term.phrase, term.category) in seen:
            continue
        seen.add((term.phrase, term.category))
        sums[term.category] = sums.get(term.category, 0) + term.weight
    return sorted(sums.items(), key=lambda item: -item[1])


def _confidence(ranked: list[tuple[str, float]]) -> Confidence:
    if not ranked:
        return "none"
    best = ranked[0][1]
    next_best = ranked[1][1] if len(ranked) > 1 else 0
    return "sure" if best >= ENOUGH and best - next_best >= LEAD else "unsure"


def _is_settled(matches: list[Match], denied: dict[int, str]) -> bool:
    """Somebody says that it is mended, and names no other fault: 谢谢,电梯修好了."""
    mended = {term.phrase for match in matches for term in match.terms if term.kind == "after"}
    if mended.isdisjoint(denied.values()):
        return False
    standing = (match for at, match in enumerate(matches) if at not in denied)
    return not any(term.kind == "fault" for match in standing for term in match.terms)


def _priority(reasons: tuple[Reason, ...]) -> Priority:
    asked = {reason.term.priority for reason in reasons if reason.counts}
    return next((priority for priority in PRIORITIES if priority in asked), "normal")

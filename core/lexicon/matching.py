"""Finding the terms of a lexicon in a text: a tree of words, walked from every word; the longest match wins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from core.errors import Invalid
from core.lexicon.terms import PRIORITIES, Rule, Term
from core.lexicon.wording import CLAUSE_END, SENTENCE_END, Words, read

# English words that may stand inside any phrase: "stuck in the lift". Behind its first word a phrase has none.
_SMALL = frozenset("the a an my our your this that is am are was were be been has have".split())
# Chinese ones that may, unless the phrase goes on with them: 停了电, but also 停了.
_PARTICLES = frozenset("了着咗")
_TERMS = ""  # a node's own terms; never a word
_MAX_WEIGHT = 20

Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Match:
    """Terms of one phrase, found from word `start` up to but not including word `end`."""

    terms: tuple[Term, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Compiled terms and emergency rules. Immutable: extending gives another one."""

    terms: tuple[Term, ...]
    rules: tuple[Rule, ...]
    tree: Tree = field(repr=False, compare=False)

    @property
    def categories(self) -> frozenset[str]:
        """Every category that some term names."""
        return frozenset(term.category for term in self.terms if term.category)

    @property
    def emergencies(self) -> frozenset[str]:
        """Every kind of emergency that some term or rule can raise."""
        direct = {term.emergency for term in self.terms if term.emergency}
        return frozenset(direct | {rule.emergency for rule in self.rules})

    def extended(self, terms: Iterable[Term]) -> Lexicon:
        """This lexicon with an administrator's terms.

        A phrase that exists already gets the new category and weight. What it means for emergencies stays, so that
        no row of a table can silence an alarm.
        """
        added = tuple(terms)
        for term in added:
            self._check(term)
        taken = {_key(term.phrase) for term in added}
        kept = (_without_category(term) if _key(term.phrase) in taken else term for term in self.terms)
        return compiled((*kept, *added), self.rules)

    def _check(self, term: Term) -> None:
        if not set(_key(term.phrase)) - {"", CLAUSE_END, SENTENCE_END}:
            raise Invalid(field="field.phrase", value=term.phrase)
        if not 0 <= term.weight <= _MAX_WEIGHT:
            raise Invalid(field="field.weight", value=term.weight)
        if term.priority is not None and term.priority not in PRIORITIES:
            raise Invalid(field="field.priority", value=term.priority)
        if term.emergency is not None and term.emergency not in self.emergencies:
            raise Invalid(field="field.emergency", value=term.emergency)


def compiled(terms: Iterable[Term], rules: Iterable[Rule]) -> Lexicon:
    kept = tuple(terms)
    tree: Tree = {}
    for term in kept:
        node = tree
        for word in _key(term.phrase):
            node = node.setdefault(word, {})
        node[_TERMS] = (*node.get(_TERMS, ()), term)
    return Lexicon(kept, tuple(rules), tree)


def find(tree: Tree, text: Words) -> list[Match]:
    """The longest match at every word, in order, without those that lie inside a longer one."""
    words = text.words
    found: list[Match] = []
    covered = 0
    for start, word in enumerate(words):
        node = tree.get(word)
        if node is None:
            continue
        match = _longest(node, words, start)
        if match is not None and match.end > covered:
            found.append(match)
            covered = match.end
    return found


def _longest(node: Tree, words: list[str], start: int) -> Match | None:
    best = node.get(_TERMS)
    end = start + 1
    for position in range(start + 1, len(words)):
        word = words[position]
        if word in _SMALL:
            continue
        below = node.get(word)
        if below is None:
            if word in _PARTICLES:
                continue
            break
        node = below
        if _TERMS in node:
            best, end = node[_TERMS], position + 1
    return Match(best, start, end) if best else None


def _key(phrase: str) -> tuple[str, ...]:
    first, *others = read(phrase).words or [""]
    return (first, *(word for word in others if word not in _SMALL))


def _without_category(term: Term) -> Term:
    return replace(term, category=None, weight=0)

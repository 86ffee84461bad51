"""Guessing what a fault report is about, and how urgent it is, from its words: transparent, extensible, pure.

`guess("厨房水龙头漏水", load())` gives a `Guess` with its reasons. An administrator's terms extend the lexicon:
`load().extended([Term("泳池", category="pool", kind="thing")])`. docs/lexicon.md tells how it decides.
"""

from __future__ import annotations

from functools import cache

from core.lexicon.deciding import Confidence, Guess, Reason, guess
from core.lexicon.matching import Lexicon, compiled
from core.lexicon.terms import CATEGORIES, PRIORITIES, Priority, Rule, Term, built_in_rules, built_in_terms

__all__ = [
    "CATEGORIES",
    "PRIORITIES",
    "Confidence",
    "Guess",
    "Lexicon",
    "Priority",
    "Reason",
    "Rule",
    "Term",
    "guess",
    "load",
]


@cache
def load() -> Lexicon:
    """The built-in lexicon, read and compiled once."""
    return compiled(built_in_terms(), built_in_rules())

"""Asking for a category: the likely ones first, then all of a site, page by page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from bot.flows._draft import handbook
from bot.talk import Talk
from core import lexicon
from core.outbox import Choice

CHOICES = 6
MORE_CHOICES = 20
PER_ROW = 2


def choices(
    keys: list[str], facts: dict[str, Any], choose: str = "report.category", page_on: str = "report.all_categories"
) -> list[Choice]:
    """One page of categories as buttons, with one that shows the next page; after the last page comes the first.

    `facts`: what every button remembers: the draft, the likely categories and the page.
    """
    later = range(CHOICES, len(keys), MORE_CHOICES)
    pages = [keys[:CHOICES], *(keys[start : start + MORE_CHOICES] for start in later)]
    page = facts.get("page", 0) % len(pages)
    draft = {"draft": facts["draft"]} if "draft" in facts else {}
    found = [Choice(choose, {**draft, "category": key}, row=n // PER_ROW) for n, key in enumerate(pages[page])]
    if len(pages) > 1:
        following = {**facts, "page": (page + 1) % len(pages)}
        found.append(Choice(page_on, following, label="more", row=MORE_CHOICES))
    return found


def by_likelihood(talk: Talk, site_id: UUID, first: list[str]) -> list[str]:
    """Every category of a site: those that the words suggest, the site's own ones, the built-in ones."""
    works = handbook(talk, site_id).works
    return list(dict.fromkeys([*first, *sorted(works, key=lambda key: (key in lexicon.CATEGORIES, key))]))

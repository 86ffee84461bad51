"""A decision is one short page that says why, what follows, and what in this repository enforces it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.source import ROOT

PAGES = sorted((ROOT / "docs/decisions").glob("*.md"))
PARTS = ["Context", "Decision", "Consequence", "Enforced by"]
PATH = re.compile(r"`((?:core|assets|bot|api|tests|docs)/[\w/.]+|[\w]+\.toml|requirements\.lock)`")
LONGEST = 60

each = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [page.name[:5] for page in PAGES] == [f"{number:04}-" for number in range(1, len(PAGES) + 1)]


@each
def test_a_decision_is_one_page_with_the_same_parts(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {int(page.name[:4])}. ")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == PARTS
    assert len(text.splitlines()) <= LONGEST


@each
def test_what_a_decision_names_exists(page: Path) -> None:
    assert [name for name in PATH.findall(page.read_text(encoding="utf-8")) if not (ROOT / name).exists()] == []

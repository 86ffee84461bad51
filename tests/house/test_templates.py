"""Templates hold no words of their own, every key that they name exists, and every page renders in every language.

The contexts to render with stand in `tests/api/examples_<noun>.py`, beside the tests of the pages:
`EXAMPLES = {"ticket.html": [TicketPage(…), …]}`, one for each shape that the page can take.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import Request
from jinja2 import nodes

from api.pages import as_context, environment, words
from core.i18n import LOCALES, catalog
from core.settings import Settings
from tests.house.source import ROOT

TEMPLATES = sorted((ROOT / "api/templates").rglob("*.html"))
SPOKEN_ATTRIBUTES = {"alt", "title", "placeholder", "aria-label", "aria-description", "aria-roledescription", "label"}
SILENT = {"script", "style", "svg"}
WORD = re.compile(r"[^\W\d_]{2,}")
PIECE_OF_TAG = re.compile(r"""[\w-]+="[^"]*"|[\w-]*-[\w-]*""")
PRINTED = "x1"
# The name of the product is the same in every language.
PRODUCT = {"Gongdan", "工单"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "template" in metafunc.fixturenames:
        metafunc.parametrize("template", TEMPLATES, ids=lambda path: path.name)
    if "page" in metafunc.fixturenames:
        metafunc.parametrize("page", sorted(_examples()))


def test_a_template_holds_no_words(template: Path) -> None:
    reader = _Reader()
    reader.feed(_literal(environment().parse(template.read_text(encoding="utf-8"))))
    assert reader.words == []


def test_a_template_names_keys_that_exist(template: Path) -> None:
    tree = environment().parse(template.read_text(encoding="utf-8"))
    assert [key for key in _keys(tree) if key not in catalog("en")] == []


def test_a_template_compiles(template: Path) -> None:
    assert environment().get_template(str(template.relative_to(ROOT / "api/templates"))).name


def test_a_page_renders_in_every_language(page: str) -> None:
    for locale in LOCALES:
        for context in _examples()[page]:
            html = environment().get_template(page).render(**words(_request(), locale), **as_context(context))
            assert f'lang="{locale.replace("_", "-")}"' in html


def test_every_page_has_an_example() -> None:
    pages = {path.name for path in TEMPLATES if not path.name.startswith("_")} - {"base.html"}
    assert pages - _examples().keys() == set()


@cache
def _examples() -> dict[str, list[Any]]:
    files = sorted((ROOT / "tests/api").glob("examples_*.py"))
    return {name: found for file in files for name, found in import_module(f"tests.api.{file.stem}").EXAMPLES.items()}


def _request() -> Request:
    system = SimpleNamespace(settings=Settings(demo=True))
    app = SimpleNamespace(state=SimpleNamespace(system=system))
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], "app": app})


class _Reader(HTMLParser):
    """Collects what a person would read or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        spoken = SPOKEN_ATTRIBUTES | ({"value"} if dict(attrs).get("type") in ("submit", "button", "reset") else set())
        self._keep(*(value or "" for name, value in attrs if name in spoken))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._keep(data)

    def _keep(self, *texts: str) -> None:
        self.words += [word for text in texts for word in WORD.findall(text) if word not in PRODUCT]


def _literal(node: nodes.Node) -> str:
    """The literal parts of a template, with a mark that is no word in the place of each printed value.

    Nobody reads the class of the body, nor a macro without any tag: that makes a piece of one, such as an attribute.
    """
    if isinstance(node, nodes.TemplateData):
        return node.data
    if isinstance(node, nodes.Expr):
        return PRINTED
    if isinstance(node, nodes.Block) and node.name == "body_class":
        return ""
    text = "".join(_literal(child) for child in node.iter_child_nodes(only=("nodes", "body", "elif_", "else_")))
    return PIECE_OF_TAG.sub("", text) if isinstance(node, nodes.Macro) and "<" not in text else text


def _keys(tree: nodes.Template) -> Iterator[str]:
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "t" and call.args:
            key = call.args[0]
            if isinstance(key, nodes.Const):
                yield str(key.value)

"""Every text that a person reads has a key, every key has a text in every language, and each says the same."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator

import pytest

from core.errors import GongdanError
from core.i18n import LOCALES, catalog
from tests.house import source
from tests.house.source import ROOMS

# Errors carry their English text themselves; only their translations stand in a catalog, under the class name.
KEYS = {locale: {key for key in catalog(locale) if not key[0].isupper()} for locale in LOCALES}
NAMED_IN_FACTS = re.compile(r"(field|word)\.[a-z_]+")
CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
EDIT = re.compile(r'Edit\(\s*[^"()]+, "(\w+)"')
TELLING = {"letter": 1, "_to_reporters": 1, "_to_assignee": 1, "_to_desk": 1, "Letter": 0}
# Chinese that nobody is told: what people of the demo say, headers of a table that the command line names in its
# help, and words of time that are understood when somebody types them.
DATA = ("api/demo/", "api/commands/", "bot/flows/_work_windows.py")


def placeholders(text: str) -> set[str]:
    return {name.partition(".")[0].partition("[")[0] for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_key_has_a_text_in_every_language() -> None:
    assert KEYS["zh_CN"] ^ KEYS["en"] == set()
    assert [key for locale in LOCALES for key, text in catalog(locale).items() if not text.strip()] == []


def test_a_text_names_the_same_facts_in_every_language() -> None:
    differing = {
        key: (placeholders(catalog("zh_CN")[key]), placeholders(catalog("en")[key]))
        for key in KEYS["zh_CN"] & KEYS["en"]
        if placeholders(catalog("zh_CN")[key]) != placeholders(catalog("en")[key])
    }
    assert differing == {}


def test_every_error_speaks_chinese() -> None:
    source.import_all()
    texts = catalog("zh_CN")
    ours = {name: kind for name, kind in GongdanError.catalog.items() if kind.__module__.split(".")[0] in ROOMS}
    assert {name for name in ours if name not in texts} == set()
    assert {key for key in texts if key[0].isupper()} - ours.keys() == set()
    assert {
        name for name, kind in ours.items() if not placeholders(texts[name]) <= placeholders(kind.__doc__ or "")
    } == set()


def test_every_key_that_the_code_names_exists() -> None:
    assert sorted(f"{where} {key}" for where, key in _keys_in_code() if key not in KEYS["en"]) == []


def test_every_kind_of_change_is_told_in_words() -> None:
    """The history shows what has no words by its label alone, which tells nobody what it was."""
    kinds = {kind for file in source.files("core", "assets") for kind in EDIT.findall(file.read_text(encoding="utf-8"))}
    assert kinds >= {"site", "duty", "invitations"}
    assert sorted(kind for kind in kinds if f"change.{kind}" not in KEYS["en"]) == []


def test_every_beginning_of_a_key_that_the_code_names_exists() -> None:
    assert (
        sorted(
            f"{where} {start}…"
            for where, start in _beginnings()
            if not any(key.startswith(start) for key in KEYS["en"])
        )
        == []
    )


@pytest.mark.parametrize("room", ["bot", "api"])
def test_code_that_talks_to_people_holds_no_chinese(room: str) -> None:
    spoken = [
        f"{where} {node.value!r}"
        for where, node in source.nodes(room)
        if not where.startswith(DATA) and isinstance(node, ast.Constant) and CHINESE.search(str(node.value))
    ]
    assert spoken == []


def _keys_in_code() -> Iterator[tuple[str, str]]:
    for where, node in source.nodes(*ROOMS):
        words = source.text(node)
        if words and NAMED_IN_FACTS.fullmatch(words):
            yield where, words
    for where, call, name in source.calls(*ROOMS):
        for key in _keys_of(call, name):
            yield where, key


def _keys_of(call: ast.Call, name: str) -> Iterator[str]:
    """The keys that a call names by a literal, as core.i18n, bot.talk and bot.render put them together."""
    last = name.rpartition(".")[2]
    literals = [source.text(argument) for argument in call.args]
    if name in ("t", "translate", "i18n.translate") and literals:
        yield from filter(None, literals[:1])
    if name.endswith(("talk.say", "talk.replace")) and literals[0]:
        yield f"chat.{literals[0]}"
    if last in TELLING and len(literals) > TELLING[last] and (kind := literals[TELLING[last]]):
        yield f"chat.{kind}"
    if last == "Choice" and (label := _label_of(call)):
        yield f"button.{label}"


def _label_of(call: ast.Call) -> str | None:
    """A button is called by its own text, else by its label, else by the category it chooses, else by its action."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if "text" in given:
        return None
    if "label" in given:
        return source.text(given["label"])
    facts = call.args[1] if len(call.args) > 1 else given.get("facts")
    if isinstance(facts, ast.Dict) and "category" in [source.text(key) for key in facts.keys]:
        return None
    return source.text(call.args[0]) if call.args else None


def _beginnings() -> Iterator[tuple[str, str]]:
    for where, call, name in source.calls(*ROOMS):
        if name in ("t", "translate", "i18n.translate", "has_text", "i18n.has_text") and call.args:
            key = call.args[0]
            start = source.text(key.values[0]) if isinstance(key, ast.JoinedStr) else None
            if start:
                yield where, start

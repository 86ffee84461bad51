"""Whatever stands in the trace, a person can read it: every kind of event that the code writes has words."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from core.i18n import LOCALES, catalog
from core.tickets import states
from tests.house import source
from tests.house.source import ROOMS

# Which argument names the kind of an event.
WRITERS = {"Entry": 0, "record": 2, "_note": 2}
# Calls of the same names that write no event: the desk's menu, changes, which have a test of their own, and values.
OTHERS = ("api/", "core/changes.py", "assets/plans/months.py", "core/upkeep/duty.py", "core/digests.py")
PREFIXES = ("page.did.", "decided.")


def test_every_kind_of_event_has_words_in_every_language() -> None:
    kinds = {row.action for row in states.TRANSITIONS} | {kind for _, kind in written()}
    assert kinds >= {"report", "skip", "make", "shift_ended", "calendar_unpublished", "digest", "credential_issued"}
    for locale in LOCALES:
        assert sorted(kind for kind in kinds if not has_words(kind, locale)) == []


def test_only_what_the_desk_lists_goes_to_the_stream_of_a_plan_or_site() -> None:
    """An event of these streams that `core.decisions` does not list is on no page of the site."""
    bare = [
        where
        for where, call, name in source.calls(*ROOMS)
        if name in ("trace.append", "append") and len(call.args) > 1 and _is_listed(call.args[1])
    ]
    assert [where.partition(":")[0] for where in bare] == ["core/changes.py"]


def has_words(kind: str, locale: str) -> bool:
    """Its own text, or texts for each of its shapes: `page.did.planned_late`."""
    exact = {f"{prefix}{kind}" for prefix in PREFIXES}
    return any(key in exact or key.startswith(tuple(f"{one}_" for one in exact)) for key in catalog(locale))


def written() -> Iterator[tuple[str, str]]:
    """Every kind that the code names, where it names it."""
    for where, call, name in source.calls(*ROOMS):
        last = name.rpartition(".")[2]
        if last not in WRITERS or len(call.args) <= WRITERS[last] or _is_other(where, name):
            continue
        for kind in _texts(where, call.args[WRITERS[last]]):
            yield where, kind


def _is_other(where: str, name: str) -> bool:
    return name != "trace.Entry" and (where.startswith(OTHERS) or name == "changes.record")


def _texts(where: str, node: ast.AST) -> Iterator[str]:
    """The texts that an expression may come to; a constant of the file is looked up."""
    if isinstance(node, ast.IfExp):
        yield from _texts(where, node.body)
        yield from _texts(where, node.orelse)
    elif isinstance(node, ast.Name) and node.id.isupper():
        yield from _constant(where.partition(":")[0], node.id)
    elif words := source.text(node):
        yield words


def _constant(file: str, name: str) -> Iterator[str]:
    for node in ast.walk(source.tree(source.ROOT / file)):
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            yield source.text(node.value) or ""


def _is_listed(stream: ast.AST) -> bool:
    words = ast.unparse(stream)
    return any(part in words for part in ("site:", "plan:", "planning.stream_of", "_stream(found.site_id)"))

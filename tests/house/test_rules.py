"""Rules that keep the house in order and that no linter knows. docs/decisions/ and the design say why."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.house import source
from tests.house.source import ROOMS

PYTHON = source.files(*ROOMS, "tests")
LONGEST_FUNCTION = 60
LONGEST_FILE = 400
# What tells the time, draws lots or reads the surroundings, and the only file that may.
SOURCES = {
    "datetime.now": "core/clock.py",
    "datetime.utcnow": "core/clock.py",
    "datetime.today": "core/clock.py",
    "date.today": "core/clock.py",
    "time.time": "core/clock.py",
    "secrets.token_urlsafe": "core/clock.py",
    "secrets.token_bytes": "core/clock.py",
    "secrets.token_hex": "core/settings.py",
    "uuid.uuid1": "core/clock.py",
    "uuid.uuid4": "core/clock.py",
    "uuid4": "core/clock.py",
    "os.getenv": "core/settings.py",
}
TABLE_OF_TICKETS = {"Ticket", "_TICKETS", "TICKETS", "rows(Ticket)", "Ticket.__table__"}
LONG_FORM = re.compile(r'onfig\.getoption\("--full"\)|\bfull: bool')
FORBIDDEN_MODULES = {"random", "pickle", "marshal", "shelve", "dill", "yaml"}


def test_every_proof_with_a_long_form_is_part_of_make_prove() -> None:
    makefile = (source.ROOT / "Makefile").read_text(encoding="utf-8")
    proofs = makefile.partition("PROOFS :=")[2].partition("\n\n")[0].split()
    files = [file for file in source.files("tests") if file.name != "conftest.py"]
    long = [file for file in files if LONG_FORM.search(file.read_text(encoding="utf-8"))]
    missing = [source.named(file) for file in long if not source.named(file).startswith(tuple(proofs))]
    assert (len(long) > len(proofs), missing) == (True, [])


def test_the_state_of_a_ticket_is_written_by_apply_alone() -> None:
    assert [where for where in _state_writes() if not where.startswith("core/tickets/actions.py")] == []
    callers = [
        where for where, _, name in source.calls(*ROOMS) if name.split(".")[-1] == "_write" and "tickets" in where
    ]
    apply = _function("core/tickets/actions.py", "apply")
    assert [int(where.rpartition(":")[2]) in range(apply.lineno, (apply.end_lineno or 0) + 1) for where in callers] == [
        True
    ]


def test_only_the_scopes_of_the_database_commit() -> None:
    committing = {where.partition(":")[0] for where, _, name in source.calls(*ROOMS) if name.endswith(".commit")}
    assert committing == {"core/database.py"}


def test_time_chance_and_environment_have_one_door_each() -> None:
    strays = [
        f"{where} {name}"
        for where, _, name in source.calls(*ROOMS)
        if name in SOURCES and not where.startswith(SOURCES[name])
    ]
    readers = {
        where.partition(":")[0]
        for where, node in source.nodes(*ROOMS)
        if isinstance(node, ast.Attribute) and source.dotted(node) == "os.environ"
    }
    assert strays == []
    assert readers <= {"core/settings.py"}


def test_nothing_draws_lots_or_unpacks_objects_from_strangers() -> None:
    imported = [
        f"{where} {name}"
        for where, node in source.nodes(*ROOMS)
        for name in _imported(node)
        if name.partition(".")[0] in FORBIDDEN_MODULES
    ]
    assert imported == []


def test_files_stay_readable() -> None:
    lengths = {source.named(file): len(file.read_text(encoding="utf-8").splitlines()) for file in PYTHON}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_functions_do_one_thing() -> None:
    lengths = {
        f"{source.named(file)} {node.name}()": (node.end_lineno or 0) - node.lineno + 1
        for file in PYTHON
        for node in _functions(file)
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


def _functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(source.tree(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _function(name: str, function: str) -> ast.FunctionDef | ast.AsyncFunctionDef:
    return next(node for node in _functions(source.ROOT / name) if node.name == function)


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def _state_writes() -> Iterator[str]:
    """Where an attribute `state` of a ticket is set, or a statement updates the column."""
    for where, node in source.nodes(*ROOMS):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _is_state_of_ticket(node):
            yield where
        if isinstance(node, ast.Call) and _updates_state(node):
            yield where


def _is_state_of_ticket(node: ast.Attribute) -> bool:
    return node.attr == "state" and source.dotted(node.value).rpartition(".")[2].endswith("ticket")


def _updates_state(call: ast.Call) -> bool:
    """`setattr(ticket, "state", …)`, or an update of the table that does not name its columns, or names this one."""
    name = source.dotted(call.func)
    if name.split(".")[-1] in ("setattr", "set_committed_value", "set_attribute"):
        owner, field = source.dotted(call.args[0]), call.args[1]
        return owner.endswith("ticket") and source.text(field) in ("state", None)
    if name != "update" or ast.unparse(call.args[0]) not in TABLE_OF_TICKETS:
        return False
    return call not in _harmless_updates()


@cache
def _harmless_updates() -> frozenset[ast.Call]:
    """The calls of `update()` whose `.values(…)` name their columns, none of them the state."""
    return frozenset(
        inner
        for _, call, name in source.calls(*ROOMS)
        if name.endswith(".values")
        and not call.args
        and not {"state", None} & {keyword.arg for keyword in call.keywords}
        for inner in ast.walk(call.func)
        if isinstance(inner, ast.Call)
    )

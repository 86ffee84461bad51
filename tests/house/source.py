"""The project's own source, as the house tests read it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("core", "assets", "bot", "api")
VERSIONS = ROOT / "core/migrations/versions"
RUN_BY_ALEMBIC = ROOT / "core/migrations/env.py"


@cache
def files(*folders: str) -> tuple[Path, ...]:
    """Every Python file of some folders, without the migrations that a machine wrote."""
    found = (file for folder in folders for file in sorted((ROOT / folder).rglob("*.py")))
    return tuple(file for file in found if file.parent != VERSIONS)


def named(file: Path) -> str:
    return str(file.relative_to(ROOT))


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def nodes(*folders: str) -> Iterator[tuple[str, ast.AST]]:
    """Every node of every file, with the file's name and line as one reads it in a failure."""
    for file in files(*folders):
        name = named(file)
        for node in ast.walk(tree(file)):
            yield f"{name}:{getattr(node, 'lineno', 0)}", node


@cache
def calls(*folders: str) -> tuple[tuple[str, ast.Call, str], ...]:
    """Every call, with where it stands and what is called: `session.commit`, `update`."""
    return tuple((where, node, dotted(node.func)) for where, node in nodes(*folders) if isinstance(node, ast.Call))


def dotted(node: ast.AST) -> str:
    """`session.commit` for that expression; what is no plain name is left out of it: `.values` for `f(x).values`."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def text(node: ast.AST | None) -> str | None:
    """The string that stands there literally."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def import_all() -> None:
    """Import every module of the rooms, so that everything that registers itself is known."""
    for file in files(*ROOMS):
        if file != RUN_BY_ALEMBIC:
            import_module(".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))

"""Which rows name a file of the storage. Every room says it of its own tables, so that no file is forgotten in use.

A column holds hashes as they are, or JSON with hashes or storage keys somewhere in it.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import JSON, String, cast, inspect, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.database import Table
from core.registry import Registry

HOLDERS: Registry[InstrumentedAttribute[Any]] = Registry("holder of files")
NAMED = re.compile(r'"([0-9a-f]{2})/?([0-9a-f]{62})(?=[".])')
OF_MIGRATIONS = "alembic_version"


class UnknownTables(Exception):
    """The database has tables that this process does not know; they may name files."""


def holds(column: InstrumentedAttribute[Any]) -> None:
    """Say that a column names files."""
    HOLDERS.register(str(column))(column)


def names(session: Session, folder: str) -> set[str]:
    """The hashes of a folder, the first two characters of them, that any row names.

    Raises UnknownTables rather than forgetting what a room that is not loaded has kept.
    """
    unknown = set(inspect(session.connection()).get_table_names()) - {*Table.metadata.tables, OF_MIGRATIONS}
    if unknown:
        raise UnknownTables(", ".join(sorted(unknown)))
    found: set[str] = set()
    for column in (HOLDERS[name] for name in HOLDERS):
        found |= _in_json(session, column, folder) if isinstance(column.type, JSON) else _plain(session, column, folder)
    return found


def _plain(session: Session, column: InstrumentedAttribute[Any], folder: str) -> set[str]:
    return set(session.scalars(select(column).where(column.startswith(folder, autoescape=True)).distinct()))


def _in_json(session: Session, column: InstrumentedAttribute[Any], folder: str) -> set[str]:
    text = cast(column, String)
    rows = session.scalars(select(text).where(text.contains(f'"{folder}', autoescape=True)))
    return {head + rest for row in rows for head, rest in NAMED.findall(row) if head == folder}

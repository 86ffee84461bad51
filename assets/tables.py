"""Every table there is, for what works on all of them: a table is known once the module that holds it was imported."""

from __future__ import annotations

from sqlalchemy import Table as SqlTable

from core import registry
from core.database import Table

RUN_BY_ALEMBIC = "core.migrations"


def every_table() -> list[SqlTable]:
    """The tables of core and assets, each after those that it refers to."""
    registry.load_all("core", but=RUN_BY_ALEMBIC)
    registry.load_all("assets")
    return list(Table.metadata.sorted_tables)

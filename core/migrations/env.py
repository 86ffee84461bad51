"""What Alembic runs. It works on the connection that `run.py` opened, inside that connection's transaction."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import TypeDecorator

attributes = context.config.attributes


def render_item(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Write the database's type and not ours: a migration must read the same when our class is long gone."""
    return f"sa.{item.impl_instance!r}" if kind == "type" and isinstance(item, TypeDecorator) else False


context.configure(
    connection=attributes["connection"],
    target_metadata=attributes.get("metadata"),
    transactional_ddl=True,
    render_as_batch=True,  # SQLite changes a table by rebuilding it
    render_item=render_item,
    compare_server_default=True,
)
context.run_migrations()

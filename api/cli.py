"""The composition root of the command line: `gongdan`. Each file of `api.commands` adds its commands."""

from __future__ import annotations

import logging
import os
import sys

import typer
from rich.console import Console

from api import commands
from core import registry
from core.database import DBAPIError
from core.errors import GongdanError

app = typer.Typer(
    name="gongdan", help="Report in chat, scan, photograph, sign, and follow it from end to end.",
    no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False,
)  # fmt: skip


def build() -> typer.Typer:
    """The whole command line."""
    registry.load(commands.__name__)
    for name, group in commands.GROUPS.items():
        app.add_typer(group, name=name or None)
    return app


def main() -> None:
    """Run a command. A mistake of the user is one line on stderr and a status of 1, never a traceback.

    Whatever a command writes is for its owner only: data, keys, backups, and the reports that it was asked for.
    """
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        build()()
    except GongdanError as error:
        _fail(str(error))
    except (OSError, DBAPIError) as error:
        _fail(f"{type(error).__name__}: {str(error).splitlines()[0]}")
    except KeyboardInterrupt:
        _fail("interrupted")


def _fail(reason: str) -> None:
    Console(stderr=True, soft_wrap=True).print(f"gongdan: {reason}", style="red", highlight=False, markup=False)
    sys.exit(1)


if __name__ == "__main__":
    main()

"""The composition root of the command line: `gongdan`. Each file of `api.commands` adds its commands."""

from __future__ import annotations

import logging
import os
import sys
from errno import EDQUOT, ENOSPC

import typer
from rich.console import Console

from api import commands
from core import i18n
from core.database import DBAPIError
from core.errors import GongdanError

OF_FILES: dict[type[OSError], str] = {
    FileNotFoundError: "command.file_missing",
    PermissionError: "command.file_denied",
    IsADirectoryError: "command.file_is_folder",
    NotADirectoryError: "command.file_missing",
}


def build(command: str = "") -> typer.Typer:
    """The whole command line, or what of it is needed for a command."""
    app = typer.Typer(
        name="gongdan", help="Report in chat, scan, photograph, sign, and follow it from end to end.",
        no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False,
    )  # fmt: skip
    commands.load(command)
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
        build(next(iter(sys.argv[1:]), ""))()
    except GongdanError as error:
        _fail(i18n.explain(error, commands.language()))
    except DBAPIError as error:
        _fail(i18n.translate("command.database", commands.language(), reason=_first_line(error.orig)))
    except OSError as error:
        _fail(_of_the_machine(error))
    except KeyboardInterrupt:
        _fail("interrupted")


def _of_the_machine(error: OSError) -> str:
    """What the operating system refused: the file, and what to do."""
    if error.errno in (ENOSPC, EDQUOT):
        return i18n.translate("command.disk_full", commands.language())
    if error.filename is None:
        return i18n.translate("command.refused", commands.language(), reason=error.strerror or _first_line(error))
    key = next((key for kind, key in OF_FILES.items() if isinstance(error, kind)), "command.file_refused")
    return i18n.translate(key, commands.language(), file=str(error.filename), reason=error.strerror)


def _first_line(error: object) -> str:
    return str(error).partition("\n")[0]


def _fail(reason: str) -> None:
    Console(stderr=True, soft_wrap=True).print(f"gongdan: {reason}", style="red", highlight=False, markup=False)
    sys.exit(1)


if __name__ == "__main__":
    main()

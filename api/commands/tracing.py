"""The trace: verify it, and name the event that somebody touched."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands import group, opened
from api.commands.keeping import bars
from assets.plans import auditing, planning
from core import audit, clock, digests, feeds, i18n, seals
from core.audit import export as exporting

BESIDE = (auditing, planning, digests, feeds)  # what they keep is held against the trace, too
commands = group("audit", "The trace.")


@commands.command("verify")
def verify(
    since: Annotated[Path | None, typer.Option(help="A signed checkpoint that was kept outside.")] = None,
) -> None:
    """Check every hash, chain and seal, and what events commit to; exits 1 and names what is not as it was written."""
    settings, database = opened()
    key = seals.load_key(settings).public
    with bars() as tell, database.read_scope() as session:
        note = since.read_text() if since else None
        report = audit.verify(session, key, note, lambda done, total: tell("events", done, total))
    age = f"{int((clock.now() - report.sealed_at).total_seconds())} s ago" if report.sealed_at else "never"
    typer.echo(
        f"events {report.events}, streams {report.streams}, seals {report.seals}, not sealed yet {report.unsealed}, "
        f"last seal {age}"
    )
    for problem in report.problems:
        typer.echo(i18n.translate(problem.what, "en", **problem.params), err=True)
    if not report.is_intact:
        raise typer.Exit(1)
    typer.echo(f"The trace is intact. Public key: {key.text}")


@commands.command("checkpoint")
def checkpoint() -> None:
    """Print the newest signed checkpoint, to be kept outside: `audit verify --since FILE` holds the log to it."""
    _, database = opened()
    with database.read_scope() as session:
        seal = seals.latest(session)
    if seal is None:
        raise seals.NotSealed
    typer.echo(seal.note, nl=False)


@commands.command("export")
def export(file: Annotated[Path, typer.Argument(help="The file to write.")]) -> None:
    """Write the trace for a third party, who checks it with docs/verify_trace.py and none of our code."""
    settings, database = opened()
    key = seals.load_key(settings).public
    with database.read_scope() as session, file.open("w", encoding="utf-8") as out:
        out.writelines(exporting.lines(session, key))
    typer.echo(f"Written: {file}. Public key: {key.text}")

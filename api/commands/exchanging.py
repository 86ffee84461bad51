"""Tables into a site and out of it; the desk does the same, and lets people say what other columns mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from api import sheets
from api.commands import opened, root
from api.commands.keeping import bars
from api.commands.registering import chosen_site
from api.sheets import Sheet
from assets import columns, exporting, handover, importing, understanding
from assets.diffs import FATES, Task
from assets.handover import Source
from assets.reading import sheets as read_sheets
from core import clock
from core.database import Database, Session
from core.errors import Invalid
from core.i18n import translate

REFUSED_ROWS = 2  # the status of an import that left rows out


class UnknownTable(Invalid):
    """{what} is no table that can be imported or exported. There are: {kinds}."""


@root.command("import")
def import_file(
    file: Annotated[
        Path, typer.Argument(help="CSV or XLSX with code,name,type,place,parent or 编号,名称,类型,位置,上级.")
    ],
    site: Annotated[str, typer.Option(help="Name of the site; not needed when there is only one.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    what: Annotated[str, typer.Option(help="What the table holds: assets, places or people.")] = columns.KINDS[0],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Import a register. Good rows go in, bad ones are listed with their reason; importing again changes nothing.

    The status is 2 when rows were left out.
    """
    check(what)
    equipment = what == columns.KINDS[0]
    told = register(file, site, dry_run=dry_run) if equipment else bring_in(file, what, site, dry_run=dry_run)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        _show(told)
    if told["quarantined"]:
        raise typer.Exit(REFUSED_ROWS)


def register(file: Path, site: str, *, dry_run: bool) -> dict[str, Any]:
    """Import equipment from a file of any format that there is an importer for."""
    read = handover.read_file(file)
    _, database = opened()
    with bars() as tell:

        def work(session: Session) -> importing.Outcome:
            where = chosen_site(session, site)
            tell_rows = lambda done, total: tell("rows", done, total)  # noqa: E731 - one line, used once
            return importing.apply(session, where.id, read, clock.now(), dry_run=dry_run, progress=tell_rows)

        outcome = database.write(work)
    if outcome.foreign_codes:
        typer.echo(f"codes without our check character, taken as they are: {outcome.foreign_codes}", err=True)
    return outcome.as_dict()


@root.command("export")
def export_file(
    out: Annotated[Path, typer.Option(help="The file to write: .xlsx or .csv.")],
    site: Annotated[str, typer.Option(help="Name of the site; not needed when there is only one.")] = "",
    what: Annotated[str, typer.Option(help="assets, places or people.")] = columns.KINDS[0],
) -> None:
    """Write a table that can be imported again as it is, in the language of the site."""
    check(what)
    _, database = opened()
    with database.read_scope() as session:
        where = chosen_site(session, site)
        header, rows = exporting.table(session, where.id, what, where.locale)
        name = translate(f"desk_exchange.kind_{what}", where.locale)
    sheets.write(out, [Sheet(name, "", header, rows)])
    typer.echo(f"{len(rows)} rows: {out}")


def check(what: str) -> None:
    if what not in columns.KINDS:
        raise UnknownTable(what=what, kinds=list(columns.KINDS))


def bring_in(file: Path, what: str, site: str, *, dry_run: bool) -> dict[str, Any]:
    """Import places or people, in pieces, and tell what `gongdan import --json` tells."""
    handover.check_size(file)
    found = read_sheets(Source(file.name, file.read_bytes()))
    mapping = understanding.known_again(found, what)
    rows, refused = understanding.rows(found, mapping, what)
    _, database = opened()
    with database.read_scope() as session:
        where: UUID = chosen_site(session, site).id
        task = understanding.decide(session, where, what, rows, clock.now(), None)
    task.diff.refuse(refused)
    if not dry_run:
        _write(database, task)
    counts = {fate: {what: task.diff.counts[fate]} for fate in FATES[:3]}
    return {**counts, "quarantined": [one.as_dict() for one in task.diff.refused]}


def _write(database: Database, task: Task) -> None:
    with bars() as tell:
        done = 0
        for step in task.steps:
            database.write(step.write)
            done += step.size
            tell("rows", done, task.total)


def _show(outcome: dict[str, Any]) -> None:
    console = Console()
    for what in ("added", "changed", "unchanged"):
        counts = ", ".join(f"{number} {kind}" for kind, number in outcome[what].items() if number)
        console.print(f"{what}: {counts or 0}")
    if outcome["quarantined"]:
        table = Table("sheet", "row", "column", "value", "reason", title=f"not imported: {len(outcome['quarantined'])}")
        for row in outcome["quarantined"][:50]:
            table.add_row(*(str(row[name]) for name in ("sheet", "row", "column", "value", "reason")))
        console.print(table)

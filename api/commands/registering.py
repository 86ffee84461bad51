"""The register: import what was handed over, print its labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from api.commands import opened, root
from api.commands.keeping import bars
from assets import handover, importing, labels
from core import clock, i18n, places
from core.database import Session
from core.errors import Missing, NotFound
from core.places import Site

REFUSED_ROWS = 2  # the status of an import that left rows out


class NoSite(NotFound):
    """There is no site yet. Add one with: gongdan site add NAME"""


class WhichSite(Missing):
    """There are several sites: {sites}. Please name one with --site."""


@root.command("import")
def import_file(
    file: Annotated[
        Path, typer.Argument(help="CSV or XLSX with code,name,type,place,parent or 编号,名称,类型,位置,上级.")
    ],
    site: Annotated[str, typer.Option(help="Name of the site; not needed when there is only one.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Import a register. Good rows go in, bad ones are listed with their reason; importing again changes nothing.

    The status is 2 when rows were left out.
    """
    read = handover.read_file(file)
    _, database = opened()
    with bars() as tell:

        def work(session: Session) -> importing.Outcome:
            where = chosen_site(session, site)
            tell_rows = lambda done, total: tell("rows", done, total)  # noqa: E731 - one line, used once
            return importing.apply(session, where.id, read, clock.now(), dry_run=dry_run, progress=tell_rows)

        outcome = database.write(work)
    if as_json:
        typer.echo(json.dumps(outcome.as_dict(), ensure_ascii=False))
    else:
        _show(outcome.as_dict())
    if outcome.foreign_codes:
        typer.echo(f"codes without our check character, taken as they are: {outcome.foreign_codes}", err=True)
    if outcome.quarantined:
        raise typer.Exit(REFUSED_ROWS)


def chosen_site(session: Session, name: str) -> Site:
    """The site of that name; without a name the only one there is. Errors: NotFound, NoSite, WhichSite."""
    if name:
        return places.site_named(session, name)
    only = places.only_site(session)
    if only is None:
        names = places.every_name(session)
        raise WhichSite(sites=names) if names else NoSite
    return only


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


@root.command("labels")
def print_labels(
    site: Annotated[str, typer.Option(help="Name of the site.")],
    out: Annotated[Path, typer.Option(help="The PDF to write.")],
    test: Annotated[bool, typer.Option("--test", help="Print test labels although PUBLIC_URL is not public.")] = False,
) -> None:
    """Print a sheet of labels for every asset, and every place that has a code."""
    settings, database = opened()
    with database.read_scope() as session:
        found = places.site_named(session, site)
        name, locale, todo = found.name, found.locale, labels.of_site(session, found.id)
    part = out.with_name(out.name + ".part")
    try:
        with part.open("wb") as file:
            pages = labels.sheet(
                todo, file, public_url=settings.public_url, title=name,
                locale=locale if locale in i18n.LOCALES else i18n.DEFAULT_LOCALE, is_test=test,
            )  # fmt: skip
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    typer.echo(f"{len(todo)} labels on {pages} pages: {out}")

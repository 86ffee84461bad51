"""Managers' reports as files: figures in front, and behind each the tickets it is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api import sheets
from api.commands import opened, root
from api.commands.registering import chosen_site
from api.sheets import Sheet
from core import clock, reports
from core.i18n import translate
from core.reports import Figures


@root.command("report")
def write_report(
    name: Annotated[str, typer.Argument(help="Name of the report, such as tickets.")],
    out: Annotated[Path, typer.Option(help="The file to write: .xlsx or .csv.")],
    period: Annotated[
        str, typer.Option(help="2026-11, 2026-W47, 2026-Q4 or 2026; the last whole month if not given.")
    ] = "",
    site: Annotated[str, typer.Option(help="Name of the site; not needed when there is only one.")] = "",
) -> None:
    """Write a report on a period, in the language of the site."""
    _, database = opened()
    with database.read_scope() as session:
        where = chosen_site(session, site)
        figures = reports.figures_of(session, name, where.id, period, clock.now())
    sheets.write(out, tabulated(figures))
    typer.echo(f"{name} {figures.scope.period.name}: {out}")


def tabulated(figures: Figures) -> list[Sheet]:
    """Two sheets: the figures, and for each figure its tickets."""
    scope, report = figures.scope, f"reports.{figures.report}"

    def say(key: str) -> str:
        return translate(key, scope.site.locale)

    title = translate(
        "reports.title", scope.site.locale, report=say(report), site=scope.site.name, period=scope.period.name
    )
    columns = [say(f"reports.column.{name}") for name in ("figure", "value", "unit", "count", "ticket")]
    names = {one.name: say(f"{report}.{one.name}") for one in figures.figures}
    values = [
        (names[one.name], one.value, say(f"reports.unit.{one.unit}"), len(one.tickets)) for one in figures.figures
    ]
    behind = [(names[one.name], number) for one in figures.figures for number in one.tickets]
    return [
        Sheet(say("reports.sheet.figures"), title, columns[:4], values),
        Sheet(say("reports.sheet.tickets"), title, [columns[0], columns[4]], behind),
    ]

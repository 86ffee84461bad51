"""The register: print its labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands import opened, root
from assets import labels
from core import i18n, places
from core.database import Session
from core.errors import Missing, NotFound
from core.places import Site


class NoSite(NotFound):
    """There is no site yet. Add one with: gongdan site add NAME"""


class WhichSite(Missing):
    """There are several sites: {sites}. Please name one with --site."""


def chosen_site(session: Session, name: str) -> Site:
    """The site of that name; without a name the only one there is. Errors: NotFound, NoSite, WhichSite."""
    if name:
        return places.site_named(session, name)
    only = places.only_site(session)
    if only is None:
        names = places.every_name(session)
        raise WhichSite(sites=names) if names else NoSite
    return only


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

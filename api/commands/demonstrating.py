"""The demo: a compound with people, assets and months of history, in a data folder of its own."""

from __future__ import annotations

import shlex
import shutil
import time
from pathlib import Path
from typing import Annotated

import typer

from api.commands import root
from api.commands.keeping import bars
from api.commands.serving import run_server
from api.demo import builder
from core.errors import Invalid
from core.i18n import DEFAULT_LOCALE, LOCALES
from core.settings import Settings, load_settings

FOLDER = Path("demo-data")


class UnknownLanguage(Invalid):
    """There is no demo in {language}. There are: {languages}."""


@root.command()
def demo(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    language: Annotated[str, typer.Option(help="Language of the compound: zh_CN (unless told otherwise) or en.")] = "",
    data_dir: Annotated[Path, typer.Option(help="Where the demo keeps its data.")] = FOLDER,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what was done in the demo and start anew.")] = False,
) -> None:
    """Serve the demo: enter as anybody, from resident to administrator, on the first page."""
    if language not in ("", *LOCALES):
        raise UnknownLanguage(language=language, languages=list(LOCALES))
    if fresh and (data_dir / builder.MARK).exists():
        shutil.rmtree(data_dir)
    settings = load_settings(
        demo=True, data_dir=data_dir, database_url="", storage_url="", public_url=f"http://127.0.0.1:{port}"
    )
    if builder.is_built(settings):
        _tell_of_another_language(builder.roles(settings).language, language)
    else:
        _build(settings, language or DEFAULT_LOCALE)
    run_server(settings, "127.0.0.1", port, _ready(settings))


def _ready(settings: Settings) -> str:
    """Other commands look into the installation of the environment, which the demo leaves alone."""
    there = f"GONGDAN_DATA_DIR={shlex.quote(str(settings.data_dir))} GONGDAN_PUBLIC_URL={settings.public_url}"
    return (
        f"The demo is ready. Open {settings.public_url} in your browser. Stop with Ctrl+C.\n"
        f"To examine it, in another window: {there} gongdan doctor"
    )


def _build(settings: Settings, language: str) -> None:
    begun = time.monotonic()
    with bars() as tell:
        builder.build(settings, language, tell)
    typer.echo(f"The demo was built in {time.monotonic() - begun:.0f} s.", err=True)


def _tell_of_another_language(built: str, wished: str) -> None:
    if wished and built != wished:
        there = f"in {built}" if built else "in the language it was built in"
        typer.echo(f"There is a demo already, {there}. To build it anew in {wished}, add --fresh.", err=True)

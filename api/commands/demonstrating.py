"""The demo: a compound with people, assets and months of history, in a data folder of its own."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Annotated

import typer

from api.commands import root
from api.commands.keeping import bars
from api.commands.serving import run_server
from api.demo import builder
from core.settings import load_settings

FOLDER = Path("demo-data")


@root.command()
def demo(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    language: Annotated[str, typer.Option(help="Language of the compound: zh_CN or en.")] = "zh_CN",
    data_dir: Annotated[Path, typer.Option(help="Where the demo keeps its data.")] = FOLDER,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what was done in the demo and start anew.")] = False,
) -> None:
    """Serve the demo: enter as resident, technician or supervisor on the first page."""
    if fresh and (data_dir / builder.MARK).exists():
        shutil.rmtree(data_dir)
    settings = load_settings(
        demo=True, data_dir=data_dir, database_url="", storage_url="", public_url=f"http://127.0.0.1:{port}"
    )
    if not builder.is_built(settings):
        begun = time.monotonic()
        with bars() as tell:
            builder.build(settings, language, tell)
        typer.echo(f"The demo was built in {time.monotonic() - begun:.0f} s.", err=True)
    typer.echo(f"Open http://127.0.0.1:{port} in your browser. Stop with Ctrl+C.", err=True)
    run_server(settings, "127.0.0.1", port)

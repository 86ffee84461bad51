"""Run it: the web server, the worker, the database's migrations."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from socket import socket
from typing import Annotated

import typer
import uvicorn

from api.app import build, open_system
from api.commands import root
from api.pages import setup
from bot.worker import Worker
from core.database import open_database
from core.errors import Conflict
from core.locks import alone
from core.migrations.run import is_current, upgrade
from core.settings import Settings, load_settings

NOT_STARTED = 3  # the status of a server that could not listen
KEEP_ALIVE = 75  # seconds: longer than nginx keeps its own, so that it never writes into a connection that we close
GRACE = 3  # seconds for open requests to end; long polls of the web chat begin again elsewhere


class OneProcess(Conflict):
    """SQLite serves one process: run `gongdan serve` without --no-worker, or move to PostgreSQL."""


@root.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Leave delivery and time to `gongdan worker`.")
    ] = False,
) -> None:
    """Serve pages, API and hooks; with a worker in the same process."""
    settings = load_settings()
    _tell_how_to_begin(settings)
    run_server(settings, host, port, _ready(settings, host, port), with_worker=not no_worker)


def _ready(settings: Settings, host: str, port: int) -> str:
    listening = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    outside = f", people reach it at {settings.public_url}" if settings.public_url != listening else ""
    return f"Gongdan is ready: it listens on {listening}{outside}. Stop with Ctrl+C."


def _tell_how_to_begin(settings: Settings) -> None:
    """On a server that nobody has set up yet: where that is done, and the code that proves who runs it."""
    database = open_database(settings.database_url)
    if database.is_sqlite:
        upgrade(database)
    with database.read_scope() as session:
        is_needed = is_current(database) and setup.is_needed(session)
    database.dispose()
    if is_needed:
        typer.echo(f"Nothing is set up yet. Open {setup.address_of(settings)}")


class _Server(uvicorn.Server):
    """Says when it is ready, which its log leaves out."""

    def __init__(self, config: uvicorn.Config, told: str) -> None:
        super().__init__(config)
        self._told = told

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            typer.echo(self._told, err=True)


def run_server(settings: Settings, host: str, port: int, told: str, *, with_worker: bool = True) -> None:
    """Serve until stopped. On SQLite a second server of the same data folder is refused. `told`: once it is ready."""
    with alone(settings):
        config = uvicorn.Config(
            build(settings, with_worker=with_worker),
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=settings.trusted_proxies,
            timeout_graceful_shutdown=GRACE,
            timeout_keep_alive=KEEP_ALIVE,
        )
        server = _Server(config, told)
        with suppress(KeyboardInterrupt):
            server.run()
    if not server.started:
        raise typer.Exit(NOT_STARTED)


@root.command()
def worker() -> None:
    """Deliver messages, fetch photos, keep time. Any number may run on PostgreSQL."""
    settings = load_settings()
    if settings.is_sqlite:
        raise OneProcess
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    system = open_system(settings)
    running = asyncio.create_task(
        Worker(system.database, settings, system.storage, system.channels, system.router).run()
    )
    for stop in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(stop, running.cancel)
    with suppress(asyncio.CancelledError):
        await running


@root.command()
def migrate() -> None:
    """Bring the database to the tables of this version."""
    database = open_database(load_settings().database_url)
    upgrade(database)
    typer.echo("The database is up to date.")

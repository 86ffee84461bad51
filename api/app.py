"""The composition root of the web: settings in, a running application out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

import assets.models
from api import errors, openapi, pages, routes
from api.deps import System
from api.pages import STATIC, static_version
from api.routing import routers_of
from api.safety import Safety
from bot import flows, presence
from bot.channels import open_channels
from bot.presence import Presence
from bot.router import Router
from bot.worker import Worker
from core.database import open_database
from core.migrations.run import upgrade
from core.settings import Settings, close_to_others
from core.storage import open_storage

QUIET = ("httpx", "httpcore", "telegram", "apscheduler")

__all__ = ["assets", "build", "open_system"]


def open_system(settings: Settings) -> System:
    """Open database, storage and channels. A SQLite database is brought up to date by itself."""
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    flows.load()
    close_to_others(settings.data_dir)
    database = open_database(settings.database_url)
    if database.is_sqlite:
        upgrade(database)
    storage = open_storage(settings.storage_url)
    router = Router(database, settings)
    return System(settings, database, storage, open_channels(settings, storage, database), router)


def build(settings: Settings, *, with_worker: bool = True) -> FastAPI:
    """The web application; with a worker in the same process unless told otherwise."""
    system = open_system(settings)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        listening = Presence(system.database, presence.hooked(system.channels))
        await asyncio.to_thread(listening.beat)  # before time takes back an offer whose answer was lost
        tasks = [asyncio.create_task(listening.run()), *([_start_worker(system)] if with_worker else [])]
        yield
        for task in reversed(tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        system.database.dispose()

    app = FastAPI(
        title="Gongdan", version="1", lifespan=life, openapi_url="/api/openapi.json", docs_url=None, redoc_url=None
    )
    app.state.system = system
    app.add_middleware(Safety, system=system)
    errors.install(app)
    openapi.install(app)
    for package in (routes, pages):
        for router in routers_of(package.__name__):
            app.include_router(router)
    files = GZipMiddleware(StaticFiles(directory=STATIC), minimum_size=500)
    app.mount(f"/static/{static_version()}", files, name="static")
    return app


def _start_worker(system: System) -> asyncio.Task[None]:
    system.worker = Worker(system.database, system.settings, system.storage, system.channels, system.router)
    return asyncio.create_task(system.worker.run())

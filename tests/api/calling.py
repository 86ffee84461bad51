"""Calls to the JSON API: an application on the test's database, and a bearer token for each person."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from starlette.datastructures import State

import api.routes
from api import errors, openapi
from api.deps import System
from api.routing import routers_of
from api.safety import Safety
from bot.router import Router
from core import access, clock
from core.database import Database
from core.settings import load_settings
from core.storage import open_storage

URL = "http://testserver"


def routes_alone() -> FastAPI:
    """The routes of the API with their errors and document, on nothing."""
    app = FastAPI(title="Gongdan", version="1", openapi_url="/api/openapi.json")
    errors.install(app)
    openapi.install(app)
    for router in routers_of(api.routes.__name__):
        app.include_router(router)
    return app


_routes = cache(routes_alone)


def on_system(app: FastAPI, system: System) -> FastAPI:
    """A copy of an application on a system of its own: the routes, whose first call takes long, are the same."""
    served = copy(app)
    served.state, served.middleware_stack, served.user_middleware = State({"system": system}), None, []
    served.add_middleware(Safety, system=system)
    return served


def application(database: Database, folder: Path) -> FastAPI:
    """The routes of the API on a database, without channels and worker."""
    settings = load_settings(data_dir=folder, database_url=database.url, secret_key="k" * 32, public_url=URL)
    system = System(settings, database, open_storage(settings.storage_url), {}, Router(database, settings))
    return on_system(_routes(), system)


@dataclass(frozen=True, slots=True)
class Api:
    """The application and a way to call it from any number of threads."""

    app: FastAPI
    database: Database
    portal: BlockingPortal
    client: httpx.AsyncClient
    tokens: dict[UUID, str] = field(default_factory=dict)

    def as_(self, person_id: UUID) -> Caller:
        if person_id not in self.tokens:
            with self.database.write_scope() as session:
                self.tokens[person_id] = access.issue(session, "bearer", person_id, clock.now(), life=None)
        return Caller(self, {"authorization": f"Bearer {self.tokens[person_id]}"})

    @property
    def stranger(self) -> Caller:
        return Caller(self, {})


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who calls, known by headers."""

    api: Api
    headers: dict[str, str]

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"accept-language": "en", **self.headers, **options.pop("headers", {})}

        async def send() -> httpx.Response:
            return await self.api.client.request(method, path, headers=headers, **options)

        return self.api.portal.call(send)

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.call("GET", path, params=params)

    def post(self, path: str, key: str = "", /, **body: Any) -> httpx.Response:
        return self.call("POST", path, json=body, headers={"idempotency-key": key} if key else {})

    def report(self, text: str = "The kitchen tap drips", **fields: Any) -> dict[str, Any]:
        answer = self.post("/api/v1/tickets", text=text, **fields)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def act(self, number: str, action: str, key: str = "", /, **facts: Any) -> httpx.Response:
        return self.post(f"/api/v1/tickets/{number}/actions/{action}", key, **facts)

    def done(self, number: str, action: str, **facts: Any) -> dict[str, Any]:
        """Take an action on the ticket as it is now; returns it as it is afterwards."""
        version = self.get(f"/api/v1/tickets/{number}").json()["version"]
        answer = self.act(number, action, version=version, **facts)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def upload(self, number: str, data: bytes, *, key: str = "", **fields: str) -> httpx.Response:
        headers = {"idempotency-key": key} if key else {}
        files = {"file": ("photo.jpg", data, "image/jpeg")}
        return self.call("POST", f"/api/v1/tickets/{number}/photos", files=files, data=fields, headers=headers)


@contextmanager
def calling(database: Database, folder: Path) -> Iterator[Api]:
    app = application(database, folder)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    with start_blocking_portal() as portal:
        client = httpx.AsyncClient(transport=transport, base_url=URL)
        yield Api(app, database, portal, client)
        portal.call(client.aclose)


def at_once(calls: list[Any]) -> list[httpx.Response]:
    """Make all calls at the same time."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def kind_of(answer: httpx.Response) -> str:
    """The stable name of the error that was answered."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return str(answer.json()["type"]).rsplit("/", 1)[1]

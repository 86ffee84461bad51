"""Browsers of the cast: they open pages, fill in the form that they see, and keep their own cookies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from sqlalchemy import select
from starlette.types import ASGIApp

import api.pages
import api.routes
from api import errors
from api.deps import COOKIE, System
from api.routing import routers_of
from api.safety import Safety
from bot import flows
from bot.channels import Channel
from bot.router import Router
from core import access, clock
from core.database import Database, Table
from core.settings import Settings, load_settings
from core.storage import open_storage

URL = "http://testserver"
INK = '{"aspect": 2, "strokes": [[{"x": 0.1, "y": 0.2, "t": 0, "p": 0.5}, {"x": 0.4, "y": 0.3, "t": 20, "p": 0.5}]]}'
HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)"')
FORM = re.compile(r"<form\b[^>]*>.*?</form>", re.DOTALL)


@cache
def _pages_alone() -> FastAPI:
    """Pages and routes with their errors, on nothing. Made once: a hundred routes take a third of a second."""
    flows.load()
    app = FastAPI()
    errors.install(app)
    for package in (api.routes, api.pages):
        for router in routers_of(package.__name__):
            app.include_router(router)
    return app


def application(settings: Settings, database: Database, channels: dict[str, Channel] | None = None) -> ASGIApp:
    """The pages on a database, without a worker."""
    app = _pages_alone()
    system = System(settings, database, open_storage(settings.storage_url), channels or {}, Router(database, settings))
    app.state.system = system
    return Safety(app, system)


@dataclass(frozen=True, slots=True)
class Web:
    """The running pages."""

    app: ASGIApp
    database: Database
    portal: BlockingPortal

    def browser(self, person_id: UUID | None = None, *, address: str = "203.0.113.9", language: str = "en") -> Browser:
        """A fresh browser, signed in as a person or as nobody."""
        browser = Browser(self, address, language)
        if person_id is not None:
            with self.database.write_scope() as session:
                secret = access.issue(session, "session", person_id, clock.now(), life=access.SESSION_LIFE)
            browser.cookies[COOKIE] = secret
        return browser


@dataclass(slots=True)
class Browser:
    web: Web
    address: str
    language: str
    cookies: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"accept": "text/html", "accept-language": self.language, **options.pop("headers", {})}

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.web.app, raise_app_exceptions=False, client=(self.address, 50000))
            async with httpx.AsyncClient(transport=transport, base_url=URL, cookies=self.cookies) as client:
                answer = await client.request(method, path, headers=headers, **options)
                for kept in answer.headers.get_list("set-cookie"):
                    self._keep(SimpleCookie(kept))
                return answer

        return self.web.portal.call(send)

    def _keep(self, given: SimpleCookie) -> None:
        for name, morsel in given.items():
            if morsel["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.call("GET", path, **options)

    def post(
        self, path: str, files: Any = None, headers: dict[str, str] | None = None, /, **fields: Any
    ) -> httpx.Response:
        return self.call("POST", path, data=fields, files=files, headers=headers or {})

    def send(self, page: httpx.Response, files: Any = None, /, *, action: str = "", **fields: Any) -> httpx.Response:
        """Send the form of a page whose action is the given one, with its hidden fields and what is filled in."""
        path = action or page.request.url.path
        return self.post(path, files, **{**hidden(page, path), **fields})

    def report(self, code: str, text: str, files: Any = None, /, **fields: Any) -> str:
        """Report through the page behind a code; returns the ticket's number."""
        answer = self.send(self.get(f"/q/{code}"), files, text=text, **fields)
        assert answer.status_code == 303, seen(answer)
        return answer.headers["location"].split("/")[2].split("?")[0]

    def do(self, number: str, action: str, /, **fields: Any) -> httpx.Response:
        answer = self.post(f"/t/{number}/do/{action}", **fields)
        assert answer.status_code == 303, seen(answer)
        return answer


def hidden(page: httpx.Response, action: str) -> dict[str, str]:
    """The hidden fields of the form that posts to an address, else of the page's first; the header's are no page's."""
    every = FORM.findall(page.text.split("<main", 1)[-1])
    forms = [form for form in every if f'action="{action}"' in form] or every
    return {name: unescape(value) for name, value in HIDDEN.findall(forms[0])} if forms else {}


def seen(answer: httpx.Response) -> str:
    """What a person reads on a page."""
    main = answer.text.split("<main", 1)[-1].split("<footer", 1)[0]
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)))


@contextmanager
def browsing(
    database: Database, folder: Path, channels: dict[str, Channel] | None = None, **given: Any
) -> Iterator[Web]:
    settings = load_settings(data_dir=folder, database_url=database.url, secret_key="k" * 32, public_url=URL, **given)
    with start_blocking_portal() as portal:
        yield Web(application(settings, database, channels), database, portal)


def digest_of(database: Database) -> dict[str, Any]:
    """Every row of every table: what a page that only shows must leave as it is."""
    with database.read_scope() as session:
        tables = Table.metadata.tables.values()
        return {table.name: sorted(map(repr, session.execute(select(table)))) for table in tables}

"""Every role × every live route × things of the own and of another site: nobody gets what is not theirs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.channels import open_channels
from core.database import open_database
from core.settings import load_settings
from core.storage import open_storage
from tests.api.access import rules, world
from tests.api.access.rules import EVERYONE, STRANGER, Rule
from tests.api.access.world import CANARY, Things
from tests.api.calling import routes_alone
from tests.api.pages.browsing import Web, browsing
from tests.databases import Compiled
from tests.personas import Cast, play

ROUTES = rules.routes()
DATABASE = "gongdan.db"
NOT_READY = ("GET /readyz",)  # without a worker it says so
FORM = {"version": "1", "name": "x", "text": "x", "stars": "5", "resolution": "fixed", "role": "resident"}
QUERIES = {"GET /api/v1/tickets/{number}/sheet": {"resolution": "fixed"}}


@dataclass(frozen=True, slots=True)
class World:
    web: Web
    cast: Cast
    own: Things
    foreign: Things

    def call(self, who: str, route: str, things: Things, query: dict[str, str] | None = None) -> httpx.Response:
        """One request of a fresh browser of somebody, with the documented example where it posts."""
        browser = self.web.browser(None if who == STRANGER else getattr(self.cast, who))
        method, path = route.split(" ", maxsplit=1)[0], things.path(route)
        accept = "application/json" if path.startswith(("/api/", "/chat/")) else "text/html"
        options = _body(route) if method in ("POST", "PUT") else {}
        asked = {**QUERIES.get(route, {}), **(query or {})}
        return browser.call(method, path, params=asked, headers={"accept": accept}, **options)


@cache
def _document() -> dict[str, Any]:
    return routes_alone().openapi()


def _body(route: str) -> dict[str, Any]:
    """What the documentation gives as an example, so that nobody is sent away for a missing field; a form otherwise."""
    method, path = route.split(" ")
    operation = _document()["paths"].get(path, {}).get(method.lower(), {})
    content = operation.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        return {"files": {"file": ("a.jpg", b"\xff\xd8", "image/jpeg")}}
    if "application/json" not in content:
        return {"data": FORM}
    schema = content["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
    return {"json": {**_document()["components"]["schemas"][schema]["examples"][0]}}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A data folder with both sites in it, of which every test gets a copy."""

    folder: Path
    cast: Cast
    own: Things
    foreign: Things


@pytest.fixture(scope="session")
def prepared(empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Access is decided above the database, so that one kind of it is enough."""
    folder = tmp_path_factory.mktemp("world")
    database = open_database(f"sqlite:///{shutil.copyfile(empty_sqlite, folder / DATABASE)}")
    storage = open_storage(load_settings(data_dir=folder, database_url=database.url).storage_url)
    with database.write_scope() as session:
        cast = play(session)
        own, foreign = world.own(session, cast, storage), world.foreign(session, storage)
    database.dispose()
    return Prepared(folder, cast, own, foreign)


@pytest.fixture
def there(prepared: Prepared, compiled: Compiled, tmp_path: Path) -> Iterator[World]:
    shutil.copytree(prepared.folder, tmp_path, dirs_exist_ok=True)
    database = open_database(f"sqlite:///{tmp_path / DATABASE}")
    compiled.lend(database)
    settings = load_settings(data_dir=tmp_path, database_url=database.url)
    channels = open_channels(settings, open_storage(settings.storage_url), database)
    with browsing(database, tmp_path, channels) as web:
        yield World(web, prepared.cast, prepared.own, prepared.foreign)
    database.dispose()


def is_refused(answer: httpx.Response) -> bool:
    """Sent away: to sign in, as not allowed, or as if there were no such thing."""
    to_sign_in = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
    return to_sign_in or answer.status_code in (401, 403, 404)


def test_every_route_has_a_rule_and_every_rule_a_route() -> None:
    assert [route for route in ROUTES if rules.rule_of(route) is None] == []
    used = {id(rules.rule_of(route)) for route in ROUTES}
    known = [name for name in rules.RULES if not name.startswith(rules.ACTIONS)]
    assert [name for name in known if name not in ROUTES] == []
    assert id(rules.RULES[f"{rules.ACTIONS}{{action}}"]) in used


@pytest.mark.parametrize("route", ROUTES)
def test_who_may_not_is_sent_away(there: World, route: str) -> None:
    rule = _rule(route)
    strangers = [who for who in EVERYONE if who not in rule.who]
    assert [who for who in strangers if not is_refused(there.call(who, route, there.own))] == []


@pytest.mark.parametrize("route", [route for route in ROUTES if route.startswith("GET ") and route not in NOT_READY])
def test_who_may_gets_it(there: World, route: str) -> None:
    """Or learns that it is not the time for it."""
    found = {who: there.call(who, route, there.own).status_code for who in _rule(route).who}
    assert {who: status for who, status in found.items() if status not in (200, 303, 409)} == {}


@pytest.mark.parametrize("route", ROUTES)
def test_nothing_of_another_site_is_shown_or_changed(there: World, route: str) -> None:
    """By an id in the path as by the site's name or prefix in the query."""
    rule = _rule(route)
    for who in EVERYONE:
        for query in ({}, {"site": "WX2"}, {"site": f"{CANARY} Court"}, {"q": CANARY, "open": there.foreign.number}):
            answer = there.call(who, route, there.foreign, query)
            names_it = "{" in route.replace("{name}", "").replace("{key}", "") or "site" in query
            assert not names_it or rule.is_public or rule.is_own or _is_blind(route) or _is_away(answer), (
                who, query, answer.status_code, answer.text[:300]
            )  # fmt: skip
            assert answer.status_code < 500 or route in NOT_READY, (who, query)
            assert not _leaks(answer, there.foreign, route), (who, query, answer.text[:2000])


def _is_away(answer: httpx.Response) -> bool:
    """A question with words that the route does not know is answered to nobody."""
    return is_refused(answer) or answer.status_code == 422


def _leaks(answer: httpx.Response, foreign: Things, route: str) -> bool:
    """What is personal or internal at the other site; the name of its thing is public behind its code alone."""
    internal = (
        f"{CANARY} is stuck" in answer.text or f"{CANARY} resident" in answer.text or "13912345678" in answer.text
    )
    return internal or (CANARY in _without_query(answer) and "{code" not in route)


def _without_query(answer: httpx.Response) -> str:
    """What the page says, without the words that the caller typed."""
    return answer.text.replace(f"{CANARY} Court", "").replace(f'value="{CANARY}"', "").replace(f"={CANARY}", "")


def _is_blind(route: str) -> bool:
    """Pages that look at no site of the query."""
    return "/desk" not in route and not route.startswith("GET /api/v1/")


def _rule(route: str) -> Rule:
    found = rules.rule_of(route)
    assert found is not None, f"{route} has no rule in tests/api/access/rules.py"
    return found

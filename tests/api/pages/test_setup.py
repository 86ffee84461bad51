"""The first run: from an empty database to a signed-in administrator with buildings, and to nobody else."""

from __future__ import annotations

import pytest

from api.pages import setup
from core import places
from core.database import Database
from core.upkeep import places as upkeep
from tests.api.pages.browsing import Browser, Web, seen
from tests.personas import Cast

TYPED = {
    "site": "Lake Court", "phone": "110110", "timezone": "Europe/Berlin", "locale": "en", "name": "Ada",
    "password": "a long password",
}  # fmt: skip


def code(web: Web) -> str:
    return setup.code_of(web.app.system.settings)  # type: ignore[attr-defined]


@pytest.fixture
def newcomer(web: Web, db: Database) -> Browser:
    return web.browser()


def test_an_empty_server_leads_to_its_setup(newcomer: Browser) -> None:
    assert newcomer.get("/sign-in").headers["location"] == "/setup"
    assert newcomer.get("/setup").status_code == 200


@pytest.mark.parametrize("path", ["/", "/chat", "/work", "/desk", "/desk/people"])
def test_before_the_setup_every_door_leads_to_it(newcomer: Browser, path: str) -> None:
    assert newcomer.get(path).headers["location"] == "/setup"
    page = seen(newcomer.get("/setup"))
    assert "Nothing is set up on this server yet" in page
    assert "gongdan serve" in page
    assert "`" not in page


def test_after_the_setup_every_door_is_open(web: Web, newcomer: Browser) -> None:
    assert newcomer.get("/").status_code == 303
    newcomer.post("/setup", **TYPED, code=code(web))
    assert [newcomer.get(path).status_code for path in ("/", "/chat", "/work", "/desk")] == [200] * 4
    assert "Enter as supervisor" in seen(newcomer.get("/"))


def test_whoever_runs_the_server_becomes_its_administrator(web: Web, newcomer: Browser, db: Database) -> None:
    answer = newcomer.post("/setup", **TYPED, code=code(web))
    assert answer.headers["location"] == "/desk/start"
    page = seen(newcomer.get("/desk/start"))
    assert "First steps at Lake Court" in page
    with db.read_scope() as session:
        site = places.site_named(session, "Lake Court")
        assert (site.timezone, site.locale, site.phone) == ("Europe/Berlin", "en", "110110")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"code": "guess"}, "This is not the code"), ({"password": "short"}, "too short"), ({"site": ""}, "is missing"),
     ({"name": ""}, "is missing"), ({"timezone": "Mars/Base"}, "Time zone")],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_made(
    web: Web, newcomer: Browser, db: Database, wrong: dict[str, str], said: str
) -> None:
    answer = newcomer.post("/setup", **{**TYPED, "code": code(web), **wrong})
    assert answer.status_code == 422
    assert said in seen(answer)
    assert wrong.get("name") == "" or 'value="Ada"' in answer.text
    with db.read_scope() as session:
        assert setup.is_needed(session)


def test_guessing_the_code_is_stopped_though_every_guess_is_taken_back(web: Web, newcomer: Browser) -> None:
    guesses = [newcomer.post("/setup", **TYPED, code="guess").status_code for _ in range(setup.TRIES + 1)]
    assert guesses == [422] * setup.TRIES + [429]
    assert newcomer.post("/setup", **TYPED, code=code(web)).status_code == 429
    assert web.browser(address="198.51.100.7").post("/setup", **TYPED, code=code(web)).status_code == 303


def test_a_server_is_set_up_once(web: Web, cast: Cast) -> None:
    stranger = web.browser()
    assert stranger.get("/setup").status_code == 404
    assert stranger.post("/setup", **TYPED, code=code(web)).status_code == 404
    assert stranger.get("/sign-in").status_code == 200


def test_buildings_are_shown_before_they_are_made(web: Web, db: Database, cast: Cast) -> None:
    admin, pattern = web.browser(cast.admin), "Tower {1-2}/{1-3}/{01-02}"
    with db.read_scope() as session:
        before = upkeep.count(session, cast.site)
    page = admin.get("/desk/start", params={"pattern": pattern})
    assert "Homes: 12" in seen(page)
    assert "Tower 1/1/01" in seen(page)
    assert admin.post("/desk/start/places", pattern=pattern).status_code == 303
    with db.read_scope() as session:
        assert upkeep.count(session, cast.site) == before + 2 + 6 + 12


def test_a_bad_pattern_is_said_and_kept(web: Web, cast: Cast) -> None:
    answer = web.browser(cast.admin).get("/desk/start", params={"pattern": "Tower {3-1}"})
    assert answer.status_code == 422
    assert 'value="Tower {3-1}"' in answer.text
    assert "no level of places" in seen(answer)

"""A round on a phone: codes in another order than planned, a failure with its photo, a stop left, and the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from assets import register
from assets.plans import making, planning, settling
from assets.plans.planning import Draft
from assets.plans.recurrence import Rhythm
from core import access, clock
from core.database import Database, open_database
from core.places import ensure_path
from core.settings import load_settings
from core.tickets import actions, queries
from core.tickets.models import Ticket
from tests.browser.conftest import House, sign_in
from tests.pictures import corners, encoded
from tests.rounds import ASKED

WORDS = {
    "en": ("Round of 4 stops, {done} done", "Carried forward: no access", "Presence: sure", "Sign off", "Faulty"),
    "zh-CN": ("巡检 4 处，已完成 {done} 处", "顺延：进不去", "到场：确定", "完工签字", "异常"),
}


@dataclass(frozen=True, slots=True)
class Walk:
    """A round: its number, and the codes of its stops in the order of the plan."""

    number: str
    codes: list[str]


@pytest.fixture
def database(house: House) -> Database:
    return open_database(load_settings(data_dir=house.folder).database_url)


@pytest.fixture(params=list(WORDS))
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def walk(house: House, database: Database, lang: str) -> Walk:
    """Three pumps and a hall, given to the technician, who has not taken it yet."""
    now, cast = clock.now(), house.cast
    with database.write_scope() as session:
        hall = ensure_path(session, cast.site, f"A/{lang}").id
        pumps = [register.add_asset(session, cast.site, hall, f"Pump {n} {lang}", "Pump", now=now) for n in range(3)]
        stops = [*({"asset": str(pump.id)} for pump in pumps), {"place": str(hall)}]
        rhythm = Rhythm("FREQ=DAILY;COUNT=1", now.date().replace(day=1))
        draft = Draft(f"Round {lang}", "general", "route", rhythm, ASKED, stops=stops)
        plan = planning.add(session, cast.site, draft, cast.admin, now.replace(day=1, hour=0))
        plan.next_on, plan.wake_at = now.date(), now
        making.make(session, plan.id, now)
        ticket = session.scalars(select(Ticket).where(Ticket.text == f"Round {lang}")).one()
        ticket = queries.by_id(session, ticket.id, lock=True)
        facts = {"assignee": str(cast.technician)}
        actions.act(session, ticket, "assign", access.viewer(session, cast.supervisor), now, facts=facts)
        codes = [*(pump.code for pump in pumps), register.code_of_place(session, hall, now=now)]
        return Walk(ticket.number, codes)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "pump.jpg"
    file.write_bytes(encoded(corners((640, 480)), "JPEG"))
    return file


def fill(page: Page, answer: str, pressure: str) -> None:
    page.locator(f"label:has([name^=check-][value={answer}])").click()
    page.locator("input.input[name^=check-]").fill(pressure)


def test_a_round_from_the_first_scan_to_the_fault(
    new_context: Callable[..., BrowserContext], house: House, database: Database, walk: Walk, lang: str, photo: Path
) -> None:
    said, carried, sure, sign, faulty = WORDS[lang]
    page = new_context(has_touch=True, is_mobile=True, locale=lang).new_page()
    sign_in(page.context, house, house.cast.technician)
    page.context.add_cookies([{"name": "gongdan_lang", "value": lang.replace("-", "_"), "url": house.url}])
    first, _, third, hall = walk.codes
    page.goto(f"{house.url}/q/{third}")
    fill(page, "pass", "0.4")
    page.locator(".actions .button-primary").click()
    expect(page.locator("main")).to_contain_text(said.format(done=1))
    page.goto(f"{house.url}/q/{first}")
    fill(page, "fail", "0,9")
    page.locator(".check").first.locator("input[type=file]").last.set_input_files(photo)
    expect(page.locator('.photo-item[data-state="sent"]')).to_be_visible()
    page.reload()
    expect(page.locator("input.input[name^=check-]")).to_have_value("0,9")
    expect(page.locator(".thumbs img")).to_have_count(1)
    page.locator(".actions .button-primary").click()
    expect(page.locator("main")).to_contain_text(said.format(done=2))
    page.goto(f"{house.url}/q/{hall}")
    fill(page, "pass", "0.5")
    page.locator(".actions .button-primary").click()
    page.goto(f"{house.url}/round/{walk.number}/2")
    page.locator("main > details summary").click()
    page.locator("label:has([name=reason][value=no_access])").click()
    page.locator("main > details .button").click()
    report = page.locator("main")
    for told in (carried, sure, faulty, "0,9 MPa", "0.2–0.6 MPa"):
        expect(report).to_contain_text(told)
    expect(page.locator(".thumbs img")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator(".actions .button-primary", has_text=sign).click()
    page.locator("#technician").fill("Wang Wei")
    page.locator(".actions .button-primary").click()
    page.wait_for_url("**done=sign_off**")
    settle(database)
    with database.read_scope() as session:
        ticket = queries.by_number(session, walk.number)
        found = session.scalars(select(Ticket).where(Ticket.follows_id == ticket.id).order_by(Ticket.id)).all()
        assert (ticket.state, ticket.resolution) == ("closed", "failed")
        assert [(one.asset_code, one.text) for one in found] == [
            (first, "Clean?: Failed"), (first, "Pressure: 0,9 MPa"),
        ]  # fmt: skip
        assert [row.kind for row in queries.attachments_of(session, found[0].id)] == ["report"]


def settle(database: Database) -> None:
    """What the server's worker does within its next tick, now."""
    with database.write_scope() as session:
        now = clock.now()
        for one in settling.due(session, now):
            settling.settle(session, one, now)

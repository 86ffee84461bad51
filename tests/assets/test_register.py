"""The register: what was added is found again, every change leaves a trace, and codes lead to the right thing."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from sqlalchemy import text

from assets import codes, register
from assets.codes import NotACode, WrongCheckDigit
from assets.register import CodeTaken
from core import places, trace
from core.database import Database, Session
from core.errors import Invalid, NotFound
from tests.personas import Cast


def test_an_asset_gets_a_code_that_leads_to_it(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        lift = register.add_asset(session, cast.site, cast.hall, "Lift 1", "电梯", now=now)
        subject = register.subject_of(session, lift.code)
    assert codes.is_ours(lift.code)
    assert (subject.asset_id, subject.code, subject.name) == (lift.id, lift.code, "Lift 1")
    assert (subject.place, subject.place_id, subject.is_common) == ("A/1/Hall", cast.hall, True)
    assert subject.category == "lift"


def test_an_asset_in_a_home_is_not_at_a_common_place(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        boiler = register.add_asset(session, cast.site, cast.home, "Boiler", now=now)
        assert not register.subject_of(session, boiler.code).is_common


def test_a_customers_code_is_used_as_given(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        register.add_asset(session, cast.site, cast.hall, "Lift 1", now=now, code="lift-01")
        assert register.subject_of(session, "LIFT-01").name == "Lift 1"


def test_a_code_in_use_is_refused(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        register.add_asset(session, cast.site, cast.hall, "Lift 1", now=now, code="LIFT-01")
        with pytest.raises(CodeTaken, match="LIFT-01"):
            register.add_asset(session, cast.site, cast.hall, "Lift 2", now=now, code="lift-01")


@pytest.mark.parametrize(("code", "error"), [("7KQ4-M2XP-22", WrongCheckDigit), ("LIFT 1/2", NotACode)])
def test_a_code_that_cannot_be_used_is_refused(
    db: Database, cast: Cast, now: datetime, code: str, error: type[Invalid]
) -> None:
    with db.write_scope() as session, pytest.raises(error):
        register.add_asset(session, cast.site, cast.hall, "Lift 1", now=now, code=code)


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "a\x00b"])
def test_a_name_that_cannot_be_printed_is_refused(db: Database, cast: Cast, now: datetime, name: str) -> None:
    with db.write_scope() as session, pytest.raises(Invalid):
        register.add_asset(session, cast.site, cast.hall, name, now=now)


def test_a_place_of_another_site_is_refused(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        elsewhere = places.add_site(session, "River Court").id
        with pytest.raises(NotFound):
            register.add_asset(session, elsewhere, cast.hall, "Lift 1", now=now)


def test_the_code_of_a_place_is_minted_once(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        code = register.code_of_place(session, cast.hall, now=now)
        assert register.code_of_place(session, cast.hall, now=now) == code
        subject = register.subject_of(session, code)
        assert (subject.place_id, subject.asset_id, subject.place) == (cast.hall, None, "A/1/Hall")


def test_the_code_of_the_whole_site_tells_its_name(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        code = register.code_of_place(session, places.root_of(session, cast.site).id, now=now)
        assert register.subject_of(session, code).place == "Garden Court"


def test_a_replaced_sticker_still_leads_to_its_asset(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        asset = register.add_asset(session, cast.site, cast.hall, "Pump", now=now, code="PUMP-1")
        new = register.replace_code(session, asset.id, now=now)
        assert new != "PUMP-1"
        assert register.subject_of(session, "PUMP-1").asset_id == asset.id
        assert register.subject_of(session, "PUMP-1").code == new
        assert register.asset_by_code(session, new).id == asset.id


def test_a_moved_asset_is_reported_at_its_new_place(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        asset = register.add_asset(session, cast.site, cast.hall, "Pump", now=now)
        register.move_asset(session, asset.id, cast.home, now=now)
        assert register.subject_of(session, asset.code).place == "A/12/1203"


def test_every_change_is_an_event_without_words(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        asset = register.add_asset(session, cast.site, cast.hall, "Mrs Li's boiler", "Boiler", now=now)
        register.rename_asset(session, asset.id, "Mr Wu's boiler", now=now, actor=str(cast.admin))
        register.move_asset(session, asset.id, cast.home, now=now, actor=str(cast.admin))
        register.retire_asset(session, asset.id, now=now, actor=str(cast.admin))
        events = trace.events_of(session, f"asset:{asset.id}")
    assert [event.action for event in events] == ["added", "changed", "changed", "changed"]
    assert [json.loads(event.facts).get("fields") for event in events[1:]] == [["name"], ["place_id"], ["retired_at"]]
    assert not any("boiler" in event.facts for event in events)


def test_a_retired_asset_leaves_the_list_but_not_the_register(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        asset = register.add_asset(session, cast.site, cast.hall, "Pump", now=now)
        register.retire_asset(session, asset.id, now=now)
        assert register.assets_of(session, cast.site) == []
        assert register.asset_by_code(session, asset.code).retired_at == now


def test_pages_of_the_list_follow_each_other_without_gaps(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        added = [_pump(session, cast, f"Pump {number}", now) for number in range(7)]
        seen: list[str] = []
        page = register.assets_of(session, cast.site, limit=3)
        while page:
            seen += [asset.code for asset in page]
            page = register.assets_of(session, cast.site, after=page[-1].id, limit=3)
    assert seen == added


def test_words_narrow_the_list(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        _pump(session, cast, "Pump 50%", now)
        _pump(session, cast, "Fan", now)
        assert [asset.name for asset in register.assets_of(session, cast.site, words="hall 50%")] == ["Pump 50%"]
        assert [asset.name for asset in register.assets_of(session, cast.site, words="fan")] == ["Fan"]
        assert register.assets_of(session, cast.site, words="_") == []


def test_a_list_of_one_site_uses_its_index(sqlite_db: Database) -> None:
    with sqlite_db.read_scope() as session:
        query = "SELECT id FROM assets WHERE site_id = '1' AND retired_at IS NULL AND id > '2' ORDER BY id LIMIT 50"
        plan = " ".join(row[3] for row in session.execute(text(f"EXPLAIN QUERY PLAN {query}")))
    assert "ix_assets_site_id_id" in plan
    assert "TEMP B-TREE" not in plan


def test_an_unknown_code_is_not_found(db: Database, cast: Cast) -> None:
    with db.read_scope() as session:
        assert not register.is_known(session, "LIFT-99")
        with pytest.raises(NotFound):
            register.subject_of(session, "LIFT-99")


def _pump(session: Session, cast: Cast, name: str, now: datetime) -> str:
    return register.add_asset(session, cast.site, cast.hall, name, now=now).code

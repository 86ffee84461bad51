"""Print runs: chosen in the order of a walk, on record, the same when printed again; blank labels are claimed."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import select

from assets import choosing, codes, prints, register, stickers
from assets.choosing import Wanted
from assets.formats import FORMATS, UnknownPaper
from assets.labels import NoLabels, PrivateAddress
from assets.prints import Setup, TooManyLabels
from assets.register import NotInUse
from assets.stickers import ClaimedAlready
from core import places
from core.database import Database, Session
from core.errors import NotFound
from core.trace import Event
from tests.personas import Cast

SETUP = Setup("a4-21", "en", "https://wx.example.com")
FLOORS = ["A/10F", "A/2F", "A/B1", "A/B2", "A/1F", "B/1F"]


def furnished(session: Session, cast: Cast, now: datetime) -> None:
    for path in FLOORS:
        place = places.ensure_path(session, cast.site, path)
        register.add_asset(session, cast.site, place.id, f"Pump {path}", "Pump", now=now)


def test_labels_come_in_the_order_of_a_walk(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        furnished(session, cast, now)
        found = choosing.things(session, cast.site, Wanted())
    assert [thing.place for thing in found] == ["A/B2", "A/B1", "A/1F", "A/2F", "A/10F", "B/1F"]


@pytest.mark.parametrize(
    ("name", "sooner"), [("10层", "9层"), ("1F", "B1"), ("1层", "地下2层"), ("地下1层", "地下2层")]
)
def test_floors_lie_above_each_other(name: str, sooner: str) -> None:
    assert choosing.walk_order(f"A/{sooner}") < choosing.walk_order(f"A/{name}")


def test_what_is_wanted_is_narrowed(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        furnished(session, cast, now)
        building = places.place_at(session, cast.site, "B").id
        for wanted, count in (
            (Wanted(under=building), 1),
            (Wanted(words="pump a/2f"), 1),
            (Wanted(kinds=("shared",), under=building), 2),
            (Wanted(kinds=("assets", "shared"), under=building), 3),
            (Wanted(kinds=("homes",), words="A/1F"), 0),
            (Wanted(under=cast.site), 0),
        ):
            assert len(choosing.things(session, cast.site, wanted)) == count, wanted


def test_a_run_is_on_record_and_prints_the_same_again(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        furnished(session, cast, now)
        run = prints.print_things(session, cast.site, Wanted(), SETUP, cast.supervisor, now)
        before = prints.labels_of(session, run)
        asset = register.asset_by_code(session, before[0].code)
        register.rename_asset(session, asset.id, "Another name", now=now)
        assert prints.labels_of(session, run) == before
        assert prints.draw(session, run, io.BytesIO()) == 1
        assert prints.last_of(session, before[0].code) == run
        [event] = session.scalars(select(Event).where(Event.action == "labels_printed"))
        assert run.digest in event.facts
        assert str(cast.supervisor) == event.actor


def test_only_what_was_never_printed_is_printed_next(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        furnished(session, cast, now)
        prints.print_things(session, cast.site, Wanted(), replace(SETUP, is_test=True), None, now)
        assert len(choosing.things(session, cast.site, Wanted(is_new=True))) == len(FLOORS)
        prints.print_things(session, cast.site, Wanted(words="A/2F"), SETUP, None, now)
        assert len(choosing.things(session, cast.site, Wanted(is_new=True))) == len(FLOORS) - 1


def test_places_without_a_code_get_one_and_keep_it(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        furnished(session, cast, now)
        shared = Wanted(kinds=("shared",), words="A/10F")
        first, again = (
            prints.labels_of(session, prints.print_things(session, cast.site, shared, SETUP, None, now))
            for _ in range(2)
        )
        assert first == again
        assert register.subject_of(session, first[0].code).place == "A/10F"


def test_what_cannot_be_printed_is_refused_and_nothing_is_left(db: Database, cast: Cast, now: datetime) -> None:
    local = replace(SETUP, address="http://127.0.0.1:8000")
    with db.write_scope() as session:
        furnished(session, cast, now)
        for refusal, setup, wanted in (
            (PrivateAddress, local, Wanted()),
            (UnknownPaper, replace(SETUP, format="papyrus"), Wanted()),
            (NoLabels, SETUP, Wanted(words="no such thing")),
        ):
            with pytest.raises(refusal):
                prints.print_things(session, cast.site, wanted, setup, None, now)
        with pytest.raises(TooManyLabels):
            prints.print_blank(session, cast.site, prints.MOST_LABELS + 1, SETUP, None, now)
        with pytest.raises(NoLabels):
            prints.print_blank(session, cast.site, 0, SETUP, None, now)
        assert prints.of_site(session, cast.site) == []


@pytest.mark.parametrize("form", FORMATS)
def test_every_paper_takes_every_label(db: Database, cast: Cast, now: datetime, form: str) -> None:
    with db.write_scope() as session:
        long = places.ensure_path(session, cast.site, "/".join(["很长的位置名称" * 10] * 3))
        register.add_asset(session, cast.site, long.id, "极长的名称" * 40, now=now)
        run = prints.print_things(session, cast.site, Wanted(), replace(SETUP, format=form), None, now)
        assert prints.draw(session, run, io.BytesIO()) == 1


def test_a_blank_label_leads_nowhere_until_it_is_claimed(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        run = prints.print_blank(session, cast.site, 3, SETUP, cast.admin, now)
        one, two, three = (label.code for label in prints.labels_of(session, run))
        with pytest.raises(NotInUse):
            register.subject_of(session, one)
        lift = register.add_asset(session, cast.site, cast.hall, "Lift 1", now=now)
        old = lift.code
        stickers.claim_for_asset(session, one, lift.id, now, "t")
        assert register.asset_by_id(session, lift.id).code == one
        assert register.subject_of(session, old).code == one
        assert stickers.is_replaced(session, old)
        assert not stickers.is_replaced(session, one)
        assert [code.code for code in stickers.old_codes(session, lift.id)] == [old]
        stickers.claim_for_place(session, codes.printed(two), cast.hall, now, "t")
        assert register.code_of_place(session, cast.hall, now=now) == two
        with pytest.raises(ClaimedAlready):
            stickers.claim_for_place(session, one, cast.hall, now, "t")
        assert stickers.blank(session, three) is not None
        assert stickers.blank(session, "LIFT-77") is None


def test_a_label_of_one_site_is_not_stuck_on_a_thing_of_another(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        other = places.add_site(session, "River Court").id
        asset = register.add_asset(session, other, places.root_of(session, other).id, "Gate", now=now)
        run = prints.print_blank(session, cast.site, 1, SETUP, cast.admin, now)
        [label] = prints.labels_of(session, run)
        with pytest.raises(NotFound):
            stickers.claim_for_asset(session, label.code, asset.id, now, "t")
        with pytest.raises(NotFound):
            stickers.claim_for_place(session, label.code, places.root_of(session, other).id, now, "t")
        with pytest.raises(NotFound):
            prints.run_at(session, other, run.id)

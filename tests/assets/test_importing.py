"""A handover goes in once: bad rows are set aside with a reason, and importing again changes nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import func, select

from assets import codes, importing, register
from assets.handover import AssetRow, Handover, PlaceRow, TypeRow
from assets.importing import Outcome
from assets.models import Asset, Code
from core import i18n, places, trace
from core.database import Database, Session
from core.errors import NotFound
from core.places import Place
from tests.personas import NOW, Cast

WRONG = "7KQ4-M2XP-92"


def test_new_things_are_added_and_counted(db: Database, cast: Cast) -> None:
    handover = _handover(
        ("LIFT-01", "Lift 1", "Lift", "B/1F/Lobby", ""), ("", "Door motor", "Motor", "B/1F/Lobby", "LIFT-01")
    )
    with db.write_scope() as session:
        outcome = _apply(session, cast.site, handover)
        lift = register.asset_by_code(session, "LIFT-01")
        [motor] = register.assets_of(session, cast.site, words="motor")
    assert outcome.added == {"asset": 2, "place": 3, "type": 2}
    assert outcome.changed == outcome.unchanged == {"asset": 0, "place": 0, "type": 0}
    assert (lift.place, lift.type, lift.category) == ("B/1F/Lobby", "Lift", "lift")
    assert motor.parent == "LIFT-01"
    assert codes.is_ours(motor.code)


def test_importing_again_changes_nothing_even_without_codes(db: Database, cast: Cast) -> None:
    handover = _handover(
        ("", "Lift 1", "Lift", "B/1F", ""), ("", "Motor", "", "B/1F", "Lift 1"), ("P-1", "Pump", "", "B", "")
    )
    with db.write_scope() as session:
        _apply(session, cast.site, handover)
        before = _contents(session)
        outcome = _apply(session, cast.site, handover)
        assert _contents(session) == before
    assert outcome.added == outcome.changed == {"asset": 0, "place": 0, "type": 0}
    assert outcome.unchanged == {"asset": 3, "place": 2, "type": 1}


def test_a_dry_run_tells_the_same_and_writes_nothing(db: Database, cast: Cast) -> None:
    handover = _handover(("LIFT-01", "Lift 1", "Lift", "B/1F", ""), ("", "", "Lift", "B/2F", ""))
    with db.write_scope() as session:
        before = _contents(session)
    with db.read_scope() as session:
        foreseen = importing.apply(session, cast.site, handover, NOW, dry_run=True)
    with db.write_scope() as session:
        assert _contents(session) == before
        assert _apply(session, cast.site, handover) == foreseen


def test_what_differs_is_changed_with_an_event(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        _apply(session, cast.site, _handover(("L-1", "Lift 1", "Lift", "B/1F", ""), ("M-1", "Motor", "", "B/1F", "")))
        outcome = _apply(
            session,
            cast.site,
            _handover(("L-1", "Lift A", "Goods lift", "B/2F", ""), ("M-1", "Motor", "", "B/1F", "L-1")),
        )
        lift, motor = register.asset_by_code(session, "L-1"), register.asset_by_code(session, "M-1")
        actions = [event.action for event in trace.events_of(session, f"asset:{lift.id}")]
    assert outcome.changed == {"asset": 2, "place": 0, "type": 0}
    assert (lift.name, lift.type, lift.place) == ("Lift A", "Goods lift", "B/2F")
    assert motor.parent == "L-1"
    assert actions == ["added", "changed"]


def test_what_a_row_leaves_empty_stays(db: Database, cast: Cast) -> None:
    rows = ("L-1", "Lift", "Lift", "B", ""), ("M-1", "Motor", "Motor", "B", "L-1")
    with db.write_scope() as session:
        _apply(session, cast.site, _handover(*rows))
        outcome = _apply(session, cast.site, _handover(("M-1", "Motor", "", "B", "")))
        motor = register.asset_by_code(session, "M-1")
    assert outcome.unchanged["asset"] == 1
    assert (motor.type, motor.parent) == ("Motor", "L-1")


@pytest.mark.parametrize(
    ("row", "column", "key"),
    [
        (("A-1", "", "", "B", ""), "name", "import.missing"),
        (("A-1", "Fan", "", "", ""), "place", "import.missing"),
        (("A-1", "F\x00an", "", "B", ""), "name", "import.control"),
        (("A-1", "Fan", "\u202etxt", "B", ""), "type", "import.control"),
        (("A-1", "F" * 201, "", "B", ""), "name", "import.too_long"),
        (("A-1", "Fan", "", "B/" + "x" * 201, ""), "place", "import.too_long"),
        (("A-1", "Fan", "", "/".join("abcdefghijklm"), ""), "place", "import.too_deep"),
        (("A-1", "#REF!", "", "B", ""), "name", "import.error_cell"),
        ((WRONG, "Fan", "", "B", ""), "code", "import.code_check"),
        (("A 1", "Fan", "", "B", ""), "code", "import.code_shape"),
        (("电梯", "Fan", "", "B", ""), "code", "import.code_shape"),
        (("A" * 33, "Fan", "", "B", ""), "code", "import.code_shape"),
        (("A-1", "Fan", "", "B", "No such"), "parent", "import.parent_unknown"),
        (("A-1", "Fan", "", "B", WRONG), "parent", "import.code_check"),
        (("A-1", "Fan", "", "B", "A-1"), "parent", "import.parent_cycle"),
    ],
)
def test_a_bad_row_is_set_aside_and_the_good_one_goes_in(
    db: Database, cast: Cast, row: tuple[str, ...], column: str, key: str
) -> None:
    with db.write_scope() as session:
        outcome = _apply(session, cast.site, _handover(("GOOD-1", "Pump", "", "B", ""), row))
    assert outcome.added["asset"] == 1
    assert [(bad.sheet, bad.row, bad.column, bad.key) for bad in outcome.quarantined] == [("Sheet", 3, column, key)]
    assert all(bad.reason(locale) for bad in outcome.quarantined for locale in i18n.LOCALES)


def test_every_bad_cell_of_a_row_is_told(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        outcome = _apply(session, cast.site, _handover((WRONG, "", "x" * 300, "", "")))
    assert [bad.column for bad in outcome.quarantined] == ["code", "name", "place", "type"]


def test_places_and_types_of_rows_that_are_set_aside_are_not_added(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        outcome = _apply(session, cast.site, _handover(("A-1", "", "Fan", "C/9F", "")))
    assert outcome.added == {"asset": 0, "place": 0, "type": 0}


def test_the_second_row_with_a_code_is_set_aside(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        outcome = _apply(session, cast.site, _handover(("L-1", "Lift", "", "B", ""), ("l-1", "Fan", "", "B", "")))
        assert register.asset_by_code(session, "L-1").name == "Lift"
    assert [bad.reason() for bad in outcome.quarantined] == ["Row 2 has the same code already."]


@pytest.mark.parametrize("first", ["L-1", ""])
def test_a_row_without_code_that_names_the_same_thing_is_set_aside(db: Database, cast: Cast, first: str) -> None:
    rows = (first, "Lift", "", "B", ""), ("", "Lift", "", "B", "")
    with db.write_scope() as session:
        once = _apply(session, cast.site, _handover(*rows))
        again = _apply(session, cast.site, _handover(*rows))
    assert once.added["asset"] == again.unchanged["asset"] == 1
    assert [bad.key for bad in (*once.quarantined, *again.quarantined)] == ["import.same_twice"] * 2


def test_two_things_of_one_name_need_their_codes(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        _apply(
            session, cast.site, _handover(("E-1", "Extinguisher", "", "B", ""), ("E-2", "Extinguisher", "", "B", ""))
        )
        outcome = _apply(
            session, cast.site, _handover(("", "Extinguisher", "", "B", ""), ("", "Hose", "", "B", "Extinguisher"))
        )
    assert [bad.key for bad in outcome.quarantined] == ["import.ambiguous", "import.parent_ambiguous"]


def test_a_code_of_another_site_is_set_aside(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        elsewhere = places.add_site(session, "River Court").id
        _apply(session, elsewhere, _handover(("L-1", "Lift", "", "B", "")))
        outcome = _apply(session, cast.site, _handover(("L-1", "Lift", "", "B", "")))
    assert [bad.key for bad in outcome.quarantined] == ["import.code_elsewhere"]


def test_a_code_that_hangs_on_a_place_is_set_aside(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        code = register.code_of_place(session, cast.hall, now=NOW)
        outcome = _apply(session, cast.site, _handover((code, "Lift", "", "B", "")))
    assert [bad.key for bad in outcome.quarantined] == ["import.code_of_place"]


def test_a_replaced_code_still_means_its_asset(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        _apply(session, cast.site, _handover(("L-1", "Lift", "", "B", "")))
        new = register.replace_code(session, register.asset_by_code(session, "L-1").id, now=NOW)
        outcome = _apply(session, cast.site, _handover(("L-1", "Lift", "", "B", "")))
        assert register.asset_by_code(session, "L-1").code == new
    assert outcome.unchanged["asset"] == 1


def test_rows_that_contain_each_other_are_set_aside_with_what_hangs_on_them(db: Database, cast: Cast) -> None:
    rows = ("A", "a", "", "B", "B"), ("B", "b", "", "B", "C"), ("C", "c", "", "B", "A"), ("D", "d", "", "B", "C")
    with db.write_scope() as session:
        outcome = _apply(session, cast.site, _handover(*rows))
    assert outcome.added["asset"] == 0
    assert [bad.key for bad in outcome.quarantined] == ["import.parent_cycle"] * 3 + ["import.parent_refused"]


def test_a_parent_that_would_close_a_circle_with_the_register_is_set_aside(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        _apply(session, cast.site, _handover(("A", "a", "", "B", ""), ("B", "b", "", "B", "A")))
        outcome = _apply(session, cast.site, _handover(("A", "a", "", "B", "B")))
        assert register.asset_by_code(session, "A").parent == ""
    assert [bad.key for bad in outcome.quarantined] == ["import.parent_cycle"]


def test_children_may_stand_before_their_parents(db: Database, cast: Cast) -> None:
    rows = [(f"N-{depth}", f"Node {depth}", "", "B", f"N-{depth + 1}") for depth in range(1200)]
    with db.write_scope() as session:
        outcome = _apply(session, cast.site, _handover(*rows, ("N-1200", "Root", "", "B", "")))
        assert register.asset_by_code(session, "N-7").parent == "N-8"
    assert outcome.added["asset"] == 1201


def test_places_and_types_come_in_without_assets(db: Database, cast: Cast) -> None:
    handover = Handover(
        places=(PlaceRow("Space", 2, "B/2F/201", "room"), PlaceRow("Space", 3, "")),
        types=(TypeRow("Type", 2, "Chiller", "heating_ac"), TypeRow("Type", 3, "x" * 201)),
    )
    with db.write_scope() as session:
        outcome = _apply(session, cast.site, handover)
        assert places.place_at(session, cast.site, "B/2F/201").kind == "room"
        assert places.place_at(session, cast.site, "B/2F").kind == "area"
        assert register.add_type(session, cast.site, "Chiller").category == "heating_ac"
    assert outcome.added == {"asset": 0, "place": 3, "type": 1}
    assert [(bad.sheet, bad.key) for bad in outcome.quarantined] == [
        ("Space", "import.missing"),
        ("Type", "import.too_long"),
    ]


def test_the_site_itself_is_a_place(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        _apply(session, cast.site, _handover(("G-1", "Gate", "", "/", "")))
        assert register.subject_of(session, "G-1").place == "Garden Court"


def test_two_imports_of_a_file_at_the_same_moment_register_everything_once(db: Database, cast: Cast) -> None:
    handover = _handover(*(("", f"Fan {number}", "Fan", f"B/{number}", "") for number in range(50)))

    def work(_: int) -> Outcome:
        return db.write(lambda session: _apply(session, cast.site, handover))

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(work, range(4)))
    assert sorted(outcome.added["asset"] for outcome in outcomes) == [0, 0, 0, 50]


def test_progress_is_told_to_the_end(db: Database, cast: Cast) -> None:
    told: list[tuple[int, int]] = []
    rows = [("", f"Fan {number}", "", "B", "") for number in range(1100)]
    with db.write_scope() as session:
        importing.apply(session, cast.site, _handover(*rows), NOW, progress=lambda *step: told.append(step))
    assert told == [(500, 1100), (1000, 1100), (1100, 1100)]


def test_an_unknown_site_is_not_found(db: Database, cast: Cast) -> None:
    with db.write_scope() as session, pytest.raises(NotFound):
        _apply(session, cast.resident, Handover())


def test_the_outcome_reads_as_the_contract_says(db: Database, cast: Cast) -> None:
    rows = [("A-1", "Fan", "", "B", ""), ("A-2", "\x1b[31m", "", "B", "")]
    with db.write_scope() as session:
        told = _apply(session, cast.site, _handover(*rows)).as_dict()
    assert told["added"] == {"asset": 1, "place": 1, "type": 0}
    reason = "This holds characters that cannot be printed."
    assert told["quarantined"] == [
        {"sheet": "Sheet", "row": 3, "column": "name", "value": "\ufffd[31m", "reason": reason}
    ]


def _handover(*rows: tuple[str, ...]) -> Handover:
    empty = AssetRow("Sheet", 0, "", "")
    return Handover(
        tuple(
            replace(empty, row=number, code=code, name=name, type=kind, place=place, parent=parent)
            for number, (code, name, kind, place, parent) in enumerate(rows, start=2)
        )
    )


def _apply(session: Session, site_id: UUID, handover: Handover) -> Outcome:
    return importing.apply(session, site_id, handover, NOW)


def _contents(session: Session) -> tuple[int, ...]:
    tables = (Asset, Code, Place, trace.Event)
    return tuple(session.scalar(select(func.count()).select_from(table)) or 0 for table in tables)

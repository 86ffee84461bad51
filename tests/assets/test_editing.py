"""Assets at the desk: changed and taken back, part of each other, retired and replaced with their history kept."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import pytest

from assets import editing, listing, register, story
from assets.editing import IsRetired, PartOfItself
from assets.listing import Asked
from assets.models import Asset
from assets.story import Kept
from core import changes, intake, places
from core.database import Database, Session
from core.errors import Invalid, Missing, NotFound
from core.intake import FaultReport
from core.tickets import additions
from core.tickets.models import Ticket
from tests.personas import Cast

PUMP = {"name": "Pump 1", "type": "Pump", "place": "A/1/Hall", "warranty": "2027-03-01", "maker": "Wilo"}


def added(session: Session, cast: Cast, now: datetime, **values: str) -> Asset:
    return editing.add(session, cast.site, PUMP | values, cast.admin, now)


def edited(session: Session, cast: Cast, asset: Asset, now: datetime, **values: str) -> dict[str, str]:
    editing.edit(session, cast.site, asset.id, values, cast.admin, now)
    return editing.values_of(session, asset)


def test_what_is_typed_is_kept_and_shown(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        asset = added(session, cast, now)
        assert editing.values_of(session, asset) == editing.BLANK | PUMP
        assert asset.warranty_until == date(2027, 3, 1)
        assert edited(session, cast, asset, now, serial=" X-77 ", warranty="")["serial"] == "X-77"
        assert asset.warranty_until is None


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"name": " "}, Invalid), ({"place": ""}, Missing), ({"place": "No/Such/Place"}, NotFound),
        ({"warranty": "soon"}, Invalid), ({"parent": "NO-SUCH-1"}, NotFound), ({"note": "x" * 501}, Invalid),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(
    db: Database, cast: Cast, now: datetime, values: dict[str, str], error: type[Exception]
) -> None:
    with db.write_scope() as session:
        asset = added(session, cast, now)
    with pytest.raises(error):
        db.write(lambda session: editing.edit(session, cast.site, asset.id, values, cast.admin, now))
    with db.read_scope() as session:
        assert editing.values_of(session, session.get_one(Asset, asset.id)) == editing.BLANK | PUMP


def test_nothing_is_a_part_of_itself(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        one, two, three = (added(session, cast, now, name=f"Pump {number}") for number in (1, 2, 3))
        edited(session, cast, two, now, parent=one.code)
        edited(session, cast, three, now, parent=two.code)
        assert [part.name for part in story.parts_of(session, one.id)] == ["Pump 2"]
        for above in (one, two, three):
            with pytest.raises(PartOfItself):
                editing.edit(session, cast.site, one.id, {"parent": above.code}, cast.admin, now)


def test_a_change_is_taken_back(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        asset = added(session, cast, now)
        edited(session, cast, asset, now, name="Pump 9", type="Valve", place="A")
        [change, _] = changes.of_thing(session, cast.site, "asset", str(asset.id))
        assert sorted(change.after) == ["name", "place", "type"]
        changes.take_back(session, cast.site, change.id, cast.admin, now)
        assert editing.values_of(session, asset) == editing.BLANK | PUMP
        editing.retire(session, cast.site, asset.id, cast.admin, now)
        changes.take_back(
            session, cast.site, changes.of_thing(session, cast.site, "asset", str(asset.id))[0].id, None, now
        )
        assert asset.retired_at is None


def test_several_are_changed_at_once_or_none(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        ids = [added(session, cast, now, name=f"Pump {number}").id for number in range(3)]
        assert editing.edit_many(session, cast.site, ids, {"type": "Valve"}, cast.admin, now) == 3
    unknown = [*ids, UUID(int=5)]
    with pytest.raises(NotFound):
        db.write(lambda session: editing.edit_many(session, cast.site, unknown, {"type": "Fan"}, cast.admin, now))
    with db.read_scope() as session:
        assert {line.type for line in listing.lines(session, cast.site, Asked())} == {"Valve"}


@pytest.mark.parametrize("keeps_label", [True, False])
def test_a_replacement_takes_the_position_and_both_keep_their_story(
    db: Database, cast: Cast, now: datetime, *, keeps_label: bool
) -> None:
    with db.write_scope() as session:
        old = added(session, cast, now, serial="OLD")
        label = old.code
        ticket = worked_on(session, cast, old.code, now)
        new = editing.replace(session, cast.site, old.id, {"name": "Pump 1b"}, cast.admin, now, keeps_label=keeps_label)
        assert register.subject_of(session, label).asset_id == (new.id if keeps_label else old.id)
        assert register.subject_of(session, old.code).asset_id == old.id
        assert editing.values_of(session, new) == editing.BLANK | {
            "name": "Pump 1b", "type": "Pump", "place": "A/1/Hall"
        }  # fmt: skip
        assert [one.id for one in story.before(session, new)] == [old.id]
        assert story.after(session, old) == new
        assert story.tickets(session, old.id) == [ticket]
        assert old.retired_at is not None
        with pytest.raises(IsRetired):
            editing.replace(session, cast.site, old.id, {}, cast.admin, now, keeps_label=False)


def test_what_an_asset_took_is_added_up(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        asset = added(session, cast, now)
        for cost in ("12.50", "", "7,5"):
            ticket = worked_on(session, cast, asset.code, now)
            additions.use_part(session, ticket, cast.technician, "Seal", "1", now, cost=cost)
            ticket.minutes = 30
            ticket.is_open = False
        session.flush()
        totals = story.totals(session, asset.id)
        assert (totals.tickets, totals.open, totals.minutes, totals.cost) == (3, 0, 90, 2000)
        with pytest.raises(Invalid):
            additions.use_part(session, ticket, cast.technician, "Seal", "1", now, cost="about ten")


def test_assets_are_found_and_paged(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        places.ensure_path(session, cast.site, "B/1F")
        for number in range(7):
            added(session, cast, now, name=f"泵 No{number % 4}", place="B/1F" if number % 2 else "A")
        gone = added(session, cast, now, name="Old")
        editing.retire(session, cast.site, gone.id, cast.admin, now)
        seen: list[listing.Line] = []
        while page := listing.lines(session, cast.site, Asked(), after=seen[-1].key if seen else "", limit=3):
            seen += page
        assert len({line.id for line in seen}) == len(seen) == 7 == listing.count(session, cast.site, Asked())
        building = places.place_at(session, cast.site, "B").id
        assert listing.count(session, cast.site, Asked(under=building)) == 3
        assert listing.count(session, cast.site, Asked(words="泵 No2")) == 2
        assert [line.name for line in listing.lines(session, cast.site, Asked(is_retired=True))] == ["Old"]


def test_a_file_is_added_once_and_removed(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        asset = added(session, cast, now)
        kept = Kept("document", "a" * 64, "application/pdf")
        one, same = (story.add_file(session, asset.id, "Manual", kept, cast.admin, now) for _ in range(2))
        assert one.id == same.id
        story.remove_file(session, asset.id, one.id, cast.admin, now)
        assert story.files(session, asset.id) == []
        with pytest.raises(NotFound):
            story.file_at(session, asset.id, one.id)


def worked_on(session: Session, cast: Cast, code: str, now: datetime) -> Ticket:
    told = FaultReport(register.subject_of(session, code), "It drips", cast.resident, category="water", is_own=True)
    ticket = intake.report_fault(session, told, now).ticket
    assert ticket is not None
    return ticket

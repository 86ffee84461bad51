"""Changes to how a site is run are events, can be read, and can be taken back by a new change."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest

from core import changes, places, trace
from core.changes import Change, ChangedSince, Edit, Lasting
from core.database import Database
from core.errors import NotFound
from core.upkeep import sites, works
from tests.personas import Cast


def rename(db: Database, cast: Cast, name: str, now: datetime) -> Change:
    db.write(lambda session: sites.edit(session, cast.site, {"name": name}, cast.admin, now))
    return newest(db, cast)


def newest(db: Database, cast: Cast) -> Change:
    with db.read_scope() as session:
        return changes.of_site(session, cast.site)[0]


def name_of(db: Database, cast: Cast) -> str:
    with db.read_scope() as session:
        return places.site_of(session, cast.site).name


def test_only_what_differs_is_kept(db: Database, cast: Cast, now: datetime) -> None:
    change = rename(db, cast, "Lake Court", now)
    assert (change.before, change.after) == ({"name": "Garden Court"}, {"name": "Lake Court"})
    assert (change.kind, change.key, change.actor_id) == ("site", str(cast.site), cast.admin)


def test_saving_the_same_is_no_change(db: Database, cast: Cast, now: datetime) -> None:
    db.write(lambda session: sites.edit(session, cast.site, {"name": "Garden Court"}, cast.admin, now))
    with db.read_scope() as session:
        assert changes.of_site(session, cast.site) == []


def test_the_event_commits_to_the_content_and_holds_none_of_it(db: Database, cast: Cast, now: datetime) -> None:
    change = rename(db, cast, "Lake Court", now)
    with db.read_scope() as session:
        [event] = [e for e in trace.events_of(session, f"site:{cast.site}") if e.action == "change"]
    content = changes.content(change.before, change.after)
    assert trace.commitment(change.salt, content) in event.facts
    assert "Lake Court" not in event.facts
    assert change.salt not in event.facts
    assert trace.commitment(change.id.hex, content) not in event.facts, "the id stands in the same event"


def test_a_change_is_taken_back_by_a_new_one(db: Database, cast: Cast, now: datetime) -> None:
    change = rename(db, cast, "Lake Court", now)
    db.write(lambda session: changes.take_back(session, cast.site, change.id, cast.admin, now))
    assert name_of(db, cast) == "Garden Court"
    assert (newest(db, cast).takes_back, newest(db, cast).after) == (change.id, {"name": "Garden Court"})


def test_what_was_changed_again_cannot_be_taken_back(db: Database, cast: Cast, now: datetime) -> None:
    first = rename(db, cast, "Lake Court", now)
    rename(db, cast, "River Court", now)
    with pytest.raises(ChangedSince):
        db.write(lambda session: changes.take_back(session, cast.site, first.id, cast.admin, now))
    assert name_of(db, cast) == "River Court"


def test_a_kind_without_a_way_back_says_so(db: Database, cast: Cast, now: datetime) -> None:
    edit = Edit(cast.site, "weather", "today", {"sky": "grey"}, {"sky": "blue"})
    kept = db.write(lambda session: changes.record(session, edit, cast.admin, now).id)  # type: ignore[union-attr]
    with pytest.raises(Lasting):
        db.write(lambda session: changes.take_back(session, cast.site, kept, cast.admin, now))


def test_a_change_at_another_site_does_not_exist(db: Database, cast: Cast, now: datetime) -> None:
    change = rename(db, cast, "Lake Court", now)
    other: UUID = db.write(lambda session: places.add_site(session, "Elsewhere").id)
    with pytest.raises(NotFound):
        db.write(lambda session: changes.take_back(session, other, change.id, cast.admin, now))


def test_changes_are_read_a_page_at_a_time(db: Database, cast: Cast, now: datetime) -> None:
    ids = [rename(db, cast, f"Court {number}", now).id for number in range(5)]
    with db.read_scope() as session:
        first = changes.of_site(session, cast.site, limit=2)
        rest = changes.of_site(session, cast.site, before=first[-1].id)
    assert [one.id for one in [*first, *rest]] == ids[::-1]


def test_a_change_at_another_site_stands_in_nobody_s_way(db: Database, cast: Cast, now: datetime) -> None:
    """Two sites have a category of one name; what one does to its own concerns the other in no way."""
    with db.write_scope() as session:
        other = places.add_site(session, "River Court").id
        works.edit(session, cast.site, "lift", {"name_en": "Lifts"}, cast.admin, now)
        [mine] = changes.of_site(session, cast.site)
        works.edit(session, other, "lift", {"name_en": "Elevators"}, cast.admin, now)
        assert changes.last_of(session, cast.site, "category", "lift") == mine
        assert changes.of_thing(session, cast.site, "category", "lift") == [mine]
        changes.take_back(session, cast.site, mine.id, cast.admin, now)
        assert changes.of_site(session, cast.site)[0].takes_back == mine.id

"""Prepared statements say and read the same as SQLAlchemy does, and fail as it does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from sqlalchemy import bindparam, insert, select, update

from core import clock
from core.database import Database, DBAPIError, Session, rows
from core.people import Person
from core.places import Site
from core.prepared import Prepared

SITES, PEOPLE = rows(Site), rows(Person)
ADD = Prepared(insert(SITES), SITES.columns.keys())
READ = Prepared(select(SITES.c.id, SITES.c.settings).where(SITES.c.name == bindparam("of_name")))
RENAME = Prepared(update(SITES).where(SITES.c.name == bindparam("of_name")), ("name",))


def site(name: str, **more: object) -> dict[str, object]:
    known = {"timezone": "Asia/Shanghai", "locale": "en", "phone": "", "phone_key": "", "settings": {}, "revision": 1}
    return {"id": clock.new_id(), "name": name, "prefix": name.upper(), **known, **more}


def test_values_go_in_and_come_back_in_their_own_types(db: Database) -> None:
    row = site("中庭", settings={"promise": {"urgent": 90}, "motto": "漏水"})
    with db.write_scope() as session:
        ADD.run(session, **row)
        assert READ.rows(session, of_name="中庭") == [(row["id"], row["settings"])]
        assert session.get_one(Site, row["id"]).settings == row["settings"]


def test_instants_are_kept_in_utc(db: Database, now: datetime) -> None:
    there = datetime(2026, 11, 20, 10, 0, 0, 7, timezone(timedelta(hours=8)))
    add = Prepared(insert(PEOPLE), PEOPLE.columns.keys())
    read = Prepared(select(PEOPLE.c.created_at, PEOPLE.c.informed_at, PEOPLE.c.is_active))
    with db.write_scope() as session:
        add.run(
            session, id=clock.new_id(), name="Li", locale="en", phone="", phone_key="", phone_proven_at=None,
            password_hash="", is_active=True, informed_at=None, created_at=there, quiet="", epoch=0,
        )  # fmt: skip
        [(created_at, informed_at, is_active)] = read.rows(session)
    assert (created_at, created_at.tzinfo, informed_at) == (there, UTC, None)
    assert is_active in (True, 1)


def test_it_tells_how_many_rows_it_changed(db: Database) -> None:
    with db.write_scope() as session:
        ADD.run_many(session, [site("one"), site("two")])
        assert RENAME.run(session, of_name="one", name="three") == 1
        assert RENAME.run(session, of_name="nobody", name="four") == 0


def test_it_works_in_the_transaction_of_its_session(db: Database) -> None:
    def work(session: Session) -> None:
        ADD.run(session, **site("gone"))
        raise LookupError

    with pytest.raises(LookupError):
        db.write(work)
    with db.read_scope() as session:
        assert READ.rows(session, of_name="gone") == []


def test_a_collision_is_the_error_that_it_is_everywhere_else_and_tells_no_value(db: Database) -> None:
    db.write(lambda session: ADD.run(session, **site("one")))
    with pytest.raises(DBAPIError) as refused:
        db.write(lambda session: ADD.run(session, **site("one", phone="13800138000")))
    assert "13800138000" not in str(refused.value)


def test_a_value_that_is_missing_is_an_error(db: Database) -> None:
    with db.read_scope() as session, pytest.raises(KeyError):
        READ.rows(session)


def test_words_are_never_taken_for_commands(db: Database) -> None:
    hostile = "'; DROP TABLE sites; --"
    with db.write_scope() as session:
        ADD.run(session, **site(hostile))
        assert [type(found) for found, _ in READ.rows(session, of_name=hostile)] == [UUID]

"""Group commit on SQLite: units share a commit, and a failed one takes nobody with it."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from core import places
from core.database import Database
from core.places import Site


def test_a_failed_flush_undoes_its_own_unit_only(db: Database) -> None:
    """Many write at once, every third breaks a unique name: the others are all there."""
    failed: list[int] = []

    def write(number: int) -> None:
        try:
            with db.write_scope() as session:
                name = "taken" if number % 3 == 0 else f"site {number}"
                session.add(Site(name=name, prefix=f"P{number}", settings={}))
                session.flush()
        except IntegrityError:
            failed.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.read_scope() as session:
        assert session.scalar(select(func.count()).select_from(Site)) == 30 - len(failed)
    assert len(failed) == 9


def test_nothing_of_a_unit_that_raised_stays(db: Database) -> None:
    with pytest.raises(RuntimeError), db.write_scope() as session:
        places.add_site(session, "gone")
        raise RuntimeError
    with db.read_scope() as session:
        assert session.scalar(select(func.count()).select_from(Site)) == 0

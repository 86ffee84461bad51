"""Tables that were brought to the desk are forgotten after a month, and not before."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from assets.models import Import
from assets.triggers.old_imports import KEPT_FOR
from core import clock
from core.database import Database
from core.settings import load_settings
from core.triggers import TRIGGERS, Tick, run
from tests.personas import Cast


@pytest.mark.parametrize(("age", "left"), [(KEPT_FOR - timedelta(hours=1), 1), (KEPT_FOR, 0)])
def test_a_month_later_it_is_forgotten(
    db: Database, cast: Cast, now: datetime, tmp_path: Path, age: timedelta, left: int
) -> None:
    with db.write_scope() as session:
        session.add(Import(id=clock.new_id(), site_id=cast.site, kind="people", sha256="a" * 64, at=now - age))
    run(db, TRIGGERS["old_imports"], Tick(now, load_settings(data_dir=tmp_path)))
    with db.read_scope() as session:
        assert len(session.scalars(select(Import)).all()) == left

"""The history that the audit is tried on, and a checkpoint of it that left the house."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from core.database import Database
from core.seals import Seal
from tests.core.history import seeded
from tests.personas import Cast


@pytest.fixture
def history(db: Database, cast: Cast, now: datetime) -> Database:
    seeded(db, cast, now)
    return db


@pytest.fixture
def kept(history: Database) -> str:
    """A checkpoint that left the house."""
    with history.read_scope() as session:
        return session.scalars(select(Seal.note).where(Seal.number == 3)).one()

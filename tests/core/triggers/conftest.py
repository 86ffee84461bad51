"""What every test of a trigger needs: to let it run at a moment of the test's choice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from core import registry
from core.database import Database
from core.settings import load_settings
from core.triggers import TRIGGERS, Outcome, Tick, run

Wake = Callable[[str, datetime], Outcome]


@pytest.fixture
def wake(db: Database, tmp_path: Path) -> Wake:
    """Run a trigger by its name for a moment."""
    registry.load("core.triggers")
    settings = load_settings(data_dir=tmp_path, signing_key="42" * 32)
    return lambda name, now: run(db, TRIGGERS[name], Tick(now, settings))

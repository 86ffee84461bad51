"""The cast of the conversations, each in a chat of their own."""

from __future__ import annotations

import pytest

from core.database import Database
from tests.bot.flows.chat import Chat, Stage
from tests.personas import Cast


@pytest.fixture
def stage(db: Database, cast: Cast) -> Stage:
    return Stage(db, cast)


@pytest.fixture
def li(stage: Stage) -> Chat:
    """The resident."""
    return stage.chat(stage.cast.resident, "li")


@pytest.fixture
def chen(stage: Stage) -> Chat:
    """The neighbour."""
    return stage.chat(stage.cast.neighbour, "chen")


@pytest.fixture
def wang(stage: Stage) -> Chat:
    """The technician who is asked first."""
    return stage.chat(stage.cast.technician, "wang")


@pytest.fixture
def zhao(stage: Stage) -> Chat:
    """The second technician."""
    return stage.chat(stage.cast.second_technician, "zhao")


@pytest.fixture
def sun(stage: Stage) -> Chat:
    """The supervisor."""
    return stage.chat(stage.cast.supervisor, "sun")

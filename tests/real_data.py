"""Where the real input lies that tests read; nothing of it is copied into the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("GONGDAN_REAL_DATA") or Path(__file__).parents[1] / "../shared/data").resolve()
ABSENT = f"real data absent: {FOLDER} does not exist; GONGDAN_REAL_DATA names another folder"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with the real input."""
    if not FOLDER.is_dir():
        pytest.skip(ABSENT)
    return FOLDER

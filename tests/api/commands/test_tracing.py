"""`gongdan audit`: the newest checkpoint goes out, and the log is held to it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from core import seals, trace
from core.database import open_database
from core.settings import load_settings
from tests.api.commands.conftest import Gongdan

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def happen_and_seal(action: str) -> None:
    """Something happens at the site, and the minute ends."""
    settings = load_settings()
    database = open_database(settings.database_url)
    with database.write_scope() as session:
        trace.append(session, "place:1", [trace.Entry(action)], NOW)
        seals.seal(session, seals.load_key(settings), NOW)
    database.dispose()


def test_the_log_is_held_to_a_checkpoint_that_was_kept_outside(gongdan: Gongdan, tmp_path: Path) -> None:
    gongdan("site", "add", "Garden Court")
    happen_and_seal("first")
    kept = tmp_path / "checkpoint.txt"
    kept.write_text(gongdan("audit", "checkpoint").stdout)
    happen_and_seal("second")
    verified = gongdan("audit", "verify", "--since", kept)
    assert (verified.exit_code, "intact" in verified.output) == (0, True)
    kept.write_text(kept.read_text().replace("\n1\n", "\n7\n", 1))
    assert gongdan("audit", "verify", "--since", kept).exit_code == 1


def test_without_a_seal_there_is_no_checkpoint(gongdan: Gongdan) -> None:
    gongdan("site", "add", "Garden Court")
    assert isinstance(gongdan("audit", "checkpoint").exception, seals.NotSealed)

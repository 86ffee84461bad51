"""Backups: what is there is overwritten only when asked for."""

from __future__ import annotations

from pathlib import Path

from tests.api.commands.conftest import Gongdan, Told


def test_a_backup_that_is_there_is_not_overwritten_by_mistake(gongdan: Gongdan, told: Told, tmp_path: Path) -> None:
    gongdan("site", "add", "Garden Court")
    file = tmp_path / "all.zip"
    assert gongdan("backup", file).exit_code == 0
    first = file.read_bytes()
    assert told("backup", file) == f"{file} is there already. Choose another name, or overwrite it with --force."
    assert file.read_bytes() == first
    assert gongdan("backup", file, "--force").exit_code == 0

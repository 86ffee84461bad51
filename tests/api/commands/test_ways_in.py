"""Ways in that are made at the command line are events of the person, too; and all that it writes is private."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from api import cli
from core import people, trace
from core.database import open_database
from core.settings import load_settings
from tests.api.commands.conftest import Gongdan


@pytest.mark.parametrize(
    ("words", "kind"),
    [(["password", "Wang Wei"], "password"), (["token", "create", "Wang Wei"], "bearer"),
     (["sign-in-link", "Wang Wei"], "sign_in"), (["link-code", "Wang Wei"], "link")],
)  # fmt: skip
def test_a_way_in_leaves_an_event(gongdan: Gongdan, words: list[str], kind: str) -> None:
    gongdan("site", "add", "Garden Court")
    gongdan("person", "add", "Wang Wei", "--role", "technician", "--site", "Garden Court")
    made = gongdan(*words, input="a long password\na long password\n")
    assert made.exit_code == 0, made.output
    database = open_database(load_settings().database_url)
    with database.read_scope() as session:
        [event] = trace.events_of(session, f"person:{people.person_named(session, 'Wang Wei').id}")
    database.dispose()
    assert (event.action, event.actor, event.facts) == ("credential_issued", "gongdan", f'{{"kind":"{kind}"}}')


def test_what_lies_in_the_data_folder_is_its_owner_s_alone(gongdan: Gongdan, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    assert gongdan("site", "add", "Garden Court").exit_code == 0
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "gongdan.db").stat().st_mode) == 0o600


def test_every_command_writes_for_its_owner_only(monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.umask(0o022)
    try:
        monkeypatch.setattr(sys, "argv", ["gongdan", "--help"])
        with pytest.raises(SystemExit):
            cli.main()
        assert os.umask(0o022) == 0o077
    finally:
        os.umask(before)

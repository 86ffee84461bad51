"""The first installation of docs/operating.md, typed as it stands there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import build
from core import places
from core.database import Database, open_database
from core.intake import FaultReport, report_fault
from core.settings import load_settings
from core.tickets import queries
from core.tickets.models import Subject
from tests.house.source import ROOT
from tests.personas import NOW

PAGE = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## First installation")[2].partition("\n## ")[0]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
TABLE = re.compile(r"^\*\*`assets\.csv`\*\*\n\n```csv\n(.*?)^```", re.MULTILINE | re.DOTALL)
ENDLESS = "gongdan serve"
PASSWORD = "a long password for the desk\n"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """What is there after every command of the section was typed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GONGDAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("GONGDAN_PUBLIC_URL", "https://fix.example.org")
    [table] = TABLE.findall(SECTION)
    (tmp_path / "assets.csv").write_text(table, encoding="utf-8")
    typed = [line for block in BLOCK.findall(SECTION) for line in block.splitlines() if line.startswith("gongdan ")]
    assert ENDLESS in typed
    for line in typed:
        if line != ENDLESS:
            done = CliRunner().invoke(build(), shlex.split(line)[1:], input=PASSWORD * 2)
            assert done.exit_code == 0, f"{line}: {done.output} {done.exception}"
    return open_database(load_settings().database_url)


def test_after_the_first_installation_a_report_finds_its_technician(installed: Database, tmp_path: Path) -> None:
    with installed.write_scope() as session:
        site = places.site_named(session, "Garden Court").id
        hall = places.place_at(session, site, "A/1/Hall")
        told = FaultReport(Subject(site, hall.id, hall.path, is_common=True), "the lift is stuck")
        ticket = report_fault(session, told, NOW).ticket
        assert ticket is not None
        assert ticket.assignee_id is not None
        assert queries.names_of(session, [ticket.assignee_id])[ticket.assignee_id] == "Wang Wei"
    installed.dispose()
    assert (tmp_path / "labels.pdf").read_bytes().startswith(b"%PDF")

"""Setting up from the command line: nobody and nothing twice, nothing impossible, and every refusal in words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import select

from core import people
from core.calendars import Duty
from core.database import open_database
from core.settings import load_settings
from tests.api.commands.conftest import Gongdan, Told

HERE = ("--site", "Garden Court")
SUPERVISOR = ("person", "add", "Sun Yue", "--role", "supervisor", *HERE)


@pytest.fixture
def site(gongdan: Gongdan) -> Gongdan:
    """A site with a team and a supervisor."""
    for words in (["site", "add", "Garden Court"], ["team", "add", "House crew", *HERE], SUPERVISOR):
        assert gongdan(*words).exit_code == 0
    return gongdan


def test_nobody_is_added_twice_by_mistake(site: Gongdan, told: Told) -> None:
    said = told("person", "add", "Sun Yue", "--role", "technician", *HERE)
    assert re.search(r"Sun Yue is at this site already: supervisor \(Garden Court\) [0-9a-f-]{36}\.", said)
    assert "--phone" in said
    assert site("sign-in-link", "Sun Yue").exit_code == 0


def test_somebody_else_of_the_same_name_has_another_number(site: Gongdan, told: Told) -> None:
    twin = ("person", "add", "Sun Yue", "--role", "technician", *HERE, "--phone", "138 0013 8000")
    added = site(*twin)
    assert added.exit_code == 0
    assert "already" in told(*twin)
    said = told("sign-in-link", "Sun Yue")
    assert said.startswith("There are several people called Sun Yue: ")
    assert "supervisor (Garden Court)" in said
    assert f"technician (Garden Court) {added.stdout.strip()}" in said
    assert "Please give the id" in said
    assert site("sign-in-link", added.stdout.strip()).exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["site", "add", "Moon Base", "--timezone", "Mars/Phobos"], "There is no time zone called Mars/Phobos"),
        (["site", "add", "Moon Base", "--locale", "tlh"], "Language: this value cannot be used."),
        (["site", "add", "Garden Court"], "There is already a site called Garden Court"),
        (["site", "add", " "], "Name is missing."),
        (["team", "add", "House crew", *HERE], "There is a team called House crew already."),
        (["person", "add", "Wang Wei", "--role", "technician", *HERE, "--skills", "lift"], "Skills belong to a team"),
        (["person", "add", "Wang Wei", "--role", "emperor", *HERE], "Role: this value cannot be used."),
        (["person", "add", " ", "--role", "technician", *HERE], "Name is missing."),
        (["home", "add", "Sun Yue", "", *HERE], "Place is missing."),
        (["home", "add", "Nobody", "A/1", *HERE], "There is no such person."),
        (["demo", "--language", "de"], "There is no demo in de. There are: zh_CN, en."),
    ],
)
def test_what_cannot_be_is_refused_in_words(site: Gongdan, told: Told, words: list[str], said: str) -> None:
    assert told(*words).startswith(said)


def test_somebody_is_put_on_call_for_a_team(site: Gongdan, told: Told) -> None:
    night = ("--from", "2026-11-20 18:00", "--until", "2026-11-21 08:00")
    assert site("duty", "add", "Sun Yue", *HERE, *night, "--team", "House crew").exit_code == 0
    assert told("duty", "add", "Sun Yue", *HERE, *night, "--team", "No crew") == "There is no such team."
    database = open_database(load_settings().database_url)
    with database.read_scope() as session:
        [duty] = session.scalars(select(Duty))
        assert duty.team_id == people.team_named(session, duty.site_id, "House crew").id
    database.dispose()


def test_a_refused_person_leaves_nothing_behind(site: Gongdan) -> None:
    refused = ("person", "add", "Wang Wei", "--role", "technician", *HERE, "--team", "No crew", "--skills", "lift")
    assert site(*refused).exit_code != 0
    assert site("sign-in-link", "Wang Wei").exit_code != 0


def test_a_site_is_asked_for_with_the_names_that_there_are(gongdan: Gongdan, told: Told, tmp_path: Path) -> None:
    report = ("report", "tickets", "--out", tmp_path / "r.csv")
    assert told(*report) == "There is no site yet. Add one with: gongdan site add NAME"
    for name in ("Garden Court", "River Court"):
        gongdan("site", "add", name)
    assert told(*report) == "There are several sites: Garden Court, River Court. Please name one with --site."
    assert told("report", "money", *report[2:], *HERE) == "There is no report money. There are: tickets."


def test_a_file_that_cannot_be_used_is_named_with_what_to_do(site: Gongdan, told: Told, tmp_path: Path) -> None:
    assert told("import", "nowhere.csv") == "nowhere.csv is not there. Check the name and the folder."
    assert "is a folder" in told("import", tmp_path)
    assert "is not there" in told("backup", tmp_path / "no" / "all.zip")
    (tmp_path / "file").touch()
    assert "is not there" in told("backup", tmp_path / "file" / "all.zip")


def test_a_database_that_cannot_be_opened_is_said(told: Told, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GONGDAN_DATABASE_URL", f"sqlite:///{tmp_path}")
    said = told("sign-in-link", "Sun Yue")
    assert said.startswith("The database cannot be used: unable to open database file")
    assert said.endswith("gongdan doctor")

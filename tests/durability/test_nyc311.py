"""One night in New York, as Telegram updates at the hook: every report has its ticket, every repetition joins."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.durability import night, nyc311, verdict
from tests.durability.conftest import hooked
from tests.durability.harness import Installation, serving
from tests.durability.night import Night
from tests.durability.nyc311 import Row
from tests.durability.residents import Post
from tests.durability.town import Town
from tests.fakes.telegram import FakeTelegram


@pytest.fixture(scope="module")
def played(
    the_town: Town, rows: list[Row], pictures: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Night]:
    with FakeTelegram() as telegram:
        installation = Installation(tmp_path_factory.mktemp("night"), hooked(telegram))
        the_town.copy_to(installation)
        telegram.deliver_to(f"{installation.url}/hooks/telegram")
        people = night.residents_with_photos(rows, the_town, Post(telegram), pictures)
        with serving(installation):
            story = Night(installation, the_town, telegram, people)
            story.play()
            yield story


def test_the_file_is_the_one_that_the_issue_counts(all_rows: list[Row]) -> None:
    assert len(all_rows) == 1000
    assert sum(not row.address for row in all_rows) == 5
    assert nyc311.joins(all_rows) == 167  # 168 where BROADWAY in two ZIP codes is one place


def test_every_repeated_report_joins(played: Night, rows: list[Row]) -> None:
    standing = verdict.standing(played.first)
    assert len(rows) - len(standing) == nyc311.joins(rows)
    assert {one.number for one in played.residents} == standing


def test_each_row_is_one_resident_who_is_informed_once(played: Night) -> None:
    assert played.privacy_notices() == [1] * len(played.residents)


def test_a_ticket_has_the_category_of_its_rows(played: Night) -> None:
    category = {ticket["number"]: ticket["category"] for ticket in played.first}
    wrong = [one.row for one in played.residents if category[one.number] != one.row.key and not one.is_alarmed]
    assert wrong == []


def test_emergencies_open_at_once(played: Night) -> None:
    alarmed = [one for one in played.residents if one.is_alarmed]
    priority = {ticket["number"]: ticket["priority"] for ticket in played.first}
    assert alarmed
    assert {priority[one.number] for one in alarmed} == {"emergency"}


def test_every_photo_is_kept_or_refused_with_a_reason(played: Night) -> None:
    assert played.photos_without_outcome() == []


def test_everybody_who_waits_is_told_once_when_it_is_accepted(played: Night) -> None:
    assert len(played.accepted) > 3
    for number in played.accepted:
        assert {played.times_told(one, number, "Tom has taken it") for one in played.crowds()[number]} == {1}


def test_work_that_is_signed_and_confirmed_is_closed(played: Night) -> None:
    assert len(played.finished) == 2
    assert [played.read(number)["state"] for number in played.finished] == ["closed"] * 2


def test_what_is_reported_again_after_the_end_opens_anew(played: Night, rows: list[Row]) -> None:
    standing = verdict.standing(played.second)
    assert len(rows) - len(standing) == nyc311.joins(rows)
    assert standing.isdisjoint(ticket["number"] for ticket in played.first)


def test_the_trace_verifies_beside_the_running_server(played: Night) -> None:
    verified = played.installation.verify()
    assert verified.returncode == 0, verified.stderr
    assert "intact" in verified.stdout


def test_the_log_tells_of_no_error(played: Night) -> None:
    assert played.installation.troubles() == []

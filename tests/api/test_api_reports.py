"""Reports over HTTP: figures of real tickets, to those who steer a site, of their site."""

from __future__ import annotations

import pytest

from core import calendars, clock
from tests.api.calling import Api, kind_of
from tests.api.conftest import Elsewhere
from tests.personas import Cast

ZONE = "Asia/Shanghai"


def this_month() -> str:
    return f"{calendars.local_day(clock.now(), ZONE):%Y-%m}"


def test_each_figure_names_the_tickets_behind_it(api: Api, cast: Cast) -> None:
    numbers = [api.as_(cast.resident).report(text)["number"] for text in ("The tap drips", "The door squeaks")]
    answer = api.as_(cast.manager).get("/api/v1/reports/tickets", period=this_month())
    report = answer.json()
    assert (answer.status_code, report["period"]) == (200, this_month())
    opened = next(one for one in report["figures"] if one["name"] == "opened")
    assert (opened["value"], sorted(opened["tickets"])) == (2, sorted(numbers))
    assert all(one["title"] != f"reports.tickets.{one['name']}" for one in report["figures"])


def test_without_a_period_it_is_the_last_whole_month(api: Api, cast: Cast) -> None:
    report = api.as_(cast.supervisor).get("/api/v1/reports/tickets").json()
    assert report["period"] < this_month()
    assert report["ends_at"].endswith("T16:00:00Z")  # midnight in Shanghai


def test_only_those_who_steer_read_reports(api: Api, cast: Cast) -> None:
    answers = [api.as_(person).get("/api/v1/reports/tickets") for person in (cast.resident, cast.technician)]
    assert [kind_of(answer) for answer in answers] == ["forbidden"] * 2
    assert api.stranger.get("/api/v1/reports/tickets").status_code == 401


def test_another_sites_figures_do_not_exist(api: Api, cast: Cast, elsewhere: Elsewhere) -> None:
    assert api.as_(cast.manager).get("/api/v1/reports/tickets", site=str(elsewhere.site)).status_code == 404


@pytest.mark.parametrize(
    ("path", "asked", "status", "kind"),
    [("nothing", {}, 404, "unknown-report"), ("tickets", {"period": "last week"}, 422, "bad-period"),
     ("tickets", {"when": "now"}, 422, "invalid")],
)  # fmt: skip
def test_what_is_no_report_is_refused_with_what_there_is(
    api: Api, cast: Cast, path: str, asked: dict[str, str], status: int, kind: str
) -> None:
    answer = api.as_(cast.manager).get(f"/api/v1/reports/{path}", **asked)
    assert (answer.status_code, kind_of(answer)) == (status, kind)

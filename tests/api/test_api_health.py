"""Health over HTTP: alive, ready, and figures that name nobody."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from core import clock, digests, health
from core.database import open_database
from core.digests import Wish
from core.scheduler import Heartbeat
from tests.api.calling import Api
from tests.personas import NOW, Cast


def beat(api: Api, ago: timedelta) -> None:
    with api.database.write_scope() as session:
        session.merge(Heartbeat(name="seals", ticked_at=clock.now() - ago, handled=0, failed=0, error=""))


def test_a_process_that_lives_says_so(api: Api) -> None:
    assert api.stranger.get("/healthz").text == "ok"


def test_it_is_ready_while_the_scheduler_ticks(api: Api) -> None:
    beat(api, timedelta(seconds=20))
    answer = api.stranger.get("/readyz")
    assert (answer.status_code, answer.json()["ready"], answer.json()["reasons"]) == (200, True, [])


def test_it_is_not_ready_when_the_scheduler_is_silent(api: Api) -> None:
    assert api.stranger.get("/readyz").json()["reasons"] == ["scheduler"]
    beat(api, timedelta(minutes=3))
    answer = api.stranger.get("/readyz")
    assert (answer.status_code, answer.json()["ready"], answer.json()["reasons"]) == (503, False, ["scheduler"])


def test_figures_count_and_name_nobody(api: Api, cast: Cast) -> None:
    api.as_(cast.resident).report("It smells of gas in the hall", place="A/1/Hall")
    figures = api.stranger.get("/metrics").text
    assert "# TYPE gongdan_tickets_open gauge\ngongdan_tickets_open 1.0\n" in figures
    assert "gongdan_emergencies_open 1.0\n" in figures
    assert "gongdan_outbox_due " in figures
    for secret in ("Li Na", "WX-", "gas in", str(cast.resident)):
        assert secret not in figures


def test_a_database_that_does_not_answer_is_a_reason(tmp_path: Path) -> None:
    state = health.check(open_database(f"sqlite:///{tmp_path / 'without-tables.db'}"), NOW)
    assert (state.is_ready, state.reasons) == (False, ("database",))


def test_what_time_should_have_brought_about_is_told(api: Api, cast: Cast) -> None:
    with api.database.write_scope() as session:
        subscription = digests.subscribe(session, cast.site, Wish("day", "08:00", cast.manager), cast.admin, NOW)
        subscription.next_at = clock.now() - timedelta(minutes=7)
    figures = api.stranger.get("/readyz").json()
    assert (figures["late_subscriptions"], figures["late_surveys"]) == (1, 0)
    assert [name for name, one in figures.items() if isinstance(one, float)] == [
        name for name in figures if name.endswith("_seconds")
    ]
    assert 400 < figures["late_oldest_seconds"] < 500
    assert "gongdan_late_subscriptions 1.0\n" in api.stranger.get("/metrics").text

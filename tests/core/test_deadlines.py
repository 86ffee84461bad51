"""Deadlines follow from the trace, the rules and the calendar, and say in words why they are when they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import deadlines
from core.deadlines import Deadline, Moment

START = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)  # Friday, half past five in the afternoon in Shanghai
ZONE = "Asia/Shanghai"
RULE: dict[str, Any] = {
    "key": "r1", "respond": 120, "arrive": 240, "repair": 600, "clock": "working", "stops": ["waiting_parts"],
}  # fmt: skip
REPORT = ("report", 0, {"category": "water", "priority": "normal", "kind": "fault"}, "reported")


def judged(*events: tuple[str, float, dict[str, Any], str], **settings: Any) -> dict[str, Deadline]:
    """Events by action, hours after the report, facts and the state that they lead to."""
    own = {"calendar": {"country": "CN"}, "deadlines": [RULE]} | settings
    moments = [Moment(START + timedelta(hours=hours), action, facts, state) for action, hours, facts, state in events]
    return {one.goal: one for one in deadlines.judge(moments, deadlines.terms_of(own, ZONE))}


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}+08:00").astimezone(UTC)


def test_time_off_is_left_out_and_the_sentence_says_so() -> None:
    found = judged(REPORT)
    assert [one.due_at for one in found.values()] == [
        local("11-23 10:30"), local("11-23 12:30"), local("11-24 09:30"),
    ]  # fmt: skip
    assert deadlines.said(found["respond"].facts, "zh_CN", ZONE) == (
        "接单时限 2 小时工作时间，从 11-20 17:30 起算，非工作时间顺延，至 11-23 10:30"
    )
    assert deadlines.said(found["respond"].facts, "en", ZONE) == (
        "to be accepted within 2 h of working time, counted from 11-20 17:30, time off is left out, until 11-23 10:30"
    )


def test_a_make_up_saturday_is_worked() -> None:
    saturday = {"days": {"2026-11-21": {"off": False}}, "country": "CN"}
    found = judged(REPORT, calendar=saturday)
    assert deadlines.said(found["respond"].facts, "zh_CN", ZONE).endswith("非工作时间顺延，至 11-21 10:30")


def test_the_clock_stops_for_named_reasons_only() -> None:
    held = ("hold", 0.25, {"reason": "waiting_parts"}, "on_hold")
    stopped = judged(REPORT, held)["respond"]
    assert (stopped.due_at, stopped.is_running, stopped.facts["left"]) == (None, False, 105)
    assert "还剩 1 小时 45 分钟" in deadlines.said(stopped.facts, "zh_CN", ZONE)
    resumed = judged(REPORT, held, ("resume", 64, {}, "reported"))["respond"]  # Monday, half past nine
    assert resumed.due_at == local("11-23 11:15")
    assert "not counted from 11-20 17:45 to 11-23 09:30 (waiting for parts)" in deadlines.said(
        resumed.facts, "en", ZONE
    )
    other = judged(REPORT, ("hold", 0.25, {"reason": "access"}, "on_hold"))["respond"]
    assert other.due_at == local("11-23 10:30")


def test_a_hold_after_the_deadline_moves_nothing() -> None:
    held = ("hold", 70, {"reason": "waiting_parts"}, "on_hold")
    assert judged(REPORT, held)["respond"].due_at == local("11-23 10:30")


def test_what_releases_held_work_starts_the_clock_again() -> None:
    held = ("hold", 0.25, {"reason": "waiting_parts"}, "on_hold")
    assert judged(REPORT, held, ("release", 64, {"reason": "other"}, "reported"))["respond"].due_at is not None


def test_a_goal_is_met_once_and_keeps_the_rule_that_it_was_met_under() -> None:
    urgent = {"key": "r2", "priority": "urgent", "respond": 10, "repair": 60, "clock": "always"}
    found = judged(
        REPORT, ("accept", 0.2, {}, "accepted"), ("reprioritise", 1, {"priority": "urgent"}, "accepted"),
        ("release", 2, {"reason": "other"}, "reported"), deadlines=[RULE, urgent],
    )  # fmt: skip
    assert (found["respond"].met_at, found["respond"].due_at) == (START + timedelta(hours=0.2), local("11-23 10:30"))
    assert (found["arrive"].due_at, found["repair"].due_at) == (None, START + timedelta(hours=1))
    assert found["repair"].is_breached(START + timedelta(hours=2))
    assert not found["respond"].is_breached(START + timedelta(days=9))


def test_a_reopening_begins_anew() -> None:
    found = judged(
        REPORT, ("accept", 0.2, {}, "accepted"), ("check_in", 0.3, {}, "in_progress"), ("sign_off", 0.4, {}, "done"),
        ("reopen", 72, {"reason": "other"}, "assigned"),
    )  # fmt: skip
    assert (found["respond"].met_at, found["respond"].due_at) == (None, local("11-24 10:30"))


def test_what_was_cancelled_in_time_breaks_nothing() -> None:
    gone = judged(REPORT, ("cancel", 1, {"reason": "other"}, "cancelled"))["respond"]
    assert (gone.is_running, gone.is_breached(START + timedelta(days=9))) == (False, False)


def test_without_rules_the_promise_counts_around_the_clock() -> None:
    found = judged(REPORT, deadlines=[], promise={"normal": 90})
    assert (found["respond"].due_at, found["arrive"].due_at) == (START + timedelta(minutes=90), None)


def test_a_team_counts_in_its_own_hours() -> None:
    calendar = {"country": "CN", "teams": {"t1": [[["00:00", "24:00"]]] * 7}}
    offered = ("offer_team", 0, {"team": "t1"}, "assigned")
    assert judged(REPORT, offered, calendar=calendar)["respond"].due_at == local("11-20 19:30")
    assert judged(REPORT, calendar=calendar)["respond"].due_at == local("11-23 10:30")


def test_a_calendar_without_work_and_an_unpublished_year_are_said() -> None:
    off = {f"2026-{day}": {"off": True} for day in ("11-20", "11-23")}
    never = judged(REPORT, calendar={"hours": [[]] * 7, "days": off})["respond"]
    assert (never.due_at, never.facts["never"]) == (None, True)
    far = judged(REPORT, deadlines=[{**RULE, "respond": 60 * 400}], calendar={"country": "CN"})["respond"]
    assert far.facts["unpublished"] == [2027]
    assert "2027 年放假安排尚未公布" in deadlines.said(far.facts, "zh_CN", ZONE)


@pytest.mark.parametrize("changed", [{"promise": {"low": 5}}, {"calendar": {"country": "DE"}}, {"deadlines": [RULE]}])
def test_the_version_tells_whenever_something_is_another(changed: dict[str, Any]) -> None:
    plain = deadlines.terms_of({"evidence": {}}, ZONE)
    assert deadlines.terms_of({}, ZONE).version == plain.version
    assert deadlines.terms_of(changed, ZONE).version != plain.version
    assert deadlines.terms_of({}, "Europe/Berlin").version != plain.version


def test_alarms_come_before_and_after_in_their_order() -> None:
    rule = {**RULE, "clock": "always", "remind": [30, 200], "steps": [[0, "technician"], [15, "supervisor"]]}
    found = judged(REPORT, deadlines=[rule])["respond"]
    due = START + timedelta(hours=2)
    assert [(one.name, one.at - due) for one in deadlines.alarms(found)] == [
        ("remind:30", -timedelta(minutes=30)), ("step:1", timedelta()), ("step:2", timedelta(minutes=15)),
    ]  # fmt: skip


PLANNED = ("report", 0, {**REPORT[2], "kind": "inspection", "until": "2026-11-22T15:59:00+00:00"}, "reported")
UNTIL = datetime(2026, 11, 22, 15, 59, tzinfo=UTC)


def test_the_work_of_a_plan_is_to_be_done_within_its_window() -> None:
    found = judged(PLANNED)
    assert {goal: one.due_at for goal, one in found.items()} == {"respond": UNTIL, "arrive": None, "repair": UNTIL}
    assert [bool(one.facts) for one in found.values()] == [False, False, True]
    assert deadlines.said(found["repair"].facts, "zh_CN", ZONE) == "计划内的工作，应在 11-22 23:59 前完成"
    told = [(one.name, one.tell, one.at - UNTIL) for goal in found.values() for one in deadlines.alarms(goal)]
    assert told == [
        ("remind:240", "technician", -timedelta(hours=4)), ("step:1", "supervisor", timedelta()),
        ("step:2", "manager", timedelta(days=1)),
    ]  # fmt: skip


def test_no_hold_moves_a_window_but_a_reopening_ends_it() -> None:
    held = judged(PLANNED, ("hold", 1, {"reason": "waiting_parts"}, "on_hold"))
    assert held["repair"].due_at == UNTIL
    again = judged(PLANNED, ("sign_off", 1, {}, "closed"), ("reopen", 2, {}, "reported"))
    assert [one.facts["rule"] for one in again.values()] == ["r1"] * 3


def test_a_rule_for_inspections_asks_for_more_than_the_window() -> None:
    rule = {**RULE, "kind": "inspection", "remind": [60], "steps": [[0, "technician"]]}
    found = judged(PLANNED, deadlines=[rule])
    assert [one.due_at for one in found.values()] == [local("11-23 10:30"), local("11-23 12:30"), UNTIL]
    assert [one.name for one in deadlines.alarms(found["repair"])] == ["remind:60", "step:1"]
    only = judged(PLANNED, deadlines=[{"key": "r2", "kind": "inspection", "repair": 60}])
    assert [one.due_at for one in only.values()] == [UNTIL, None, UNTIL]


def test_what_comes_after_its_window_is_late_at_once_and_told_from_there() -> None:
    late = ("report", 0, {**PLANNED[2], "until": (START - timedelta(days=3)).isoformat()}, "reported")
    found = judged(late)["repair"]
    assert found.is_breached(START)
    assert [(one.name, one.at - START) for one in deadlines.alarms(found)] == [
        ("step:1", timedelta()), ("step:2", timedelta(days=1)),
    ]  # fmt: skip

"""What a platform takes is never exceeded, whatever was sent and heard, and what is left of it is used."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import quotas
from core.quotas import Known, Quota, Window, decide
from tests.personas import NOW

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WEEKEND = (Window(("text", "image"), timedelta(hours=48), 5), Window(("scan", "follow"), MINUTE, 3))
MEMBER = (Quota(30, MINUTE, "person"), Quota(1000, HOUR, "person"))
steps = st.lists(st.integers(0, 40), max_size=120)


def ago(*minutes: float) -> list[datetime]:
    return [NOW - timedelta(minutes=one) for one in minutes]


@pytest.mark.parametrize(
    ("limit", "used"), [(1, 1), (2, 1), (3, 2), (5, 4), (9, 8), (10, 8), (20, 16), (30, 24), (1000, 800)]
)
def test_a_fifth_of_a_limit_is_kept_and_of_a_small_one_a_message(limit: int, used: int) -> None:
    assert quotas.kept(limit) == used


@given(steps, st.integers(1, 40), st.integers(1, 90))
def test_no_span_ever_holds_more_than_the_quota(seconds: list[int], amount: int, length: int) -> None:
    """However long one waits between asking, and sent as soon as it may be."""
    quota, now, sent = Quota(amount, timedelta(seconds=length), "person"), NOW, list[datetime]()
    for pause in seconds:
        now += timedelta(seconds=pause)
        verdict = decide((), [quota], Known({}, sent), now)
        now = verdict.until or now
        assert decide((), [quota], Known({}, sent), now) == quotas.GO
        sent.insert(0, now)
    for at in sent:
        assert sum(at <= one < at + quota.per for one in sent) <= quotas.kept(amount)


@given(steps, st.integers(1, 6), st.integers(1, 90))
def test_no_opening_ever_holds_more_than_its_messages(seconds: list[int], messages: int, length: int) -> None:
    window, now, sent, heard = Window(("text",), timedelta(seconds=length), messages), NOW, list[datetime](), NOW
    for pause in seconds:
        now += timedelta(seconds=pause)
        if pause > 35:  # somebody writes
            heard = now
        verdict = decide([window], (), Known({"text": heard}, sent), now)
        if now >= heard + window.lasts:
            assert (verdict.state, verdict.reason) == ("closed", "window_closed")
        if verdict.state == "go":
            sent.insert(0, now + timedelta(milliseconds=1))
        assert sum(one >= heard for one in sent) <= quotas.kept(messages)


@given(
    st.lists(st.integers(0, 7000), max_size=60), st.dictionaries(st.sampled_from(["text", "scan"]), st.integers(0, 60))
)
def test_what_waits_waits_for_something_and_not_for_ever(past: list[int], heard: dict[str, int]) -> None:
    told = {kind: NOW - timedelta(hours=hours) for kind, hours in heard.items()}
    known = Known(told, sorted((NOW - timedelta(seconds=one) for one in past), reverse=True))
    verdict = decide(WEEKEND, MEMBER, known, NOW)
    assert (verdict.until is not None) == (verdict.state == "wait")
    assert bool(verdict.reason) == (verdict.state != "go")
    if verdict.until:
        assert NOW < verdict.until <= NOW + HOUR


@pytest.mark.parametrize(
    ("heard", "sent", "state", "reason"),
    [
        ({}, [], "closed", "window_closed"),
        ({"text": 60}, [], "go", ""),
        ({"text": 48 * 60}, [], "closed", "window_closed"),
        ({"text": 60}, [50, 40, 30], "go", ""),
        ({"text": 60}, [50, 40, 30, 20], "closed", "quota"),
        ({"text": 60}, [70, 70, 70, 70, 70], "go", ""),
        ({"text": 10, "image": 60}, [50, 40, 30, 20], "go", ""),
        ({"scan": 0.5}, [], "go", ""),
        ({"scan": 1}, [], "closed", "window_closed"),
        ({"scan": 0.5}, [0.4, 0.3], "closed", "quota"),
        ({"text": 60, "scan": 0.5}, [50, 40, 30, 20], "go", ""),
        ({"location": 1}, [], "closed", "window_closed"),
    ],
)
def test_windows_open_by_what_a_person_does(
    heard: dict[str, float], sent: list[float], state: str, reason: str
) -> None:
    known = Known({kind: NOW - timedelta(minutes=one) for kind, one in heard.items()}, sorted(ago(*sent), reverse=True))
    verdict = decide(WEEKEND, (), known, NOW)
    assert (verdict.state, verdict.reason) == (state, reason)


def test_the_platform_s_no_counts_until_the_person_writes_again() -> None:
    [refused] = ago(5)
    assert decide(WEEKEND, (), Known({"text": ago(9)[0]}, refused_at=refused), NOW).state == "closed"
    assert decide(WEEKEND, (), Known({"text": ago(1)[0]}, refused_at=refused), NOW) == quotas.GO


def test_a_quota_waits_for_its_oldest_message_to_leave_the_span() -> None:
    busy = Known({}, [NOW - timedelta(seconds=number) for number in range(24)])
    assert decide((), MEMBER, busy, NOW).until == busy.to_them[-1] + MINUTE
    assert decide((), [Quota(30, MINUTE, "account")], busy, NOW) == quotas.GO
    assert decide((), [Quota(30, MINUTE, "account")], Known({}, from_us=busy.to_them), NOW).state == "wait"


def test_groups_people_and_templates_have_quotas_of_their_own() -> None:
    all_kinds = [Quota(1, MINUTE, scope) for scope in ("account", "conversation", "person", "group", "templates")]
    scopes = [[quota.scope for quota in quotas.applying(all_kinds, is_group=one)] for one in (False, True)]
    assert scopes == [["account", "conversation", "person"], ["account", "conversation", "group"]]
    assert [quota.scope for quota in quotas.applying(all_kinds, is_template=True)] == ["templates"]

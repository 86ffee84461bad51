"""Periods are whole local days of a site, whatever its clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.reports import BadPeriod, last_month, period_of


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("2026", "2025-12-31T16:00", "2026-12-31T16:00"),
        ("2026-Q1", "2025-12-31T16:00", "2026-03-31T16:00"),
        ("2026-Q4", "2026-09-30T16:00", "2026-12-31T16:00"),
        ("2026-11", "2026-10-31T16:00", "2026-11-30T16:00"),
        ("2026-12", "2026-11-30T16:00", "2026-12-31T16:00"),
        ("2026-W47", "2026-11-15T16:00", "2026-11-22T16:00"),
        ("2026-W53", "2026-12-27T16:00", "2027-01-03T16:00"),
    ],
)
def test_a_period_begins_and_ends_at_midnight_of_the_site(text: str, first: str, after: str) -> None:
    period = period_of(text, "Asia/Shanghai")
    assert (period.starts_at, period.ends_at) == (utc(first), utc(after))


def test_a_month_with_a_change_of_clocks_is_an_hour_longer() -> None:
    october, september = period_of("2026-10", "Europe/Berlin"), period_of("2026-09", "Europe/Berlin")
    assert october.starts_at == september.ends_at
    assert october.ends_at - october.starts_at == timedelta(days=31, hours=1)


def test_the_first_instant_belongs_to_a_period_and_the_last_to_the_next() -> None:
    period = period_of("2026-11", "Asia/Shanghai")
    assert period.starts_at in period
    assert period.ends_at not in period


@pytest.mark.parametrize(
    "text", ["", "26", "2026-13", "2026-00", "2026-1", "2026-Q0", "2026-Q5", "2026-W00", "2025-W53", "9999", "0000",
             "2026-11-20", "２０２６", " 2026", "2026\n"],
)  # fmt: skip
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(BadPeriod, match="is no period"):
        period_of(text, "Asia/Shanghai")


@pytest.mark.parametrize(
    ("now", "month"),
    [("2026-11-20T02:00", "2026-10"), ("2026-12-31T15:59", "2026-11"), ("2026-12-31T16:00", "2026-12")],
)
def test_the_last_whole_month_is_one_of_the_site_s_time(now: str, month: str) -> None:
    assert last_month(utc(now), "Asia/Shanghai") == month

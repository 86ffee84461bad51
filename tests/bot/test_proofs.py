"""Signatures and times as they come from outside: anything may stand in them, and only the right ones pass."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.proofs import is_fresh, is_same
from core import clock
from tests.personas import NOW

FIVE = timedelta(minutes=5)
STAMP = int(NOW.timestamp())


@pytest.mark.parametrize("given", ["", "a", "ab", "AB", "abc ", "\xe9", "签名", "\ud800", "\0", "abc, abc"])
def test_nothing_but_the_signature_itself_is_it(given: str) -> None:
    assert not is_same(given, "abc")
    assert not is_same(given, "")


def test_the_right_signature_is_it() -> None:
    assert is_same("abc", "abc")
    assert is_same("签名", "签名")


@pytest.mark.parametrize(("seconds", "fresh"), [(0, True), (-300, True), (-301, False), (300, True), (301, False)])
def test_a_callback_is_of_these_minutes(seconds: int, *, fresh: bool) -> None:
    with clock.at(NOW):
        assert is_fresh(str(STAMP + seconds), FIVE) is fresh
        assert is_fresh(str((STAMP + seconds) * 1000), FIVE, a_second=1000) is fresh


def test_a_clock_that_is_ahead_may_be_allowed_less() -> None:
    with clock.at(NOW):
        assert is_fresh(str(STAMP + 30), FIVE, ahead=timedelta(seconds=30))
        assert not is_fresh(str(STAMP + 31), FIVE, ahead=timedelta(seconds=30))


@pytest.mark.parametrize(
    "stamp", ["", "-1", "1e9", "now", "１７９５００００００", "9" * 13, "9" * 4000, f" {STAMP}", "\0", "²"]
)
def test_what_is_no_time_is_not_fresh(stamp: str) -> None:
    with clock.at(NOW):
        assert not is_fresh(stamp, FIVE)

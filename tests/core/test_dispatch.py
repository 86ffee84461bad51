"""Who is asked first, and why."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from core.dispatch import Candidate, choose, rank

PLAIN = Candidate(UUID(int=1), "Wang", is_skilled=False, is_in_team=False, duty="", minutes=0)
SKILLED = replace(PLAIN, person_id=UUID(int=2), name="Zhao", is_skilled=True)
ON_DUTY = replace(PLAIN, person_id=UUID(int=3), name="Li", duty="on_call")
BUSY = replace(SKILLED, person_id=UUID(int=4), name="Chen", minutes=180)


def order(*candidates: Candidate, is_emergency: bool = False) -> list[str]:
    return [ranked.name for ranked in rank(candidates, is_emergency=is_emergency)]


def test_skill_comes_before_duty_and_a_short_list_before_a_long_one() -> None:
    assert order(PLAIN, BUSY, ON_DUTY, SKILLED) == ["Zhao", "Chen", "Li", "Wang"]


def test_in_an_emergency_whoever_is_on_call_is_asked_first() -> None:
    assert order(PLAIN, SKILLED, ON_DUTY, is_emergency=True)[0] == "Li"


def test_the_teams_own_duty_comes_before_the_sites_and_that_before_another_teams() -> None:
    own, other = (
        replace(PLAIN, person_id=UUID(int=number), name=name, duty=duty)
        for number, name, duty in ((5, "Xu", "team_on_call"), (6, "Bai", "other_on_call"))
    )
    asleep = replace(SKILLED, is_in_team=True)
    assert order(other, asleep, ON_DUTY, own, is_emergency=True) == ["Xu", "Li", "Bai", "Zhao"]
    assert order(other, PLAIN, ON_DUTY, own) == ["Xu", "Li", "Bai", "Wang"]


def test_the_order_is_the_same_whoever_comes_first() -> None:
    twins = [replace(PLAIN, person_id=UUID(int=number), name="Wang") for number in (9, 5, 7)]
    assert [ranked.person_id.int for ranked in rank(twins)] == [5, 7, 9]


def test_the_points_are_the_sum_of_the_reasons() -> None:
    best = rank([BUSY])[0]
    assert best.reasons == [["skilled", 100], ["load", -60]]
    assert best.points == 40


def test_nobody_is_asked_twice() -> None:
    first = choose([PLAIN, SKILLED], set())
    assert first is not None
    second = choose([PLAIN, SKILLED], {first.person_id})
    assert second is not None
    assert [first.name, second.name] == ["Zhao", "Wang"]
    assert choose([PLAIN, SKILLED], {first.person_id, second.person_id}) is None

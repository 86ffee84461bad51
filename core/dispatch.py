"""Pure: who should be offered a piece of work, with the reasons, and how the work is given out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

MINUTES_PER_TICKET = 45
SKILL_POINTS = 100
TEAM_POINTS = 50
DUTY_POINTS = {"team_on_call": 60, "on_call": 30, "other_on_call": 16}
IN_EMERGENCY = 10  # times as many for duty: more than for skill and team together, because who is on call is awake


@dataclass(frozen=True, slots=True)
class Candidate:
    """A technician who could do it. `minutes`: the work already on their list.

    `duty`: whether they are on duty now, for the team of the work, for the whole site, or for another team: a key of
    `DUTY_POINTS`, or empty.
    """

    person_id: UUID
    name: str
    is_skilled: bool
    is_in_team: bool
    duty: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with points and the reasons as keys with their numbers: [["skilled", 100], ["load", -90]]."""

    person_id: UUID
    name: str
    points: int
    reasons: list[list[str | int]]


def rank(candidates: Iterable[Candidate], *, is_emergency: bool = False) -> list[Ranked]:
    """Candidates in the order in which they are asked: skill, team, duty, then the shortest list of work."""
    ranked = [_weigh(candidate, is_emergency=is_emergency) for candidate in candidates]
    return sorted(ranked, key=lambda item: (-item.points, item.name, item.person_id))


def choose(candidates: Iterable[Candidate], asked: set[UUID], *, is_emergency: bool = False) -> Ranked | None:
    """The best candidate who was not asked yet in this round."""
    return next((item for item in rank(candidates, is_emergency=is_emergency) if item.person_id not in asked), None)


def _weigh(candidate: Candidate, *, is_emergency: bool) -> Ranked:
    reasons: list[list[str | int]] = []
    if candidate.is_skilled:
        reasons.append(["skilled", SKILL_POINTS])
    if candidate.is_in_team:
        reasons.append(["team", TEAM_POINTS])
    if candidate.duty:
        reasons.append([candidate.duty, DUTY_POINTS[candidate.duty] * (IN_EMERGENCY if is_emergency else 1)])
    reasons.append(["load", -candidate.minutes // 3])
    return Ranked(candidate.person_id, candidate.name, sum(int(points) for _, points in reasons), reasons)

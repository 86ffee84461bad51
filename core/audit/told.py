"""Pure: what the events of a ticket say of the rows beside the trace, so that the rows can be held against it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from core.deadlines import PLAN, RESPOND
from core.tickets.deadlining import COLUMNS

Facts = dict[str, Any]
Key = tuple[str, ...]
COMMITMENT = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """The event that says something."""

    seq: int = 0
    action: str = ""


@dataclass(slots=True)
class Story:
    """What the events of one ticket say. `columns`: what the last event set each one to; None is an empty text.

    `rows`: by table, what each row must come to, with the events that say so. `answers`: the last one by position.
    """

    stream: str
    ticket: UUID
    columns: dict[str, tuple[Any, Mark]] = field(default_factory=dict)
    rows: dict[str, dict[Key, list[Mark]]] = field(default_factory=dict)
    answers: dict[Any, tuple[Any, Mark]] = field(default_factory=dict)


def hear(story: Story, mark: Mark, facts: Facts) -> None:
    """Take up what an event says."""
    set_here = SETS[mark.action](facts) if mark.action in SETS else {}
    story.columns |= {name: ("" if value is None else value, mark) for name, value in set_here.items()}
    if isinstance(counted := facts.get("deadlines"), dict):
        story.columns |= {name: (value, mark) for name, value in _deadlines(counted).items()}
    for table, key in _rows(mark.action, facts):
        story.rows.setdefault(table, {}).setdefault(key, []).append(mark)
    if mark.action == "answer":
        story.answers[str(facts.get("position"))] = (facts.get("answer"), mark)


def facts_of(text: str) -> Facts:
    """An event's facts; none at all where somebody has left something else there, which the hashes tell."""
    try:
        facts = json.loads(text)
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def key(*parts: object) -> Key:
    return tuple(str(part) for part in parts)


def _rows(action: str, facts: Facts) -> list[tuple[str, Key]]:
    """The rows that an event says are there."""
    said = facts.get
    if action == "add_note":
        return [("notes", key(said("text"), said("internal")))]
    if action in ("add_photo", "add_voice"):
        return [("attachments", key(said("kind"), said("hash"), said("round"), said("item") or 0))]
    if action == "use_part":
        return [("parts", key(said("part"), said("round")))]
    if action == "sign":
        return [("signatures", key(said("role"), said("digest"), said("round"), said("signature")))]
    return [("notes", key(said("reason"), "False"))] if COMMITMENT.fullmatch(str(said("reason"))) else []


def _id(value: object) -> str:
    """An id as it is compared: without its dashes."""
    return str(value or "").replace("-", "")


def _deadlines(counted: Facts) -> Facts:
    """Until when each goal is to be reached, and by which terms that was counted. Nothing is asked where none is.

    The end of a plan's window is the promise, too, where no rule says another.
    """
    goals = counted.get("goals", ())
    due = {goal["goal"]: goal.get("due") or "" for goal in goals}
    due.setdefault(RESPOND, next((goal["due"] for goal in goals if goal.get("clock") == PLAN), ""))
    return {column: due.get(goal, "") for goal, column in COLUMNS.items()} | {"terms": counted.get("terms", "")}


def _reported(facts: Facts) -> Facts:
    same = {name: facts.get(name) for name in ("number", "kind", "category", "priority", "emergency", "text")}
    where = {"place_id": _id(facts.get("place")), "asset_id": _id(facts.get("asset"))}
    return {**same, **where, "resolution": None, "minutes": None, "round": 1}


def _assigned(facts: Facts) -> Facts:
    return {"assignee_id": _id(facts.get("assignee"))}


def _given_back(_facts: Facts) -> Facts:
    return {"assignee_id": None}


SETS: dict[str, Callable[[Facts], Facts]] = {
    "report": _reported, "assign": _assigned, "transfer": _assigned, "claim": _assigned, "accept": _assigned,
    "offer_team": _given_back, "decline": _given_back, "release": _given_back,
    "recategorise": lambda facts: {"category": facts.get("category")},
    "relocate": lambda facts: {"place_id": _id(facts.get("place")), "asset_id": _id(facts.get("asset"))},
    "reprioritise": lambda facts: {"priority": facts.get("priority")},
    "sign_off": lambda facts: {"resolution": facts.get("resolution"), "minutes": facts.get("minutes")},
    "lapse": lambda _: {"resolution": "unanswered"}, "merge": lambda _: {"resolution": "duplicate"},
    "cancel": lambda _: {"resolution": "withdrawn"},
    "reopen": lambda facts: {"resolution": None, "minutes": None, "round": facts.get("round")},
}  # fmt: skip

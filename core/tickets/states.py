"""The ticket's life as data: states, actions, and who may take which from where with what facts.

docs/ticket-life.md and its diagram are generated from this table.
"""

from __future__ import annotations

from dataclasses import dataclass, field

OPEN = ("reported", "assigned", "accepted", "in_progress", "on_hold")
ENDED = ("done", "closed", "merged", "cancelled")
STATES = OPEN + ENDED
UNDECIDED = (*OPEN, "done")
KINDS = ("fault", "inspection", "task")
PRIORITIES = ("emergency", "urgent", "normal", "low")
RESOLUTIONS = (
    "fixed", "temporary", "no_fault", "not_ours", "unanswered", "duplicate", "withdrawn", "passed", "failed",
)  # fmt: skip
SIGN_OFF_RESOLUTIONS = {
    "fault": ("fixed", "temporary", "no_fault", "not_ours"),
    "task": ("fixed", "temporary", "no_fault", "not_ours"),
    "inspection": ("passed", "failed"),
}
UNANSWERED = "unanswered"  # why work is released when its technician stays silent
SAME = "same"
HELD_FROM = "held_from"


@dataclass(frozen=True, slots=True)
class Transition:
    """One action: from which states, to which one, by whom, with which facts.

    `to`: a state, SAME, or HELD_FROM for the state that the work was held in.
    `who`: parts that an actor may play at the ticket: assignee, eligible (a technician of the team), reporter
    (or anyone who joined), supervisor, system (a trigger).
    `needs`: names of facts that must be given and not be empty.
    """

    action: str
    sources: tuple[str, ...]
    to: str
    who: tuple[str, ...]
    needs: tuple[str, ...] = ()
    kinds: tuple[str, ...] = field(default=KINDS)


TRANSITIONS = (
    Transition("assign", OPEN, "assigned", ("supervisor", "system"), ("assignee",)),
    Transition("transfer", OPEN, "assigned", ("supervisor",), ("assignee",)),
    Transition("offer_team", ("reported", "assigned"), "assigned", ("supervisor", "system"), ("team",)),
    Transition(
        "request_transfer", ("assigned", "accepted", "in_progress", "on_hold"), SAME, ("assignee",), ("reason",)
    ),
    Transition("claim", ("reported", "assigned"), "accepted", ("eligible",)),
    Transition("accept", ("assigned",), "accepted", ("assignee",)),
    Transition("decline", ("assigned", "accepted"), "reported", ("assignee",), ("reason",)),
    Transition(
        "release", ("assigned", "accepted", "in_progress", "on_hold"), "reported", ("system", "supervisor"), ("reason",)
    ),
    Transition(
        "schedule", ("assigned", "accepted", "in_progress"), SAME, ("assignee", "supervisor"), ("from", "until")
    ),
    Transition("agree", ("assigned", "accepted", "in_progress"), SAME, ("reporter", "supervisor")),
    Transition("check_in", ("accepted",), "in_progress", ("assignee",)),
    Transition("hold", ("assigned", "accepted", "in_progress"), "on_hold", ("assignee", "supervisor"), ("reason",)),
    Transition("resume", ("on_hold",), HELD_FROM, ("assignee", "supervisor")),
    Transition("sign_off", ("in_progress",), "done", ("assignee",), ("resolution",), ("fault",)),
    Transition("sign_off", ("in_progress",), "closed", ("assignee",), ("resolution",), ("inspection", "task")),
    Transition("confirm", ("done",), "closed", ("reporter",)),
    Transition("lapse", ("done",), "closed", ("system",)),
    Transition("reopen", ("done", "closed"), "assigned", ("reporter", "supervisor"), ("reason",)),
    Transition("merge", OPEN, "merged", ("supervisor", "system"), ("into",)),
    Transition("cancel", OPEN, "cancelled", ("supervisor",), ("reason",)),
    Transition("cancel", ("reported", "assigned"), "cancelled", ("reporter",), ("reason",)),
    Transition("recategorise", OPEN, SAME, ("reporter", "supervisor", "assignee"), ("category",)),
    Transition("relocate", ("reported", "assigned", "accepted"), SAME, ("system",), ("subject",)),
    Transition("reprioritise", OPEN, SAME, ("supervisor", "system"), ("priority",)),
    Transition("escalate", OPEN, SAME, ("system",)),
    Transition("waive", OPEN, SAME, ("supervisor",), ("evidence", "reason")),
)

ACTIONS = tuple(dict.fromkeys(transition.action for transition in TRANSITIONS))


def transitions(action: str, kind: str) -> list[Transition]:
    """The rows of the table for an action on a kind of ticket."""
    return [row for row in TRANSITIONS if row.action == action and kind in row.kinds]


def find(action: str, kind: str, state: str, parts: set[str]) -> Transition | None:
    """The row that lets somebody who plays `parts` take an action from a state; None when there is none."""
    rows = [row for row in transitions(action, kind) if state in row.sources]
    return next((row for row in rows if parts & set(row.who)), None)


def allowed(kind: str, state: str, parts: set[str]) -> list[str]:
    """The actions that somebody who plays `parts` may take now, in the order of the table."""
    found = [row.action for row in TRANSITIONS if kind in row.kinds and state in row.sources and parts & set(row.who)]
    return list(dict.fromkeys(found))

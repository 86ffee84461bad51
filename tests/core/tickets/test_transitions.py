"""The whole table of the ticket's life: each action from each state, by everybody."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product

import pytest

from core.database import Database
from core.errors import Conflict, Forbidden, Missing
from core.tickets import states
from core.tickets.verbs import VERBS
from tests.core.tickets.stories import Story, begun
from tests.personas import Cast

EVERYBODY = ("assignee", "colleague", "reporter", "supervisor", "manager", "neighbour", "stranger", "system")
NEEDS = sorted({(row.action, need) for row in states.TRANSITIONS for need in row.needs})


def test_every_action_has_a_verb_and_every_verb_a_row() -> None:
    assert VERBS.keys() == set(states.ACTIONS)


def test_every_row_names_states_and_kinds_that_exist() -> None:
    known = {*states.STATES, states.SAME, states.HELD_FROM}
    for row in states.TRANSITIONS:
        assert set(row.sources) <= set(states.STATES)
        assert row.to in known
        assert set(row.kinds) <= set(states.KINDS)
        assert row.who


def test_what_has_ended_for_good_stays_ended() -> None:
    assert [row.action for row in states.TRANSITIONS if {"merged", "cancelled"} & set(row.sources)] == []


@pytest.mark.parametrize("state", states.STATES)
def test_an_action_is_for_those_whom_the_table_names(db: Database, cast: Cast, now: datetime, state: str) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now, state)  # once: to get there takes longer than all that is tried from there
        for action, who in product(states.ACTIONS, EVERYBODY):
            with session.begin_nested() as attempt:
                _is_as_the_table_says(story, who, action, state)
                attempt.rollback()
            session.expire_all()


def _is_as_the_table_says(story: Story, who: str, action: str, state: str) -> None:
    row = states.find(action, "fault", state, story.parts(who))
    if row is None:
        _is_refused(story, who, action)
    else:
        _is_taken(story, who, row)


def _is_refused(story: Story, who: str, action: str) -> None:
    version, events = story.ticket.version, len(story.events())
    with pytest.raises((Conflict, Forbidden)):
        story.act(who, action)
    story.session.expire_all()
    assert (story.ticket.version, len(story.events())) == (version, events)


def _is_taken(story: Story, who: str, row: states.Transition) -> None:
    """One step on: the state of the row, the next version, and exactly one event that says so; questions may follow."""
    state, version, events = story.ticket.state, story.ticket.version, len(story.events())
    target = {states.SAME: state, states.HELD_FROM: "accepted"}.get(row.to, row.to)
    story.act(who, row.action)
    story.session.expire_all()
    assert (story.ticket.state, story.ticket.version) == (target, version + 1)
    assert story.ticket.is_open == (target in states.OPEN)
    said, *others = story.events()[events:]
    assert {event.action.partition("_")[0] for event in others} <= {"survey"}
    assert (said.action, said.from_state, said.to_state) == (row.action, state, target)
    last = story.events()[-1]
    assert (last.seq, last.hash) == (story.ticket.trace_seq, story.ticket.trace_head)
    person = story.viewer(who)
    assert said.actor == (person if isinstance(person, str) else str(person.person_id))


@pytest.mark.parametrize(("action", "need"), NEEDS)
def test_an_action_without_a_fact_that_it_needs_is_refused(
    db: Database, cast: Cast, now: datetime, action: str, need: str
) -> None:
    row = states.transitions(action, "fault")[0]
    with db.write_scope() as session:
        story = begun(session, cast, now, row.sources[0])
        who = next(who for who in EVERYBODY if story.parts(who) & set(row.who))
        with pytest.raises(Missing):
            story.act(who, action, timedelta(0), **{need: ""})
        assert story.ticket.state == row.sources[0]

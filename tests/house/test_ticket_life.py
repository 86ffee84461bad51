"""docs/ticket-life.md says what the transition table says."""

from __future__ import annotations

from core.tickets.states import ACTIONS, STATES
from tests.house import write_ticket_life


def test_the_page_is_what_the_table_says() -> None:
    """When it is not: python -m tests.house.write_ticket_life"""
    assert write_ticket_life.FILE.read_text(encoding="utf-8") == write_ticket_life.page()


def test_every_action_has_a_chinese_name_and_no_name_is_left_over() -> None:
    assert write_ticket_life.ACTIONS.keys() == set(ACTIONS)


def test_the_diagram_leads_to_every_state() -> None:
    diagram = write_ticket_life.page().partition("```mermaid")[2].partition("```")[0]
    assert [state for state in STATES if f"--> {state}" not in diagram] == []

"""What has to be true after a replay, read over the API alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from tests.durability import nyc311
from tests.durability.harness import Installation
from tests.durability.residents import Resident

Ticket = dict[str, Any]


def tickets_of(installation: Installation, token: str, *, but: Sequence[Ticket] = ()) -> list[Ticket]:
    """Every ticket, without those that were there before."""
    known = {ticket["number"] for ticket in but}
    return [ticket for ticket in installation.all("/api/v1/tickets", token=token) if ticket["number"] not in known]


def standing(tickets: Sequence[Ticket]) -> set[str]:
    """The numbers of the tickets that stand for reports: all but those that were merged into another."""
    return {ticket["number"] for ticket in tickets if ticket["state"] != "merged"}


def events_of(installation: Installation, token: str, tickets: Sequence[Ticket]) -> dict[str, list[dict[str, Any]]]:
    """The trace of each ticket, by its number."""
    paths = {ticket["number"]: f"/api/v1/tickets/{ticket['number']}/events" for ticket in tickets}
    return {number: installation.ask("GET", path, token=token)["items"] for number, path in paths.items()}


def assert_every_report_counts_once(
    installation: Installation, token: str, residents: Sequence[Resident], *, but: Sequence[Ticket] = ()
) -> list[Ticket]:
    """Nothing lost: each report has its ticket or its join. Nothing doubled: there is not one ticket or join more."""
    tickets = tickets_of(installation, token, but=but)
    assert standing(tickets) == {resident.number for resident in residents}
    assert len(residents) - len(standing(tickets)) == nyc311.joins([resident.row for resident in residents])
    assert_groups_share_a_ticket(residents)
    events = events_of(installation, token, tickets)
    joins = sum(event["action"] == "join" for stream in events.values() for event in stream)
    assert len(tickets) + joins == len(residents)
    return tickets


def assert_groups_share_a_ticket(residents: Sequence[Resident]) -> None:
    numbers: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for resident in residents:
        numbers[resident.row.group].add(resident.number)
    assert {group: found for group, found in numbers.items() if len(found) != 1} == {}

"""The desk's reads: what stands in each column, what is found, and what needs somebody now."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core import access, places
from core.database import Database
from core.tickets import board, queries
from core.tickets.board import Asked
from core.upkeep import deadlines
from tests.core import history
from tests.core.tickets.stories import begun
from tests.personas import Cast


def test_a_column_shows_emergencies_first_then_what_was_promised_soonest(
    db: Database, cast: Cast, now: datetime
) -> None:
    with db.write_scope() as session:
        later = history.opened(session, cast, now + timedelta(hours=1))
        sooner = history.opened(session, cast, now)
        alarm = history.emergency(session, cast, now + timedelta(hours=2))
        asked = Asked((cast.site,), ("assigned",))
        assert board.column(session, asked, 10) == [alarm, sooner, later]
        assert board.column(session, asked, 2) == [alarm, sooner]
        assert board.totals(session, asked) == {"assigned": 3}


def test_a_column_is_of_its_sites_states_and_technician(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now, "accepted")
        assert board.column(session, Asked((cast.site,), ("accepted",)), 10) == [story.ticket]
        assert board.column(session, Asked((cast.site,), ("accepted",), story.technician), 10) == [story.ticket]
        assert board.column(session, Asked((cast.site,), ("accepted",), cast.outsider), 10) == []
        assert board.column(session, Asked((cast.outsider,), ("accepted",)), 10) == []


def test_a_column_is_read_a_page_at_a_time(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        for hours in (3, 1, 1, 2):
            history.opened(session, cast, now + timedelta(hours=hours))
        history.emergency(session, cast, now)
        asked = Asked((cast.site,), ("assigned",))
        whole = board.column(session, asked, 10)
        pages, after = [], None
        while page := board.column(session, asked, 2, after):
            pages.append(page)
            after = board.key_of(page[-1])
        assert [ticket for page in pages for ticket in page] == whole


def test_a_column_is_of_a_place_and_all_below_it(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        ticket = history.opened(session, cast, now)
        building = places.place_at(session, cast.site, ticket.place.split("/")[0])
        other = places.ensure_path(session, cast.site, "B")
        assert board.column(session, Asked((cast.site,), place_id=building.id), 9) == [ticket]
        assert board.column(session, Asked((cast.site,), place_id=other.id), 9) == []


def test_a_column_is_of_a_category_and_a_team(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        ticket = history.opened(session, cast, now)
        assert board.column(session, Asked((cast.site,), category=ticket.category), 9) == [ticket]
        assert board.column(session, Asked((cast.site,), category="gas"), 9) == []
        ticket.team_id = cast.crew
        session.flush()
        assert board.column(session, Asked((cast.site,), team_id=cast.crew), 9) == [ticket]
        assert board.column(session, Asked((cast.site,), team_id=cast.outsider), 9) == []


def test_whatever_happens_changes_the_mark(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        before = board.mark(session)
        history.opened(session, cast, now)
        assert board.mark(session) != before


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        ("TAP", True), ("261120-001", True), ("a/12", True), ("lamp", False), ("t%p", False), ("_", False),
        ("\\", False), ("100%", True),
    ],
)  # fmt: skip
def test_words_are_found_as_they_are_written(
    db: Database,
    cast: Cast,
    now: datetime,
    words: str,
    is_found: bool,  # noqa: FBT001 - what is expected
) -> None:
    with db.write_scope() as session:
        history.opened(session, cast, now, "the tap drips, 100% sure")
        assert bool(board.column(session, Asked((cast.site,), ("assigned",), words=words), 10)) == is_found
        assert bool(queries.board(session, [cast.site], words=words)) == is_found


def test_the_figures_count_what_needs_somebody(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        begun(session, cast, now, "reported")
        history.emergency(session, cast, now)
        begun(session, cast, now, "closed")
        later = now + timedelta(days=10)
        assert board.alarms(session, Asked((cast.site,)), now)["overdue"] == 0
        assert board.alarms(session, Asked((cast.site,)), later) == {
            "open": 4, "emergencies": 1, "overdue": 4, "unassigned": 1,
        }  # fmt: skip
        assert board.alarms(session, Asked((cast.outsider,)), later) == dict.fromkeys(
            ("open", "emergencies", "overdue", "unassigned"), 0
        )


def test_lists_are_paged_without_gaps_or_repeats(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        tickets = [history.opened(session, cast, now) for _ in range(7)]
        seen, after = [], None
        while page := queries.board(session, [cast.site], after=after, limit=3):
            seen += page
            after = page[-1].id
        assert seen == sorted(tickets, key=lambda ticket: ticket.id, reverse=True)


def test_a_residents_list_holds_what_was_reported_or_joined(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now)
        assert queries.reported_by(session, cast.neighbour) == []
        history.take(session, story.ticket, "cancel", cast.supervisor, now, reason="mistake")
        assert queries.reported_by(session, cast.resident) == [story.ticket, story.other]
        assert queries.reported_by(session, cast.resident, limit=1) == [story.ticket]
        tomorrow = now + timedelta(days=1)
        assert queries.reported_by(session, cast.resident, ended_since=tomorrow) == [story.other]


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("assignee", True), ("colleague", True), ("supervisor", True), ("manager", True), ("reporter", True),
        ("neighbour", False), ("stranger", False),
    ],
)  # fmt: skip
def test_a_ticket_is_seen_by_staff_and_those_concerned(
    db: Database,
    cast: Cast,
    now: datetime,
    who: str,
    sees: bool,  # noqa: FBT001 - what is expected
) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now)
        viewer = story.viewer(who)
        assert isinstance(viewer, access.Viewer)
        assert queries.may_see(session, story.ticket, viewer) == sees


def test_any_of_the_three_deadlines_makes_a_ticket_overdue(db: Database, cast: Cast, now: datetime) -> None:
    rule = {"respond": 60, "arrive": 120, "repair": 300, "clock": "always", "stops": [], "remind": [], "steps": []}
    with db.write_scope() as session:
        deadlines.save(session, cast.site, "", rule, cast.admin, now)
        ticket = history.opened(session, cast, now)
        assert ticket.assignee_id is not None

        def overdue(minutes: int) -> int:
            return board.alarms(session, Asked((cast.site,)), now + timedelta(minutes=minutes))["overdue"]

        assert (overdue(60), overdue(61)) == (0, 1)
        history.take(session, ticket, "accept", ticket.assignee_id, now)
        assert (overdue(61), overdue(121)) == (0, 1)
        history.take(session, ticket, "check_in", ticket.assignee_id, now, code_photo="x", reason="other")
        assert (overdue(121), overdue(301)) == (0, 1)

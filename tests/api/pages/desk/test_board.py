"""The board at the desk: what stands where, what a filter leaves, the drawer and everything that is done from it."""

from __future__ import annotations

import re
from datetime import datetime

import httpx
import pytest

from core import intake
from core.database import Database
from core.intake import FaultReport
from core.tickets import queries
from core.tickets.models import Subject, Ticket
from tests.api.pages.browsing import Browser, Web, hidden, seen
from tests.personas import Cast


@pytest.fixture
def desk(web: Web, cast: Cast) -> Browser:
    return web.browser(cast.supervisor)


def ticket(db: Database, number: str) -> Ticket:
    with db.read_scope() as session:
        return queries.by_number(session, number)


def do(desk: Browser, number: str, action: str, **fields: str) -> httpx.Response:
    """Fill in the form of an action in the drawer and send it."""
    path = f"/desk/tickets/{number}/do/{action}"
    return desk.post(path, **{**hidden(desk.get(f"/desk?open={number}"), f"{path}?"), **fields})


def numbers(page: httpx.Response) -> list[str]:
    return re.findall(r'data-number="([^"]+)"', page.text)


@pytest.mark.parametrize(
    ("asked", "is_shown"),
    [("", True), ("q=does+not", True), ("q=lamp", False), ("category=lift", True), ("category=gas", False),
     ("site=WX", True), ("who=00000000-0000-0000-0000-000000000007", False), ("who=nonsense", False)],
)  # fmt: skip
def test_a_filter_leaves_what_it_says_and_counts_what_it_shows(
    desk: Browser, reported: str, asked: str, is_shown: object
) -> None:
    page = desk.get(f"/desk?{asked}")
    assert (reported in numbers(page)) is is_shown
    assert f'Assigned<span class="count">{int(bool(is_shown))}</span>' in page.text


def test_a_building_is_a_filter_too(desk: Browser, reported: str) -> None:
    places = dict(re.findall(r'<option value="([0-9a-f-]{36})"[^>]*>([^<]+)', desk.get("/desk").text))
    building = next(value for value, name in places.items() if name == "A")
    assert reported in numbers(desk.get(f"/desk?place={building}"))


def test_an_inspection_bears_the_name_of_its_plan(desk: Browser, db: Database, cast: Cast, now: datetime) -> None:
    hall = Subject(cast.site, cast.hall, "A/1/Hall", is_common=True)
    report = FaultReport(hall, "Pumps, daily", category="water", priority="normal", kind="inspection")
    db.write(lambda session: intake.report_fault(session, report, now))
    assert "Inspection · Pumps, daily" in seen(desk.get("/desk"))


def test_a_figure_leads_to_the_tickets_that_it_counts(desk: Browser, reported: str) -> None:
    assert numbers(desk.get("/desk/list/open")) == [reported]
    assert numbers(desk.get("/desk/list/emergencies")) == []
    assert desk.get("/desk/list/else").status_code == 404


def test_a_long_column_goes_on_on_its_own_pages(desk: Browser, web: Web, cast: Cast, home_code: str) -> None:
    resident = web.browser(cast.resident)
    opened = [resident.report(home_code, f"Broken thing {n}", category="other", same="own") for n in range(3)]
    assert sorted(numbers(desk.get("/desk/column/assigned"))) == sorted(opened)
    assert desk.get("/desk/column/assigned?after=nonsense").status_code == 422


def test_the_drawer_tells_the_story_and_who_was_told(desk: Browser, reported: str) -> None:
    page = seen(desk.get(f"/desk?open={reported}"))
    assert "The lift does not move" in page
    assert "Who was told what" in page
    assert "Li Na" in page


def test_a_ticket_is_assigned_from_the_ranking_with_its_reasons(
    desk: Browser, db: Database, cast: Cast, reported: str
) -> None:
    other = cast.second_technician if ticket(db, reported).assignee_id == cast.technician else cast.technician
    assert "Skills" in seen(desk.get(f"/desk?open={reported}")) or "skill" in seen(desk.get(f"/desk?open={reported}"))
    assert do(desk, reported, "assign", assignee=str(other)).status_code == 303
    assert ticket(db, reported).assignee_id == other


@pytest.mark.parametrize(
    ("action", "fields", "state"),
    [("hold", {"reason": "waiting_parts"}, "on_hold"), ("release", {"reason": "sick"}, "assigned"),
     ("recategorise", {"category": "water"}, "assigned"), ("reprioritise", {"priority": "urgent"}, "assigned"),
     ("waive", {"evidence": "after_photo", "reason": "seen"}, "assigned"),
     ("cancel", {"reason": "twice"}, "cancelled")],
)  # fmt: skip
def test_the_desk_may(
    desk: Browser, db: Database, reported: str, action: str, fields: dict[str, str], state: str
) -> None:
    answer = do(desk, reported, action, **fields)
    assert answer.status_code == 303, seen(answer)
    assert ticket(db, reported).state in (state, "reported")


def test_what_has_moved_on_is_said_in_the_drawer_and_what_was_typed_stays(
    desk: Browser, db: Database, worker: Browser, reported: str
) -> None:
    path = f"/desk/tickets/{reported}/do/cancel"
    form = hidden(desk.get(f"/desk?open={reported}"), f"{path}?")
    worker.do(reported, "accept")
    answer = desk.post(path, **{**form, "reason": "A typed reason"})
    assert answer.status_code == 409
    assert 'value="A typed reason"' in answer.text
    assert "has changed" in seen(answer)
    assert ticket(db, reported).state == "accepted"


def test_a_note_between_staff_stays_between_them(
    desk: Browser, resident_browser: Browser, worker: Browser, reported: str
) -> None:
    desk.post(f"/desk/tickets/{reported}/words", text="He is difficult", to="staff")
    desk.post(f"/desk/tickets/{reported}/words", text="We come at noon", to="people")
    assert "He is difficult" in seen(worker.get(f"/t/{reported}"))
    shown = seen(resident_browser.get(f"/t/{reported}"))
    assert "We come at noon" in shown
    assert "He is difficult" not in shown


def test_empty_words_are_refused(desk: Browser, reported: str) -> None:
    assert desk.post(f"/desk/tickets/{reported}/words", text=" ", to="staff").status_code == 422


def test_a_manager_sees_and_steers_nothing(web: Web, cast: Cast, reported: str) -> None:
    manager = web.browser(cast.manager)
    page = manager.get(f"/desk?open={reported}")
    assert "The lift does not move" in seen(page)
    assert "/do/cancel" not in page.text
    assert manager.post(f"/desk/tickets/{reported}/do/cancel", reason="x").status_code in (403, 409)
    assert manager.post(f"/desk/tickets/{reported}/words", text="x", to="people").status_code == 403


def test_two_tickets_are_merged_side_by_side(
    desk: Browser, web: Web, db: Database, cast: Cast, reported: str, other_lift: str
) -> None:
    other = web.browser(cast.neighbour).report(other_lift, "It is stuck", category="lift", same="own")
    path = f"/desk/tickets/{reported}/merge"
    assert other in desk.get(path).text
    assert other in desk.get(f"{path}?q=stuck").text
    both = desk.get(f"{path}?other={other}")
    assert "The lift does not move" in seen(both)
    assert "It is stuck" in seen(both)
    merged = desk.send(both, action=path, stays=other)
    assert merged.headers["location"] == f"/desk?open={other}"
    assert (ticket(db, reported).state, ticket(db, other).state) == ("merged", "assigned")


def test_a_ticket_is_not_merged_with_itself(desk: Browser, reported: str) -> None:
    path = f"/desk/tickets/{reported}/merge"
    assert desk.post(path, stays=reported, pair=f"{reported} {reported}").status_code == 422


def test_rows_are_fetched_alone(desk: Browser, reported: str) -> None:
    part = desk.get("/desk/rows?mark=1")
    assert numbers(part) == [reported]
    assert "<html" not in part.text


def test_news_come_as_soon_as_something_happens(desk: Browser, worker: Browser, reported: str) -> None:
    before = desk.get("/desk/live?wait=0&mark=").json()["mark"]
    first = desk.get("/desk/live?wait=5&mark=0").json()["mark"]
    worker.do(reported, "accept")
    after = desk.get(f"/desk/live?wait=5&mark={first}").json()["mark"]
    assert before == ""
    assert first not in ("", after)
    assert desk.get(f"/desk/live?wait=0&mark={after}").json()["mark"] == after


def test_what_is_older_than_the_page_is_no_news(desk: Browser, reported: str) -> None:
    newer = "f" * 36
    assert desk.get(f"/desk/live?wait=1&mark={newer}").json()["mark"] == newer


def test_only_the_desk_waits_for_news(web: Web, cast: Cast) -> None:
    assert web.browser(cast.technician).get("/desk/live?wait=0").status_code == 403

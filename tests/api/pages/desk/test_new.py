"""A resident telephones: the form finds them while talking, opens the ticket, and hands out a link."""

from __future__ import annotations

import re

import httpx
import pytest

from core import places
from core.database import Database
from core.people import Person
from core.tickets import queries
from core.tickets.models import Ticket
from tests.api.pages.browsing import Browser, Web, hidden, seen
from tests.personas import Cast

PAGE = "/desk/new"
SENT = f"{PAGE}?site=WX"  # where its form goes


@pytest.fixture
def desk(web: Web, db: Database, cast: Cast) -> Browser:
    with db.write_scope() as session:
        session.get_one(Person, cast.resident).phone = "13800138000"
    return web.browser(cast.supervisor)


def send(desk: Browser, **fields: str) -> httpx.Response:
    """Fill in the form as it is shown and send it."""
    return desk.post(SENT, **{**hidden(desk.get(PAGE), SENT), **fields})


def ticket_of(db: Database, answer: httpx.Response) -> Ticket:
    assert answer.status_code == 303, seen(answer)
    with db.read_scope() as session:
        return queries.by_number(session, answer.headers["location"].split("/")[3])


def choice(desk: Browser, words: str) -> str:
    """The first caller that the search offers."""
    found = re.search(r'value="([^"]+)"', desk.get(f"{PAGE}/found?q={words}").text)
    assert found is not None
    return found[1]


def test_the_caller_is_found_by_the_end_of_the_number_which_is_shown_masked(desk: Browser) -> None:
    page = desk.get(f"{PAGE}/found?q=8000").text
    assert "Li Na" in page
    assert "138****8000" in page
    assert "13800138000" not in page


def test_a_known_caller_takes_one_choice_and_one_sentence(desk: Browser, db: Database, cast: Cast) -> None:
    ticket = ticket_of(db, send(desk, caller=choice(desk, "8000"), text="The kitchen tap drips"))
    assert (ticket.reporter_id, ticket.place, ticket.category) == (cast.resident, "A/12/1203", "water")


def test_without_chat_the_caller_gets_a_link_that_opens_the_ticket(
    desk: Browser, web: Web, db: Database, cast: Cast
) -> None:
    answer = send(desk, caller=choice(desk, "8000"), text="The kitchen tap drips")
    slip = desk.get(answer.headers["location"])
    link = re.search(r"http://testserver(/w/[\w-]+)", slip.text)
    assert link is not None
    assert "<svg" in slip.text
    number = ticket_of(db, answer).number
    guest = web.browser()
    opened = guest.send(guest.get(link[1]))
    assert opened.headers["location"] == f"/t/{number}"
    assert guest.get(f"/t/{number}").status_code == 200
    assert desk.get(answer.headers["location"]).text.count(link[0]) == slip.text.count(link[0])


def test_somebody_new_is_kept_with_number_and_unit(desk: Browser, db: Database) -> None:
    answer = send(desk, caller="new", name="Old Xu", phone="139 0000 0001", unit="A/12/1204", text="No light")
    ticket = ticket_of(db, answer)
    with db.read_scope() as session:
        assert session.get_one(Person, ticket.reporter_id).name == "Old Xu"
    assert ticket.place == "A/12/1204"
    assert "Old Xu" in desk.get(f"{PAGE}/found?q=0001").text


def test_elsewhere_is_a_place_or_a_code(desk: Browser, db: Database, lift: str) -> None:
    who = choice(desk, "8000")
    assert ticket_of(db, send(desk, caller=who, text="It is stuck", where=lift.lower())).asset_code == lift
    assert ticket_of(db, send(desk, caller=who, text="No light", where="A/1/Hall")).place == "A/1/Hall"


@pytest.mark.parametrize(
    ("fields", "said"),
    [({"text": ""}, "is missing"), ({"where": "Moon/1"}, "no such"), ({"caller": "new"}, "is missing"),
     ({"caller": "new", "phone": "abc", "name": "Xu"}, "Telephone")],
)  # fmt: skip
def test_what_is_missing_is_said_and_nothing_is_lost(desk: Browser, fields: dict[str, str], said: str) -> None:
    typed = {"caller": choice(desk, "8000"), "text": "The kitchen tap drips", "category": "water", **fields}
    answer = send(desk, **typed)
    assert answer.status_code in (404, 422)
    assert said in seen(answer)
    assert typed["text"] in answer.text
    assert re.search(r'value="water" selected', answer.text)


def test_the_same_press_opens_one_ticket(desk: Browser, db: Database) -> None:
    form = {**hidden(desk.get(PAGE), SENT), "caller": choice(desk, "8000"), "text": "The kitchen tap drips"}
    answers = [desk.post(SENT, **form) for _ in range(2)]
    assert len({ticket_of(db, answer).number for answer in answers}) == 1


@pytest.fixture
def asked(desk: Browser, web: Web, cast: Cast, reported: str) -> httpx.Response:
    """Somebody new calls about the lift for which there is a ticket already."""
    return send(desk, caller="new", name="Old Xu", unit="A/12/1204", where="LIFT-1", text="The lift does not move")


def test_a_twin_is_asked_about_and_nobody_is_added_yet(desk: Browser, asked: httpx.Response, reported: str) -> None:
    assert reported in seen(asked)
    assert 'value="Old Xu"' in asked.text
    assert "Old Xu" not in desk.get(f"{PAGE}/found?q=Xu").text


@pytest.mark.parametrize("same", ["join", "own"])
def test_the_desk_decides_whether_it_is_the_same(
    desk: Browser, db: Database, asked: httpx.Response, reported: str, same: str
) -> None:
    told = {"caller": "new", "name": "Old Xu", "unit": "A/12/1204", "where": "LIFT-1", "text": "It does not move"}
    answer = desk.post(SENT, **{**hidden(asked, SENT), **told, "same": same})
    assert (ticket_of(db, answer).number == reported) is (same == "join")
    assert "Old Xu" in seen(desk.get(answer.headers["location"]))


def test_who_only_sees_takes_no_calls(web: Web, cast: Cast) -> None:
    for person in (cast.manager, cast.technician, cast.resident):
        assert [web.browser(person).get(path).status_code for path in (PAGE, f"{PAGE}/found?q=8000")] == [403] * 2


def test_a_slip_is_for_the_people_of_its_ticket(desk: Browser, cast: Cast, reported: str) -> None:
    assert desk.get(f"{PAGE}/{reported}/{cast.resident}").status_code == 200
    assert desk.get(f"{PAGE}/{reported}/{cast.neighbour}").status_code == 404


def test_a_search_finds_nobody_of_another_site(desk: Browser, elsewhere: str) -> None:
    assert desk.get(f"{PAGE}/found?q=8000&site=WX2").status_code == 404


def test_the_hint_names_a_home_of_this_site(desk: Browser) -> None:
    assert "For example A/12/1203, or short A-12-1203." in seen(desk.get(PAGE))


@pytest.mark.parametrize("said", ["A-12-1204", "a 1204", "A/12/1204", "building A floor 12 flat 1204"])
def test_a_home_is_understood_as_people_say_it(desk: Browser, db: Database, said: str) -> None:
    assert ticket_of(db, send(desk, caller="new", name="Old Xu", unit=said, text="No light")).place == "A/12/1204"


def test_of_several_homes_one_is_chosen_by_a_press(desk: Browser, db: Database, cast: Cast) -> None:
    db.write(lambda session: places.ensure_path(session, cast.site, "B/12/1204", kind="unit", is_common=False))
    typed = {"caller": "new", "name": "Old Xu", "unit": "1204", "text": "No light"}
    asked = send(desk, **typed)
    assert re.findall(r'name="unit_is" value="([^"]+)"', asked.text) == ["A/12/1204", "B/12/1204"]
    answer = desk.post(SENT, **{**hidden(asked, SENT), **typed, "unit_is": "B/12/1204"})
    assert ticket_of(db, answer).place == "B/12/1204"


@pytest.fixture
def dripping(desk: Browser, db: Database) -> str:
    """An open ticket of the caller at home."""
    return ticket_of(db, send(desk, caller=choice(desk, "8000"), text="The kitchen tap drips")).number


def test_an_open_ticket_of_the_home_is_shown_before_a_second(desk: Browser, dripping: str) -> None:
    asked = send(desk, caller=choice(desk, "8000"), text="The tap drips more")
    assert f"There is an open ticket {dripping} about this" in seen(asked)
    assert send(desk, caller=choice(desk, "8000"), text="The corridor socket sparks no more light").status_code == 303


@pytest.mark.parametrize("same", ["join", "own"])
def test_the_desk_adds_to_it_or_opens_another(desk: Browser, db: Database, dripping: str, same: str) -> None:
    answer = send(desk, caller=choice(desk, "8000"), text="The tap drips more", same=same)
    assert (ticket_of(db, answer).number == dripping) is (same == "join")
    if same == "join":
        assert "The tap drips more" in seen(desk.get(f"/t/{dripping}"))

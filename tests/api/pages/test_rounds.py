"""A round on the phone: the code leads to its stop, in any order; nothing typed is lost; a report at the end."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from assets import codes, register
from assets.plans import planning, rounds
from assets.plans.planning import Draft
from assets.plans.recurrence import Rhythm
from core import access, clock, registry, trace
from core.database import Database
from core.settings import load_settings
from core.tickets import actions, additions, queries
from core.tickets.models import Ticket
from core.triggers import TRIGGERS, Tick, run
from tests.api.pages.browsing import INK, Browser, Web, seen
from tests.personas import Cast
from tests.pictures import corners, encoded
from tests.rounds import ASKED

PHOTO = encoded(corners(), "JPEG")


def wake(db: Database, name: str) -> None:
    registry.load("assets.triggers")
    run(db, TRIGGERS[name], Tick(clock.now(), load_settings()))


@pytest.fixture
def walk(db: Database, cast: Cast, lift: str, other_lift: str) -> str:
    """The number of a round through the hall and two lifts that the technician was given."""
    with db.write_scope() as session:
        ids = [str(register.asset_by_code(session, code).id) for code in (lift, other_lift)]
        hall = {"place": str(cast.hall), "checklist": [{"question": "Picture of the hall", "kind": "photo"}]}
        stops: list[dict[str, Any]] = [hall, *({"asset": one} for one in ids)]
        yesterday = clock.now() - timedelta(days=1)
        rhythm = Rhythm("FREQ=DAILY;COUNT=1", clock.now().date())
        draft = Draft("Evening round", "general", "route", rhythm, ASKED, stops=stops)
        planning.add(session, cast.site, draft, cast.admin, yesterday)
    wake(db, "plans")
    with db.write_scope() as session:
        number = session.scalars(select(Ticket.number).where(Ticket.kind == "inspection")).one()
        ticket, desk = queries.by_number(session, number, lock=True), access.viewer(session, cast.supervisor)
        actions.act(session, ticket, "assign", desk, clock.now(), facts={"assignee": str(cast.technician)})
    return number


@pytest.fixture
def walker(web: Web, cast: Cast) -> Browser:
    return web.browser(cast.technician)


def scan(browser: Browser, code: str) -> str:
    """Where a scanned code leads."""
    answer = browser.get(f"/q/{code}")
    assert answer.status_code == 303, seen(answer)
    return str(answer.headers["location"])


def checks(browser: Browser, where: str, kind: str = "check") -> list[str]:
    """The fields of a stop."""
    return list(dict.fromkeys(re.findall(rf'name="({kind}-\d+)"', browser.get(where).text)))


def test_a_code_leads_to_its_stop_and_answers_are_kept_in_any_order(
    walker: Browser, walk: str, lift: str, other_lift: str, hall_code: str
) -> None:
    last, first = scan(walker, other_lift), scan(walker, hall_code)
    assert last.startswith(f"/round/{walk}/3?scan=")
    assert first.startswith(f"/round/{walk}/1?scan=")
    page = walker.get(last)
    assert "the address of the code was opened" in seen(page)
    clean, pressure = checks(walker, last)
    answer = walker.send(page, **{clean: "pass", pressure: "0.4"})
    assert answer.headers["location"] == f"/round/{walk}?done=stop&stop=3"
    shown = seen(walker.get(answer.headers["location"]))
    assert "Round of 3 stops, 1 done" in shown
    assert "Lift 2 is done." in shown
    assert "0.4 MPa" in shown
    assert "Presence: likely" in shown


def test_what_was_typed_stays_when_something_is_wrong(walker: Browser, walk: str, lift: str) -> None:
    where = scan(walker, lift)
    clean, pressure = checks(walker, where)
    answer = walker.send(walker.get(where), **{clean: "fail", pressure: "much"})
    assert answer.status_code == 422
    assert 'value="much"' in answer.text
    assert "Pressure:" in seen(answer)
    assert 'value="fail" checked' in answer.text
    again = walker.send(answer, **{clean: "fail", pressure: "0,5"})
    assert again.status_code == 303
    assert "the address of the code was opened" in seen(walker.get(f"/round/{walk}"))


def test_the_same_press_twice_is_one_answer(db: Database, walker: Browser, walk: str, lift: str) -> None:
    where = scan(walker, lift)
    page, (clean, _) = walker.get(where), checks(walker, where)
    first, second = (walker.send(page, **{clean: "pass"}) for _ in range(2))
    assert first.headers["location"] == second.headers["location"] == f"/round/{walk}?done=part&stop=2"
    with db.read_scope() as session:
        ticket = queries.by_number(session, walk)
        events = [event.action for event in trace.events_of(session, f"ticket:{ticket.id}")]
    assert (events.count("answer"), events.count("visit"), ticket.state) == (1, 1, "in_progress")


@pytest.mark.parametrize(("by", "said"), [("typed", "code typed by hand"), ("", "opened from the list")])
def test_a_stop_without_a_scan_is_taken_and_marked_so(
    walker: Browser, walk: str, lift: str, by: str, said: str
) -> None:
    where = f"/round/{walk}/2"
    if by:
        typed = walker.get("/q", params={"code": lift})
        where = walker.get(typed.headers["location"]).headers["location"]
    clean, pressure = checks(walker, where)
    assert walker.send(walker.get(where), **{clean: "pass", pressure: "0.3"}).status_code == 303
    assert said in seen(walker.get(f"/round/{walk}"))


def test_a_stop_tells_its_code_only_to_who_was_there(walker: Browser, walk: str, lift: str) -> None:
    printed = codes.printed(lift)
    assert printed not in seen(walker.get(f"/round/{walk}/2"))
    assert printed in seen(walker.get(scan(walker, lift)))


@pytest.mark.parametrize(("name", "query"), [("item-1", ""), ("item-01", ""), ("other", "?item=1")])
def test_a_photo_counts_for_the_stop_that_it_was_taken_at(
    db: Database, walker: Browser, walk: str, name: str, query: str
) -> None:
    answer = walker.send(
        walker.get(f"/round/{walk}/2"), {name: ("a.jpg", PHOTO, "image/jpeg")}, action=f"/round/{walk}/2{query}"
    )
    assert answer.status_code == 422
    with db.read_scope() as session:
        ticket = queries.by_number(session, walk)
        assert queries.checklist_of(session, ticket.id)[0].answer == ""
        assert queries.attachments_of(session, ticket.id) == []


@pytest.fixture
def pump(db: Database, cast: Cast) -> str:
    """The code of a thing that is no stop."""
    with db.write_scope() as session:
        return register.add_asset(session, cast.site, cast.hall, "Pump 9", "Pump", now=clock.now(), code="PUMP-9").code


def test_a_code_is_typed_in_the_round_and_proves_what_typing_proves(walker: Browser, walk: str, lift: str) -> None:
    page = walker.get(f"/round/{walk}")
    assert f'action="/round/{walk}"' in page.text
    answer = walker.get(f"/round/{walk}", params={"code": lift.lower()})
    assert answer.headers["location"].startswith(f"/round/{walk}/2?scan=")
    assert "code typed by hand" in seen(walker.get(answer.headers["location"]))


@pytest.mark.parametrize("typed", ["LIFT-3", "?", "https://example.com/q/1"])
def test_what_is_no_code_is_said_in_the_round(walker: Browser, walk: str, typed: str) -> None:
    page = walker.get(f"/round/{walk}", params={"code": typed})
    assert page.status_code in (404, 422)
    assert f'value="{typed}"' in page.text
    assert 'id="code-error"' in page.text


def test_a_wrong_code_says_what_it_is_and_leaves_nobody_outside_the_round(
    walker: Browser, walk: str, lift: str, pump: str
) -> None:
    typed = walker.get(f"/round/{walk}", params={"code": pump})
    photographed = walker.get(f"/q/{pump}?round={walk}")
    assert photographed.headers["location"] == f"/round/{walk}?code={pump}"
    for page in (typed, walker.get(photographed.headers["location"])):
        assert "That is Pump 9, not part of this round." in seen(page)
        assert "Left to do" in seen(page)
        assert f'href="/q/{pump}?report=1"' in page.text
    assert walker.get(f"/q/{pump}").status_code == 200  # nobody has begun to walk yet
    walker.send(walker.get(scan(walker, lift)), **{checks(walker, scan(walker, lift))[0]: "pass"})
    assert walker.get(f"/q/{pump}").headers["location"] == f"/round/{walk}?code={pump}"
    assert "Pump 9" in seen(walker.get(f"/q/{pump}?here=1"))
    assert walker.get(f"/q/{pump}?report=1").status_code == 200


def test_the_scan_page_of_a_round_leads_back_to_it(walker: Browser, walk: str, pump: str, lift: str) -> None:
    page = walker.get(f"/scan?round={walk}")
    assert f'href="/round/{walk}"' in page.text
    found = walker.send(page, action="/scan", code=pump).headers["location"]
    assert walker.get(found).headers["location"] == f"/round/{walk}?code={pump}"
    stop = walker.get(walker.send(page, action="/scan", code=lift).headers["location"]).headers["location"]
    assert stop.startswith(f"/round/{walk}/2?scan=")


def test_the_scan_of_another_proves_nothing(web: Web, cast: Cast, walker: Browser, walk: str, lift: str) -> None:
    foreign = scan(walker, lift).partition("scan=")[2]
    page = walker.get(f"/round/{walk}/3?scan={foreign}")
    assert "the address of the code was opened" not in seen(page)
    assert web.browser(cast.second_technician).get(f"/q/{lift}").status_code == 200


def test_the_position_goes_along_where_it_is_let(db: Database, walker: Browser, walk: str, lift: str) -> None:
    where = scan(walker, lift)
    clean, _ = checks(walker, where)
    walker.send(walker.get(where), **{clean: "pass"}, locate="1", position="31.2,121.5,12")
    with db.read_scope() as session:
        stop = rounds.stops_of(session, queries.by_number(session, walk).id)[1]
        assert stop.location == {"lat": 31.2, "lon": 121.5, "accuracy": 12.0}
    walker.send(walker.get(f"/round/{walk}/3"), **{clean.replace("2", "4"): "pass"}, position="31.2,121.5,12")
    with db.read_scope() as session:
        assert rounds.stops_of(session, queries.by_number(session, walk).id)[2].location == {}


def test_a_whole_round_with_a_failure_a_stop_left_and_its_report(
    db: Database, cast: Cast, walker: Browser, walk: str, lift: str, hall_code: str
) -> None:
    where = scan(walker, lift)
    clean, pressure = checks(walker, where)
    failed = walker.send(
        walker.get(where), {clean.replace("check", "item"): ("a.jpg", PHOTO, "image/jpeg")},
        **{clean: "fail", pressure: "0.9"},
    )  # fmt: skip
    assert failed.status_code == 303, seen(failed)
    hall = scan(walker, hall_code)
    taken = walker.send(walker.get(hall), {checks(walker, hall, "item")[0]: ("b.jpg", PHOTO, "image/jpeg")})
    assert taken.status_code == 303, seen(taken)
    assert "Sign off" not in seen(walker.get(f"/round/{walk}"))
    refused = walker.post(f"/round/{walk}/3/leave")
    assert refused.status_code == 422
    left = walker.send(walker.get(f"/round/{walk}/3"), action=f"/round/{walk}/3/leave", words="The key is missing")
    assert left.status_code == 303
    page = walker.get(f"/round/{walk}")
    assert seen(page).count("Presence: sure") == 2
    assert "Sign off" in page.text
    assert "Carried forward: The key is missing" in seen(page)
    form = walker.get(f"/t/{walk}/sign")
    assert "Is everything checked?" in seen(form)
    assert "resident" not in seen(form)
    signed = walker.send(form, resolution="failed", technician=INK, presence="absent")
    assert signed.status_code == 303, seen(signed)
    assert "Failed: 2. A fault is opened for each within a minute." in seen(walker.get(f"/round/{walk}"))
    wake(db, "plan_results")
    with db.read_scope() as session:
        faults = session.scalars(select(Ticket).where(Ticket.kind == "fault").order_by(Ticket.id)).all()
        assert [(one.asset_name, one.text) for one in faults] == [
            ("Lift 1", "Clean?: Failed"), ("Lift 1", "Pressure: 0.9 MPa"),
        ]  # fmt: skip
        [rest] = session.scalars(select(Ticket).where(Ticket.kind == "inspection", Ticket.is_open)).all()
        assert [item.question for item in queries.checklist_of(session, rest.id)] == ["Clean?", "Pressure"]
    for where, field in ((f"/t/{walk}/checklist", pressure), (f"/round/{walk}/2", pressure)):
        late = walker.post(where, **{field: "0.3"})
        assert (late.status_code, "has ended" in seen(late)) == (409, True)
    ended = walker.get(f"/round/{walk}")
    for told in ("Failed: 2. What it led to stands below.", "Pressure: 0.9 MPa", "3 · Lift 2 The key is missing"):
        assert told in seen(ended)
    assert [one.number in ended.text for one in faults] == [True, True]
    assert ("Sign off when" in seen(ended), "opens a fault after" in seen(ended)) == (False, False)
    report = seen(walker.web.browser(cast.supervisor).get(f"/t/{walk}"))
    for told in ("Clean? Faulty (failed)", "0.9 MPa (failed)", "0.2–0.6 MPa", "The key is missing", "Photo taken"):
        assert told in report


def test_a_code_with_other_work_offers_both(
    walker: Browser, db: Database, cast: Cast, walk: str, reported: str, lift: str
) -> None:
    """A fault at a stop that the same technician has is not hidden by the round."""
    with db.write_scope() as session:
        ticket, desk = queries.by_number(session, reported, lock=True), access.viewer(session, cast.supervisor)
        actions.act(session, ticket, "assign", desk, clock.now(), facts={"assignee": str(cast.technician)})
    page = walker.get(f"/q/{lift}")
    assert (page.status_code, "Go on with the round here" in seen(page)) == (200, True)
    assert reported in page.text
    [stop] = set(re.findall(rf"/round/{walk}/\d\?scan=[^\"]+", page.text))
    assert walker.get(stop).status_code == 200


def test_the_timeline_says_what_was_asked_and_answered(
    db: Database, cast: Cast, web: Web, walker: Browser, walk: str, lift: str
) -> None:
    where = scan(walker, lift)
    clean, pressure = checks(walker, where)
    walker.send(walker.get(where), **{clean: "fail", pressure: "0,9"})
    walker.send(walker.get(f"/round/{walk}/3"), action=f"/round/{walk}/3/leave", reason="no_access")
    desk = web.browser(cast.supervisor)
    story = seen(desk.get(f"/t/{walk}"))
    for told in ("Lift 1: code scanned", "Lift 1 · Clean?: Faulty (failed)", "Lift 1 · Pressure: 0,9 MPa (failed)",
                 "Left for the next time, no access: Lift 2 · Clean?, Lift 2 · Pressure"):  # fmt: skip
        assert told in story
    desk.cookies["gongdan_lang"] = "zh_CN"
    assert "Lift 1 · Clean?：异常（不合格）" in seen(desk.get(f"/t/{walk}"))


def test_words_that_were_replaced_are_not_told_by_the_timeline(
    db: Database, cast: Cast, web: Web, reported: str
) -> None:
    with db.write_scope() as session:
        ticket, now = queries.by_number(session, reported, lock=True), clock.now()
        options = {"choices": ["open", "shut"], "failing": ["shut"]}
        asked: list[dict[str, Any]] = [
            {"question": "Noise?", "kind": "text"},
            {"question": "Door", "kind": "choice", "options": options},
        ]
        additions.ask_items(session, ticket, asked)
        for position, answer in ((1, "Mrs Li says none"), (1, "a hum"), (2, "shut")):
            additions.answer_item(session, ticket, position, answer, cast.technician, now)
    story = seen(web.browser(cast.supervisor).get(f"/t/{reported}"))
    assert "Noise?: answered, later in other words" in story
    assert "Noise?: a hum" in story
    assert "Door: shut (failed)" in story
    assert "Mrs Li" not in story


def test_a_job_that_is_no_round_has_no_stops(walker: Browser, worker: Browser, reported: str) -> None:
    assert worker.get(f"/round/{reported}").headers["location"] == f"/t/{reported}"
    assert worker.get(f"/round/{reported}/1").status_code == 404


def test_what_is_said_about_a_round_stays_between_staff(
    db: Database, cast: Cast, web: Web, walker: Browser, walk: str
) -> None:
    assert "Accepted." in seen(walker.get(walker.do(walk, "accept").headers["location"]))
    page = walker.get(f"/t/{walk}")
    assert ('name="internal"' in page.text, "resident is told" in seen(page)) == (False, False)
    assert walker.send(page, action=f"/t/{walk}/words", text="The lamp hums", internal="").status_code == 303
    desk = web.browser(cast.supervisor)
    assert "Tell the technician" in seen(desk.get(f"/desk?open={walk}"))
    with db.read_scope() as session:
        ticket = queries.by_number(session, walk)
        assert queries.notes_of(session, ticket.id, internal=False) == []
    assert "The lamp hums" in seen(desk.get(f"/t/{walk}"))


def test_a_round_is_named_in_the_list_of_jobs(walker: Browser, walk: str) -> None:
    assert "Round of 3 stops, 0 done" in seen(walker.get("/work"))

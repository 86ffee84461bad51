"""A client in the mini program: it signs in by a code, reports, follows, confirms and rates as a resident."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from api import uploads
from api.routes.auth import LIFE, MOST_OF_ADDRESS
from api.routes.auth import MOST_OF_PERSON as MOST_SESSIONS
from api.routes.tickets import MOST_OF_PERSON
from assets import codes, register
from bot.channels import Proven
from core import access, alarms, clock, consents, contested, limits, people, trace
from core.access import Token
from core.database import Database
from core.people import Person
from core.places import Site
from core.tickets import queries
from core.tickets.models import Ticket
from core.upkeep import staff
from tests.api.calling import Caller, kind_of
from tests.api.program import NEWS, SURVEY, Program, programmed
from tests.fakes.wechat import says
from tests.fakes.wxa import PHONE, SESSION
from tests.personas import NOW, Cast, play
from tests.pictures import corners, encoded


@pytest.fixture
def cast(sqlite_db: Database) -> Cast:
    with sqlite_db.write_scope() as session:
        return play(session)


@pytest.fixture
def program(sqlite_db: Database, cast: Cast, tmp_path: Path) -> Iterator[Program]:
    """Sessions and identities are decided above the database, so that one kind of it is enough."""
    with programmed(sqlite_db, tmp_path) as program:
        yield program


@pytest.fixture
def lift(sqlite_db: Database, cast: Cast) -> str:
    with sqlite_db.write_scope() as session:
        return register.add_asset(session, cast.site, cast.hall, "Lift 1", "Passenger lift", now=NOW).code


def test_whoever_is_new_becomes_a_person_and_is_the_same_one_next_time(program: Program) -> None:
    before = program.count(Person)[0]
    first, again = program.enter("o-li").json(), program.enter("o-li").json()
    assert first["person"]["id"] == again["person"]["id"] == str(program.owner("o-li"))
    assert first["token"] != again["token"]
    assert first["templates"] == {"news": NEWS, "survey": SURVEY}
    assert program.open("o-li").get("/api/v1/me").json()["id"] == first["person"]["id"]
    assert program.count(Person)[0] == before + 1
    assert "session_key" not in str(first)


def test_a_code_that_is_wrong_or_used_lets_nobody_in(program: Program) -> None:
    def post(**body: Any) -> httpx.Response:
        return program.api.stranger.post("/auth/wxa", **body)

    assert program.enter("o-li").status_code == 201
    replayed, unknown = post(code="code-1"), post(code="never")
    assert [(one.status_code, kind_of(one)) for one in (replayed, unknown)] == [(401, "code-not-taken")] * 2
    assert unknown.json()["detail"] == "WeChat does not know this code any more. Please begin again."
    assert [post().status_code, post(code=""), post(code="a", openid="o-li").status_code][::2] == [422, 422]
    assert program.api.stranger.post("/auth/telegram", code="a").status_code == 404
    program.wxa.fail(SESSION, says(45011))
    away = post(code="x")
    assert (away.status_code, kind_of(away)) == (503, "program-away")
    chinese = program.api.stranger.call("POST", "/auth/wxa", json={"code": "y"}, headers={"accept-language": "zh-CN"})
    assert chinese.json()["detail"].startswith("微信")


def test_one_address_cannot_flood_the_platform_with_codes(program: Program) -> None:
    def flood(session: Any) -> None:
        for _ in range(MOST_OF_ADDRESS):
            limits.count(session, "auth:127.0.0.1", clock.now(), most=MOST_OF_ADDRESS)

    program.db.write(flood)
    asked = len(program.wxa.asked)
    answer = program.enter("o-li")
    assert (answer.status_code, len(program.wxa.asked)) == (429, asked)


def test_one_account_does_not_fill_the_table_of_sessions(program: Program) -> None:
    program.open("o-li")
    with program.db.write_scope() as session:
        for _ in range(MOST_SESSIONS):
            limits.tally(session, f"auth-of:{program.owner('o-li')}", clock.now())
    before = program.count(Token)
    assert (program.enter("o-li").status_code, program.count(Token)) == (429, before)
    assert program.enter("o-wang").status_code == 201


def test_a_session_ends_by_itself_by_its_owner_and_by_whoever_revokes_it(program: Program, cast: Cast) -> None:
    def is_in(caller: Caller) -> bool:
        return caller.get("/api/v1/me").status_code == 200

    one, other = program.open("o-li"), program.open("o-li")
    assert one.call("DELETE", "/api/v1/wxa/session").json() == {"ended": True}
    assert (is_in(one), is_in(other)) == (False, True)
    with clock.at(clock.now() + LIFE + timedelta(seconds=1)):
        assert not is_in(other)
    program.db.write(lambda session: access.revoke_all(session, program.owner("o-li")))
    assert not is_in(other)
    assert kind_of(other.get("/api/v1/me")) == "sign-in-needed"
    forged = Caller(program.api, {"authorization": "Bearer " + "x" * 40})
    assert [is_in(forged), forged.post("/api/v1/wxa/phone", code="x").status_code] == [False, 401]


def test_a_new_password_ends_what_was_open_in_the_app(program: Program, cast: Cast) -> None:
    caller = program.open("o-li")
    program.db.write(lambda session: access.set_password(session, program.owner("o-li"), "a-long-enough-one"))
    assert caller.get("/api/v1/me").status_code == 401


def test_whoever_leaves_the_staff_is_out_of_the_mini_program_at_once(program: Program, cast: Cast) -> None:
    with program.db.write_scope() as session:
        code = access.issue(session, "link", cast.technician, clock.now(), life=access.LINK_LIFE)
    wang = program.open("o-wang", link=code)
    assert wang.get("/api/v1/me").json()["name"] == "Wang Wei"
    program.db.write(lambda session: staff.leave(session, cast.site, cast.technician, cast.admin, clock.now()))
    assert wang.get("/api/v1/me").status_code == 401


def test_a_one_time_code_joins_what_was_done_before_it(program: Program, cast: Cast, lift: str) -> None:
    with program.db.write_scope() as session:
        code = access.issue(session, "link", cast.resident, clock.now(), life=access.LINK_LIFE)
    number = program.open("o-li").report("The lift door rattles", code=lift)["number"]
    joined = program.open("o-li", link=code)
    assert program.owner("o-li") == cast.resident
    assert [one["number"] for one in joined.get("/api/v1/tickets").json()["items"]] == [number]
    assert program.enter("o-li", link=code).status_code == 404


def test_the_same_person_in_two_apps_of_one_owner_is_one_and_a_conflict_waits(program: Program, cast: Cast) -> None:
    """What the Official Account has learnt at a sign-in is recognised; what is two people's is nobody's to join."""
    union = Proven("unionid", "u-1", realm="weixin_open")
    with program.db.write_scope() as session:
        people.add_identity(session, cast.resident, *union.key(program.channel), conversation="", via="sign_in")
    program.open("o-li", "u-1")
    assert program.owner("o-li") == cast.resident
    with program.db.write_scope() as session:
        mine = Proven("openid", "o-wang", "o-wang").key(program.channel)
        people.add_identity(session, cast.technician, *mine, conversation="o-wang", via="sign_in")
    program.open("o-wang", "u-1")
    assert (program.owner("o-wang"), program.owner("u-1")) == (cast.technician, cast.resident)
    with program.db.read_scope() as session:
        assert [one.wanted_by for one in contested.waiting(session, cast.site)] == [cast.technician]


def test_somebody_new_with_two_ids_can_still_be_joined(program: Program, cast: Cast) -> None:
    program.open("o-new", "u-2")
    with program.db.write_scope() as session:
        code = access.issue(session, "link", cast.resident, clock.now(), life=access.LINK_LIFE)
    program.open("o-new", "u-2", link=code)
    assert program.owner("o-new") == cast.resident
    program.open("o-new", "u-2")
    assert program.owner("u-2") == cast.resident


def test_a_telephone_is_kept_as_proven_and_makes_nobody_somebody_else(program: Program, cast: Cast) -> None:
    with program.db.write_scope() as session:
        session.get_one(Person, cast.resident).phone = "139 0000 0001"
    program.wxa.phones = {"p": "13900000001", "q": "13900000002"}
    caller = program.open("o-new")
    key = "the-phone-of-li"
    answers = [caller.post("/api/v1/wxa/phone", key, code="p") for _ in range(2)]
    assert [(one.status_code, one.json()) for one in answers] == [(200, {"phone": "+86****0001"})] * 2
    assert kind_of(caller.post("/api/v1/wxa/phone", code="p")) == "invalid"
    with program.db.write_scope() as session:
        person = session.get_one(Person, program.owner("o-new"))
        assert (person.phone, person.phone_proven_at is not None) == ("+8613900000001", True)
        assert person.id != cast.resident
        assert session.get_one(Person, cast.resident).phone_proven_at is None
        assert [event.action for event in trace.events_of(session, f"person:{person.id}")] == ["phone_proven"]
        person.phone = "13700000000"
        assert person.phone_proven_at is None
    program.wxa.fail(PHONE, says(45011))
    assert caller.post("/api/v1/wxa/phone", code="q").status_code == 503


def test_what_was_allowed_is_counted_once_and_never_too_often(program: Program) -> None:
    caller = program.open("o-li")

    def allow(*templates: str, key: str = "") -> Any:
        answer = caller.post("/api/v1/wxa/consents", key, templates=list(templates))
        return answer.json() if answer.status_code == 200 else kind_of(answer)

    assert [allow(NEWS, NEWS, key="a") for _ in range(2)] == [{"left": {"news": 1}, "counted": True}] * 2
    assert allow(NEWS, SURVEY, key="b") == {"left": {"news": 2, "survey": 1}, "counted": True}
    assert [allow("TM_of_nobody"), allow(), allow(*[NEWS] * 9)] == ["invalid"] * 3
    assert allow(SURVEY, key="a") == "changed-replay"
    for _ in range(consents.MOST):
        told = allow(NEWS)
    assert told["left"]["news"] == consents.MOST
    program.channel.has_callbacks = True
    assert allow(SURVEY) == {"left": {"news": consents.MOST, "survey": 1}, "counted": False}


def test_the_language_of_a_person_is_chosen_in_the_client(program: Program) -> None:
    caller = program.open("o-li")
    assert caller.call("PUT", "/api/v1/me/language", json={"locale": "zh_CN"}).json()["locale"] == "zh_CN"
    assert caller.get("/api/v1/me").json()["locale"] == "zh_CN"
    assert caller.call("PUT", "/api/v1/me/language", json={"locale": "xx"}).status_code == 422


def test_who_never_opened_the_mini_program_has_nothing_to_allow_there(program: Program, cast: Cast) -> None:
    desk = program.api.as_(cast.admin)
    posts: list[tuple[str, Any]] = [("phone", {"code": "x"}), ("consents", {"templates": [NEWS]})]
    assert [desk.post(f"/api/v1/wxa/{path}", **body).status_code for path, body in posts] == [404] * 2


def test_a_resident_needs_nothing_else_than_the_api(program: Program, cast: Cast, lift: str) -> None:
    """Scan, report once however often it is sent, add a photo, follow, confirm or reopen, and rate."""
    caller, desk, wang = program.open("o-li"), program.api.as_(cast.supervisor), program.api.as_(cast.technician)
    behind = caller.get(f"/api/v1/codes/{lift}").json()
    assert (behind["asset"], behind["place"]["path"], behind["code"]) == ("Lift 1", "A/1/Hall", lift)
    sent = [caller.post("/api/v1/tickets", "uuid-1", text="The door rattles", code=behind["code"]) for _ in range(2)]
    assert [one.status_code for one in sent] == [201, 201]
    number = sent[0].json()["number"]
    assert program.count(Ticket) == [1]
    photo = encoded(corners(), "JPEG")
    assert caller.upload(number, photo, kind="report").status_code == 201
    assert [one["number"] for one in caller.get("/api/v1/tickets").json()["items"]] == [number]
    if desk.get(f"/api/v1/tickets/{number}").json()["state"] == "reported":
        desk.done(number, "assign", assignee=str(cast.technician))
    wang.done(number, "accept")
    wang.done(number, "check_in", code=lift)
    wang.upload(number, photo, kind="after")
    desk.done(number, "waive", evidence="technician_signature", reason="test")
    wang.done(number, "sign_off", resolution="fixed")
    assert caller.act(number, "rate", stars=5).status_code == 409
    caller.done(number, "confirm")
    closed = caller.get(f"/api/v1/tickets/{number}").json()
    assert ("rate" in closed["links"]["actions"], closed["rating"]) == (True, None)
    assert caller.act(number, "rate", stars=2, reason="speed").json()["rating"] == 2
    assert caller.act(number, "rate", stars=9).status_code == 422
    told = [one["action"] for one in caller.get(f"/api/v1/tickets/{number}/events").json()["items"]]
    assert {"confirm", "rate", "rate_reason"} <= set(told)
    caller.done(number, "reopen", reason="still broken")


def test_who_belongs_to_no_site_reports_on_what_was_scanned_alone_and_not_without_end(
    program: Program, cast: Cast, lift: str
) -> None:
    caller = program.open("o-li")
    assert caller.post("/api/v1/tickets", text="x", asset=lift).status_code == 404
    assert caller.post("/api/v1/tickets", text="x", place="A/1/Hall").status_code == 422
    assert caller.post("/api/v1/tickets", text="x", code=lift, place="A/1/Hall").status_code == 422
    assert caller.post("/api/v1/tickets", text="x", code="7KQ4-M2XP-9T").status_code in (404, 422)
    assert caller.post("/api/v1/tickets", text="x", code=lift, priority="urgent").status_code == 403
    answers = [caller.post("/api/v1/tickets", text=f"scratch {n}", code=lift) for n in range(MOST_OF_PERSON + 1)]
    assert [one.status_code for one in answers] == [201] * MOST_OF_PERSON + [429]
    assert caller.post("/api/v1/tickets", text="people are trapped in the lift", code=lift).status_code == 201


def test_an_alarm_too_many_is_told_to_the_staff_and_whom_to_call(program: Program, cast: Cast, lift: str) -> None:
    caller, trapped = program.open("o-li"), "people are trapped in the lift"
    first = caller.post("/api/v1/tickets", "k", text=trapped, code=lift)
    with program.db.write_scope() as session:
        for _ in range(alarms.MOST):
            limits.tally(session, f"alarm:{program.owner('o-li')}", clock.now())
        session.get_one(Site, cast.site).phone = "96333"
    folded = caller.post("/api/v1/tickets", text=f"{trapped}, second car", code=lift)
    assert (folded.status_code, kind_of(folded)) == (409, "already-alarmed")
    assert "96333" in folded.json()["detail"]
    with program.db.read_scope() as session:
        alarm = queries.by_number(session, first.json()["number"])
        assert "second car" in queries.notes_of(session, alarm.id, internal=True)[-1].text
    assert caller.post("/api/v1/tickets", "k", text=trapped, code=lift).json() == first.json()


def test_nobody_floods_those_who_work_on_their_ticket(program: Program, cast: Cast, lift: str) -> None:
    caller, desk = program.open("o-li"), program.api.as_(cast.supervisor)
    number = caller.report("The lift door rattles", code=lift)["number"]
    with program.db.write_scope() as session:
        for person in (program.owner("o-li"), cast.supervisor):
            for _ in range(uploads.MOST_DEEDS_OF_PERSON):
                limits.tally(session, f"deed-of:{person}", clock.now())
    assert caller.act(number, "note", text="hello?").status_code == 429
    assert caller.act(number, "cancel", reason="mistaken", version=1).status_code == 429
    assert desk.act(number, "note", text="We come").status_code == 200


def test_a_wrong_link_does_not_use_up_the_code_of_the_platform(program: Program) -> None:
    wrong = program.enter("o-li", link="made-up")
    assert (wrong.status_code, kind_of(wrong)) == (404, "not-found")
    again = program.api.stranger.post("/auth/wxa", code=f"code-{program.codes}", link="")
    assert (again.status_code, "." in again.json()["expires_at"]) == (201, False)


def test_a_whole_address_is_a_scanned_code(program: Program, lift: str) -> None:
    caller = program.open("o-li")
    for scanned in (f"http://testserver/q/{lift}", lift):
        assert caller.get(f"/api/v1/codes/{quote(scanned, safe='')}").json()["code"] == lift
    assert caller.get(f"/api/v1/codes/{quote('https://elsewhere.example/x', safe='')}").status_code == 422


def test_a_nudge_needs_no_body(program: Program, lift: str) -> None:
    caller = program.open("o-li")
    number = caller.report("The lift door rattles", code=lift)["number"]
    assert caller.call("POST", f"/api/v1/tickets/{number}/actions/nudge").status_code == 200


def test_the_codes_of_the_page_for_clients_pass_their_check() -> None:
    page = (Path(__file__).parents[2] / "docs/wxa.md").read_text(encoding="utf-8")
    found = set(re.findall(r"\b7KQ4[A-Z0-9]{6}\b", page))
    assert found
    assert all(codes.is_ours(code) for code in found)

"""The whole loop of a mini program in both languages, with its callbacks on: every step as a client makes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from assets import register
from bot import flows
from bot.delivery import Delivery
from bot.messages import HookRequest
from core import clock, consents, people, sendings
from core.database import Database
from core.outbox import OutboxMessage
from tests.api.calling import Caller
from tests.api.program import NEWS, SURVEY, Program, programmed
from tests.bot.platforms import Platform
from tests.fakes.wxa import FakeMiniProgram
from tests.personas import NOW, Cast, play
from tests.pictures import corners, encoded

LI = "o-li"
WORDS = {
    "en": {"fault": "the lamp in the hall is broken", "taken": "accepted", "done": "Fixed"},
    "zh_CN": {"fault": "大厅的灯坏了", "taken": "已接单", "done": "已修好"},
}
KEYS = FakeMiniProgram()


@pytest.fixture
def cast(sqlite_db: Database) -> Cast:
    with sqlite_db.write_scope() as session:
        return play(session)


@pytest.fixture
def program(sqlite_db: Database, cast: Cast, tmp_path: Path) -> Iterator[Program]:
    flows.load()
    with programmed(sqlite_db, tmp_path, token=KEYS.token, aes_key=KEYS.aes_key) as program:
        yield program


@pytest.fixture
def lamp(sqlite_db: Database, cast: Cast) -> str:
    with sqlite_db.write_scope() as session:
        return register.add_asset(session, cast.site, cast.hall, "Lamp 1", "Lighting", now=NOW).code


def hook(program: Program, request: HookRequest) -> httpx.Response:
    stranger = program.api.stranger
    return stranger.call("POST", "/hooks/wxa", content=request.body, params=dict(request.query))


def work(program: Program, *others: Platform) -> None:
    """Let the senders of this server send what is due."""
    channels: dict[str, Any] = {"wxa": program.channel} | {one.name: one for one in others}
    delivery = Delivery(program.db, program.api.app.state.system.settings, channels)
    while program.api.portal.call(delivery.deliver_due):
        pass


def left(program: Program) -> dict[str, int]:
    with program.db.read_scope() as session:
        return consents.left(session, ("wxa", program.channel.account, LI))


def fates(program: Program) -> list[tuple[str, str]]:
    """What became of the messages to the resident of the mini program, oldest first."""
    with program.db.read_scope() as session:
        rows = session.scalars(select(OutboxMessage).where(OutboxMessage.person_id == program.owner(LI)))
        return [(row.state, row.error) for row in sorted(rows, key=lambda row: row.id)]


def reported(program: Program, cast: Cast, lamp: str, locale: str) -> tuple[Caller, str]:
    """Signed in, and reported with a photo by a person whose language is known."""
    li = Caller(program.api, {**program.open(LI).headers, "accept-language": locale.replace("_", "-")})
    program.db.write(lambda session: setattr(people.get(session, program.owner(LI)), "locale", locale))
    number = li.report(WORDS[locale]["fault"], code=lamp)["number"]
    assert li.upload(number, encoded(corners(), "JPEG"), kind="report").status_code == 201
    return li, number


def accepted(program: Program, cast: Cast, number: str) -> None:
    desk, wang = program.api.as_(cast.supervisor), program.api.as_(cast.technician)
    if desk.get(f"/api/v1/tickets/{number}").json()["assignee"] is None:
        desk.done(number, "assign", assignee=str(cast.technician))
    wang.done(number, "accept")


@pytest.mark.parametrize("locale", WORDS)
def test_progress_comes_for_as_long_as_it_was_allowed_and_goes_the_next_way_then(
    program: Program, cast: Cast, lamp: str, locale: str
) -> None:
    words, telegram = WORDS[locale], Platform()
    li, number = reported(program, cast, lamp, locale)
    work(program, telegram)
    before = len(program.wxa.seen(LI))
    answer = hook(program, program.wxa.accept(LI, NEWS))
    assert (answer.status_code, answer.text) == (200, "success")
    assert li.post("/api/v1/wxa/consents", templates=[NEWS]).json() == {"left": {"news": 1}, "counted": False}
    accepted(program, cast, number)
    work(program, telegram)
    [shown] = program.wxa.seen(LI)[before:]
    assert (shown.kind, shown.links) == ("subscribe", [f"pages/ticket/index?number={number}"])
    assert (shown.values["character_string1"], shown.values["thing3"]) == (number, "A/1/Hall")
    assert shown.values["thing2"] == words["taken"]
    assert (left(program), fates(program)[-1]) == ({"news": 0}, ("sent", ""))
    assert hook(program, program.wxa.happened[-1]).text == "success"
    with program.db.write_scope() as session:
        other = ("telegram", "42", "user", "li-at-telegram")
        people.add_identity(session, program.owner(LI), *other, conversation="li-at-telegram", via="test")
    program.open(LI)  # the mini program is what they used last
    wang = program.api.as_(cast.technician)
    wang.done(number, "check_in", code=lamp)
    work(program, telegram)
    assert (len(program.wxa.seen(LI)), len(telegram.said)) == (before + 1, 1)
    assert fates(program)[-1] == ("sent", "")


def test_without_another_way_the_desk_reads_that_nothing_more_was_allowed(
    program: Program, cast: Cast, lamp: str
) -> None:
    _, number = reported(program, cast, lamp, "en")
    accepted(program, cast, number)
    work(program)
    assert fates(program)[-1] == ("undeliverable", "no_consent")


def test_a_count_that_is_wrong_is_corrected_by_the_first_message(program: Program, cast: Cast, lamp: str) -> None:
    _, number = reported(program, cast, lamp, "en")
    for _ in range(3):
        hook(program, program.wxa.accept(LI, NEWS))
    program.wxa.consents.clear()
    accepted(program, cast, number)
    work(program)
    assert (left(program), fates(program)[-1]) == ({"news": 0}, ("undeliverable", "no_consent"))


def test_a_message_that_wechat_lost_afterwards_goes_another_way(program: Program, cast: Cast, lamp: str) -> None:
    _, number = reported(program, cast, lamp, "en")
    hook(program, program.wxa.accept(LI, NEWS))
    program.wxa.sent_status = (1, "system failed")
    accepted(program, cast, number)
    work(program)
    hook(program, program.wxa.happened[-1])
    work(program)
    assert fates(program)[-1] == ("undeliverable", sendings.UNDELIVERED)


def test_words_to_the_customer_service_are_answered_there(program: Program, cast: Cast) -> None:
    program.open(LI)
    with clock.at(clock.now()):
        hook(program, program.wxa.message(LI, "text", Content="help"))
        work(program)
    assert [one.kind for one in program.wxa.seen(LI)] == ["text", "text"]


def test_nothing_forged_replayed_late_or_in_clear_is_counted(program: Program) -> None:
    program.open(LI)
    genuine = program.wxa.accept(LI, NEWS)
    clear = json.dumps({"FromUserName": LI, "MsgType": "event", "Event": "subscribe_msg_popup_event"}).encode()
    forged = [
        HookRequest("POST", clear, {}, genuine.query), HookRequest("POST", genuine.body, {}, {}),
        HookRequest("POST", genuine.body, {}, {**genuine.query, "msg_signature": "0" * 40}),
        HookRequest("POST", genuine.body.replace(b"A", b"B"), {}, genuine.query),
    ]  # fmt: skip
    assert [hook(program, one).status_code for one in forged] == [401] * len(forged)
    assert [hook(program, genuine).text for _ in range(3)] == ["success"] * 3
    assert left(program) == {"news": 1}
    hook(program, program.wxa.turn_off(LI, NEWS, SURVEY))
    assert left(program) == {"news": 0}

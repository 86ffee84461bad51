"""Who is let into a web chat and for how long, and how much one chat or one address may store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.deps import COOKIE
from api.routes.chat import MOST_SAID, MOST_SAID_FROM
from api.uploads import MOST_FILES
from core import access, clock, intake, limits, people
from core.access import LINK_LIFE, SESSION_LIFE
from core.database import Database
from core.intake import FaultReport
from core.tickets.models import Subject
from tests.api.test_chat import VOICE, Browser, Client, calling, chat_of, settings_for
from tests.personas import Cast


@pytest.fixture
def client(db: Database, tmp_path: Path) -> Iterator[Client]:
    yield from calling(settings_for(db, tmp_path))


@pytest.fixture
def mine(client: Client) -> Browser:
    return Browser(client)


def test_revoked_access_ends_the_chat_at_once_and_a_new_sign_in_goes_on_with_it(
    client: Client, db: Database, cast: Cast
) -> None:
    def token() -> str:
        with db.write_scope() as session:
            secret = access.issue(session, "session", cast.resident, clock.now(), life=SESSION_LIFE)
        cookie = {"cookie": f"{COOKIE}={secret}", "origin": "http://testserver"}
        return str(client.post("/chat/sessions", headers=cookie).json()["token"])

    before = token()
    db.write(lambda session: access.revoke_all(session, cast.resident))
    assert client.get("/chat/lines", headers={"authorization": f"Bearer {before}"}).status_code == 401
    after = token()
    assert chat_of(after) == chat_of(before)
    assert client.get("/chat/lines", headers={"authorization": f"Bearer {after}"}).status_code == 200


def test_a_chat_that_is_looked_at_gets_a_new_token_in_time(mine: Browser) -> None:
    def read() -> Any:
        return mine.client.get("/chat/lines", headers=mine.headers)

    assert "token" not in read().json()
    with clock.at(clock.now() + timedelta(days=60)):
        token = read().json()["token"]
    with clock.at(clock.now() + timedelta(days=100)):
        assert read().status_code == 401
        mine.headers["authorization"] = f"Bearer {token}"
        assert read().status_code == 200


def test_who_came_by_a_link_to_one_ticket_is_a_stranger_in_the_chat(client: Client, db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        own = access.issue(session, "session", cast.resident, clock.now(), life=SESSION_LIFE)
        about = Subject(cast.site, cast.hall, "A/1/Hall", is_common=True)
        told = FaultReport(about, "The lift does not move", cast.resident, category="lift", is_own=True)
        ticket = intake.report_fault(session, told, clock.now()).ticket
        assert ticket is not None
        link = access.issue(session, "page", cast.resident, clock.now(), life=LINK_LIFE, ticket_id=ticket.id)
    mine = client.post("/chat/sessions", headers={"cookie": f"{COOKIE}={own}", "origin": "http://testserver"})
    pressed = client.post(f"/w/{link}", headers={"origin": "http://testserver"}).headers["set-cookie"].split(";")[0]
    forwarded = {"cookie": pressed, "origin": "http://testserver"}
    token = client.post("/chat/sessions", headers=forwarded).json()["token"]
    assert chat_of(token) != chat_of(mine.json()["token"])
    assert 'data-keeper=""' in client.get("/chat", headers=forwarded).text
    with db.read_scope() as session:
        assert len(people.identities_of(session, cast.resident)) == 1


def spend(client: Client, key: str, most: int) -> None:
    """Let everything of a window but the last be used up."""
    with client.system.database.write_scope() as session:
        for _ in range(most - 1):
            limits.count(session, key, clock.now(), most=most)


def test_one_chat_cannot_fill_the_transcript(mine: Browser) -> None:
    chat = chat_of(mine.headers["authorization"].removeprefix("Bearer "))
    spend(mine.client, f"chat-said:{chat}", MOST_SAID)
    assert [mine.say(f"message-{n}", kind="text", text="x") for n in range(3)] == [200, 429, 429]
    assert len(mine.lines()) == 1
    assert Browser(mine.client).say("message-1", kind="text", text="x") == 200


def test_one_address_cannot_fill_the_transcripts_but_can_tell_of_an_emergency(client: Client) -> None:
    spend(client, "chat-said-from:127.0.0.1", MOST_SAID_FROM)
    one, other = Browser(client), Browser(client)
    assert one.say("message-1", kind="text", text="x") == 200
    assert [chat.say("message-2", kind="text", text="x") for chat in (one, other)] == [429, 429]
    assert (len(one.lines()), other.lines()) == (1, [])
    assert other.say("message-3", kind="text", text="I am trapped in the lift, help") == 200


def test_one_address_cannot_fill_the_store_with_many_chats(client: Client) -> None:
    spend(client, "photo:127.0.0.1", MOST_FILES)
    assert [Browser(client).send_file(VOICE, "voice").status_code for _ in range(2)] == [201, 429]


def test_the_chat_has_no_other_entrance(mine: Browser) -> None:
    hook = mine.client.post("/hooks/web", headers=mine.headers, json={"id": "message-1", "kind": "text", "text": "x"})
    assert hook.status_code == 404

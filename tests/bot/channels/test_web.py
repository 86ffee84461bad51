"""The web chat as a channel: what a browser says becomes a message, what is sent becomes a line."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from bot.channels.web import ACCOUNT, SENDER, WebChannel, shown
from bot.messages import Button, HookRequest, Location, Outgoing, SendError
from core import access, clock, people, transcripts
from core.database import Database
from core.errors import Invalid
from core.settings import Settings
from core.storage import HANDED_ON_FOR, MissingFile

STORED = {"hash": "ab" * 32, "mime": "image/jpeg", "width": 64, "height": 48, "evidence": {}}


@pytest.fixture
def web(db: Database, tmp_path: Path) -> WebChannel:
    return WebChannel(Settings(data_dir=tmp_path, secret_key="one"), db)  # type: ignore[arg-type]


@pytest.fixture
def chat(db: Database, now: datetime) -> str:
    with db.write_scope() as session:
        return transcripts.open_chat(session, now)


@pytest.fixture
def mine(db: Database) -> UUID:
    """The person of the chat `mine`."""
    with db.write_scope() as session:
        person = people.add_person(session, "").id
        people.add_identity(session, person, "web", ACCOUNT, SENDER, "mine", conversation="mine", via="first_contact")
        return person


def request(token: str, **message: Any) -> HookRequest:
    return HookRequest("POST", orjson.dumps({"id": "message-1", **message}), {"authorization": f"Bearer {token}"})


def lines(db: Database, chat: str) -> list[tuple[str, dict[str, Any], str]]:
    with db.read_scope() as session:
        return [(line.side, line.body, line.replaces) for line in transcripts.lines_after(session, chat, 0)]


def test_a_token_proves_its_own_conversation_alone(web: WebChannel, mine: UUID) -> None:
    token = web.token_of("mine", 0)
    assert web.chat_of(token) == "mine"
    assert web.chat_of(token.replace("mine", "yours")) is None
    assert web.chat_of(token[:-1]) is None
    assert web.chat_of("") is None


def test_a_token_of_the_former_form_proves_nothing(web: WebChannel, mine: UUID) -> None:
    key = Settings(secret_key="one").key  # type: ignore[arg-type]
    assert web.chat_of(f"mine.{hmac.new(key, b'web-chat:mine', hashlib.sha256).hexdigest()[:40]}") is None


def test_a_token_expires_unless_the_chat_is_looked_at(web: WebChannel, mine: UUID, now: datetime) -> None:
    with clock.at(now):
        token = web.token_of("mine", 0)
        assert web.renewed(token) == ""
    with clock.at(now + timedelta(days=60)):
        assert web.chat_of(token) == "mine"
        fresh = web.renewed(token)
    with clock.at(now + timedelta(days=91)):
        assert (web.chat_of(token), web.renewed(token)) == (None, "")
        assert web.chat_of(fresh) == "mine"


@pytest.mark.parametrize("why", ["revoked", "password", "identity", "left"])
def test_a_token_ends_with_the_access_of_its_person(web: WebChannel, db: Database, mine: UUID, why: str) -> None:
    token = web.token_of("mine", 0)
    with db.write_scope() as session:
        if why == "revoked":
            access.revoke_all(session, mine)
        elif why == "password":
            access.set_password(session, mine, "a long new password")
        elif why == "identity":
            people.identities_of(session, mine)[0].revoked_at = clock.now()
        else:
            people.get(session, mine).is_active = False
    assert web.chat_of(token) is None
    assert not web.is_authentic(request(token))
    if why in ("revoked", "password"):
        assert web.chat_of(web.token_of("mine", 1)) == "mine"


def test_other_tokens_end_without_the_chat(web: WebChannel, db: Database, mine: UUID) -> None:
    db.write(lambda session: access.revoke_all(session, mine, "bearer"))
    assert web.chat_of(web.token_of("mine", 0)) == "mine"


def test_a_token_of_another_key_proves_nothing(web: WebChannel, mine: UUID, db: Database, tmp_path: Path) -> None:
    other = WebChannel(Settings(data_dir=tmp_path, secret_key="two"), db)  # type: ignore[arg-type]
    assert other.chat_of(web.token_of("mine", 0)) is None


def test_a_hook_without_proof_is_not_authentic(web: WebChannel, mine: UUID) -> None:
    assert web.is_authentic(request(web.token_of("mine", 0)))
    assert not web.is_authentic(HookRequest("POST", b"{}"))
    assert not web.is_authentic(HookRequest("POST", b"{}", {"authorization": "Basic bWluZQ=="}))


def test_words_become_a_message_of_their_conversation(web: WebChannel) -> None:
    [incoming] = web.parse(request(web.token_of("mine", 0), kind="text", text="The light is out", locale="en"))
    assert (incoming.kind, incoming.text, incoming.conversation, incoming.sender) == (
        "text", "The light is out", "mine", "mine",
    )  # fmt: skip
    assert incoming.dedupe_key == "mine:message-1"


def test_a_message_that_nobody_knows_becomes_unknown(web: WebChannel) -> None:
    [incoming] = web.parse(request(web.token_of("mine", 0), kind=["sticker"]))
    assert incoming.kind == "unknown"


def test_an_uploaded_file_is_taken_by_its_reference(web: WebChannel) -> None:
    reference = web.sign_file("photo", STORED, ["https://fix.example.org/q/LIFT-01"])
    [incoming] = web.parse(request(web.token_of("mine", 0), kind="image", media=[reference]))
    assert [(item.kind, item.stored, item.texts) for item in incoming.media] == [
        ("photo", STORED, ("https://fix.example.org/q/LIFT-01",))
    ]


def test_a_reference_that_was_changed_is_refused(web: WebChannel) -> None:
    reference = web.sign_file("photo", STORED, [])
    with pytest.raises(Invalid):
        web.parse(request(web.token_of("mine", 0), kind="image", media=[f"A{reference}"]))


def test_a_file_that_waited_for_a_day_has_to_be_sent_again(web: WebChannel) -> None:
    reference = web.sign_file("photo", STORED, [])
    with clock.at(clock.now() + HANDED_ON_FOR + timedelta(minutes=1)), pytest.raises(MissingFile):
        web.parse(request(web.token_of("mine", 0), kind="image", media=[reference]))


def test_more_files_than_one_message_may_have_are_refused(web: WebChannel) -> None:
    reference = web.sign_file("photo", STORED, [])
    with pytest.raises(Invalid):
        web.parse(request(web.token_of("mine", 0), kind="image", media=[reference] * 11))


@pytest.mark.parametrize("where", [{}, {"latitude": "nan", "longitude": 0}, {"latitude": 0, "longitude": 181}, [1, 2]])
def test_a_place_that_is_none_is_refused(web: WebChannel, where: object) -> None:
    with pytest.raises(Invalid):
        web.parse(request(web.token_of("mine", 0), kind="location", location=where))


def test_a_place_is_taken_as_two_numbers(web: WebChannel) -> None:
    where = {"latitude": 30.25, "longitude": 120.17}
    [incoming] = web.parse(request(web.token_of("mine", 0), kind="location", location=where))
    assert incoming.location == Location(30.25, 120.17)
    assert shown(incoming)["location"] == where


def test_a_photo_is_shown_by_its_screen_size_and_a_voice_note_as_it_is(web: WebChannel) -> None:
    voice = {**STORED, "mime": "audio/ogg"}
    media = [web.sign_file("photo", STORED, []), web.sign_file("voice", voice, [])]
    [incoming] = web.parse(request(web.token_of("mine", 0), kind="image", media=media))
    assert [file["key"].partition(".")[2] for file in shown(incoming)["files"]] == ["screen.jpg", "ogg"]


def test_what_is_sent_becomes_a_line_with_its_buttons(web: WebChannel, db: Database, chat: str) -> None:
    message = Outgoing("Got it", (Button("Progress", "token-1"),), replaces="1")
    assert asyncio.run(web.send(chat, message, "row-1")) == "1"
    [(side, body, replaces)] = lines(db, chat)
    assert (side, body["text"], replaces) == ("theirs", "Got it", "1")
    assert body["buttons"] == [{"label": "Progress", "token": "token-1", "url": "", "row": 0}]


def test_a_message_that_is_sent_again_is_one_line_with_one_number(web: WebChannel, db: Database, chat: str) -> None:
    numbers = [asyncio.run(web.send(chat, Outgoing("Got it"), "row-1")) for _ in range(3)]
    assert numbers == ["1", "1", "1"]
    assert len(lines(db, chat)) == 1


def test_a_chat_that_is_gone_can_no_longer_be_reached(web: WebChannel) -> None:
    with pytest.raises(SendError) as refused:
        asyncio.run(web.send("gone", Outgoing("Got it"), "row-1"))
    assert (refused.value.code, refused.value.stop_contact) == ("gone", True)

"""The web chat's wire: who may speak, read and look, what is refused, and what another process delivered."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI

from api import errors, pages, routes
from api.deps import COOKIE, System
from api.routing import routers_of
from assets import register
from bot import flows
from bot.channels import open_channels
from bot.channels.web import WebChannel
from bot.delivery import Delivery
from bot.router import Router
from core import access, clock
from core.access import SESSION_LIFE
from core.database import Database, open_database
from core.settings import Settings
from core.storage import open_storage
from tests.api.calling import on_system
from tests.personas import Cast
from tests.pictures import corners, encoded

PHOTO = encoded(corners(), "JPEG")
VOICE = b"\x1aE\xdf\xa3" + b"\0" * 20 + b"webm" + b"\0" * 40
SHOP = "https://shop.example.org"
STRANGE = "https://strange.example.org"


@pytest.fixture
def settings(db: Database, cast: Cast, tmp_path: Path) -> Settings:
    """Of a server that was set up: its cast is there."""
    return settings_for(db, tmp_path)


def settings_for(db: Database, folder: Path) -> Settings:
    return Settings(
        data_dir=folder / "data", database_url=db.url, secret_key="a secret of the tests",  # type: ignore[arg-type]
        web={"origins": [SHOP]},  # type: ignore[arg-type]
    )  # fmt: skip


@cache
def _everything() -> FastAPI:
    app = FastAPI()
    errors.install(app)
    for package in (routes, pages):
        for router in routers_of(package.__name__):
            app.include_router(router)
    return app


def system_on(settings: Settings) -> System:
    """A process's own connection to the test's database, with its own channels."""
    database, storage = open_database(settings.database_url), open_storage(settings.storage_url)
    return System(settings, database, storage, open_channels(settings, storage, database), Router(database, settings))


class Client:
    """Calls to the whole application, pages and channels included, without a worker."""

    def __init__(self, settings: Settings, portal: BlockingPortal) -> None:
        flows.load()
        self.system = system_on(settings)
        self._portal = portal
        transport = httpx.ASGITransport(on_system(_everything(), self.system))
        self._client = httpx.AsyncClient(transport=transport, base_url="http://testserver")

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self._portal.call(partial(self._client.get, path, **options))

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self._portal.call(partial(self._client.post, path, **options))

    def put(self, path: str, **options: Any) -> httpx.Response:
        return self._portal.call(partial(self._client.put, path, **options))

    def close(self) -> None:
        self._portal.call(self._client.aclose)
        self.system.database.dispose()


@pytest.fixture
def client(settings: Settings) -> Iterator[Client]:
    yield from calling(settings)


def calling(settings: Settings) -> Iterator[Client]:
    with start_blocking_portal() as portal:
        client = Client(settings, portal)
        yield client
        client.close()


@pytest.fixture
def lift(db: Database, cast: Cast) -> str:
    """The code on a lift of the cast's compound."""
    with db.write_scope() as session:
        return register.add_asset(session, cast.site, cast.hall, "Lift 1", now=clock.now()).code


class Browser:
    """One browser's conversation."""

    def __init__(self, client: Client) -> None:
        self.client = client
        token = client.post("/chat/sessions", headers={"accept-language": "en"}).json()["token"]
        self.headers = {"authorization": f"Bearer {token}", "accept-language": "en"}

    def say(self, key: str, **message: Any) -> int:
        return self.client.post("/chat/messages", headers=self.headers, json={"id": key, **message}).status_code

    def send_file(self, data: bytes, kind: str = "photo") -> httpx.Response:
        return self.client.post("/chat/files", headers=self.headers, files={"file": ("x", data)}, data={"kind": kind})

    def lines(self, after: int = 0, wait: float = 0) -> list[dict[str, Any]]:
        answer = self.client.get("/chat/lines", headers=self.headers, params={"after": after, "wait": wait})
        assert answer.status_code == 200
        found: list[dict[str, Any]] = answer.json()["lines"]
        return found

    def look(self, key: str) -> httpx.Response:
        return self.client.get(f"/chat/photos/{key}", headers=self.headers)


@pytest.fixture
def resident(client: Client, lift: str) -> Browser:
    """Somebody who followed the link of the lift's code."""
    browser = Browser(client)
    assert browser.say("command-1", kind="command", command="start", argument=lift) == 200
    return browser


@pytest.fixture
def neighbour(client: Client, lift: str) -> Browser:
    return Browser(client)


def deliver_elsewhere(settings: Settings) -> None:
    """A worker with a database connection of its own sends what is due."""
    system = system_on(settings)
    asyncio.run(Delivery(system.database, settings, system.channels).deliver_due())
    system.database.dispose()


def test_what_another_process_delivered_is_read(resident: Browser, settings: Settings) -> None:
    deliver_elsewhere(settings)
    theirs = [line["text"] for line in resident.lines() if line["side"] == "theirs"]
    assert any("Lift 1" in text for text in theirs)


def test_both_sides_stand_in_the_order_in_which_they_were_said(resident: Browser, settings: Settings) -> None:
    deliver_elsewhere(settings)
    resident.say("message-1", kind="text", text="The door does not close")
    deliver_elsewhere(settings)
    lines = resident.lines()
    assert [line["number"] for line in lines] == list(range(1, len(lines) + 1))
    assert [line["side"] for line in lines][:1] == ["mine"]
    assert lines[-1]["side"] == "theirs"


def test_a_reader_gets_only_what_is_new(resident: Browser) -> None:
    resident.say("message-1", kind="text", text="one")
    resident.say("message-2", kind="text", text="two")
    assert [line["text"] for line in resident.lines(after=2)] == ["two"]


def test_a_message_that_comes_again_is_there_once(resident: Browser, settings: Settings) -> None:
    for _ in range(3):
        assert resident.say("message-1", kind="text", text="The light is out") == 200
    deliver_elsewhere(settings)
    lines = resident.lines()
    assert [line["id"] for line in lines if line["side"] == "mine"] == ["command-1", "message-1"]
    assert len({line["text"] for line in lines if line["side"] == "theirs"}) == len(
        [line for line in lines if line["side"] == "theirs"]
    )


def test_a_waiting_reader_is_answered_at_once_when_there_is_something(resident: Browser) -> None:
    before = clock.now()
    assert resident.lines(after=0, wait=20)
    assert (clock.now() - before).total_seconds() < 5


def test_a_button_is_pressed_by_its_token_and_marked(resident: Browser, settings: Settings) -> None:
    resident.say("message-1", kind="text", text="The lift door does not close and keeps beeping")
    deliver_elsewhere(settings)
    shown = next(line for line in reversed(resident.lines()) if line.get("buttons"))
    button = shown["buttons"][0]
    resident.say("message-2", kind="action", action=button["token"], message=str(shown["number"]))
    pressed = resident.lines()[-1]
    assert (pressed["kind"], pressed["token"], pressed["message"]) == ("action", button["token"], str(shown["number"]))
    deliver_elsewhere(settings)
    assert len(resident.lines()) > pressed["number"]


def test_a_photo_is_shown_to_the_one_who_sent_it(resident: Browser) -> None:
    uploaded = resident.send_file(PHOTO)
    assert uploaded.status_code == 201
    resident.say("message-1", kind="image", text="", media=[uploaded.json()["reference"]])
    [file] = resident.lines()[-1]["files"]
    picture = resident.look(file["key"])
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
    assert (file["width"], file["height"]) == corners().size


def test_a_voice_note_comes_back_as_it_was(resident: Browser) -> None:
    uploaded = resident.send_file(VOICE, "voice")
    resident.say("message-1", kind="voice", media=[uploaded.json()["reference"]])
    [file] = resident.lines()[-1]["files"]
    heard = resident.look(file["key"])
    assert (heard.content, heard.headers["content-type"]) == (VOICE, "audio/webm")


def test_a_photo_of_another_conversation_is_not_found(resident: Browser, neighbour: Browser) -> None:
    uploaded = resident.send_file(PHOTO)
    resident.say("message-1", kind="image", media=[uploaded.json()["reference"]])
    [file] = resident.lines()[-1]["files"]
    assert neighbour.look(file["key"]).status_code == 404


@pytest.mark.parametrize("path", ["ab/../../secret.key", "ab", "%2e%2e/secret.key"])
def test_a_path_that_is_no_photo_is_not_found(resident: Browser, path: str) -> None:
    assert resident.look(path).status_code == 404


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer nobody.0000", "Basic bm9ib2R5"])
def test_a_forged_token_is_refused_everywhere(client: Client, token: str) -> None:
    headers = {"authorization": token}
    answers = [
        client.get("/chat/lines", headers=headers),
        client.post("/chat/messages", headers=headers, json={"id": "message-1", "kind": "text", "text": "x"}),
        client.post("/chat/files", headers=headers, files={"file": ("x", PHOTO)}),
        client.get("/chat/photos/ab/cd", headers=headers),
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 401]


def test_the_token_of_one_chat_opens_no_other(resident: Browser, neighbour: Browser) -> None:
    mine, theirs = (browser.headers["authorization"].removeprefix("Bearer ") for browser in (resident, neighbour))
    mixed = {"authorization": f"Bearer {theirs.partition('.')[0]}.{mine.partition('.')[2]}"}
    assert resident.client.get("/chat/lines", headers=mixed).status_code == 401


def test_a_chat_that_is_no_longer_kept_begins_anew(resident: Browser) -> None:
    web = resident.client.system.channels["web"]
    assert isinstance(web, WebChannel)
    token = web.token_of("gone", 0)
    headers = {"authorization": f"Bearer {token}"}
    said = resident.client.post(
        "/chat/messages", headers=headers, json={"id": "message-1", "kind": "text", "text": "x"}
    )
    assert resident.client.get("/chat/lines", headers=headers).status_code == 401
    assert said.status_code == 401


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "text", "text": "no id"},
        {"id": "short", "kind": "text"},
        {"id": "with:colon", "kind": "text"},
        {"id": "message-1", "kind": "text", "text": "x" * 4001},
        {"id": "message-1", "kind": "text", "text": 7},
        {"id": "message-1", "kind": "image", "media": ["forged.0000"]},
        {"id": "message-1", "kind": "image", "media": "x"},
        {"id": "message-1", "kind": "location", "location": {"latitude": 91, "longitude": 0}},
        {"id": "message-1", "kind": "location", "location": "here"},
    ],
)
def test_a_malformed_message_is_refused_and_leaves_no_trace(resident: Browser, message: dict[str, Any]) -> None:
    answer = resident.client.post("/chat/messages", headers=resident.headers, json=message)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert len(resident.lines()) == 1


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b"\xff\xfe"])
def test_a_body_that_is_no_message_is_refused(resident: Browser, body: bytes) -> None:
    assert resident.client.post("/chat/messages", headers=resident.headers, content=body).status_code == 422


def test_a_message_of_an_unknown_kind_is_answered_politely(resident: Browser) -> None:
    assert resident.say("message-1", kind="sticker") == 200


def test_a_character_that_no_database_keeps_does_no_harm(resident: Browser) -> None:
    assert resident.say("message-1", kind="text", text="The light\0 is out") == 200
    assert resident.lines()[-1]["text"] == "The light is out"


def test_an_oversized_message_is_refused(resident: Browser) -> None:
    answer = resident.client.post("/chat/messages", headers=resident.headers, content=b"x" * (64 * 1024 + 1))
    assert answer.status_code == 413


def test_an_oversized_file_is_refused(resident: Browser) -> None:
    assert resident.send_file(b"\xff\xd8\xff" + b"\0" * (20 * 1024 * 1024)).status_code == 413


@pytest.mark.parametrize(("kind", "data"), [("photo", b"no picture"), ("photo", PHOTO[:200]), ("voice", PHOTO)])
def test_a_file_of_another_kind_is_refused_with_a_reason(resident: Browser, kind: str, data: bytes) -> None:
    answer = resident.send_file(data, kind)
    assert answer.status_code in (415, 422)
    assert answer.json()["detail"]


def test_one_chat_cannot_fill_the_store(resident: Browser) -> None:
    statuses = {resident.send_file(VOICE, "voice").status_code for _ in range(101)}
    assert statuses == {201, 429}


def test_a_page_of_an_allowed_origin_may_hold_the_chat(client: Client) -> None:
    for address in ("/chat", "/chat?embed=1"):
        policy = client.get(address).headers["content-security-policy"]
        assert f"frame-ancestors 'self' {SHOP}" in policy
        assert STRANGE not in policy


def test_no_other_page_may_be_held(client: Client) -> None:
    assert "frame-ancestors 'none'" in client.get("/healthz").headers["content-security-policy"]


def test_the_widget_is_one_small_script_for_any_page(client: Client) -> None:
    answer = client.get("/chat/widget.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert len(answer.content) < 6 * 1024
    assert "http://" not in answer.text.replace("http://www.w3.org", "")


@pytest.mark.parametrize(("lang", "word"), [("en", "Report a fault"), ("zh_CN", "在线报修")])
def test_the_page_speaks_the_language_that_was_asked_for(client: Client, lang: str, word: str) -> None:
    assert word in client.get("/chat", params={"lang": lang}).text


def test_what_an_address_carries_stays_text(client: Client) -> None:
    page = client.get("/chat", params={"code": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in page


def test_an_embedded_page_has_no_frame_of_its_own(client: Client) -> None:
    assert 'class="top"' in client.get("/chat").text
    assert 'class="top"' not in client.get("/chat?embed=1").text


def test_a_chat_without_script_says_what_to_do(client: Client) -> None:
    page = client.get("/chat?lang=en").text
    said = page.partition("<noscript>")[2].partition("</noscript>")[0]
    assert "scan the code" in said
    assert 'href="/sign-in"' in said


def test_who_is_signed_in_goes_on_with_the_own_conversation_on_every_device(
    client: Client, db: Database, cast: Cast, lift: str
) -> None:
    with db.write_scope() as session:
        secret = access.issue(session, "session", cast.resident, clock.now(), life=SESSION_LIFE)
    signed_in = {"cookie": f"{COOKIE}={secret}", "origin": "http://testserver"}
    phone, computer = (client.post("/chat/sessions", headers=signed_in).json()["token"] for _ in range(2))
    assert chat_of(phone) == chat_of(computer)
    assert chat_of(client.post("/chat/sessions").json()["token"]) != chat_of(phone)


def chat_of(token: str) -> str:
    return token.partition(".")[0]


def test_the_answers_follow_the_language_of_the_page(resident: Browser, settings: Settings) -> None:
    put = resident.client.put("/chat/language", headers=resident.headers, json={"locale": "zh_CN"})
    assert put.status_code == 200
    resident.say("message-1", kind="command", command="help")
    deliver_elsewhere(settings)
    assert re.search("[\u4e00-\u9fff]", resident.lines()[-1]["text"])


@pytest.mark.parametrize("locale", ["", "tlh", "../en", 7])
def test_a_language_that_is_not_spoken_is_refused(resident: Browser, locale: object) -> None:
    put = resident.client.put("/chat/language", headers=resident.headers, json={"locale": locale})
    assert put.status_code == 422


def test_an_emergency_looks_like_one(resident: Browser, settings: Settings) -> None:
    resident.say("message-1", kind="text", text="I am trapped in the lift, help")
    deliver_elsewhere(settings)
    theirs = [line for line in resident.lines() if line["side"] == "theirs"]
    assert [line["is_urgent"] for line in theirs][-1]
    assert not theirs[0]["is_urgent"]

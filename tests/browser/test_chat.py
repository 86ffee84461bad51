"""The web chat as a person on a phone uses it: say, tap, photograph, lose the connection, embed."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, expect

from tests.browser.conftest import House, free_port, furnish, serving
from tests.pictures import corners, encoded

FAULT = "The lift door does not close and keeps beeping"
WIDTH = 360
PATIENCE = 15


@dataclass(frozen=True, slots=True)
class Shop:
    """Pages of two other origins that embed the chat; the chat allows the first."""

    allowed: str
    foreign: str


@pytest.fixture(scope="module")
def shop_ports() -> tuple[int, int]:
    return free_port(), free_port()


@pytest.fixture(scope="module")
def environment(shop_ports: tuple[int, int]) -> dict[str, str]:
    return {"GONGDAN_WEB__ORIGINS": f'["http://127.0.0.1:{shop_ports[0]}"]'}


@pytest.fixture(scope="module")
def shop(house: House, shop_ports: tuple[int, int]) -> Iterator[Shop]:
    servers = [ThreadingHTTPServer(("127.0.0.1", port), _page_of(house)) for port in shop_ports]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Shop(*(f"http://127.0.0.1:{port}" for port in shop_ports))
    for server in servers:
        server.shutdown()
        server.server_close()


def _page_of(house: House) -> type[BaseHTTPRequestHandler]:
    html = f"""<!doctype html><html lang="en"><title>Shop</title><button id="own">Own</button>
        <script src="{house.url}/chat/widget.js" data-code="{house.lift}" async></script></html>"""

    class ShopPage(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            # The shop is strict, too: no inline styles, frames and scripts from the chat alone.
            self.send_header(
                "content-security-policy", f"default-src 'none'; script-src {house.url}; frame-src {house.url}"
            )
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *args: object) -> None:
            return

    return ShopPage


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "door.jpg"
    file.write_bytes(encoded(corners((640, 480)), "JPEG"))
    return file


def open_at_lift(page: Page, house: House, lang: str = "en") -> None:
    page.goto(f"{house.url}/chat?code={house.lift}&lang={lang}")
    expect(answers(page).last).to_contain_text("Lift 1")


def answers(page: Page | FrameLocator) -> Locator:
    return page.locator(".bubble-theirs:not(.bubble-writing)")


def mine(page: Page | FrameLocator) -> Locator:
    return page.locator(".bubble-mine")


def write(page: Page | FrameLocator, text: str) -> None:
    page.get_by_role("textbox").fill(text)
    page.get_by_role("textbox").press("Enter")


def test_a_report_is_written_and_answered(phone: Page, house: House) -> None:
    open_at_lift(phone, house)
    write(phone, FAULT)
    expect(mine(phone).last).to_contain_text(FAULT)
    expect(answers(phone).last.get_by_role("button").first).to_be_visible()
    expect(mine(phone).last).not_to_have_attribute("data-state", "sending")


def until(phone: Page, said: str) -> None:
    """Wait for what a script says. Playwright's own waiting evaluates in the page, whose policy forbids it."""
    ends = time.monotonic() + PATIENCE
    while not phone.evaluate(said):
        assert time.monotonic() < ends, f"it did not come to this: {said}"
        phone.wait_for_timeout(100)


def test_the_chat_of_somebody_who_was_signed_in_is_let_go_at_sign_out(phone: Page, house: House) -> None:
    open_at_lift(phone, house)
    phone.evaluate("localStorage.setItem('chat-token:0123456789ab', 'a.0.1.b')")
    phone.goto(f"{house.url}/sign-in")
    until(phone, "localStorage.getItem('chat-token:0123456789ab') === null")
    assert phone.evaluate("localStorage.getItem('chat-token:')")


def test_a_first_visit_is_greeted_once(phone: Page, house: House) -> None:
    phone.goto(f"{house.url}/chat?lang=en")
    expect(answers(phone)).to_have_count(2)
    phone.reload()
    expect(answers(phone).first).to_contain_text("privacy")
    expect(answers(phone)).to_have_count(2)


def test_a_pressed_button_is_answered_and_used_up(phone: Page, house: House) -> None:
    phone.goto(f"{house.url}/chat?lang=en")
    greeting = answers(phone).nth(1)
    greeting.get_by_role("button", name="中文 / English").click()
    expect(answers(phone)).to_have_count(3)
    expect(greeting.locator("[aria-pressed=true]")).to_be_disabled()
    expect(greeting.locator("button.reply:enabled")).to_have_count(0)
    phone.reload()
    expect(greeting.locator("[aria-pressed=true]")).to_be_disabled()


def test_an_answer_takes_the_place_of_what_was_tapped(phone: Page, house: House) -> None:
    phone.goto(f"{house.url}/chat?lang=en")
    answers(phone).nth(1).get_by_role("button", name="中文 / English").click()
    question = answers(phone).nth(2)
    asked = question.locator(".bubble-box").inner_text()
    question.get_by_role("button", name="English", exact=True).click()
    expect(question.locator(".bubble-box")).not_to_have_text(asked)
    expect(answers(phone)).to_have_count(3)
    said = answers(phone).locator(".bubble-box").all_inner_texts()
    phone.reload()
    expect(answers(phone).locator(".bubble-box")).to_have_text(said)


def test_photos_are_seen_before_and_after_they_are_sent(phone: Page, house: House, photo: Path) -> None:
    open_at_lift(phone, house)
    phone.set_input_files("input[type=file]", [photo, photo])
    expect(phone.locator(".chat-choice")).to_have_count(2)
    write(phone, FAULT)
    expect(phone.locator(".chat-choice")).to_have_count(0)
    expect(mine(phone).last.locator("img")).to_have_count(2)
    expect(mine(phone).last).not_to_have_attribute("data-state", "sending")
    phone.reload()
    image = mine(phone).last.locator("img").first
    expect(image).to_have_js_property("naturalWidth", 640)


def test_a_photo_opens_large_and_closes_again(phone: Page, house: House, photo: Path) -> None:
    open_at_lift(phone, house)
    phone.set_input_files("input[type=file]", photo)
    write(phone, FAULT)
    thumbnail = mine(phone).last.get_by_role("button", name="Enlarge photo")
    expect(thumbnail.locator("img")).to_have_js_property("naturalWidth", 640)
    thumbnail.click()
    expect(phone.get_by_role("dialog")).to_be_visible()
    phone.keyboard.press("Escape")
    expect(phone.get_by_role("dialog")).to_be_hidden()
    expect(thumbnail).to_be_focused()


def test_a_file_that_is_no_photo_says_why_and_can_be_taken_back(phone: Page, house: House, tmp_path: Path) -> None:
    fake = tmp_path / "fake.jpg"
    fake.write_bytes(b"this is no picture at all")
    open_at_lift(phone, house)
    phone.set_input_files("input[type=file]", fake)
    phone.get_by_role("button", name="Send").click()
    failed = phone.locator(".bubble[data-state=failed]")
    expect(failed).to_contain_text("Not sent")
    expect(failed.get_by_role("button", name="Try again")).to_be_visible()
    failed.get_by_role("button", name="Remove").click()
    expect(failed).to_have_count(0)


def test_a_reload_shows_both_sides_of_the_conversation(phone: Page, house: House) -> None:
    open_at_lift(phone, house)
    write(phone, FAULT)
    expect(answers(phone).last.get_by_role("button").first).to_be_visible()
    before = phone.locator(".messages-list .bubble-box").all_inner_texts()
    phone.reload()
    expect(phone.locator(".messages-list .bubble-box")).to_have_text(before)
    assert "code=" not in phone.url


def test_a_lost_connection_loses_nothing_and_doubles_nothing(phone: Page, house: House) -> None:
    open_at_lift(phone, house)
    phone.context.set_offline(True)
    write(phone, FAULT)
    write(phone, "It is on floor 3")
    expect(phone.get_by_text("No connection")).to_be_visible()
    expect(phone.locator(".bubble[data-state=sending]")).to_have_count(2)
    phone.context.set_offline(False)
    expect(phone.get_by_text("No connection")).to_be_hidden()
    expect(phone.locator(".bubble[data-state=sending]")).to_have_count(0)
    expect(answers(phone).last.get_by_role("button").first).to_be_visible()
    expect(mine(phone).locator(".bubble-box")).to_have_text([FAULT, "It is on floor 3"])
    phone.reload()
    expect(mine(phone).locator(".bubble-box")).to_have_text([FAULT, "It is on floor 3"])


def test_what_was_not_sent_survives_a_reload(phone: Page, house: House, photo: Path) -> None:
    open_at_lift(phone, house)
    phone.get_by_role("textbox").fill("half a sen")
    phone.set_input_files("input[type=file]", photo)
    expect(phone.locator(".chat-choice")).to_have_count(1)
    until(phone, "localStorage.getItem('chat-draft:').includes('door.jpg')")
    phone.reload()
    expect(phone.get_by_role("textbox")).to_have_value("half a sen")
    expect(phone.locator(".chat-choice")).to_have_count(1)


def test_what_was_sent_while_the_server_was_away_arrives_when_it_is_back(
    tmp_path_factory: pytest.TempPathFactory, phone: Page, house: House
) -> None:
    folder, port = tmp_path_factory.mktemp("other"), free_port()
    _, lift = furnish(folder, f"http://127.0.0.1:{port}")
    with serving(folder, port) as url:
        phone.goto(f"{url}/chat?code={lift}&lang=en")
        expect(answers(phone).last).to_contain_text("Lift 1")
    write(phone, FAULT)
    expect(phone.get_by_text("No connection")).to_be_visible()
    with serving(folder, port):
        expect(answers(phone).last.get_by_role("button").first).to_be_visible(timeout=30_000)
        expect(mine(phone).locator(".bubble-box")).to_have_text([FAULT])


def test_enter_that_ends_the_choosing_of_a_word_sends_nothing(phone: Page, house: House) -> None:
    open_at_lift(phone, house)
    box = phone.get_by_role("textbox")
    box.fill("电梯")
    box.evaluate(
        "box => box.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true}))"
    )
    expect(box).to_have_value("电梯")
    expect(mine(phone)).to_have_count(0)


def test_words_of_strangers_stay_words(phone: Page, house: House) -> None:
    open_at_lift(phone, house)
    write(phone, "<img src=x onerror=alert(1)> see https://example.org/a?b=1.")
    expect(mine(phone).last).to_contain_text("<img src=x onerror=alert(1)>")
    expect(mine(phone).last.get_by_role("link")).to_have_attribute("href", "https://example.org/a?b=1")


def test_the_answers_follow_the_language_of_the_page(phone: Page, house: House) -> None:
    open_at_lift(phone, house)
    phone.get_by_role("link", name="中文").click()
    expect(phone.get_by_role("button", name="发送")).to_be_visible()
    write(phone, "3楼电梯门关不上,一直响")
    expect(answers(phone).last.locator(".bubble-box")).to_have_text(re.compile("[\u4e00-\u9fff]"))


def test_a_voice_note_is_recorded_and_can_be_heard(phone: Page, house: House) -> None:
    phone.context.grant_permissions(["microphone"], origin=house.url)
    open_at_lift(phone, house)
    phone.get_by_role("button", name="Voice").click()
    expect(phone.get_by_text("0:01")).to_be_visible()
    phone.locator("[data-finish]").click()
    expect(mine(phone).last.locator("audio")).to_have_count(1)
    expect(mine(phone).last).not_to_have_attribute("data-state", "sending")
    phone.reload()
    expect(mine(phone).last.locator("audio")).to_have_attribute("src", re.compile("^blob:"))


def test_a_place_is_sent_by_one_button(new_context: Callable[..., BrowserContext], house: House) -> None:
    context = new_context(geolocation={"latitude": 30.25, "longitude": 120.17}, permissions=["geolocation"])
    page = context.new_page()
    open_at_lift(page, house)
    page.get_by_role("button", name="Location").click()
    expect(mine(page).last).to_contain_text("My location")
    expect(mine(page).last).not_to_have_attribute("data-state", "sending")


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_nothing_is_wider_than_the_phone_and_all_can_be_hit(phone: Page, house: House, lang: str) -> None:
    open_at_lift(phone, house, lang)
    write(phone, FAULT)
    expect(answers(phone).last.locator("button.reply").first).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") == WIDTH
    sizes = phone.locator("a, button, textarea, label").evaluate_all(
        "all => all.filter(one => one.checkVisibility() && !one.closest('.bubble-box') && !one.matches('.skip'))"
        ".map(one => [one.className, one.getBoundingClientRect().height])"
    )
    assert [size for size in sizes if size[1] < 44] == []


def test_without_storage_the_chat_still_works(new_context: Callable[..., BrowserContext], house: House) -> None:
    context = new_context()
    context.add_init_script(
        "for (const name of ['localStorage', 'indexedDB'])"
        "Object.defineProperty(window, name, {get() { throw new DOMException('blocked', 'SecurityError'); }})"
    )
    page = context.new_page()
    open_at_lift(page, house)
    write(page, FAULT)
    expect(answers(page).last.get_by_role("button").first).to_be_visible()


def test_without_script_nothing_invites_to_write_in_vain(
    new_context: Callable[..., BrowserContext], house: House
) -> None:
    # What <noscript> says is tested on the wire: Playwright stops scripts, and yet the page is parsed as if they ran.
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{house.url}/chat?lang=en")
    expect(page.get_by_role("log")).to_be_attached()
    expect(page.get_by_role("textbox")).to_have_count(0)


def test_a_page_of_another_origin_holds_the_chat_by_one_script(phone: Page, house: House, shop: Shop) -> None:
    phone.goto(shop.allowed)
    phone.get_by_role("button", name="Report a fault").click()
    chat = phone.frame_locator("iframe")
    expect(answers(chat).last).to_contain_text("Lift 1")
    write(chat, FAULT)
    expect(answers(chat).last.get_by_role("button").first).to_be_visible()


def test_the_embedded_chat_opens_and_closes_by_keyboard(phone: Page, house: House, shop: Shop) -> None:
    phone.goto(shop.allowed)
    button = phone.get_by_role("button", name="Report a fault")
    button.focus()
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("dialog", name="Report a fault")).to_be_visible()
    chat = phone.frame_locator("iframe")
    expect(answers(chat).last).to_contain_text("Lift 1")
    chat.get_by_role("textbox").press("Escape")
    expect(phone.get_by_role("dialog")).to_have_count(0)
    expect(button).to_be_focused()


def test_a_page_of_a_foreign_origin_holds_nothing(new_context: Callable[..., BrowserContext], shop: Shop) -> None:
    page = new_context().new_page()
    refusals: list[str] = []
    page.on("console", lambda message: refusals.append(message.text))
    page.goto(shop.foreign)
    page.get_by_role("button", name="Report a fault").click()
    expect(page.locator("iframe")).to_have_count(1)
    page.wait_for_event("console", lambda message: "frame-ancestors" in message.text) if not refusals else None
    assert any("frame-ancestors" in text for text in refusals)
    assert answers(page.frame_locator("iframe")).count() == 0

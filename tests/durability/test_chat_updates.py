"""Updates that Telegram really sent, and a photographed code: each is answered, and none is an error."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from tests.durability.harness import Installation, serving
from tests.durability.nyc311 import Row
from tests.durability.residents import Post
from tests.durability.town import Town
from tests.fakes.telegram import FakeTelegram, Sender

UPDATES = "09_chat/telegram/illemius"
HOW_MANY = 17


def test_real_updates_are_answered_without_an_error(
    real_data: Path, installation: Installation, telegram: FakeTelegram
) -> None:
    files = sorted((real_data / UPDATES).glob("*.json"))
    assert len(files) == HOW_MANY
    hook = f"{installation.url}/hooks/telegram"
    secret = {"X-Telegram-Bot-Api-Secret-Token": telegram.secret}
    with serving(installation):
        statuses = {
            file.name: telegram.post(hook, as_an_update(file, n), secret).status for n, file in enumerate(files)
        }
        assert set(statuses.values()) == {200}, statuses
    assert installation.troubles() == []


def as_an_update(file: Path, number: int) -> bytes:
    """The file's update under a number of its own: some of the recorded ones share theirs."""
    return json.dumps({**json.loads(file.read_bytes()), "update_id": 500 + number}).encode()


def test_a_photographed_code_leads_to_its_thing(
    installation: Installation, the_town: Town, rows: list[Row], post: Post
) -> None:
    row = next(row for row in rows if row.address)
    resident, telegram = Sender(7, "Li", "en"), post.telegram
    with serving(installation):
        photo = telegram.keep(photographed(f"{installation.url}/q/{the_town.codes[row.thing]}"))
        post.deliver(telegram.updates.photo(resident, photo))
        telegram.wait_for_text(7, "What is wrong there?", timeout=30)
        post.deliver(telegram.updates.text(resident, "The lamp is broken"))
        telegram.wait_for_text(7, "Got it:", timeout=30)
        [ticket] = installation.all("/api/v1/tickets", token=the_town.tokens["admin"])
    assert ticket["asset"]["code"] == the_town.codes[row.thing]


def photographed(payload: str) -> bytes:
    """A label in a picture that is larger than it, turned a little, as a phone shows it."""
    printed = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode)
    label = Image.fromarray(zxingcpp.write_barcode_to_image(printed, scale=6)).convert("L")
    picture = Image.new("L", (1200, 900), 200)
    picture.paste(label, (300, 200))
    out = io.BytesIO()
    picture.rotate(7, fillcolor=200).convert("RGB").save(out, "JPEG", quality=80)
    return out.getvalue()


@pytest.mark.parametrize("code", ["ZZZZZZZZZZ", "7KQ4M2XP9A"])
def test_a_code_of_nothing_is_answered(code: str, installation: Installation, post: Post) -> None:
    with serving(installation):
        post.deliver(post.telegram.updates.start(Sender(7, "Li", "en"), code))
        post.telegram.wait_for(lambda: len(post.telegram.sent_texts(7)) >= 2, timeout=30)
    assert installation.troubles() == []

"""A photo that is still at the platform: its code goes on with the dialogue as soon as it is fetched."""

from __future__ import annotations

import asyncio
from pathlib import Path

import zxingcpp
from PIL import Image

from bot.fetching import Fetching
from core import clock
from core.storage import open_storage
from tests.bot.flows.chat import SETTINGS, Chat, Stage
from tests.pictures import encoded


class Platform:
    """A platform that holds one photo."""

    name = "web"

    def __init__(self, photo: bytes) -> None:
        self.photo = photo

    async def fetch(self, reference: str) -> bytes:
        return self.photo


def picture_of(code: str) -> bytes:
    symbol = zxingcpp.create_barcode(f"{SETTINGS.public_url}/q/{code}", zxingcpp.BarcodeFormat.QRCode)
    return encoded(Image.fromarray(zxingcpp.write_barcode_to_image(symbol, scale=8)).convert("RGB"), "JPEG")


def send_photo(chat: Chat, photo: bytes, folder: Path) -> None:
    chat.photo()
    fetch_for(chat.stage, photo, folder)


def fetch_for(stage: Stage, photo: bytes, folder: Path) -> None:
    """Fetch what waits at the platform: this photo."""
    platform = Platform(photo)
    fetching = Fetching(stage.db, SETTINGS, open_storage(f"file://{folder}"), {"web": platform})  # type: ignore[dict-item]
    with clock.at(stage.tick()):
        asyncio.run(fetching.fetch_due())


def start_check_in(stage: Stage, wang: Chat, li: Chat, code: str) -> str:
    number = stage.report(li.person, code=code)
    stage.act(number, "accept", wang.person)
    wang.press(wang.press(wang.command("work"), "work.show"), "onsite.check_in")
    return number


def test_the_code_on_a_fetched_photo_checks_in(stage: Stage, wang: Chat, li: Chat, tmp_path: Path) -> None:
    code = stage.lift()
    number = start_check_in(stage, wang, li, code)
    send_photo(wang, picture_of(code), tmp_path)
    assert stage.ticket(number).state == "in_progress"
    assert wang.last("job_started")


def test_the_wrong_code_on_a_fetched_photo_is_refused_with_the_reason(
    stage: Stage, wang: Chat, li: Chat, tmp_path: Path
) -> None:
    number = start_check_in(stage, wang, li, stage.lift())
    send_photo(wang, picture_of(stage.lift()), tmp_path)
    assert stage.ticket(number).state == "accepted"
    assert "belongs to another thing" in wang.last("refused").text

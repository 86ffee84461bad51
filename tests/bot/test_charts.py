"""The chart of a digest: a picture in both languages, which leaves with the words."""

from __future__ import annotations

import asyncio
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot import charts
from bot.delivery import Delivery
from bot.messages import Limits, Outgoing
from core import clock, outbox
from core.database import Database
from core.i18n import LOCALES
from core.outbox import Letter
from core.settings import load_settings
from core.storage import open_storage

ROWS = [["2026-11-18", 12, 9, 40], ["2026-11-19", 0, 0, 40], ["2026-11-20", 310, 251, 1043]]
LINE = {"line": "digest_flow", "new": 1, "done": 0, "open": 1}


class Platform:
    """A channel that keeps what it was given."""

    name, account = "telegram", "42"
    limits = Limits()

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    async def send(self, conversation: str, message: Outgoing, key: str) -> str:
        self.sent.append(message)
        return key


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("rows", [ROWS, []])
def test_a_chart_is_a_picture_that_a_narrow_phone_shows_whole(locale: str, rows: list[list[Any]]) -> None:
    drawn = charts.draw(rows, "Garden Court " * 9, locale)
    with Image.open(BytesIO(drawn)) as picture:
        assert (picture.format, picture.size) == ("PNG", (720, 460))


def test_a_digest_leaves_with_its_chart_in_the_store(db: Database, tmp_path: Path) -> None:
    settings, platform = load_settings(data_dir=tmp_path), Platform()
    storage = open_storage(f"file://{tmp_path}/media")
    facts = {"site_name": "Garden Court", "days": "2026-11-20", "lines": [LINE], "chart": ROWS}
    letter = Letter("digest_day", facts, address=("telegram", "42", "1"))
    db.write(lambda session: outbox.post(session, [letter], clock.now()))
    channels: dict[str, Any] = {"telegram": platform}
    asyncio.run(Delivery(db, settings, channels, storage).deliver_due())
    (told,) = platform.sent
    assert "新增 1" in told.text
    assert storage.get(told.photo).startswith(b"\x89PNG")

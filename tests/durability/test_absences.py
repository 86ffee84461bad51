"""The server is killed and comes back after twenty minutes: open offers come again, and who was talking is told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from core.absences import Presence
from core.conversations import Conversation
from core.database import open_database
from tests.durability.conftest import hooked
from tests.durability.harness import Installation
from tests.fakes.telegram import FakeTelegram, Sender

GONE = timedelta(minutes=20)
TOM, LI = Sender(7, "Tom", "en"), Sender(8, "Li", "zh-hans")


@pytest.fixture
def served(tmp_path: Path, telegram: FakeTelegram) -> Installation:
    """A site with one technician, who has joined Telegram; not started."""
    installation = Installation(tmp_path, hooked(telegram))
    installation.run("site", "add", "Court", "--locale", "en")
    installation.run("person", "add", "Tom", "--role", "technician", "--site", "Court", "--locale", "en")
    installation.run("person", "add", "Ada", "--role", "admin", "--site", "Court", "--locale", "en")
    (tmp_path / "lamps.csv").write_text("code,name,type,place,parent\n,Lamp 1,Lamp,A/Hall,\n", encoding="utf-8")
    installation.run("import", str(tmp_path / "lamps.csv"), "--site", "Court")
    telegram.deliver_to(f"{installation.url}/hooks/telegram")
    return installation


def let_time_pass(installation: Installation) -> None:
    """As if everything that was written down had been written down that much earlier."""
    database = open_database(f"sqlite:///{installation.folder}/data/gongdan.db")
    with database.write_scope() as session:
        for presence in session.scalars(select(Presence)):
            presence.seen_at -= GONE
        for conversation in session.scalars(select(Conversation)):
            conversation.updated_at -= GONE
    database.dispose()


def test_what_was_tapped_while_nobody_was_there_can_be_tapped_again(
    served: Installation, telegram: FakeTelegram
) -> None:
    token = served.run("token", "create", "Ada").stdout.strip()
    code = served.run("link-code", "Tom").stdout.strip()
    served.start()
    try:
        telegram.push_update(telegram.updates.start(TOM, f"link-{code}"))
        telegram.wait_for_text(7, "Done, Tom")
        telegram.say(LI, "帮助")
        telegram.wait_for(lambda: telegram.sent_texts(8))
        served.ask("POST", "/api/v1/tickets", {"text": "The lamp is broken", "place": "A/Hall"}, token=token)
        telegram.wait_for_text(7, "Will you take it?", 30)
        served.kill()
        let_time_pass(served)
        served.start()
        telegram.wait_for(lambda: sum("Will you take it?" in text for text in telegram.sent_texts(7)) == 2, 30)
        telegram.wait_for_text(7, "please tap again", 30)
        telegram.wait_for_text(8, "请再点一次", 30)
        first = next(message for message in telegram.messages(7) if "Will you take it?" in message.text)
        accept = next(button for row in first.buttons for button in row if button["text"].startswith("Accept"))
        telegram.push_update(telegram.updates.tap(TOM, accept["callback_data"], 7, first.message_id))
        telegram.wait_for(lambda: list(served.all("/api/v1/tickets?state=accepted", token=token)))
        counts = [len(telegram.sent_texts(chat)) for chat in (7, 8)]
        served.kill()
        served.start()
        telegram.say(LI, "帮助")
        telegram.wait_for(lambda: len(telegram.sent_texts(8)) > counts[1], 30)
        assert sum("请再点一次" in text for text in telegram.sent_texts(8)) == 1
    finally:
        served.stop()
    assert served.troubles() == []

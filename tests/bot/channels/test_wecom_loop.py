"""WeCom takes thirty messages a minute for one member, and drops the others without a word: ours wait.

The whole job is played in test_two_platforms.py.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from core import outbox
from core.database import Database
from core.outbox import Choice, Letter
from core.storage import Storage
from tests.bot.channels.seats import WeComSeat, serving
from tests.personas import play


def test_a_burst_to_one_member_waits_instead_of_vanishing(
    sqlite_db: Database, storage: Storage, runner: asyncio.Runner
) -> None:
    with sqlite_db.write_scope() as session:
        cast = play(session)
    with serving(sqlite_db, storage, runner, cast, "wecom") as server:
        seat = server.seats["wecom"]
        assert isinstance(seat, WeComSeat)
        server.join("wecom", "li", cast.resident, "en")
        before, minutes = len(seat.fake.seen("li")), 0
        with server.db.write_scope() as session:
            letters = [Letter("help", {}, cast.resident, buttons=[Choice("work.accept")]) for _ in range(30)]
            outbox.post(session, letters, server.now)
        while len(seat.fake.seen("li")) < before + len(letters):
            minutes, server.now = minutes + 1, server.now + timedelta(seconds=61)
            server.work()
            assert minutes < 6
        assert (minutes, seat.fake.dropped) == (3, 0)

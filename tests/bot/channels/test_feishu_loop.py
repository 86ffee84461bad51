"""A technician who wants no messages of the bot: the desk reads why. The whole job is in test_two_platforms.py."""

from __future__ import annotations

import asyncio

from sqlalchemy import select

from core import people
from core.database import Database
from core.outbox import OutboxMessage
from core.sendings import Sending
from core.storage import Storage
from tests.bot.channels.seats import FeishuSeat, serving
from tests.personas import play

LI, WANG = "ou_li", "ou_wang"


def test_who_has_blocked_the_bot_gets_nothing_more_and_the_desk_reads_why(
    sqlite_db: Database, storage: Storage, runner: asyncio.Runner
) -> None:
    with sqlite_db.write_scope() as session:
        cast = play(session)
    with serving(sqlite_db, storage, runner, cast, "feishu") as server:
        seat = server.seats["feishu"]
        assert isinstance(seat, FeishuSeat)
        server.join("feishu", LI, cast.resident, "en")
        server.join("feishu", WANG, cast.technician, "en")
        seat.fake.blocked.add(WANG)
        before = server.seen("feishu", WANG)
        server.say("feishu", LI, "the kitchen lamp is broken")
        assert server.seen("feishu", WANG) == before
    with sqlite_db.read_scope() as session:
        [mine] = people.identities_of(session, cast.technician)
        assert mine.blocked_at is not None
        [offer] = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "offer"))
        [sending] = session.scalars(select(Sending).where(Sending.outbox_id == offer.id))
        assert (offer.state, sending.outcome) == ("undeliverable", "blocked")
        assert sending.said == "The user has stopped the bot from sending messages."

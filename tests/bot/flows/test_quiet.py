"""Quiet hours are chosen with one tap or written behind the command, and delivery keeps to them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from bot.delivery import Delivery
from core import clock, outbox
from core.outbox import Letter, OutboxMessage
from tests.bot.flows.chat import SETTINGS, Chat, Stage


def test_hours_are_one_tap_away_from_the_help(li: Chat) -> None:
    asked = li.press(li.command("help"), "help.quiet")
    assert asked.kind == "quiet_which"
    assert li.press(asked, "quiet.choose", begins="22:00").text.startswith("From 22:00 to 07:00")
    assert li.say("do not disturb").kind == "quiet_now"
    assert li.press(li.last("quiet_now"), "quiet.choose", begins="").kind == "quiet_off"


def test_other_hours_are_written_behind_the_command(li: Chat) -> None:
    assert "From 22:30 to 06:45" in li.say("/quiet 22:30-6:45").text
    assert "From 21:15 to 07:00" in li.say("/勿扰 21：15 到 7：00").text
    assert li.say("/quiet 22:30-22:30").kind == "quiet_unclear"


def test_delivery_keeps_to_them(stage: Stage, li: Chat) -> None:
    li.say("/quiet 22:00-7:00")
    night = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    with stage.db.write_scope() as session:
        outbox.mark_history(session)
        [one] = outbox.post(session, [Letter("accepted", {"priority": "low"}, li.person)], night)
    with clock.at(night):
        asyncio.run(Delivery(stage.db, SETTINGS, {}).deliver_due())
    with stage.db.read_scope() as session:
        row = session.get_one(OutboxMessage, one)
    assert (row.state, row.not_before) == ("ready", datetime(2026, 11, 20, 23, 0, tzinfo=UTC))

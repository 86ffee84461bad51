"""Before anything is set up the chat says so, and goes on as usual once there is a site."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
from sqlalchemy import select

from bot import greeting
from bot.messages import Incoming
from bot.router import Router
from core import places
from core.database import Database
from core.outbox import OutboxMessage
from tests.bot.flows.chat import SETTINGS


def said(router: Router, key: str, text: str) -> list[str]:
    """Send a message; the kinds of everything that was answered until now."""
    router.take(Incoming("web", "", key, "text", "guest", "guest", "web_id", text=text, locale="en"))
    with router.database.read_scope() as session:
        return list(session.scalars(select(OutboxMessage.kind).order_by(OutboxMessage.id)))


def test_the_chat_of_an_empty_server_takes_nothing(db: Database) -> None:
    router = Router(db, SETTINGS)
    assert said(router, "1", "I live in A/12/1203")[-1] == "not_set_up"
    db.write(lambda session: places.add_site(session, "Garden Court", locale="en"))
    assert said(router, "2", "hello")[-1] != "not_set_up"


def test_a_message_that_had_to_wait_is_answered_in_the_same_way(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    router = Router(db, SETTINGS)
    with monkeypatch.context() as away:
        away.setattr(greeting, "begin", Mock(side_effect=RuntimeError))
        assert said(router, "1", "hello") == []
    assert router.retry_pending() == 1
    with db.read_scope() as session:
        assert session.scalars(select(OutboxMessage.kind).order_by(OutboxMessage.id.desc())).first() == "not_set_up"

"""A server with a mini program, and phones that have it open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import func, select

from bot.channels._weixin_sending import template_of
from bot.channels.wxa import MiniProgram
from core.database import Database
from core.people import Identity
from core.storage import open_storage
from tests.api.calling import Api, Caller, calling
from tests.contracts.rigs.wxa import program_of
from tests.fakes.wxa import FakeMiniProgram

NEWS, SURVEY = "TM_news_0001", "TM_survey_0001"
SHOWN = "character_string1=number thing2=state thing3=place time4=moment"
CONTENT = "{{character_string1.DATA}} {{thing2.DATA}} {{thing3.DATA}} {{time4.DATA}}"


@dataclass
class Program:
    api: Api
    db: Database
    wxa: FakeMiniProgram
    channel: MiniProgram
    codes: int = 0

    def enter(self, openid: str, union: str = "", /, **said: str) -> httpx.Response:
        self.codes += 1
        code = f"code-{self.codes}"
        self.wxa.codes[code] = {"openid": openid} | ({"unionid": union} if union else {})
        return self.api.stranger.post("/auth/wxa", code=code, **said)

    def open(self, openid: str, union: str = "", /, **said: str) -> Caller:
        """A phone that is signed in."""
        entered = self.enter(openid, union, **said)
        assert entered.status_code == 201, entered.text
        return Caller(self.api, {"authorization": f"Bearer {entered.json()['token']}"})

    def count(self, *tables: Any) -> list[int]:
        with self.db.read_scope() as session:
            return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]

    def owner(self, openid: str) -> UUID:
        with self.db.read_scope() as session:
            return session.scalars(select(Identity.person_id).where(Identity.value == openid)).one()


@contextmanager
def programmed(database: Database, folder: Path, **access: str) -> Iterator[Program]:
    """Without callbacks, unless `access` has a token."""
    chosen = {"news": template_of("news", f"{NEWS} {SHOWN}"), "survey": template_of("survey", f"{SURVEY} {SHOWN}")}
    with FakeMiniProgram() as wxa, calling(database, folder) as api:
        wxa.templates = {NEWS: CONTENT, SURVEY: CONTENT}
        storage = open_storage(f"file://{folder}/media")
        known: dict[str, Any] = {"token": "", "aes_key": "", "templates": chosen, **access}
        channel = program_of(wxa, database, storage, **known)
        api.app.state.system.channels["wxa"] = channel
        yield Program(api, database, wxa, channel)
        api.portal.call(channel.close)

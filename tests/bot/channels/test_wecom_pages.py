"""A page in WeCom's own browser proves that it is the company's, so that the app's camera reads codes for it."""

from __future__ import annotations

import asyncio

from bot.proofs import page_signature
from core.database import Database
from core.storage import Storage
from tests.contracts.rigs.wecom import opened
from tests.fakes.wecom import CORP, TICKET, FakeWeCom

PAGE = "https://fix.example/scan"
ANDROID = "Mozilla/5.0 (Linux; Android 14) wxwork/4.1.22 MicroMessenger/7.0.1"


def test_a_page_proves_itself_with_the_ticket_of_the_company(
    sqlite_db: Database, storage: Storage, runner: asyncio.Runner
) -> None:
    with FakeWeCom() as wecom:
        channel = opened(wecom, sqlite_db, storage)
        proof, _ = (runner.run(channel.page_proof(PAGE)) for _ in range(2))
        runner.run(channel.close())
        assert (proof["appId"], len(wecom.called("get_jsapi_ticket"))) == (CORP, 1)
        assert proof["signature"] == page_signature(TICKET, proof["nonceStr"], proof["timestamp"], PAGE)
        assert channel.is_browser(ANDROID)
        assert not channel.is_browser(ANDROID.replace("wxwork", "x"))

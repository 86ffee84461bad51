"""A platform's token is fetched once however many ask, early, and again when the platform will not take it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

import pytest
from sqlalchemy import select

from bot.messages import SendError
from bot.tokens import LEASE, PATIENCE, Fetched, SpentToken, Tokens
from core import clock, leases
from core.backup import PASSING
from core.database import Database
from core.platform_tokens import Name, PlatformToken
from tests.personas import NOW

T = TypeVar("T")
NAME = Name("courier", "c-1")
LIFE = timedelta(hours=2)
KEY = b"the key of the tests"


class Platform:
    """Gives a new token with each fetch and takes the newest one only, as WeChat does."""

    def __init__(self) -> None:
        self.given = 0
        self.is_down = False

    async def fetch(self) -> Fetched:
        await asyncio.sleep(0)
        if self.is_down:
            raise SendError("unreachable", retryable=True)
        self.given += 1
        return Fetched(f"secret-{self.given}", LIFE)

    async def call(self, token: str) -> str:
        if token != f"secret-{self.given}":
            raise SpentToken
        return token


@pytest.fixture
def platform() -> Platform:
    return Platform()


def at(moment: datetime, work: Callable[[], Awaitable[T]]) -> T:
    async def run() -> T:
        return await work()

    with clock.at(moment):
        return asyncio.run(run())


def test_fifty_who_ask_at_once_in_two_processes_fetch_once(db: Database, platform: Platform) -> None:
    async def ask() -> list[str]:
        one, two = Tokens(db, KEY), Tokens(db, KEY)
        asked = [server.token(NAME, platform.fetch) for server in (one, two) for _ in range(25)]
        return await asyncio.gather(*asked)

    assert set(asyncio.run(ask())) == {"secret-1"}
    assert platform.given == 1


def test_fifty_whose_token_was_spent_fetch_once_more(db: Database, platform: Platform) -> None:
    async def call() -> list[str]:
        servers = [Tokens(db, KEY), Tokens(db, KEY)]
        await servers[0].token(NAME, platform.fetch)
        await platform.fetch()  # somebody else's, which ends ours
        return await asyncio.gather(*(servers[n % 2].using(NAME, platform.fetch, platform.call) for n in range(50)))

    assert set(asyncio.run(call())) == {"secret-3"}
    assert platform.given == 3


def test_a_token_that_is_refused_twice_is_not_tried_for_ever(db: Database, platform: Platform) -> None:
    async def never(token: str) -> str:
        raise SpentToken

    with pytest.raises(SpentToken) as refused:
        at(NOW, lambda: Tokens(db, KEY).using(NAME, platform.fetch, never))
    assert (platform.given, refused.value.retryable, refused.value.code) == (2, True, "bad_token")


@pytest.mark.parametrize(("share", "fetches"), [(0.79, 1), (0.81, 2), (1.01, 2)])
def test_it_is_fetched_anew_after_four_fifths_of_its_life(
    db: Database, platform: Platform, share: float, fetches: int
) -> None:
    tokens = Tokens(db, KEY)
    at(NOW, lambda: tokens.token(NAME, platform.fetch))
    assert at(NOW + LIFE * share, lambda: Tokens(db, KEY).token(NAME, platform.fetch)) == f"secret-{fetches}"


def test_while_the_platform_is_down_the_old_one_is_used_as_long_as_it_lives(db: Database, platform: Platform) -> None:
    at(NOW, lambda: Tokens(db, KEY).token(NAME, platform.fetch))
    platform.is_down = True
    assert at(NOW + LIFE * 0.9, lambda: Tokens(db, KEY).token(NAME, platform.fetch)) == "secret-1"
    with pytest.raises(SendError):
        at(NOW + LIFE, lambda: Tokens(db, KEY).token(NAME, platform.fetch))
    platform.is_down = False
    assert at(NOW + LIFE, lambda: Tokens(db, KEY).token(NAME, platform.fetch)) == "secret-2"


def test_while_another_process_fetches_the_old_one_is_used(db: Database, platform: Platform) -> None:
    at(NOW, lambda: Tokens(db, KEY).token(NAME, platform.fetch))
    with db.write_scope() as session:
        leases.hold(session, f"token {NAME}", "another", LEASE * 9, leases.shared_now(session) + LEASE)
    assert at(NOW + LIFE * 0.9, lambda: Tokens(db, KEY).token(NAME, platform.fetch)) == "secret-1"
    assert platform.given == 1


def test_a_process_that_died_while_it_fetched_holds_nobody_up_for_ever(db: Database, platform: Platform) -> None:
    async def sleep(seconds: float) -> None:
        with db.write_scope() as session:  # its lease ends
            leases.let_go(session, f"token {NAME}", "dead", leases.shared_now(session))

    with db.write_scope() as session:
        leases.hold(session, f"token {NAME}", "dead", LEASE, leases.shared_now(session))
    assert asyncio.run(_token(Tokens(db, KEY, sleep), platform)) == "secret-1"


def test_a_process_that_fetches_too_long_is_given_up(db: Database, platform: Platform) -> None:
    async def sleep(seconds: float) -> None:
        return

    with db.write_scope() as session:
        leases.hold(session, f"token {NAME}", "slow", LEASE * 100, leases.shared_now(session))
    with pytest.raises(SendError) as given_up:
        asyncio.run(_token(Tokens(db, KEY, sleep), platform))
    assert given_up.value.retryable
    assert platform.given == 0


def test_a_fetch_ends_before_its_lease(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never() -> Fetched:
        await asyncio.sleep(10)
        raise AssertionError

    assert timedelta(seconds=PATIENCE) < LEASE
    monkeypatch.setattr("bot.tokens.PATIENCE", 0.01)
    with pytest.raises(SendError, match="timeout") as given_up:
        asyncio.run(Tokens(db, KEY).token(NAME, never))
    assert given_up.value.retryable


async def _token(tokens: Tokens, platform: Platform) -> str:
    return await tokens.token(NAME, platform.fetch)


def test_it_is_sealed_and_in_no_backup_and_never_shown(
    db: Database, platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    at(NOW, lambda: Tokens(db, KEY).token(NAME, platform.fetch))
    platform.is_down = True
    at(NOW + LIFE * 0.9, lambda: Tokens(db, KEY).token(NAME, platform.fetch))
    with db.read_scope() as session:
        [row] = session.scalars(select(PlatformToken))
    shown = f"{row.sealed} {asyncio.run(Platform().fetch())!r} {caplog.text}"
    assert "secret-" not in shown
    assert "courier c-1" in caplog.text
    assert PlatformToken.__tablename__ in PASSING


def test_with_another_key_it_is_fetched_anew(db: Database, platform: Platform) -> None:
    at(NOW, lambda: Tokens(db, KEY).token(NAME, platform.fetch))
    assert at(NOW, lambda: Tokens(db, b"another").token(NAME, platform.fetch)) == "secret-2"


def test_accounts_and_kinds_have_tokens_of_their_own(db: Database, platform: Platform) -> None:
    names = [NAME, Name("courier", "c-2"), Name("courier", "c-1", "jsapi"), Name("other", "c-1")]
    tokens = Tokens(db, KEY)
    assert [at(NOW, lambda name=name: tokens.token(name, platform.fetch)) for name in names] == [  # type: ignore[misc]
        f"secret-{number}" for number in range(1, 5)
    ]

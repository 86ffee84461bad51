"""What a request may ask for: the running system, a session to read or to write, and who is asking."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from api.live import Watch
from api.origins import Origins
from bot.channels import Channel
from bot.router import Router
from bot.worker import Worker
from core import access, clock, i18n, places
from core.access import Viewer
from core.database import Database, Session
from core.errors import Forbidden, GongdanError, SignInNeeded
from core.settings import Settings
from core.storage import Storage

COOKIE = "gongdan_session"


class NotSetUp(GongdanError):
    """Nothing is set up on this server yet. Whoever runs it begins at /setup."""


@dataclass(slots=True)
class System:
    """The parts of a running Gongdan, made once by the composition root."""

    settings: Settings
    database: Database
    storage: Storage
    channels: dict[str, Channel]
    router: Router
    worker: Worker | None = None
    facts: dict[str, object] = field(default_factory=dict)
    going: set[asyncio.Future[None]] = field(default_factory=set)
    watch: Watch = field(init=False)
    origins: Origins = field(init=False)
    is_set_up: bool = False

    def __post_init__(self) -> None:
        self.watch = Watch(self.database)
        self.origins = Origins(self.database, self.settings.web.origins)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Let something small go on after the answer; it is kept until it ends."""
        task = asyncio.ensure_future(work)
        self.going.add(task)
        task.add_done_callback(self.going.discard)

    def nudge(self) -> None:
        """Let the delivery of this process look at the outbox now."""
        if self.worker is not None:
            self.worker.delivery.nudge()


async def system_of(request: Request) -> System:
    found: System = request.app.state.system
    return found


SystemDep = Annotated[System, Depends(system_of)]


def _read(system: SystemDep) -> Iterator[Session]:
    with system.database.read_scope() as session:
        yield session


def _write(system: SystemDep) -> Iterator[Session]:
    with system.database.late_write_scope() as session:
        yield session
    system.nudge()


async def set_up(system: SystemDep) -> None:
    """Before there is a site, a page has nothing to show. Looked up until there is one, and never again."""
    if not system.is_set_up:
        system.is_set_up = await run_in_threadpool(_any_site, system)
    if not system.is_set_up:
        raise NotSetUp


def _any_site(system: System) -> bool:
    with system.database.read_scope() as session:
        return places.any_site(session)


NEEDS_SITE = Depends(set_up)


# Dependencies that only look at what is there are async: each other one costs a trip to the thread pool.
# Without scope="function" FastAPI commits after the response has been sent (checked with 0.165).
Db = Annotated[Session, Depends(_read, scope="function")]
WriteDb = Annotated[Session, Depends(_write, scope="function")]


def visitor(request: Request, system: SystemDep) -> Viewer | None:
    """Who asks, by bearer token or session cookie; None for a stranger. Read once a request."""
    kinds, secret = credential(request)
    if not secret:
        return None
    with system.database.read_scope() as session:
        found = (access.behind(session, kind, secret, clock.now()) for kind in kinds)
        who = next((one for one in found if one is not None), None)
    if who is not None:
        request.state.locale = who.locale  # for what goes wrong later, of a client that names no language
    return who


def credential(request: Request) -> tuple[tuple[str, ...], str]:
    """What a request proves itself with, and what kinds of tokens that may be.

    A client in a platform's app keeps no cookies: it says its session as machines say their tokens.
    """
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return ("bearer", "app"), value.strip()
    return ("session",), request.cookies.get(COOKIE, "")


Visitor = Annotated[Viewer | None, Depends(visitor)]


async def known(found: Visitor) -> Viewer | None:
    """Who asks, where a session for one ticket counts for nothing: links are forwarded, so a stranger holds it."""
    return found if found is not None and found.only is None else None


Known = Annotated[Viewer | None, Depends(known)]


async def signed_in(found: Visitor) -> Viewer:
    if found is None:
        raise SignInNeeded
    return found


SignedIn = Annotated[Viewer, Depends(signed_in)]


async def anywhere(found: SignedIn) -> Viewer:
    """Somebody who came by a link to one ticket has to sign in for everything else."""
    if found.only is not None:
        raise SignInNeeded
    return found


Anywhere = Annotated[Viewer, Depends(anywhere)]


async def staff(found: SignedIn) -> Viewer:
    if not found.is_staff:
        raise Forbidden
    return found


Staff = Annotated[Viewer, Depends(staff)]


async def locale_of(request: Request, found: Visitor) -> str:
    """The language of a page: the one asked for in the query or cookie, the person's own, the browser's."""
    wished = request.query_params.get("lang") or request.cookies.get("gongdan_lang")
    if wished in i18n.LOCALES:
        return wished
    return found.locale if found else i18n.choose(request.headers.get("accept-language"))


Locale = Annotated[str, Depends(locale_of)]

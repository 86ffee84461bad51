"""Signing in from a client that runs in a platform's app: its code for a session of ours, said as a bearer token.

Outside /api/v1, because nobody is asked here who they are: everything there knows its caller.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import timedelta
from typing import TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from api import uploads
from api.deps import System, SystemDep
from api.idempotency import answer
from api.routing import LimitedRoute, problems
from api.schemas import wxa as schema
from bot.channels import Embedding, Proven
from bot.messages import SendError
from core import access, clock, i18n, joining, limits, people
from core.database import Session
from core.errors import Busy, NotFound, SignInNeeded

router = APIRouter(prefix="/auth", tags=["sign-in"], route_class=LimitedRoute)

T = TypeVar("T")

# A client asks its platform for a new code without asking its person, so that a short life costs nobody anything.
LIFE = timedelta(days=7)
MOST_OF_ADDRESS = 300  # in ten minutes; a whole compound may have one address
MOST_OF_PERSON = 30


class CodeNotTaken(SignInNeeded):
    """WeChat does not know this code any more. Please begin again."""


class ProgramAway(Busy):
    """WeChat does not answer at the moment. Please try again."""


@router.post(
    "/{channel}", status_code=201, response_model=schema.Entered, operation_id="enter",
    responses={**problems(404, 409, 413, 422, 503)},
)  # fmt: skip
async def enter(channel: str, given: schema.SignIn, request: Request, system: SystemDep) -> Response:
    """Begin a session: whoever is new becomes a person by this first contact, as by a first message in a chat.

    The token is said as `Authorization: Bearer …` and proves the person until it expires, is ended or revoked.
    """
    found = program_of(system, channel)
    await run_in_threadpool(_count, system, uploads.address_of(request))
    if given.link:
        await run_in_threadpool(_check_link, system, given.link)
    proven = await asked(found.who(given.code))
    if not proven:
        raise CodeNotTaken
    locale = i18n.choose(request.headers.get("accept-language"))
    entered = await run_in_threadpool(
        system.database.write, lambda session: _entered(session, found, proven, given.link, locale)
    )
    return answer(entered, 201)


def program_of(system: System, name: str) -> Embedding:
    """The channel whose app runs the client."""
    found = system.channels.get(name)
    if not isinstance(found, Embedding):
        raise NotFound(what="word.channel")
    return found


async def asked(question: Awaitable[T]) -> T:
    """What the platform answers. Errors: ProgramAway."""
    try:
        return await question
    except SendError:
        raise ProgramAway from None


def _count(system: System, address: str) -> None:
    system.database.write(lambda s: limits.count(s, f"auth:{address}", clock.now(), most=MOST_OF_ADDRESS))


def _check_link(system: System, link: str) -> None:
    """A link that is none is refused before the platform's code is used up for it. Errors: NotFound."""
    with system.database.read_scope() as session:
        if access.look_up(session, "link", link.strip(), clock.now()) is None:
            raise NotFound(what="word.link")


def _entered(session: Session, channel: Embedding, proven: Sequence[Proven], link: str, locale: str) -> schema.Entered:
    now = clock.now()
    person_id = joining.recognise(session, [(one.key(channel), one.conversation) for one in proven], locale, now)
    if link:
        identity = people.identity_known(session, *proven[0].key(channel))
        assert identity is not None
        person_id = joining.join(session, link, identity, now).id
    limits.count(session, f"auth-of:{person_id}", now, most=MOST_OF_PERSON)
    secret = access.issue(session, "app", person_id, now, life=LIFE)
    person = people.get(session, person_id)
    return schema.Entered(
        token=secret, expires_at=(now + LIFE).replace(microsecond=0), templates=dict(channel.templates),
        person=schema.Me(id=person.id, name=person.name, locale=person.locale),
        links={"me": "/api/v1/me", "tickets": "/api/v1/tickets", "privacy": "/privacy"},
    )  # fmt: skip

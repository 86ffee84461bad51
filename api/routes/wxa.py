"""What a client in a mini program tells us of its person: a telephone, and which messages were allowed."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from api.deps import Anywhere, Db, System, SystemDep, WriteDb, credential
from api.idempotency import Idempotent, Once
from api.routes.auth import asked, program_of
from api.routing import noun, problems
from api.schemas import wxa as schema
from bot.channels import Embedding
from core import access, clock, consents, joining, limits, people
from core.access import Viewer
from core.database import Session
from core.errors import Invalid, NotFound
from core.people import Identity

router = noun("wxa")

NAME = "wxa"
MOST_PHONES, MOST_CONSENTS = 10, 60  # of a person in ten minutes


def mine(system: SystemDep, who: Anywhere, db: Db) -> Embedding:
    """The mini program, for somebody who has signed in there."""
    channel = program_of(system, NAME)
    _identity(db, channel, who)
    return channel


Mine = Annotated[Embedding, Depends(mine)]


@router.delete("/session", response_model=schema.Left, operation_id="leave", responses={**problems(404, 422, 503)})
def leave(request: Request, who: Anywhere, channel: Mine, db: WriteDb, once: Idempotent) -> Response:
    """End the session of this token, and nobody else's."""
    _, secret = credential(request)

    def work() -> schema.Left:
        access.revoke(db, secret)
        return schema.Left(ended=True)

    return once.answer(db, "", work)


@router.post(
    "/phone", response_model=schema.Proven, operation_id="prove_phone", responses={**problems(403, 404, 413, 422, 503)}
)
async def phone(
    given: schema.Telephone, who: Anywhere, channel: Mine, system: SystemDep, once: Idempotent
) -> Response:  # fmt: skip
    """Keep the telephone that the person let WeChat tell us, as proven. It makes nobody the person of that number.

    A code that WeChat does not know any more is refused as `invalid`.
    """
    first = await run_in_threadpool(_before, system, once, given, who)
    if first is not None:
        return first
    number = await asked(channel.phone(given.code))
    if not number:
        raise Invalid(field="field.code")
    return await run_in_threadpool(_kept, system, once, given, who, number)


def _before(system: System, once: Once, given: schema.Telephone, who: Viewer) -> Response | None:
    def look(session: Session) -> Response | None:
        limits.count(session, f"wxa-phone:{who.person_id}", clock.now(), most=MOST_PHONES)
        return once.before(session, given)

    return system.database.write(look)


def _kept(system: System, once: Once, given: schema.Telephone, who: Viewer, number: str) -> Response:
    def keep(session: Session) -> Response:
        def work() -> schema.Proven:
            joining.prove_phone(session, who.person_id, number, clock.now())
            return schema.Proven(phone=people.masked(number))

        return once.answer(session, given, work)

    return system.database.write(keep)


@router.post(
    "/consents", response_model=schema.Consents, operation_id="allow", responses={**problems(403, 404, 413, 422, 503)}
)
def allow(given: schema.Allowed, who: Anywhere, channel: Mine, db: WriteDb, once: Idempotent) -> Response:
    """Count what the person has just allowed, once for each `Idempotency-Key`."""
    return once.answer(db, given, lambda: _allowed(db, channel, who, given.templates))


def _allowed(session: Session, channel: Embedding, who: Viewer, templates: list[str]) -> schema.Consents:
    """Errors: Invalid for a template that is none of ours."""
    limits.count(session, f"wxa-consents:{who.person_id}", clock.now(), most=MOST_CONSENTS)
    purposes = {template: purpose for purpose, template in channel.templates.items()}
    if not set(templates) <= set(purposes):
        raise Invalid(field="field.templates")
    identity = _identity(session, channel, who)
    place = (channel.name, channel.account, identity.conversation)
    if not channel.has_callbacks:
        for template in dict.fromkeys(templates):
            consents.give(session, place, purposes[template])
    return schema.Consents(left=consents.left(session, place), counted=not channel.has_callbacks)


def _identity(session: Session, channel: Embedding, who: Viewer) -> Identity:
    """Whom messages go to there. Errors: NotFound for who has never signed in there."""
    for one in people.identities_of(session, who.person_id):
        if (one.channel, one.account) == (channel.name, channel.account) and one.conversation:
            return one
    raise NotFound(what="word.channel")

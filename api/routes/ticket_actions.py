"""One operation for every action that people take on a ticket, each with exactly the facts that it needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Body
from fastapi.responses import Response

from api import tickets, uploads
from api.additions import ADD
from api.deps import SignedIn, WriteDb
from api.facts import facts_of
from api.idempotency import Idempotent
from api.routes.tickets import Number
from api.routing import noun, problems
from api.schemas import actions as schema
from api.schemas import tickets as ticket_schema
from core import clock
from core.access import Viewer
from core.database import Session
from core.tickets import actions, queries, states

router = noun("tickets/{number}/actions")

SUMMARIES = {
    "assign": "Give it to a technician, who is asked to accept",
    "transfer": "Give it to another technician",
    "offer_team": "Let the members of a team claim it",
    "request_transfer": "Ask the desk to give it to somebody else",
    "claim": "Take it; the first one wins",
    "accept": "Accept it",
    "decline": "Give it back, with a reason",
    "release": "Take it back to dispatch",
    "schedule": "Propose an appointment",
    "agree": "Agree to the appointment",
    "check_in": "Be there, by the asset's code or a photo with a reason",
    "hold": "Let it wait, with a reason",
    "resume": "Go on with it",
    "sign_off": "Declare it done, with the evidence that the site asks for",
    "confirm": "Confirm that it is done",
    "reopen": "Say that it is not done, with a reason",
    "merge": "Let another ticket stand for it",
    "cancel": "End it without work",
    "recategorise": "Say what it is about",
    "reprioritise": "Say how urgent it is",
    "waive": "Do without a piece of evidence, with a reason",
    "nudge": "Ask for speed",
    "join": "Report the same thing",
    "note": "Add words",
    "sign": "Sign what the sheet shows",
    "use_part": "Note a part that was used",
    "answer": "Answer a question of the checklist",
    "rate": "Say how good the repair was",
}
Work = Callable[[Session, str, Viewer, Any], ticket_schema.Ticket]


def _move(action: str) -> Work:
    def work(session: Session, number: str, who: Viewer, given: schema.Move) -> ticket_schema.Ticket:
        if isinstance(given, schema.Merge):
            queries.lock_all(session, [number, given.into])
        ticket = tickets.find(session, number, who, lock=True)
        facts = facts_of(session, ticket, who, given)
        moved = actions.act(
            session, ticket, action, who, clock.now(), facts=facts, version=given.version, device_at=given.device_at
        )
        return tickets.show(session, moved, who)

    return work


def _addition(action: str) -> Work:
    def work(session: Session, number: str, who: Viewer, given: schema.Addition) -> ticket_schema.Ticket:
        ticket = ADD[action](session, number, who, given)
        return tickets.show(session, ticket, who)

    return work


def _offer(action: str, model: type[schema.Move | schema.Addition], work: Work) -> None:
    """Add the operation of one action. Its body is told to FastAPI as an object: the annotation is made here."""

    def take(number: Number, given: Any, who: SignedIn, db: WriteDb, once: Idempotent) -> Response:
        def do() -> ticket_schema.Ticket:
            uploads.count_deed(db, who)
            return work(db, number, who, given)

        return once.answer(db, given, do)

    needs_nothing = not any(field.is_required() for field in model.model_fields.values())
    take.__annotations__["given"] = Annotated[model, Body(default_factory=model) if needs_nothing else Body()]
    router.post(
        f"/{action}", response_model=ticket_schema.Ticket, operation_id=action, summary=SUMMARIES[action],
        description="Answers with the ticket as it is afterwards.",
        responses={**problems(403, 404, 409, 413, 422, 503)},
    )(take)  # fmt: skip


for _action, _model in schema.MOVES.items():
    _offer(_action, _model, _move(_action))
for _action, _added in schema.ADDITIONS.items():
    _offer(_action, _added, _addition(_action))

# A trigger's own actions are nobody's to take, so they have no operation.
assert set(schema.MOVES) == {row.action for row in states.TRANSITIONS if set(row.who) != {actions.SYSTEM}}

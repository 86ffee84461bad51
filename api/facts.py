"""What a request says about an action, as the verbs of the ticket's life want to know it."""

from __future__ import annotations

from typing import Any

from api import tickets
from api.schemas import actions as schema
from api.subjects import check_category, check_team
from assets import codes, register
from assets.codes import NotACode
from core.access import Viewer
from core.database import Session
from core.errors import Invalid, NotFound
from core.tickets import queries
from core.tickets.models import Ticket


def facts_of(session: Session, ticket: Ticket, who: Viewer, given: schema.Move) -> dict[str, Any]:
    """The facts of a move. What they name must belong to the same site or ticket."""
    facts = given.model_dump(exclude={"version", "device_at"}, exclude_none=True, by_alias=True)
    if isinstance(given, schema.Proof):
        facts |= _proof(session, ticket, given)
    if isinstance(given, schema.Merge):
        facts["into"] = str(tickets.find(session, given.into, who).id)
    if isinstance(given, schema.OfferTeam):
        check_team(session, ticket.site_id, given.team)
    if isinstance(given, schema.Recategorise):
        check_category(session, ticket.site_id, given.category)
    return facts


def _proof(session: Session, ticket: Ticket, given: schema.Proof) -> dict[str, Any]:
    """A code in any form that leads to the ticket's asset, and a photo that is the ticket's own."""
    own = {row.hash for row in queries.attachments_of(session, ticket.id)} if given.code_photo else set()
    if given.code_photo and given.code_photo not in own:
        raise Invalid(field="field.code_photo")
    return {"code": _code(session, ticket, given.code)}


def _code(session: Session, ticket: Ticket, given: str) -> str:
    """The ticket's own code for every code of its asset, also one on an older label; else the code as it came."""
    if not given:
        return ""
    try:
        found = register.asset_by_code(session, codes.canonical(given))
    except (NotFound, NotACode):
        return given
    return ticket.asset_code if found.id == ticket.asset_id else found.code

"""Several tickets at once: first a preview that says what will happen to each, then what can be done is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, Response

from api.deps import Db, WriteDb
from api.pages import _tickets
from api.pages._posting import Form
from api.pages._tickets import Head
from api.pages.desk._frame import At, Frame, at
from core import clock, i18n
from core.database import Session
from core.errors import GongdanError, Missing, NotFound
from core.i18n import translate
from core.tickets import actions, dispatching, queries, states
from core.tickets import board as reads
from core.tickets.models import Ticket

router = APIRouter(prefix="/desk/bulk", include_in_schema=False)
STEERS = ("supervisor", "admin")
Here = Annotated[At, Depends(at(*STEERS))]
ACTIONS = {"assign": "assignee", "cancel": "reason"}
MOST = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """One ticket: whether it can be done, or was; and why not."""

    head: Head
    is_possible: bool
    reason: str


@dataclass(frozen=True, slots=True)
class BulkPage:
    """`is_done`: what the outcomes tell has happened; before, it is what will."""

    frame: Frame
    action: str
    outcomes: list[Outcome]
    people: list[tuple[str, str]]
    entered: str
    key: str
    error: str
    is_done: bool

    @property
    def possible(self) -> int:
        return sum(one.is_possible for one in self.outcomes)


@router.get("")
def preview(
    here: Here, db: Db, do: str = "", pick: Annotated[Sequence[str], Query(max_length=MOST)] = ()
) -> HTMLResponse:
    """What will happen to each of the chosen tickets, and which cannot be done, and why."""
    return here.page("desk_bulk.html", _previewed(here, db, do, pick))


@router.post("")
def do(here: Here, db: WriteDb, form: Form) -> Response:
    """Do what can be done; each ticket is its own attempt, so that one that has moved on stops no other."""
    action, picked = form.one("do"), form.many("pick")[:MOST]
    value = form.one(ACTIONS.get(action, ""))
    if not value:
        error = Missing(field=f"field.{ACTIONS.get(action, 'reason')}")
        return here.page("desk_bulk.html", _previewed(here, db, action, picked, error), error)
    outcomes = [_attempt(here, db, ticket, action, value) for ticket in _chosen(here, db, picked)]
    return here.page("desk_bulk.html", BulkPage(
        here.frame("board"), action, outcomes, [], value, "", "", is_done=True,
    ))  # fmt: skip


def _attempt(here: At, db: Session, ticket: Ticket, action: str, value: str) -> Outcome:
    reason = ""
    try:
        with db.begin_nested():
            locked = queries.by_id(db, ticket.id, lock=True)
            facts: dict[str, Any] = {ACTIONS[action]: value}
            actions.act(db, locked, action, here.viewer, clock.now(), facts=facts)
    except GongdanError as error:
        reason = i18n.explain(error, here.locale)
    return Outcome(_tickets.head(db, queries.by_id(db, ticket.id), here.locale, clock.now()), not reason, reason)


def _previewed(
    here: At, db: Session, action: str, picked: Sequence[str], error: GongdanError | None = None
) -> BulkPage:
    if action not in ACTIONS:
        raise NotFound(what="word.page")
    tickets = _chosen(here, db, picked)
    outcomes = [_expected(here, db, ticket, action) for ticket in tickets]
    people = _people(here, db, tickets) if action == "assign" else []
    said = i18n.explain(error, here.locale) if error else ""
    return BulkPage(here.frame("board"), action, outcomes, people, "", clock.secret(), said, is_done=False)


def _chosen(here: At, db: Session, picked: Sequence[str]) -> list[Ticket]:
    return reads.chosen(db, here.viewer.sites(*STEERS), list(picked)[:MOST])


def _expected(here: At, db: Session, ticket: Ticket, action: str) -> Outcome:
    head = _tickets.head(db, ticket, here.locale, clock.now())
    if states.find(action, ticket.kind, ticket.state, {"supervisor"}):
        return Outcome(head, is_possible=True, reason="")
    state = translate(f"state.{ticket.state}", here.locale)
    return Outcome(head, is_possible=False, reason=translate("desk.cannot", here.locale, state=state))


def _people(here: At, db: Session, tickets: Sequence[Ticket]) -> list[tuple[str, str]]:
    """Technicians of every site concerned, by how often they are the best choice and how busy they are."""
    points: dict[str, int] = {}
    names: dict[str, str] = {}
    for ticket in tickets[:20]:
        for place, found in enumerate(dispatching.ranking(db, ticket, clock.now())):
            key = str(found.person_id)
            points[key], names[key] = points.get(key, 0) - place, found.name
    return [(key, names[key]) for key in sorted(names, key=lambda key: (-points[key], names[key]))]

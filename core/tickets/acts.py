"""An attempt to take an action on a ticket: who acts, what the action changes, and why it is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core import trace
from core.errors import Conflict, Invalid
from core.tickets.models import Ticket

SYSTEM = "system"
DISPATCH = "dispatch"


class IllegalTransition(Conflict):
    """{number} is {state}: this cannot be done now."""


class StaleTicket(Conflict):
    """{number} has changed since you saw it: it is {state} now. Please look again."""


class AlreadyTaken(Conflict):
    """{name} took {number} already."""


class MissingEvidence(Invalid):
    """Still missing: {missing}. Add it and you can submit."""


class TooLateToReopen(Conflict):
    """{number} was closed more than 7 days ago. Please report it again; the new report will be linked."""


class Awaited(Conflict):
    """Others have reported the same thing, so {number} goes on for them."""


class WrongCode(Invalid):
    """The code {code} belongs to another thing. Please scan the one on {thing}."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person, or a trigger by its name. `parts` are played at the ticket in question."""

    person_id: UUID | None = None
    trigger: str = ""

    @property
    def name(self) -> str:
        return str(self.person_id) if self.person_id else self.trigger


@dataclass(frozen=True, slots=True)
class Change:
    """What a verb does: values written to the ticket, facts for the trace, facts for the messages.

    `then`: what was decided with it, as events that follow its own.
    """

    values: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    news: dict[str, Any] = field(default_factory=dict)
    then: tuple[trace.Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """One attempt to take an action, as the verbs see it."""

    session: Session
    ticket: Ticket
    actor: Actor
    facts: dict[str, Any]
    now: datetime

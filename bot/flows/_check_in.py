"""Being at the thing: waiting for its code, and the code that was waited for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from assets import codes, register
from bot.flows import _tap
from bot.flows import _work_card as card
from bot.talk import Talk
from core.tickets import actions
from core.tickets.models import Ticket

PATIENCE = timedelta(hours=1)


def wait_for_code(talk: Talk, ticket: Ticket, **more: Any) -> None:
    talk.go("onsite", "check_in", **_tap.bound(ticket), **more)
    talk.wake_in(PATIENCE)


def is_waiting_for_code(talk: Talk, jobs: Sequence[Ticket]) -> bool:
    """Whether a scan answers the check-in that was asked for. Who scans another own job's thing has moved on to it."""
    if talk.standing.flow != "onsite" or talk.standing.step not in ("check_in", "no_code"):
        return False
    own = [str(job.id) for job in jobs if job.assignee_id == talk.person_id]
    return talk.data["ticket"] in own or not own


def scan(talk: Talk, code: str) -> None:
    """The code that was waited for: one of the job's thing checks in, another one is refused."""
    ticket = card.still(talk)
    if ticket is None:
        return
    if register.subject_of(talk.session, code).asset_id != ticket.asset_id:
        raise actions.WrongCode(code=codes.printed(code), thing=ticket.asset_name)
    arrive(talk, ticket, {"code": ticket.asset_code})


def arrive(talk: Talk, ticket: Ticket, facts: dict[str, Any]) -> None:
    actions.act(talk.session, ticket, "check_in", talk.viewer, talk.now, facts=facts, version=ticket.version)
    talk.end()
    card.show(talk, ticket, "job_started")

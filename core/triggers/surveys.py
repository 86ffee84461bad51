"""Questions after a closure that had to wait, and the one reminder of those that nobody has answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import surveys
from core.surveys import Survey
from core.tickets import queries
from core.triggers import Tick, trigger
from core.triggers._waking import LIMIT


def waiting(session: Session, tick: Tick) -> Sequence[UUID]:
    query = select(Survey.id).where(Survey.next_at <= tick.now).order_by(Survey.next_at, Survey.id)
    return session.scalars(query.limit(LIMIT)).all()


@trigger("surveys", every=timedelta(minutes=1), due=waiting, waits=Survey.next_at)
def ask(session: Session, survey_id: UUID, tick: Tick) -> None:
    """The ticket is locked before the question, as who rates it does: two that wait for each other is one too many."""
    queries.by_id(session, session.get_one(Survey, survey_id).ticket_id, lock=True)
    survey = session.get_one(Survey, survey_id, with_for_update=True, populate_existing=True)
    if survey.next_at is not None and survey.next_at <= tick.now:
        surveys.remind(session, survey, tick.now)

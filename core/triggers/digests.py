"""Digests at their local hour on worked days; after downtime one that reaches back to the last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from core import digests
from core.digests import Subscription
from core.triggers import Tick, trigger
from core.triggers._waking import LIMIT


def waiting(session: Session, tick: Tick) -> Sequence[UUID]:
    return digests.due(session, tick.now, LIMIT)


@trigger("digests", every=timedelta(minutes=1), due=waiting, waits=Subscription.next_at)
def send(session: Session, subscription_id: UUID, tick: Tick) -> None:
    digests.send_due(session, subscription_id, tick.settings.public_url, tick.now)

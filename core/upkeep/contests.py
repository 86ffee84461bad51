"""A chat that two people say is theirs: it stays where it is, or an administrator of both gives it to the other."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core import contested, joining, trace
from core.contested import Contested
from core.errors import Conflict, NotFound
from core.people import Identity
from core.upkeep import staff


class OfAnotherSite(Conflict):
    """One of the two works at a site that you do not administer. Only somebody who administers both may decide this."""


def leave(session: Session, site_id: UUID, contested_id: UUID, by: UUID, now: datetime) -> None:
    """The chat stays whose it is."""
    found = _waiting(session, site_id, contested_id)
    _settle(session, found, "left", by, now)


def give(session: Session, site_id: UUID, contested_id: UUID, by: UUID, now: datetime) -> None:
    """The chat belongs to who asked for it. Whoever had it is signed out everywhere, because they proved it by that.

    Errors: OfAnotherSite where either works for somebody else's site too.
    """
    found = _waiting(session, site_id, contested_id)
    if any(staff.works_for_others(session, who, by) for who in (found.wanted_by, found.owner)):
        raise OfAnotherSite
    identity = session.get_one(Identity, found.identity_id)
    if identity.person_id != found.owner or identity.revoked_at is not None:
        raise joining.DecidedAlready
    _settle(session, found, "given", by, now)
    joining.hand_on(session, identity, found.wanted_by, "administrator", now)


def _waiting(session: Session, site_id: UUID, contested_id: UUID) -> Contested:
    found = contested.of_site(session, site_id, contested_id)
    if found is None:
        raise NotFound(what="word.chat")
    return found


def _settle(session: Session, found: Contested, outcome: str, by: UUID, now: datetime) -> None:
    if not contested.settle(session, found.id, outcome, by, now):
        raise joining.DecidedAlready
    facts = {"identity": str(found.identity_id), "owner": str(found.owner), "outcome": outcome}
    entry = trace.Entry("contest_decided", facts, str(by))
    trace.append(session, f"person:{found.wanted_by}", [entry], now)

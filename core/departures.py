"""An organisation's chat platform says that somebody is no longer a member: their account there may become another's.

1. The identity ends, with what else names that account; what waits for it goes another way or nowhere.
2. Sessions, links and tokens of the person end, because they were given to a member; so do the calendars whose secret
   links they know.
3. Who administers a site where the person works is told: whether they have left there, too, is for people to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core import feeds, joining, outbox, people, trace
from core.outbox import Letter
from core.people import Identity, Person

NAME = "departures"
Key = tuple[str, str, str, str]  # channel, account, kind and value of the identity


def depart(session: Session, key: Key, now: datetime) -> None:
    """End what an account that was deleted gave a right to. Nothing for an account that we do not know."""
    identity = joining.held(session, key)
    if identity is None:
        return
    joining.part(session, identity, now, kinds=())
    identity.revoked_at = now
    session.flush()
    for feed in feeds.known_to(session, identity.person_id):
        feeds.end(session, feed, None, now)
    facts = {"channel": identity.channel, "identity": str(identity.id)}
    trace.append(session, f"person:{identity.person_id}", [trace.Entry("identity_left", facts, NAME)], now)
    outbox.post(session, _told(session, identity), now)


def _told(session: Session, identity: Identity) -> Sequence[Letter]:
    name = session.get_one(Person, identity.person_id).name
    return [
        Letter("member_left", {"name": name, "platform": identity.channel, "site": str(site)}, admin)
        for site in _sites(session, identity.person_id)
        for admin in people.holders(session, site, "admin")
        if admin != identity.person_id
    ]


def _sites(session: Session, person_id: UUID) -> list[UUID]:
    """Where they work; a resident's home is nobody's matter here."""
    roles = people.roles_of(session, person_id)
    return sorted(site for site, held in roles.items() if set(held) & set(people.STAFF_ROLES))

"""A chat identity joins the person that it belongs to; a person joins a home.

Neither reveals anything before somebody with the right to it has agreed: a one-time code or the platform itself proves
the first, the desk or a member of the home decides the second. An identity that is somebody's already is reassigned by
nobody but an administrator.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import access, contested, outbox, people, phones, trace
from core.conversations import Conversation
from core.errors import Conflict, Forbidden, NotFound
from core.outbox import Choice, Letter, OutboxMessage
from core.people import Home, Identity, Person, Role
from core.places import Place
from core.tickets.models import Follower, Ticket

MOST_OPEN_CLAIMS = 3
FIRST_CONTACT = "first_contact"
SIGN_IN = "sign_in"
Key = tuple[str, str, str, str]  # channel, account, kind, value


class BelongsToAnother(Conflict):
    """This chat already belongs to somebody. Please ask an administrator to change that."""


class DecidedAlready(Conflict):
    """This has been decided already."""


def join(session: Session, code: str, identity: Identity, now: datetime) -> Person:
    """Join a chat identity to the person of a one-time code. The nameless person of the first contact steps back.

    Errors: NotFound for a code that is unknown, expired or used; BelongsToAnother where the identity is
    somebody's already. Then the code is not used up, when the caller rolls back.
    """
    token = access.use_up(session, "link", code.strip(), now)
    before = identity.person_id
    if before == token.person_id:
        return session.get_one(Person, before)
    if not _is_passing(session, identity):
        raise BelongsToAnother
    _take_over(session, identity, token.person_id, "link", now)
    return session.get_one(Person, token.person_id)


def join_proven(session: Session, person_id: UUID, key: Key, conversation: str, now: datetime) -> bool:
    """Join an identity that its platform has just proved, in a browser that this person is signed in with.

    `key`: channel, account, kind and value. False where it is somebody else's: then it stays so, and administrators
    find it in their list.
    """
    identity = people.identity_known(session, *key)
    if identity is None:
        fresh = people.add_identity(session, person_id, *key, conversation=conversation, via=SIGN_IN)
        facts = {"channel": fresh.channel, "identity": str(fresh.id), "from": "", "tickets": []}
        _note(session, person_id, "identity_joined", facts, person_id, now)
    elif identity.person_id == person_id:
        return True
    elif not _is_passing(session, identity):
        if contested.note(session, identity, person_id, now):
            facts = {"identity": str(identity.id), "owner": str(identity.person_id)}
            _note(session, person_id, "identity_contested", facts, person_id, now)
        return False
    else:
        _take_over(session, identity, person_id, SIGN_IN, now)
    return True


def recognise(session: Session, proven: Sequence[tuple[Key, str]], locale: str, now: datetime) -> UUID:
    """Whose the identities are that a platform has just proved to be one person's; somebody new where nobody's.

    `proven`: each with its private chat. The first that is known decides; one that is somebody else's stays so, and
    administrators find it in their list.
    """
    known = owner_of(session, [key for key, _ in proven])
    if known is None:
        try:
            with session.begin_nested():
                return _first_contact(session, proven, locale)
        except (IntegrityError, Conflict):  # the same person came twice in this moment, and is known now
            known = owner_of(session, [key for key, _ in proven])
            if known is None:
                raise
    for key, conversation in proven:
        join_proven(session, known, key, conversation, now)
    people.seen(session, *proven[0][0], now)
    return known


def owner_of(session: Session, keys: Sequence[Key]) -> UUID | None:
    """Whose the first known one is. Whoever ends it meanwhile ends the session that begins here, too."""
    found = (held(session, key) for key in keys)
    return next((identity.person_id for identity in found if identity is not None), None)


def held(session: Session, key: Key) -> Identity | None:
    """An identity that is known, locked: nobody ends it, or lets somebody in by it, before this transaction ends."""
    identity = people.identity_known(session, *key)
    if identity is not None:
        session.refresh(identity, with_for_update=True)
    return identity if identity is not None and identity.revoked_at is None else None


def _first_contact(session: Session, proven: Sequence[tuple[Key, str]], locale: str) -> UUID:
    fresh = people.add_person(session, "", locale=locale)
    for key, conversation in proven:
        people.add_identity(session, fresh.id, *key, conversation=conversation, via=FIRST_CONTACT)
    return fresh.id


def prove_phone(session: Session, person_id: UUID, phone: str, now: datetime) -> None:
    """Keep the telephone that a platform says is theirs. It joins nobody: several people may have one number."""
    person = session.get_one(Person, person_id)
    if not phones.is_end_of(person.phone, phone):
        person.phone = phone
    person.phone_proven_at = now
    session.flush()
    _note(session, person_id, "phone_proven", {}, person_id, now)


def _take_over(session: Session, identity: Identity, person_id: UUID, via: str, now: datetime) -> None:
    """The identity and all that the person of the first contact has done belong to another."""
    before, beside = identity.person_id, _ids_beside(session, identity)
    for one in (identity, *beside):
        _reassign(session, one, person_id, via, now)
    moved = _hand_over(session, before, person_id)
    facts = {"channel": identity.channel, "identity": str(identity.id), "from": str(before), "tickets": moved}
    _note(session, person_id, "identity_joined", facts, person_id, now)


def hand_on(session: Session, identity: Identity, person_id: UUID, via: str, now: datetime) -> None:
    """The identity alone becomes another person's, with nothing of what was said and done under it."""
    facts = {"channel": identity.channel, "identity": str(identity.id), "from": str(identity.person_id), "tickets": []}
    part(session, identity, now)
    _reassign(session, identity, person_id, via, now)
    _note(session, person_id, "identity_joined", facts, person_id, now)


def part(session: Session, identity: Identity, now: datetime, kinds: Sequence[str] = access.TOLD) -> None:
    """A chat is no longer its owner's: nothing waits to be told them there, and no link that stands there opens.

    Their sessions end, too: they may have been opened by such a link. And so do the ids beside it, by which the same
    account would be let in as them again. `kinds`: of the tokens that end; none for all.
    """
    session.refresh(identity, with_for_update=True)
    outbox.leave(session, identity.person_id, (identity.channel, identity.account, identity.conversation))
    for one in _ids_beside(session, identity):
        one.revoked_at = now
    session.flush()
    access.revoke_all(session, identity.person_id, *kinds)


def _ids_beside(session: Session, identity: Identity) -> Sequence[Identity]:
    """By what else the account of an identity may be known to be its person's: ids that are no chat of their own.

    Those of the same app, and those that several apps of one owner share, which name no account. Which chat of the
    person a shared one came with is not kept: that of another account is joined again when it signs in.
    """
    query = select(Identity).where(Identity.person_id == identity.person_id, Identity.id != identity.id)
    same_app = and_(Identity.channel == identity.channel, Identity.account == identity.account)
    unspoken = (Identity.conversation == "", Identity.revoked_at.is_(None))
    return session.scalars(query.where(or_(same_app, Identity.account == ""), *unspoken)).all()


def _reassign(session: Session, identity: Identity, person_id: UUID, via: str, now: datetime) -> None:
    identity.revoked_at = now
    session.flush()
    people.add_identity(
        session, person_id, identity.channel, identity.account, identity.kind, identity.value,
        conversation=identity.conversation, via=via,
    )  # fmt: skip


def _is_passing(session: Session, identity: Identity) -> bool:
    """Whether nobody has said yet who the person behind an identity is: no role, home, password or other chat.

    What the platform tells of the same account at a later sign-in is no other chat, and what they have reported or a
    telephone that is proven says nothing of whose account it is.
    """
    person = session.get_one(Person, identity.person_id)
    beside = {one.id for one in _ids_beside(session, identity)} | {identity.id}
    others = [one for one in people.identities_of(session, person.id) if one.id not in beside and not _came_along(one)]
    known_otherwise = others or person.password_hash or people.roles_of(session, person.id)
    return identity.verified_via == FIRST_CONTACT and not known_otherwise and not people.homes_of(session, person.id)


def _came_along(identity: Identity) -> bool:
    """Whether an identity says no more of its person than the chat that it came with."""
    return identity.verified_via == FIRST_CONTACT and not identity.conversation


def _hand_over(session: Session, before: UUID, after: UUID) -> list[str]:
    """What the one has reported, joined and been told belongs to the other; returns the numbers of the tickets."""
    numbers = list(session.scalars(select(Ticket.number).where(Ticket.reporter_id == before).order_by(Ticket.id)))
    followed = select(Follower.ticket_id).where(Follower.person_id == after).scalar_subquery()
    claimed = select(Home.place_id).where(Home.person_id == after).scalar_subquery()
    steps = [
        update(Ticket).where(Ticket.reporter_id == before).values(reporter_id=after),
        delete(Follower).where(Follower.person_id == before, Follower.ticket_id.in_(followed)),
        update(Follower).where(Follower.person_id == before).values(person_id=after),
        update(Home).where(Home.person_id == before, Home.place_id.not_in(claimed)).values(person_id=after),
        update(OutboxMessage).where(OutboxMessage.person_id == before).values(person_id=after),
        update(Conversation).where(Conversation.person_id == before).values(person_id=after),
    ]
    for step in steps:
        session.execute(step.execution_options(synchronize_session="fetch"))
    return numbers


def claim(session: Session, person_id: UUID, place_id: UUID, now: datetime) -> None:
    """Ask to report for a unit. The claimant learns nothing; members of the home and the supervisors are asked.

    A common place cannot be claimed, a claim that waits is not told again, and one person has a few at a time.
    """
    place = session.get(Place, place_id)
    if place is None or place.is_common or _is_waiting(session, person_id, place_id):
        return
    open_claims = select(func.count()).where(Home.person_id == person_id, Home.state == "claimed")
    if (session.scalar(open_claims) or 0) >= MOST_OPEN_CLAIMS:
        return
    home = people.claim_home(session, person_id, place_id)
    _note(session, person_id, "home_claimed", {"place": str(place_id)}, person_id, now)
    outbox.post(session, _questions(session, home, place), now)


def _is_waiting(session: Session, person_id: UUID, place_id: UUID) -> bool:
    settled = ("claimed", "approved")
    return bool(
        session.scalar(
            select(Home.id).where(Home.person_id == person_id, Home.place_id == place_id, Home.state.in_(settled))
        )
    )


def _questions(session: Session, home: Home, place: Place) -> list[Letter]:
    asked = [*people.members_of(session, place.id), *people.holders(session, place.site_id, "supervisor")]
    name = session.get_one(Person, home.person_id).name
    facts = {"name": name, "place": place.path, "site": str(place.site_id)}
    answers = [Choice(f"link.{answer}", {"home": str(home.id)}) for answer in ("approve", "refuse")]
    readers = [who for who in dict.fromkeys(asked) if who != home.person_id]
    return [Letter("home_claimed", facts, who, buttons=answers) for who in readers]


def decide(session: Session, home_id: UUID, by: UUID, now: datetime, *, approve: bool) -> Home:
    """Approve or refuse a claim. A refusal is not told to the claimant: it would reveal that the unit exists.

    Errors: Forbidden for who is neither a member of that home nor a supervisor of its site; DecidedAlready.
    """
    home = session.get(Home, home_id)
    if home is None:
        raise NotFound(what="word.home")
    place = session.get_one(Place, home.place_id)
    if not _may_decide(session, place, by) or home.person_id == by:
        raise Forbidden
    if home.state != "claimed":
        raise DecidedAlready
    home = people.decide_home(session, home_id, approve=approve, by=by)
    facts: dict[str, Any] = {"place": str(place.id), "approved": approve}
    _note(session, home.person_id, "home_decided", facts, by, now)
    if approve:
        people.grant(session, home.person_id, "resident", place.site_id)
        told = {"place": place.path, "site": str(place.site_id)}
        outbox.post(session, [Letter("home_approved", told, home.person_id)], now)
    return home


def _may_decide(session: Session, place: Place, person_id: UUID) -> bool:
    is_desk = any(session.get(Role, (person_id, place.site_id, role)) for role in ("supervisor", "admin"))
    return is_desk or person_id in people.members_of(session, place.id)


def _note(session: Session, person_id: UUID, action: str, facts: dict[str, Any], by: UUID, now: datetime) -> None:
    trace.append(session, f"person:{person_id}", [trace.Entry(action, facts, str(by))], now)

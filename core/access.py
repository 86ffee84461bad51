"""Who may see and do what: sessions, bearer tokens, passwords, and the parts a person plays at a ticket."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import ForeignKey, Index, Select, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock
from core.database import Table, rows
from core.errors import GongdanError, NotFound
from core.people import Person, Role, end_epoch, end_links, roles_of
from core.prepared import Prepared

SESSION_LIFE = timedelta(days=90)
LINK_LIFE = timedelta(minutes=15)
PAGE_LINK_LIFE = timedelta(days=180)
REPLAY_LIFE = timedelta(days=180)
SESSIONS = ("session", "app")
TOLD = (*SESSIONS, "page", "link", "sign_in", "colleague")  # kinds of tokens that a chat has been told or has opened
MIN_PASSWORD = 10
_hasher = PasswordHasher()


class WeakPassword(GongdanError):
    """The password is too short: use at least {least} characters."""


class WrongPassword(GongdanError):
    """Name or password is wrong."""


class ChangedReplay(GongdanError):
    """The same Idempotency-Key came before with different content. Use a new key for a new request."""


class Token(Table):
    """A secret that proves who somebody is; only its hash is kept.

    `kind`: session (a browser's cookie), app (what a client in a platform's app says instead), bearer (a machine),
    sign_in (a one-time link), link (joins a chat identity), colleague (agrees to work for another site), or page (a
    link that opens one ticket for one person).
    """

    __tablename__ = "tokens"
    __table_args__ = (Index(None, "person_id", "kind"), Index(None, "expires_at"))

    hash: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    ticket_id: Mapped[UUID | None] = mapped_column(ForeignKey("tickets.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class Replay(Table):
    """The first result of a mutation that carried an Idempotency-Key; `status` is 0 while it is being done."""

    __tablename__ = "replays"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    body_hash: Mapped[str]
    status: Mapped[int]
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in person with the roles held, by site.

    `only`: set for somebody who came by a link to one ticket. Such a person holds no role anywhere but at that
    ticket (`at()`), because links are forwarded.
    """

    person_id: UUID
    name: str
    locale: str
    roles: dict[UUID, set[str]]
    only: UUID | None = None
    roles_there: dict[UUID, set[str]] = field(default_factory=dict)

    def at(self, ticket_id: UUID) -> Viewer:
        """The person as this ticket knows them: with their roles, also where their link is for it alone."""
        if self.only != ticket_id:
            return self
        return Viewer(self.person_id, self.name, self.locale, self.roles_there)

    def holds(self, site_id: UUID, *roles: str) -> bool:
        return bool(self.roles.get(site_id, set()) & set(roles))

    def sites(self, *roles: str) -> list[UUID]:
        return [site_id for site_id, held in self.roles.items() if not roles or held & set(roles)]

    @property
    def is_staff(self) -> bool:
        return any(held - {"resident"} for held in self.roles.values())


def issue(
    session: Session, kind: str, person_id: UUID, now: datetime, *, life: timedelta | None,
    ticket_id: UUID | None = None, secret: str = "",
) -> str:  # fmt: skip
    """Make a token and keep its hash. The token itself is told once, here.

    `secret`: one that the caller can make again, so that the answer to a repeated request is the same.
    """
    secret = secret or clock.secret(160)
    token = Token(
        hash=hash_of(secret), kind=kind, person_id=person_id, ticket_id=ticket_id, created_at=now,
        expires_at=now + life if life else None, used_at=None,
    )  # fmt: skip
    session.add(token)
    session.flush()
    return secret


def page_of(session: Session, key: bytes, person_id: UUID, ticket_id: UUID, now: datetime) -> str:
    """The secret of the link that opens a ticket for a person, from now on for as long as such links last.

    It is the same in every message, so that a long story makes one row; after a revocation it is another one.
    """
    epoch = session.get_one(Person, person_id).epoch
    said = b"page of a ticket\0" + person_id.bytes + ticket_id.bytes + str(epoch).encode()
    secret = hmac.digest(key, said, "sha256").hex()[:40]
    until = now + PAGE_LINK_LIFE
    token = _insert(session, rows(Token)).values(
        hash=hash_of(secret), kind="page", person_id=person_id, ticket_id=ticket_id, created_at=now, expires_at=until
    )
    session.execute(token.on_conflict_do_update(index_elements=["hash"], set_={"expires_at": until}))
    return secret


def _insert(session: Session, table: Any) -> Any:
    """An insert that can say what is to be done where the row is there already."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    return dialect.insert(table)


def look_up(session: Session, kind: str, secret: str, now: datetime) -> Token | None:
    """The token behind a secret, while it is neither used up nor expired and its person is active."""
    query = select(Token).join(Person, Person.id == Token.person_id)
    token = session.scalar(query.where(Token.hash == hash_of(secret), Token.kind == kind, Person.is_active))
    if token is None or token.used_at or (token.expires_at and token.expires_at <= now):
        return None
    return token


_ASKED: tuple[Any, ...] = (
    Token.used_at, Token.expires_at, Token.ticket_id, Person.id, Person.name, Person.locale, Role.site_id, Role.role,
)  # fmt: skip
_BEHIND = Prepared(
    select(*_ASKED)
    .join(Person, Person.id == Token.person_id)
    .outerjoin(Role, Role.person_id == Person.id)
    .where(Token.hash == bindparam("hash_"), Token.kind == bindparam("kind_"), Person.is_active)
)


def behind(session: Session, kind: str, secret: str, now: datetime) -> Viewer | None:
    """The person behind a secret that is valid, with every role: what each request asks, in one statement."""
    rows = _BEHIND.rows(session, hash_=hash_of(secret), kind_=kind)
    if not rows:
        return None
    used_at, expires_at, only, person_id, name, locale, *_ = rows[0]
    if used_at or (expires_at and expires_at <= now):
        return None
    roles: dict[UUID, set[str]] = {}
    for *_, site_id, role in rows:
        if site_id is not None:
            roles.setdefault(site_id, set()).add(role)
    return Viewer(person_id, name, locale, {}, only, roles) if only else Viewer(person_id, name, locale, roles)


def use_up(session: Session, kind: str, secret: str, now: datetime) -> Token:
    """Redeem a one-time token. Of any number of parallel redemptions exactly one succeeds."""
    token = look_up(session, kind, secret, now)
    if token is None:
        raise NotFound(what="word.link")
    changed = session.execute(
        update(Token).where(Token.hash == token.hash, Token.used_at.is_(None)).values(used_at=now)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise NotFound(what="word.link")
    return token


def revoke(session: Session, secret: str) -> None:
    session.execute(delete(Token).where(Token.hash == hash_of(secret)))


def revoke_all(session: Session, person_id: UUID, *kinds: str) -> None:
    """End every session and token of a person, or those of some kinds. The tokens of chats end with the sessions."""
    query = delete(Token).where(Token.person_id == person_id)
    session.execute(query.where(Token.kind.in_(kinds)) if kinds else query)
    if not kinds or "session" in kinds:
        end_epoch(session, person_id)
    if not kinds or "page" in kinds:
        end_links(session, person_id)


def revoke_pages(session: Session, person_id: UUID, ticket_ids: Select[Any]) -> None:
    """End what opens single tickets for a person: links, and the sessions that came by one."""
    session.execute(delete(Token).where(Token.person_id == person_id, Token.ticket_id.in_(ticket_ids)))
    end_links(session, person_id)


def viewer(session: Session, person_id: UUID, only: UUID | None = None) -> Viewer:
    """`only`: the ticket that a link has opened for the person."""
    person = session.get_one(Person, person_id)
    roles = roles_of(session, person.id)
    if only is None:
        return Viewer(person.id, person.name, person.locale, roles)
    return Viewer(person.id, person.name, person.locale, {}, only, roles)


def set_password(session: Session, person_id: UUID, password: str) -> None:
    """Set a password for staff. It ends the sessions that the old one had opened."""
    if len(password) < MIN_PASSWORD:
        raise WeakPassword(least=MIN_PASSWORD)
    session.get_one(Person, person_id).password_hash = _hasher.hash(password)
    revoke_all(session, person_id, *SESSIONS)
    session.flush()


def check_password(session: Session, name: str, password: str) -> Person:
    """The person of that name with that password. A wrong name and a wrong password read and take the same."""
    people = session.scalars(select(Person).where(Person.name == name, Person.is_active, Person.password_hash != ""))
    candidates: list[Person | None] = [*people] or [None]
    for person in candidates:
        if _matches(person.password_hash if person else _decoy(), password) and person:
            return person
    raise WrongPassword


@cache
def _decoy() -> str:
    """The hash that a wrong name is checked against."""
    return _hasher.hash(clock.secret())


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False


def take_key(session: Session, person_id: UUID, key: str, body: bytes, now: datetime) -> Replay | None:
    """Take an Idempotency-Key for the request that is about to be done; its kept result when it was done before.

    The row goes in before the effect: of two parallel twins the second waits here for the first one's commit.
    The same key with another body raises ChangedReplay.
    """
    row = {
        "person_id": person_id, "key": key, "body_hash": hashlib.sha256(body).hexdigest(), "status": 0, "result": {},
        "created_at": now,
    }  # fmt: skip
    taken = session.execute(_insert(session, Replay).values(**row).on_conflict_do_nothing().returning(Replay.key))
    if taken.scalar_one_or_none() is not None:
        return None
    found = session.get_one(Replay, (person_id, key), populate_existing=True)
    if found.body_hash != row["body_hash"]:
        raise ChangedReplay
    return found


def kept(session: Session, person_id: UUID, key: str, body: bytes) -> Replay | None:
    """The kept result of a key, for who must not do again what lies outside the database.

    Errors: ChangedReplay for the same key with another body.
    """
    found = session.get(Replay, (person_id, key))
    if found is not None and found.body_hash != hashlib.sha256(body).hexdigest():
        raise ChangedReplay
    return found if found is not None and found.status else None


def keep_result(session: Session, person_id: UUID, key: str, status: int, result: dict[str, Any]) -> None:
    """Keep the first result of a key that was taken, in the transaction of its effect."""
    kept = update(Replay).where(Replay.person_id == person_id, Replay.key == key)
    session.execute(kept.values(status=status, result=result))


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

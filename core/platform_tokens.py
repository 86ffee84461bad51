"""The access tokens that platforms give us for some hours: one for all processes, sealed, and in no backup.

Whoever reads the table or a copy of it learns nothing: a token is sealed with the server's secret key. One that cannot
be opened, because that key was changed, is as good as none.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.database import Table, rows

RENEWED_AFTER = 0.8  # of its life


class PlatformToken(Table):
    """A token of an account. `kind`: what it is for where an account has several (access, jsapi)."""

    __tablename__ = "platform_tokens"

    channel: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[str]
    renew_at: Mapped[datetime]
    expires_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Name:
    """Whose token, and what it is for."""

    channel: str
    account: str
    kind: str = "access"

    def __str__(self) -> str:
        return f"{self.channel} {self.account} {self.kind}"


@dataclass(frozen=True, slots=True)
class Held:
    """A token that we have. It may be used until `expires_at`, and is fetched anew from `renew_at` on."""

    value: str = field(repr=False)
    renew_at: datetime
    expires_at: datetime


def held(session: Session, name: Name, key: bytes) -> Held | None:
    """The token that was fetched last, expired or not."""
    row = session.get(PlatformToken, (name.channel, name.account, name.kind), populate_existing=True)
    if row is None:
        return None
    try:
        value = _seal(key).decrypt(row.sealed.encode()).decode()
    except InvalidToken:
        return None
    return Held(value, row.renew_at, row.expires_at)


def keep(session: Session, name: Name, value: str, life: timedelta, key: bytes, now: datetime) -> Held:
    """Keep a token that was fetched, in the place of the one before."""
    fresh = Held(value, now + life * RENEWED_AFTER, now + life)
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = dialect.insert(rows(PlatformToken)).values(
        channel=name.channel, account=name.account, kind=name.kind, sealed=_seal(key).encrypt(value.encode()).decode(),
        renew_at=fresh.renew_at, expires_at=fresh.expires_at,
    )  # fmt: skip
    names = ("sealed", "renew_at", "expires_at")
    changed = {one: row.excluded[one] for one in names}
    session.execute(row.on_conflict_do_update(index_elements=["channel", "account", "kind"], set_=changed))
    return fresh


def _seal(key: bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"platform tokens\0" + key).digest()))

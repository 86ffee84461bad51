"""Ways in that one person makes for another: each leaves an event with its maker, and its owner is told in chat.

Whoever makes a way in could use it, and act as somebody else: then at least both the trace and the owner know.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from core import access, clock, outbox, people, trace
from core.outbox import Letter
from core.people import Person

COMMAND_LINE = "gongdan"
CODE_LENGTH = 10


def issue(
    session: Session, kind: str, person_id: UUID, by: UUID | None, now: datetime, *, life: timedelta | None
) -> str:
    """Make a token for somebody. `by`: who makes it; None at the command line."""
    secret = access.issue(session, kind, person_id, now, life=life)
    _note(session, kind, person_id, by, now)
    return secret


def set_password(session: Session, person_id: UUID, password: str, by: UUID | None, now: datetime) -> None:
    """Set somebody's password. `by`: who sets it; None at the command line."""
    access.set_password(session, person_id, password)
    _note(session, "password", person_id, by, now)


def _note(session: Session, kind: str, person_id: UUID, by: UUID | None, now: datetime) -> None:
    entry = trace.Entry("credential_issued", {"kind": kind}, str(by or COMMAND_LINE))
    trace.append(session, f"person:{person_id}", [entry], now)
    if by != person_id and people.identities_of(session, person_id):
        name = session.get_one(Person, by).name if by else COMMAND_LINE
        sites = [str(site_id) for site_id in people.roles_of(session, person_id)][:1]
        facts = {"name": name, "made_at": now.isoformat(), **({"site": sites[0]} if sites else {})}
        outbox.post(session, [Letter(f"made_{kind}", facts, person_id)], now)


def joining_code(session: Session, person_id: UUID, now: datetime) -> str:
    """A code that somebody shows to the administrator of another site, to be added there: proof that they agree.

    Fifty random bits in letters that can be dictated; it is good once, for some minutes.
    """
    drawn = base64.b32encode(hashlib.sha256(clock.secret().encode()).digest()).decode()[:CODE_LENGTH]
    access.issue(session, "colleague", person_id, now, life=access.LINK_LIFE, secret=drawn)
    return f"{drawn[:5]}-{drawn[5:]}"


def joining(session: Session, code: str, now: datetime) -> Person:
    """Whoever showed a code, which is used up. Errors: NotFound."""
    typed = "".join(letter for letter in code.upper() if letter.isalnum())
    return session.get_one(Person, access.use_up(session, "colleague", typed, now).person_id)

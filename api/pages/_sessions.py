"""The cookie that keeps a person signed in."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from fastapi import Response

from api.deps import COOKIE
from api.pages._posting import local_path, see_other
from api.pages._visits import Guest, home_of
from core import access, clock
from core.access import SESSION_LIFE
from core.database import Session
from core.settings import Settings


def keep_signed_in(answer: Response, settings: Settings, secret: str, life: timedelta = SESSION_LIFE) -> None:
    """No script reads the cookie, and no other site's page sends it along with a post."""
    answer.set_cookie(
        COOKIE, secret, max_age=int(life.total_seconds()), httponly=True, samesite="lax",
        secure=settings.public_url.startswith("https://"), path="/",
    )  # fmt: skip


def enter(visit: Guest, person_id: UUID, wished: str) -> Response:
    """A fresh session, whatever the browser had before."""
    secret, home = visit.system.database.write(lambda session: begin(session, person_id))
    return entered(visit, secret, local_path(wished, home))


def begin(session: Session, person_id: UUID) -> tuple[str, str]:
    """The secret of a fresh session, and where its person's day begins."""
    secret = access.issue(session, "session", person_id, clock.now(), life=access.SESSION_LIFE)
    return secret, home_of(access.viewer(session, person_id)) or "/"


def entered(visit: Guest, secret: str, path: str) -> Response:
    answer = see_other(path)
    keep_signed_in(answer, visit.system.settings, secret)
    return answer


def forget(answer: Response) -> None:
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")

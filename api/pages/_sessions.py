"""The cookie that keeps a person signed in."""

from __future__ import annotations

from datetime import timedelta

from fastapi import Response

from api.deps import COOKIE
from core.access import SESSION_LIFE
from core.settings import Settings


def keep_signed_in(answer: Response, settings: Settings, secret: str, life: timedelta = SESSION_LIFE) -> None:
    """No script reads the cookie, and no other site's page sends it along with a post."""
    answer.set_cookie(
        COOKIE, secret, max_age=int(life.total_seconds()), httponly=True, samesite="lax",
        secure=settings.public_url.startswith("https://"), path="/",
    )  # fmt: skip


def forget(answer: Response) -> None:
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")

"""What is stored and why; and the language of the pages."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.pages._posting import Form, local_path, see_other
from api.pages._visits import AnyGuest
from core import access, i18n

router = APIRouter(include_in_schema=False)

TOPICS = ("what", "why", "who", "how_long", "proof", "cookies", "erase")
YEAR = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class PrivacyPage:
    """What do you keep of me?"""

    topics: tuple[str, ...]
    session_days: int
    link_days: int


@router.get("/privacy")
def privacy(visit: AnyGuest) -> HTMLResponse:
    return visit.page("privacy.html", PrivacyPage(TOPICS, access.SESSION_LIFE.days, access.PAGE_LINK_LIFE.days))


@router.post("/language")
def choose(posted: Form) -> Response:
    """Keep the chosen language on the device and go back to where the reader was."""
    answer = see_other(local_path(posted.one("next"), "/"))
    if posted.one("lang") in i18n.LOCALES:
        answer.set_cookie("gongdan_lang", posted.one("lang"), max_age=YEAR, samesite="lax", path="/")
    return answer

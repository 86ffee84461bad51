"""The web chat's page, and the script that puts it into any page of an allowed origin.

The page is a shell: the conversation itself comes by `api/routes/chat.py`, with a token that the browser keeps.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from api.deps import NEEDS_SITE, Known, Locale
from api.pages import environment, page
from core import i18n
from core.access import Viewer

router = APIRouter(include_in_schema=False)

LONGEST_CODE = 64
SCRIPTS = (
    "chat", "chat-bubble", "chat-composer", "chat-files", "chat-follow", "chat-outbox", "chat-store", "chat-view",
    "chat-voice", "chat-wire",
)  # fmt: skip
WIDGET_WORDS = ("open", "close", "title", "unread")
WIDGET_HEADERS = {"cache-control": "public, max-age=3600", "access-control-allow-origin": "*"}


@dataclass(frozen=True, slots=True)
class ChatPage:
    """`embed`: inside another page, without a frame of its own. `code`: where a report begins, from a scan or link.

    `keeper`: whose conversation the browser keeps, so that two people who sign in on one device do not share one.
    `scripts`: what the page's script imports, fetched at once instead of one after another.
    """

    embed: bool
    code: str
    keeper: str
    scripts: list[str]


@router.get("/chat", dependencies=[NEEDS_SITE])
def chat(request: Request, visitor: Known, locale: Locale, embed: str = "", code: str = "") -> HTMLResponse:
    context = ChatPage(bool(embed), code[:LONGEST_CODE], _keeper(visitor), list(SCRIPTS))
    return page(request, "chat.html", context, locale=locale)


def _keeper(visitor: Viewer | None) -> str:
    return hashlib.sha256(visitor.person_id.bytes).hexdigest()[:12] if visitor else ""


@router.get("/chat/widget.js")
def widget() -> Response:
    """One script tag in a page of an allowed origin: a button that opens the chat over it."""
    return Response(_widget(), media_type="text/javascript", headers=WIDGET_HEADERS)


@cache
def _widget() -> str:
    words = {locale.replace("_", "-"): {word: _word(word, locale) for word in WIDGET_WORDS} for locale in i18n.LOCALES}
    return environment().get_template("chat_widget.js").render(words=words)


def _word(word: str, locale: str) -> str:
    return i18n.translate(f"chat_page.widget_{word}", locale, count="{count}")  # filled in by the script

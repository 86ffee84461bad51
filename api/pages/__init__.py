"""HTML pages: one file for each noun, each page's context a dataclass beside its view.

`page()` renders a template with the words, links and marks that every page has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from core import clock, i18n

HERE = Path(__file__).parent.parent
STATIC = HERE / "static"
DRAFT = "draft"  # the name in the address under which a save tells the next page which draft it has confirmed
DRAFTS = "desk-"


@cache
def environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def static_version() -> str:
    """A digest over all static files: it stands in their path, so that modules import each other's same version."""
    digest = hashlib.sha256()
    for file in sorted(STATIC.rglob("*.*")):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:10]


def static_url(name: str) -> str:
    """The address of a static file, which browsers may keep for ever."""
    return f"/static/{static_version()}/{name}"


@dataclass(frozen=True, slots=True)
class ProblemPage:
    """Something could not be done: what, and what to do now. `back`: the page of ours that one came from."""

    status: int
    kind: str
    text: str
    back: str


def page(request: Request, template: str, context: Any, *, locale: str, status: int = 200) -> HTMLResponse:
    """Render a template with the fields of its context and what every page may use: t(), time(), static_url()."""
    html = environment().get_template(template).render(**words(request, locale), **as_context(context))
    return HTMLResponse(html, status)


def as_context(context: Any) -> dict[str, Any]:
    return {item.name: getattr(context, item.name) for item in fields(context)}


def words(request: Request, locale: str) -> dict[str, Any]:
    """The names that every template has beside its own context."""
    translate: Callable[..., str] = partial(_translate, locale)
    is_demo: bool = request.app.state.system.settings.demo
    return {
        "t": translate, "locale": locale, "lang": locale.replace("_", "-"), "static_url": static_url,
        "path": request.url.path, "query": _query(request), "draft_saved": _draft_saved(request),
        "is_demo": is_demo, "demo": translate("demo.banner") if is_demo else "",
        "time": partial(_time, locale), "full_time": partial(_full_time, locale),
    }  # fmt: skip


def _query(request: Request) -> str:
    """The query of a page that may be opened again; a draft is forgotten once."""
    return urlencode([(name, value) for name, value in request.query_params.multi_items() if name != DRAFT])


def _draft_saved(request: Request) -> str:
    """The draft of the form that was saved before this page: the browser forgets it here (base.html, drafts.js)."""
    saved = request.query_params.get(DRAFT, "") if request.method == "GET" else ""
    return saved if saved.startswith(DRAFTS) else ""


def problem(request: Request, status: int, kind: str, text: str) -> HTMLResponse:
    wished = request.query_params.get("lang") or request.cookies.get("gongdan_lang")
    locale = wished if wished in i18n.LOCALES else i18n.choose(request.headers.get("accept-language"))
    return page(
        request, "problem.html", ProblemPage(status, kind, text, _came_from(request)), locale=locale, status=status
    )


def _came_from(request: Request) -> str:
    """The page of this server that led here; empty when it was none, or this very page."""
    origin = urlsplit(request.headers.get("referer", ""))
    is_ours = origin.netloc == request.headers.get("host", "") and origin.path.startswith("/")
    is_plain = not origin.path.startswith("//") and (origin.path != request.url.path or request.method != "GET")
    return origin._replace(scheme="", netloc="", fragment="").geturl() if is_ours and is_plain else ""


def _translate(locale: str, key: str, **params: Any) -> str:
    return i18n.translate(key, locale, **params)


def _time(locale: str, moment: datetime | None, zone: str = "Asia/Shanghai") -> str:
    return i18n.local_time(moment, zone, locale, clock.now()) if moment else ""


def _full_time(locale: str, moment: datetime | None, zone: str = "Asia/Shanghai") -> str:
    return i18n.full_time(moment, zone, locale) if moment else ""

"""The one table from errors to HTTP: problem details (RFC 9457) for machines, a page for people."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from api import pages
from api.deps import NotSetUp
from api.routes.hooks import NotAuthentic
from api.uploads import BodyTooLarge
from core import errors, i18n
from core.access import ChangedReplay, WeakPassword, WrongPassword
from core.database import DBAPIError, is_passing
from core.errors import GongdanError
from core.media import NotAVoice
from core.photos import NotAnImage, TooLarge

log = logging.getLogger(__name__)

STATUS: dict[type[GongdanError], int] = {
    BodyTooLarge: 413,
    TooLarge: 413,
    NotAnImage: 415,
    NotAVoice: 415,
    NotAuthentic: 401,
    errors.SignInNeeded: 401,
    WrongPassword: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    ChangedReplay: 422,
    WeakPassword: 422,
    errors.Invalid: 422,
    errors.TooMany: 429,
    errors.Busy: 503,
    GongdanError: 422,
}
PROBLEM = "application/problem+json"
KEY = re.compile(r"^(?:evidence|field|state|word)\.(?=\w)")
HEADERS = {401: {"www-authenticate": "Bearer"}, 503: {"retry-after": "1"}}


def status_of(error: GongdanError) -> int:
    """The status of the nearest class of an error that stands in the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def wait_of(status: int) -> dict[str, str]:
    """When to come again, for a page that says that the server is busy."""
    return HEADERS[status] if status == STATUS[errors.Busy] else {}


def slug(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def install(app: FastAPI) -> None:
    app.add_exception_handler(GongdanError, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(Exception, _broken)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, GongdanError)
    if isinstance(error, NotSetUp):
        return RedirectResponse("/setup", 303)
    status = status_of(error)
    facts = {name: _for_machines(value) for name, value in error.facts.items() if name != "items"}
    return answer(request, status, slug(error.key), i18n.explain(error, _locale(request)), facts, HEADERS.get(status))


def _for_machines(value: Any) -> Any:
    """A fact that is a key for translation is told without its domain: `field.text` is `text`."""
    if isinstance(value, list | tuple):
        return [_for_machines(item) for item in value]
    return KEY.sub("", value) if isinstance(value, str) else value


def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    locale, items = _locale(request), error.errors()
    fields = [_field(item) for item in items]
    is_missing = all(item["type"] == "missing" for item in items)
    kind = errors.Missing if is_missing else errors.Invalid
    named = i18n.listed([_named(name, locale) for name in dict.fromkeys(fields)], locale)
    details = [{"field": name, "problem": _problem(item, locale)} for name, item in zip(fields, items, strict=True)]
    return answer(request, 422, slug(kind.__name__), i18n.explain(kind(field=named), locale), {"errors": details})


def _field(item: Mapping[str, Any]) -> str:
    """Which field is wrong; of JSON that cannot be read only a position is known, which says nothing."""
    first, *within = item["loc"]
    is_readable = item["type"] != "json_invalid"
    return (".".join(str(part) for part in within) if is_readable else "") or str(first)


def _named(field: str, locale: str) -> str:
    """A field in the words of a language, else by its name, so that it is seen to be one."""
    key = f"field.{field}"
    return i18n.translate(key if i18n.has_text(key, locale) else "problem.field", locale, name=field)


def _problem(item: Mapping[str, Any], locale: str) -> str:
    key = f"problem.{item['type']}"
    facts = {name: str(value).replace(" or ", ", ") for name, value in item.get("ctx", {}).items()}
    return i18n.translate(key if i18n.has_text(key, locale) else "problem.other", locale, **facts)


def _database(request: Request, error: Exception) -> Response:
    """What passes is said as busy; everything else is ours."""
    assert isinstance(error, DBAPIError)
    return _refused(request, errors.Busy()) if is_passing(error) else _broken(request, error)


def _plain(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    known = {404: "not-found", 405: "method-not-allowed", 413: "body-too-large"}.get(error.status_code, "invalid")
    key = f"http.{error.status_code}"
    locale = _locale(request)
    text = i18n.translate(key, locale) if i18n.has_text(key, locale) else str(error.detail)
    return answer(request, error.status_code, known, text, {}, error.headers)


def _broken(request: Request, error: Exception) -> Response:
    log.error("a request failed: %s %s", request.method, request.url.path, exc_info=error)
    return answer(request, 500, "server-error", i18n.translate("http.500", _locale(request)), {})


def answer(
    request: Request, status: int, kind: str, text: str, facts: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    """An error as its reader wants it: a page for a browser, problem details for everything else."""
    if _wants_page(request):
        shown = pages.problem(request, status, kind, text)
        shown.headers.update(wait_of(status))
        return shown
    problem = {**facts, "type": f"https://gongdan.org/problems/{kind}", "title": text, "status": status, "detail": text}
    return Response(orjson.dumps(problem, default=str), status, media_type=PROBLEM, headers=dict(headers or {}))


def _wants_page(request: Request) -> bool:
    is_machine = request.url.path.startswith(("/api/", "/hooks/", "/static/", "/chat/"))
    return not is_machine and "text/html" in request.headers.get("accept", "")


def _locale(request: Request) -> str:
    wished = request.query_params.get("lang") or request.cookies.get("gongdan_lang")
    said = request.headers.get("accept-language")
    own: str = getattr(request.state, "locale", "") if not said else ""  # of whom asks, where that is known
    return wished if wished in i18n.LOCALES else own or i18n.choose(said)

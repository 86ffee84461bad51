"""What the generated OpenAPI document lacks: the shape of errors, and how a caller proves who it is."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.deps import COOKIE

ABOUT = """\
Tickets, assets and people of Gongdan.

Machines send `Authorization: Bearer …` (from `gongdan token create PERSON`), people's browsers their cookie.
Every mutation accepts `Idempotency-Key`: the same key with the same content returns the first result, with other
content it is refused. Errors are problem details (RFC 9457) whose `type` ends in a stable name.
"""
PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "What went wrong. Beside these fields stand the facts of the error, such as `missing` or `version`.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "Ends in the stable kebab-case name of the error."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What a person can be told, in the language of the request."},
        "missing": {"type": "array", "items": {"type": "string"}, "description": "Evidence that is still missing."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "problem": {"type": "string"}},
            },
        },
    },
    "additionalProperties": True,
}
SECURITY: dict[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
}


def install(app: FastAPI) -> None:
    """Let the application describe itself completely. The document is made once."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _complete(
                get_openapi(title=app.title, version=app.version, description=ABOUT, routes=app.routes)
            )
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def _complete(document: dict[str, Any]) -> dict[str, Any]:
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["securitySchemes"] = SECURITY
    for path, operations in document["paths"].items():
        if path.startswith("/api/v1/"):
            for operation in operations.values():
                operation["security"] = [{name: []} for name in SECURITY]
    return document

"""Safe repetition: a mutation with an Idempotency-Key happens once, however often it is sent.

The key is taken before the effect and its result kept after it, in one transaction, so that a twin which comes at
the same moment waits and gets the same answer. What was refused is not kept: it has changed nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from fastapi import Depends, Header, Request
from fastapi.responses import Response
from pydantic import BaseModel

from api.deps import SignedIn
from core import access, clock
from core.access import Viewer
from core.database import Session

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key", pattern=r"^[\x21-\x7e]{1,200}$",
        description="The same key and content returns the first result; with other content it is refused with 422.",
    ),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Once:
    """One mutation of one person, with the key it came with. `target` is its method and path."""

    person: Viewer
    key: str | None
    target: str

    def answer(
        self, session: Session, content: BaseModel | str, work: Callable[[], BaseModel], status: int = 200
    ) -> Response:
        """Do the work and answer with what it returns, or answer as the first time.

        `content`: what the request says; a form is a different text each time it is sent, so its hash stands for it.
        """
        if self.key is None:
            return answer(work(), status)
        first = access.take_key(session, self.person.person_id, self.key, self._body(content), clock.now())
        if first is not None:
            return _sent(first.result, first.status)
        result = as_json(work())
        access.keep_result(session, self.person.person_id, self.key, status, result)
        return _sent(result, status)

    def before(self, session: Session, content: BaseModel | str) -> Response | None:
        """The first answer, for work that asks a platform before it comes to the database."""
        if self.key is None:
            return None
        first = access.kept(session, self.person.person_id, self.key, self._body(content))
        return _sent(first.result, first.status) if first is not None else None

    def _body(self, content: BaseModel | str) -> bytes:
        said = content if isinstance(content, str) else content.model_dump_json()
        return f"{self.target}\n{said}".encode()


async def once(request: Request, who: SignedIn, idempotency_key: Key = None) -> Once:
    return Once(who, idempotency_key, f"{request.method} {request.url.path}")


Idempotent = Annotated[Once, Depends(once)]


def as_json(shown: BaseModel) -> dict[str, Any]:
    return shown.model_dump(mode="json", by_alias=True)


def answer(shown: BaseModel, status: int = 200) -> Response:
    """An answer that is serialised here, in the thread of the route: FastAPI would ask for another one."""
    return _sent(as_json(shown), status)


def _sent(result: dict[str, Any], status: int) -> Response:
    """What was made says where it is."""
    made_at = result.get("links", {}).get("self") if status == 201 else None
    headers = {"location": made_at} if made_at else {}
    return Response(orjson.dumps(result), status, media_type="application/json", headers=headers)

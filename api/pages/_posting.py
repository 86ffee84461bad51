"""What a page's form sends: read within limits, taken once however often it arrives, answered with a redirect."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from api import uploads
from api.deps import SignedIn, System, SystemDep
from core import access, clock
from core.database import Session
from core.errors import Forbidden, GongdanError
from core.photos import MAX_BYTES

MAX_WORDS = 64 * 1024
MAX_PHOTO = MAX_BYTES + MAX_WORDS
MAX_FORM = 64 * 1024 * 1024
MAX_FILES = 12
MAX_FIELDS = 400
MAX_FIELD = 1024 * 1024
DIGITS = 10
NOT_CONTENT = ("idempotency_key",)


def whole(said: str) -> int | None:
    """A whole number as a form or an address brings it; None for what is none, or longer than a column holds."""
    given = said.strip()
    return int(given) if given.isascii() and given.isdigit() and len(given) < DIGITS else None


@dataclass(frozen=True, slots=True)
class Posted:
    """The fields and files of a form. `refused`: why a file was not read; the others still count.

    `key`: the same for every arrival of the same press of a button. `names`: what the files were called; only to show.
    """

    fields: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, list[bytes]] = field(default_factory=dict)
    refused: tuple[GongdanError, ...] = ()
    key: str = ""
    is_strict: bool = False
    names: dict[str, list[str]] = field(default_factory=dict)

    def one(self, name: str) -> str:
        return self.fields.get(name, [""])[-1].strip()

    def many(self, name: str) -> list[str]:
        return [value for value in self.fields.get(name, []) if value]

    def of(self, name: str) -> list[bytes]:
        return self.files.get(name, [])

    @property
    def last(self) -> dict[str, str]:
        """The last value of every field, to be shown again."""
        return {name: values[-1] for name, values in self.fields.items()}

    @property
    def version(self) -> int | None:
        """The version of the ticket that the page showed."""
        return whole(self.one("version"))

    @property
    def digest(self) -> bytes:
        """What was sent, apart from the key that it came under."""
        told = [(name, values) for name, values in sorted(self.fields.items()) if name not in NOT_CONTENT]
        parts = [repr(told).encode(), *(item for name in sorted(self.files) for item in self.files[name])]
        return b"".join(hashlib.sha256(part).digest() for part in parts)


async def read(request: Request, system: SystemDep) -> Posted:
    """A form without files, which must come from a page of ours. Raises BodyTooLarge before anything is read."""
    return await _read(request, system, MAX_WORDS)


async def read_photo(request: Request, system: SystemDep) -> Posted:
    """A form with one photo."""
    return await _read(request, system, MAX_PHOTO)


async def read_files(request: Request, system: SystemDep) -> Posted:
    """A form with several files. Who may send it is found out first: by then the server has read all of it."""
    return await _read(request, system, MAX_FORM)


async def read_own_files(request: Request, system: SystemDep, who: SignedIn) -> Posted:
    """A form with several files of somebody who is signed in; of nobody else a byte is read."""
    return await _read(request, system, MAX_FORM)


async def _read(request: Request, system: System, limit: int) -> Posted:
    _check_origin(request, system.settings.public_url)
    declared = request.headers.get("content-length", "")
    if not declared.isdigit() or int(declared) > limit:
        raise uploads.BodyTooLarge(limit=limit)
    fields: dict[str, list[str]] = {}
    files: dict[str, list[bytes]] = {}
    refused: list[GongdanError] = []
    names: dict[str, list[str]] = {}
    async with request.form(max_files=MAX_FILES * 2, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD) as form:
        for name, value in form.multi_items():
            if not isinstance(value, UploadFile):
                fields.setdefault(name, []).append(value)
            elif value.filename and len(files.get(name, [])) < MAX_FILES:
                names.setdefault(name, []).append(value.filename)
                await _keep_file(files.setdefault(name, []), value, refused)
    own = fields.get("idempotency_key", [""])[0]
    header = request.headers.get("idempotency-key", "")
    return Posted(fields, files, tuple(refused), (own or header)[:200], is_strict=bool(header and not own), names=names)


async def _keep_file(kept: list[bytes], file: UploadFile, refused: list[GongdanError]) -> None:
    try:
        kept.append(await uploads.bytes_of(file))
    except GongdanError as error:
        refused.append(error)


def _check_origin(request: Request, public_url: str) -> None:
    """A browser says where a post comes from; one of another site is refused, signed in or not.

    "null" is another site too: a sandboxed frame says it, and could sign its visitor in as somebody else. Our own
    pages never do, because their referrer policy is same-origin and nothing of ours posts from a sandbox.
    """
    origin = request.headers.get("origin", "")
    ours = {request.headers.get("host", ""), urlsplit(public_url).netloc} - {""}
    if origin and urlsplit(origin).netloc not in ours:
        raise Forbidden


Form = Annotated[Posted, Depends(read)]
PhotoForm = Annotated[Posted, Depends(read_photo)]
OwnFiles = Annotated[Posted, Depends(read_own_files)]


def see_other(url: str) -> RedirectResponse:
    return RedirectResponse(url, 303)


def once(session: Session, person_id: UUID, posted: Posted, path: str, work: Callable[[], str]) -> str:
    """Do the work of a post once; returns the address to go to, the same for every arrival of the same post.

    A key in the page itself may be sent again with other content, by the back button: that is a new post. A key of
    the Idempotency-Key header with other content is refused.
    """
    if not posted.key:
        return work()
    body = posted.digest
    mixed = b"" if posted.is_strict else body
    key = hashlib.sha256(path.encode() + b"\0" + posted.key.encode() + mixed).hexdigest()
    if (before := access.take_key(session, person_id, key, body, clock.now())) is not None:
        return str(before.result["to"])
    to = work()
    access.keep_result(session, person_id, key, 303, {"to": to})
    return to


def local_path(wished: str, otherwise: str) -> str:
    """A path of this server to go to, or another where the wish is not one: never a way to another site."""
    parts = urlsplit(wished)
    is_plain = wished.startswith("/") and not wished.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return wished if is_plain and wished.isprintable() and "\\" not in wished else otherwise

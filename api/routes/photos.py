"""Photos and voice notes of a ticket: taken in clean, given out only through the ticket that they belong to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile

from api import tickets, uploads
from api.deps import Db, SignedIn, SystemDep, WriteDb
from api.idempotency import Idempotent
from api.routes.tickets import Number
from api.routing import UploadRoute, noun, problems
from api.schemas import tickets as schema
from bot.fetching import stored_photo
from core import clock, media
from core.access import Viewer
from core.database import Session
from core.errors import Forbidden, Missing, NotFound
from core.photos import PHOTO_MIME
from core.storage import key_of
from core.tickets import additions, queries
from core.tickets.models import Attachment, Ticket

router = noun("tickets/{number}", UploadRoute)

Hash = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", examples=[schema.DIGEST])]
FIELDS_OF_FORM = 8
LONGEST_FIELD = 4096
# Kept by the one browser that was let in; nothing in it may run, whatever it turns out to be.
HEADERS = {
    "cache-control": "private, max-age=31536000, immutable",
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
}
FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "kind": {"type": "string", "enum": ["before", "after", "other", "report"], "default": "other"},
                        "item": {"type": "integer", "minimum": 0, "maximum": 9999, "default": 0},
                        "reason": {"type": "string", "maxLength": 200},
                        "device_at": {"type": "string", "format": "date-time"},
                    },
                }
            }
        },
    }
}


def _bytes(mime: str) -> dict[str, Any]:
    """The documentation of an answer that is a file."""
    return {"content": {mime: {"schema": {"type": "string", "format": "binary"}, "example": "(the file)"}}}


@dataclass(frozen=True, slots=True)
class Received:
    """A file with the fields that came beside it."""

    data: bytes
    fields: schema.Upload


def welcome(number: Number, who: SignedIn, system: SystemDep) -> None:
    """Whether the caller may add to the ticket at all: asked before the body is read, and not while it is."""
    with system.database.read_scope() as session:
        tickets.find(session, number, who)


async def received(request: Request, _: Annotated[None, Depends(welcome)]) -> Received:
    async with request.form(max_files=1, max_fields=FIELDS_OF_FORM, max_part_size=LONGEST_FIELD) as form:
        fields, file = _fields(form), form.get("file")
        if not isinstance(file, UploadFile):
            raise Missing(field="field.file")
        return Received(await uploads.bytes_of(file), fields)


def _fields(form: FormData) -> schema.Upload:
    given = {name: value for name, value in form.multi_items() if name != "file"}
    try:
        return schema.Upload.model_validate(given)
    except ValidationError as error:
        raise RequestValidationError([{**item, "loc": ("body", *item["loc"])} for item in error.errors()]) from error


@router.post(
    "/photos", status_code=201, response_model=schema.Uploaded, operation_id="add_photo", openapi_extra=FORM,
    responses={**problems(403, 404, 409, 413, 415, 422, 503)},
)  # fmt: skip
def add(
    number: Number, upload: Annotated[Received, Depends(received)], who: SignedIn, system: SystemDep, db: WriteDb,
    once: Idempotent,
) -> Response:  # fmt: skip
    """Add a photo. It is drawn anew before it is kept; the same one sent again changes nothing.

    Staff add `before`, `after` and `other`, residents `report` and `other`.
    """
    with system.database.read_scope() as session:
        is_technician = _check(session, number, who, upload.fields.kind)
    uploads.count_of_person(system.database, who.person_id)
    stored = stored_photo(system.storage, upload.data, keep_evidence=is_technician)
    content = f"{upload.fields.model_dump_json()}\n{hashlib.sha256(upload.data).hexdigest()}"
    return once.answer(db, content, lambda: _attached(db, number, who, upload.fields, stored), 201)


def _check(session: Session, number: str, who: Viewer, kind: str) -> bool:
    """Whether the photo is a technician's, whose photos prove work and keep what the camera says."""
    ticket = tickets.find(session, number, who)
    who = who.at(ticket.id)
    if kind in ("before", "after") and not who.holds(ticket.site_id, *queries.STAFF):
        raise Forbidden
    return who.holds(ticket.site_id, "technician")


def _attached(
    session: Session, number: str, who: Viewer, fields: schema.Upload, stored: dict[str, Any]
) -> schema.Uploaded:
    ticket = tickets.find(session, number, who, lock=True)
    if fields.item and "assignee" not in queries.parts_of(session, ticket, who):
        raise Forbidden
    additions.add_file(
        session, ticket, fields.kind, stored, who.person_id, clock.now(), reason=fields.reason,
        device_at=fields.device_at, item=fields.item,
    )  # fmt: skip
    urls = tickets.photo_urls(ticket, stored["hash"])
    return schema.Uploaded(hash=stored["hash"], width=stored["width"], height=stored["height"], urls=urls)


@router.get(
    "/photos/{sha256}", response_class=Response, operation_id="read_photo",
    responses={200: _bytes(PHOTO_MIME), **problems(404, 422)},
)  # fmt: skip
def photo(
    number: Number, sha256: Hash, asked: Annotated[schema.PhotoAddress, Query()], who: SignedIn, system: SystemDep,
    db: Db,
) -> Response:  # fmt: skip
    """A photo of this ticket as JPEG."""
    _attachment(db, tickets.find(db, number, who), who, sha256, is_voice=False)
    return Response(system.storage.get(key_of(sha256, f".{asked.size}.jpg")), media_type=PHOTO_MIME, headers=HEADERS)


@router.get(
    "/voices/{sha256}", response_class=Response, operation_id="read_voice",
    responses={200: _bytes("audio/*"), **problems(404, 422)},
)  # fmt: skip
def voice(number: Number, sha256: Hash, who: SignedIn, system: SystemDep, db: Db) -> Response:
    """A voice note of this ticket, as it came and to be kept as a file."""
    found = _attachment(db, tickets.find(db, number, who), who, sha256, is_voice=True)
    suffix = media.SUFFIXES[found.mime]
    name = f"{number.upper()}-{sha256[:8]}{suffix}"
    headers = {**HEADERS, "content-disposition": f'attachment; filename="{name}"'}
    return Response(system.storage.get(key_of(sha256, suffix)), media_type=found.mime, headers=headers)


def _attachment(session: Session, ticket: Ticket, who: Viewer, sha256: str, *, is_voice: bool) -> Attachment:
    seen = tickets.reading(session, ticket, who)
    for row in queries.attachments_of(session, ticket.id):
        if row.hash == sha256 and (row.kind == "voice") == is_voice and seen.may_see(row):
            return row
    raise NotFound(what="word.photo")

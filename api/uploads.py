"""Bodies and files from outside, refused as soon as they are known to be too large; and who sent them."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from uuid import UUID

from fastapi import Request
from starlette.datastructures import UploadFile

from core import clock, limits
from core.access import Viewer
from core.database import Database, Session
from core.errors import GongdanError
from core.photos import MAX_BYTES, TooLarge

CHUNK = 256 * 1024
LINE_BITS = 64
MOST_FILES = 60
MOST_FILES_OF_PERSON = 300
MOST_DEEDS_OF_PERSON = 60


class BodyTooLarge(GongdanError):
    """The request is larger than {limit} bytes."""


async def body_of(request: Request, limit: int) -> bytes:
    """The whole body of a request. Raises BodyTooLarge before reading when the length is told, else while reading."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise BodyTooLarge(limit=limit)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise BodyTooLarge(limit=limit)
    return bytes(body)


async def bytes_of(file: UploadFile) -> bytes:
    """The bytes of an uploaded file."""
    data = bytearray()
    while chunk := await file.read(CHUNK):
        data += chunk
        if len(data) > MAX_BYTES:
            raise TooLarge(field="field.file", megabytes=MAX_BYTES // 1024**2)
    return bytes(data)


def count(database: Database, address: str) -> None:
    """Count a file from an address, before it is looked at and kept. Raises TooMany."""
    database.write(lambda session: limits.count(session, f"photo:{address}", clock.now(), most=MOST_FILES))


def count_of_person(database: Database, person_id: UUID) -> None:
    """Count a file of somebody who is signed in: a report makes anybody that."""
    key = f"photo-of:{person_id}"
    database.write(lambda session: limits.count(session, key, clock.now(), most=MOST_FILES_OF_PERSON))


def count_deed(session: Session, who: Viewer) -> None:
    """Count what somebody without work here does to a ticket: each step and each word is told others, and kept.

    Who has work here answers checklists in bursts, and is known by name. Raises TooMany.
    """
    if not who.is_staff:
        limits.count(session, f"deed-of:{who.person_id}", clock.now(), most=MOST_DEEDS_OF_PERSON)


def address_of(request: Request) -> str:
    """The address that a request came from, as the server sees it (its trusted proxies resolved by uvicorn).

    Of an IPv6 address the first half: the rest belongs to one line, whose owner may take any of 2^64 (RFC 6177).
    """
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Address(int(address) >> LINE_BITS << LINE_BITS))
    return str(address)

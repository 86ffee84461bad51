"""Tables brought to the desk: kept, their columns named, checked, imported; each step stands in a row of `imports`.

The work itself is done by the trigger `imports`, so that a long file holds up nobody and a restart loses nothing.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from assets import columns, reading, understanding
from assets.handover import Source
from assets.models import Import
from assets.reading import Sheets
from assets.understanding import Mapping
from core import clock
from core.errors import Conflict, Invalid, NotFound
from core.storage import Storage, key_of

SUFFIX = ".table"
FIRST_LINES = 60
LONGEST_NAME = 120
BUSY = ("checking", "importing")
REMEMBERED = 20


class StillBusy(Conflict):
    """This table is being worked on. Please wait until it is done."""


class NotChecked(Conflict):
    """Please check the table first, and then import it."""


def first_lines(data: bytes) -> Sheets:
    """The beginning of each sheet. Errors: of a file that is no table."""
    return reading.sheets(Source("", data), most=FIRST_LINES)


def keep(storage: Storage, data: bytes) -> str:
    """Store a file that can be read; returns its hash. Errors: of a file that is no table."""
    first_lines(data)
    sha256 = hashlib.sha256(data).hexdigest()
    storage.put(key_of(sha256, SUFFIX), data)
    return sha256


def data_of(storage: Storage, row: Import) -> bytes:
    return storage.get(key_of(row.sha256, SUFFIX))


def begin(
    session: Session, site_id: UUID, kind: str, name: str, sha256: str, actor: UUID, now: datetime
) -> Import:  # fmt: skip
    """A new import, whose columns are to be named next. Errors: Invalid."""
    if kind not in columns.KINDS:
        raise Invalid(field="field.kind")
    plain = "".join(character for character in name if character.isprintable())
    row = Import(
        id=clock.new_id(), site_id=site_id, actor_id=actor, kind=kind, name=plain[-LONGEST_NAME:], sha256=sha256,
        mapping={}, state="mapping", done=0, total=0, attempts=0, run="", outcome={}, at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def at(session: Session, site_id: UUID, import_id: UUID, *, lock: bool = False) -> Import:
    """An import of this site. Errors: NotFound."""
    query = select(Import).where(Import.id == import_id, Import.site_id == site_id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound(what="word.import")
    return row


def listed(session: Session, site_id: UUID, limit: int = 20) -> list[Import]:
    """The imports of a site, newest first."""
    query = select(Import).where(Import.site_id == site_id).order_by(Import.id.desc())
    return list(session.scalars(query.limit(limit)))


def remembered(session: Session, site_id: UUID, kind: str) -> dict[str, str]:
    """What people of this site said last that a heading means; empty where it means nothing of ours."""
    query = select(Import.mapping).where(Import.site_id == site_id, Import.kind == kind, Import.state != "mapping")
    said: dict[str, str] = {}
    for mapping in session.scalars(query.order_by(Import.id.desc()).limit(REMEMBERED)):
        for heading, field in mapping.get("headings", {}).items():
            said.setdefault(heading, field)
    return said


def check(
    session: Session, site_id: UUID, import_id: UUID, kind: str, mapping: Mapping, header: list[str]
) -> None:  # fmt: skip
    """Say what the columns hold, and have the table compared with the register. Errors: NeededColumn, SameColumn."""
    row = at(session, site_id, import_id, lock=True)
    if row.state in BUSY:
        raise StillBusy
    if kind not in columns.KINDS:
        raise Invalid(field="field.kind")
    understanding.check(mapping, kind)
    headings = {text: field for text, field in zip(header, mapping.fields, strict=False) if text}
    row.kind, row.mapping = kind, mapping.as_dict | {"headings": headings}
    _take_up(row, "checking")
    session.flush()


def start(session: Session, site_id: UUID, import_id: UUID) -> None:
    """Import a table that was checked. Errors: StillBusy, NotChecked."""
    row = at(session, site_id, import_id, lock=True)
    if row.state in BUSY:
        raise StillBusy
    if row.state != "checked":
        raise NotChecked
    _take_up(row, "importing")
    session.flush()


def _take_up(row: Import, state: str) -> None:
    row.state, row.done, row.total, row.attempts = state, 0, 0, 0

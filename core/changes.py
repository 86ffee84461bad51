"""Changes to how a site is run: who changed what, from what to what, and the way back.

A change is kept twice. Its event in the trace says that it happened and commits to its content; the content itself
stands in a row beside it, because names and telephone numbers may not enter the trace. Taking a change back is a
new change.

    @changes.restores("category")
    def _restore(session, site_id, key, values, actor, now): ...      # write the values as they were

Of a kind in `STANDS` the audit holds the present values against all changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock, trace
from core.database import Table
from core.errors import Conflict, NotFound
from core.registry import Registry


class ChangedSince(Conflict):
    """This was changed again since then, so it cannot be taken back. Take the later change back first."""


class OverlaidSince(ChangedSince):
    """The same was changed again since then under "{what}". Take the later change back first."""


class Lasting(Conflict):
    """This cannot be taken back by itself. Please change it where it is shown."""


class Change(Table):
    """One change. `kind` and `key` name what was changed: `category` and `lift`, `site` and its id.

    `salt`: hides the content from who holds the trace alone and guesses; it stands nowhere else and goes with the row.
    `before` and `after` hold the fields that differ; an empty `before` means that it was added. `takes_back`: the
    change that this one undid.
    """

    __tablename__ = "changes"
    __table_args__ = (Index(None, "site_id", "id"), Index(None, "site_id", "kind", "key", "id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"))
    kind: Mapped[str]
    key: Mapped[str]
    label: Mapped[str] = mapped_column(default="")
    salt: Mapped[str]
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(default=dict)
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    takes_back: Mapped[UUID | None]


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody did. `before` and `after`: all editable fields as JSON values; equal ones are left out.

    `label`: what people call it. `stream`: where its event goes; the site's own unless it is given.
    """

    site_id: UUID
    kind: str
    key: str
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    label: str = ""
    stream: str = ""


Restore = Callable[[Session, UUID, str, dict[str, Any], UUID | None, datetime], None]
RESTORES: Registry[Restore] = Registry("restorable kind")


@dataclass(frozen=True, slots=True)
class Stands:
    """Where things of a kind are kept: the table, and the present values of each with its site and its key."""

    table: str
    now: Callable[[Session], Iterable[tuple[UUID, str, dict[str, Any]]]]


STANDS: Registry[Stands] = Registry("audited kind")
# Kinds of which any change can be taken back by itself: gives the values to write, so that all later changes stay.
# Errors: OverlaidSince where one of them is about the same.
ALONE: Registry[Callable[[Session, Change], dict[str, Any]]] = Registry("kind that is taken back alone")


def restores(kind: str) -> Callable[[Restore], Restore]:
    """Register how things of a kind get earlier values. Empty values: it did not exist before."""
    return RESTORES.register(kind)


def record(session: Session, edit: Edit, actor: UUID | None, now: datetime) -> Change | None:
    """Keep a change and write its event; None when nothing differs."""
    names = [name for name in {**edit.before, **edit.after} if edit.before.get(name) != edit.after.get(name)]
    if not names:
        return None
    before, after = ({n: side[n] for n in names if n in side} for side in (edit.before, edit.after))
    change = Change(
        id=clock.new_id(), site_id=edit.site_id, kind=edit.kind, key=edit.key, label=edit.label, salt=clock.secret(),
        before=before, after=after, actor_id=actor, at=now, takes_back=None,
    )  # fmt: skip
    session.add(change)
    session.flush()
    facts = {
        "change": str(change.id), "kind": edit.kind, "key": edit.key, "fields": sorted(names),
        "content": trace.commitment(change.salt, content(before, after)),
    }  # fmt: skip
    entry = trace.Entry("change", facts, actor=str(actor or ""))
    trace.append(session, edit.stream or f"site:{edit.site_id}", [entry], now)
    return change


def content(before: dict[str, Any], after: dict[str, Any]) -> str:
    """What the event of a change commits to."""
    return trace.canonical({"before": before, "after": after})


def of_site(
    session: Session, site_id: UUID, *, kind: str = "", before: UUID | None = None, limit: int = 50
) -> list[Change]:
    """The changes at a site, newest first; `before`: the last one that was seen."""
    query = select(Change).where(Change.site_id == site_id)
    if kind:
        query = query.where(Change.kind == kind)
    if before is not None:
        query = query.where(Change.id < before)
    return list(session.scalars(query.order_by(Change.id.desc()).limit(limit)))


def of_thing(session: Session, site_id: UUID, kind: str, key: str, limit: int = 50) -> list[Change]:
    """The changes to one thing of a site, newest first. Other sites have things of the same key: a category `lift`."""
    query = select(Change).where(Change.site_id == site_id, Change.kind == kind, Change.key == key)
    return list(session.scalars(query.order_by(Change.id.desc()).limit(limit)))


def last_of(session: Session, site_id: UUID, kind: str, key: str) -> Change | None:
    """The newest change to something of a site, which tells who changed it and when."""
    return next(iter(of_thing(session, site_id, kind, key, limit=1)), None)


def can_be_taken_back(session: Session, change: Change) -> bool:
    return hindrance(session, change) is None


def hindrance(session: Session, change: Change) -> Conflict | None:
    """Why a change cannot be taken back; None where it can."""
    try:
        _former(session, change)
    except (ChangedSince, Lasting) as why:
        return why
    return None


def _former(session: Session, change: Change) -> dict[str, Any]:
    """What to write to take a change back: of the newest to its thing all that was before.

    Errors: Lasting where its kind knows no way back, ChangedSince.
    """
    if change.kind not in RESTORES:
        raise Lasting
    newest = last_of(session, change.site_id, change.kind, change.key)
    if newest is not None and newest.id == change.id:
        return change.before
    if change.kind not in ALONE:
        raise ChangedSince
    return ALONE[change.kind](session, change)


def undone(what: str, before: Any, after: Any, now: Any) -> Any:
    """A value without one change to it, whatever was changed beside that later. `what`: what people call it.

    Of a table, only the entries that were changed. Errors: OverlaidSince.
    """
    if now == after:
        return before
    if all(isinstance(one, dict) for one in (before, after, now)):
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        kept = {name: value for name, value in now.items() if name not in names}
        back = {name: undone(what, before.get(name), after.get(name), now.get(name)) for name in names}
        return kept | {name: value for name, value in back.items() if value is not None}
    raise OverlaidSince(what=what)


def take_back(session: Session, site_id: UUID, change_id: UUID, actor: UUID | None, now: datetime) -> None:
    """Give something the values that it had before a change; itself a change.

    Errors: NotFound at another site, ChangedSince when it was changed again, Lasting when its kind knows no way back.
    """
    change = session.get(Change, change_id)
    if change is None or change.site_id != site_id:
        raise NotFound(what="word.change")
    values = _former(session, change)
    RESTORES[change.kind](session, site_id, change.key, values, actor, now)
    newest = last_of(session, site_id, change.kind, change.key)
    if newest is not None and newest.id != change.id:
        newest.takes_back = change.id

"""Print runs: what was printed, when, by whom, so that a sheet can be printed again and a sticker be accounted for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from assets import codes, formats, labels
from assets.choosing import Thing, Wanted, things
from assets.models import PrintedLabel, PrintRun
from assets.printing import Label
from core import clock, decisions, i18n, trace
from core.errors import Invalid, NotFound
from core.places import Site

MOST_LABELS = 5000


class TooManyLabels(Invalid):
    """That would be {count} labels; {most} at once are possible. Print one building after the other."""


@dataclass(frozen=True, slots=True)
class Setup:
    """How labels are printed. `address`: the PUBLIC_URL that their codes lead to."""

    format: str
    locale: str
    address: str
    is_test: bool = False


def print_things(
    session: Session, site_id: UUID, wanted: Wanted, setup: Setup, actor: UUID | None, now: datetime
) -> PrintRun:
    """Print labels for things; places that have no code yet get one.

    Errors: NoLabels, TooManyLabels, PrivateAddress, AddressTooLong, UnknownPaper.
    """
    found = things(session, site_id, wanted)
    _check_count(len(found))
    phone = labels.phone_of(session, site_id)
    ready = [Label(_code(session, thing, now), thing.name, thing.place, phone) for thing in found]
    return _record(session, site_id, ready, setup, actor, now)


def print_blank(
    session: Session, site_id: UUID, count: int, setup: Setup, actor: UUID | None, now: datetime
) -> PrintRun:
    """Print labels that lead nowhere yet; whoever sticks one on something says then what it is."""
    if count < 1:
        raise labels.NoLabels
    _check_count(count)
    name, phone = i18n.translate("label.blank", setup.locale), labels.phone_of(session, site_id)
    ready = [Label(code, name, "", phone) for code in codes.mint_blank(session, site_id, count, now)]
    return _record(session, site_id, ready, setup, actor, now)


def run_at(session: Session, site_id: UUID, run_id: UUID) -> PrintRun:
    """A run of this site. Errors: NotFound."""
    run = session.get(PrintRun, run_id)
    if run is None or run.site_id != site_id:
        raise NotFound(what="word.print_run")
    return run


def of_site(session: Session, site_id: UUID, *, before: UUID | None = None, limit: int = 20) -> list[PrintRun]:
    """The runs of a site, newest first; `before`: the last one that was seen."""
    query = select(PrintRun).where(PrintRun.site_id == site_id)
    if before is not None:
        query = query.where(PrintRun.id < before)
    return list(session.scalars(query.order_by(PrintRun.id.desc()).limit(limit)))


def last_of(session: Session, code: str) -> PrintRun | None:
    """The run in which a code's label was printed last, tests left out."""
    query = select(PrintRun).join(PrintedLabel, PrintedLabel.run_id == PrintRun.id)
    query = query.where(PrintedLabel.code == code, ~PrintRun.is_test)
    return session.scalar(query.order_by(PrintRun.id.desc()).limit(1))


def labels_of(session: Session, run: PrintRun) -> list[Label]:
    """The labels of a run as they were printed."""
    query = select(PrintedLabel.code, PrintedLabel.name, PrintedLabel.place, PrintedLabel.phone)
    rows = session.execute(query.where(PrintedLabel.run_id == run.id).order_by(PrintedLabel.position))
    return [Label(*row) for row in rows]


def draw(session: Session, run: PrintRun, out: BinaryIO) -> int:
    """Write the PDF of a run, the same each time; returns how many pages."""
    return labels.sheet(
        labels_of(session, run), out, public_url=run.address, title=run.title, locale=run.locale, is_test=run.is_test,
        form=formats.format_named(run.format),
    )  # fmt: skip


def _check_count(count: int) -> None:
    if count > MOST_LABELS:
        raise TooManyLabels(count=count, most=MOST_LABELS)


def _code(session: Session, thing: Thing, now: datetime) -> str:
    return thing.code or codes.mint(session, place_id=thing.place_id, now=now)


def _record(
    session: Session, site_id: UUID, ready: list[Label], setup: Setup, actor: UUID | None, now: datetime
) -> PrintRun:
    labels.check(ready, setup.address, formats.format_named(setup.format), is_test=setup.is_test)
    told = [[label.code, label.name, label.place, label.phone] for label in ready]
    run = PrintRun(
        id=clock.new_id(), site_id=site_id, actor_id=actor, at=now, format=setup.format, locale=setup.locale,
        title=session.get_one(Site, site_id).name, address=setup.address, is_test=setup.is_test, count=len(ready),
        digest=hashlib.sha256(trace.canonical({"labels": told}).encode()).hexdigest(),
    )  # fmt: skip
    session.add(run)
    session.flush()
    rows = [dict(zip(("code", "name", "place", "phone"), words, strict=True)) for words in told]
    session.execute(insert(PrintedLabel), [{"run_id": run.id, "position": at} | row for at, row in enumerate(rows)])
    facts = {"run": str(run.id), "count": run.count, "format": run.format, "is_test": run.is_test, "sha256": run.digest}
    entry = trace.Entry("labels_printed", facts, actor=str(actor or ""))
    decisions.append(session, site_id, f"site:{site_id}", [entry], now)
    return run

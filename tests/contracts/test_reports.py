"""What every report must do, tested on whatever is registered: a new file is tested the moment it exists."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from core import reports
from core.database import Database
from core.i18n import LOCALES, has_text
from core.reports import Figures
from core.tickets.models import Ticket
from core.trace import Event
from tests.core.history import done, emergency, opened
from tests.personas import Cast

each = pytest.mark.parametrize("name", reports.names())
PERIOD = "2026-11"


@pytest.fixture
def busy(db: Database, cast: Cast, now: datetime) -> Database:
    with db.write_scope() as session:
        opened(session, cast, now)
        emergency(session, cast, now)
        done(session, cast, now)
    return db


def computed(db: Database, name: str, cast: Cast, now: datetime) -> Figures:
    with db.read_scope() as session:
        return reports.figures_of(session, name, cast.site, PERIOD, now + timedelta(days=40))


@each
def test_it_has_figures_also_where_nothing_happened(db: Database, cast: Cast, now: datetime, name: str) -> None:
    found = computed(db, name, cast, now).figures
    assert found
    assert [figure.tickets for figure in found] == [()] * len(found)


@each
def test_every_figure_has_a_name_of_its_own_in_every_language(
    db: Database, cast: Cast, now: datetime, name: str
) -> None:
    figures = [figure.name for figure in computed(db, name, cast, now).figures]
    assert len(figures) == len(set(figures))
    keys = [f"reports.{name}", *(f"reports.{name}.{figure}" for figure in figures)]
    assert [(key, locale) for key in keys for locale in LOCALES if not has_text(key, locale)] == []


@each
def test_behind_every_figure_are_tickets_of_the_site_each_once(
    busy: Database, cast: Cast, now: datetime, name: str
) -> None:
    with busy.read_scope() as session:
        known = set(session.scalars(select(Ticket.number).where(Ticket.site_id == cast.site)))
    for figure in computed(busy, name, cast, now).figures:
        assert len(set(figure.tickets)) == len(figure.tickets)
        assert set(figure.tickets) <= known
        assert figure.unit != "tickets" or figure.value == len(figure.tickets)


@each
def test_computing_it_again_gives_the_same_and_leaves_no_trace(
    busy: Database, cast: Cast, now: datetime, name: str
) -> None:
    first = computed(busy, name, cast, now)
    with busy.read_scope() as session:
        events = session.scalar(select(func.count()).select_from(Event))
    assert computed(busy, name, cast, now) == first
    with busy.read_scope() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == events

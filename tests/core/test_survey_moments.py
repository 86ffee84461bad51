"""A question is put while the platform still takes it, and never in quiet hours, whatever hours there are."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from core import people, quiet, surveys
from core.database import Database, Session
from core.surveys import Survey
from core.tickets import actions, additions, asking
from core.upkeep import policies
from tests.core.history import done, take
from tests.personas import Cast

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ZONE = ZoneInfo("Asia/Shanghai")
Hours = list[tuple[str, str] | tuple[()]]


def is_allowed(moment: datetime, hours: Hours) -> bool:
    """By the clock on the wall alone."""
    at = moment.astimezone(ZONE).strftime("%H:%M")
    spans = [(one[0], one[1]) for one in hours if one]
    return not any(begins <= at < ends if begins < ends else not ends <= at < begins for begins, ends in spans)


@pytest.mark.parametrize("seed", range(4))
def test_it_is_asked_inside_the_window_and_outside_quiet_hours(
    db: Database, cast: Cast, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    with db.write_scope() as session:
        people.add_identity(session, cast.neighbour, "narrow", "narrow", "user", "1", conversation="1", via="test")
    for _ in range(10):
        with db.write_scope() as session, session.begin_nested() as example:
            _play(session, cast, chance, monkeypatch)
            example.rollback()


def _play(session: Session, cast: Cast, chance: random.Random, monkeypatch: pytest.MonkeyPatch) -> None:
    """Close a ticket at some moment, with some window and some hours, and look when its neighbour is asked."""
    now = datetime(2026, 11, 20, chance.randrange(24), 7, tzinfo=UTC)
    window, silent = chance.randint(1, 60) * HOUR, chance.randint(0, 30) * HOUR
    of_site, own = _some(chance), _some(chance)
    monkeypatch.setitem(surveys.WINDOWS, "narrow", window)
    policies.set_quiet(session, cast.site, of_site or ("", ""), cast.admin, now)
    quiet.set_hours(session, cast.neighbour, *(own or ("", "")))
    people.identities_of(session, cast.neighbour)[0].seen_at = now - silent
    ticket = done(session, cast, now - 80 * HOUR)
    additions.join(session, ticket, cast.neighbour, "", now - 70 * HOUR)
    ticket.done_at = now - actions.SILENCE
    actions.act(session, ticket, "lapse", "closures", now)
    survey = session.scalars(select(Survey).where(Survey.person_id == cast.neighbour)).one()
    at = survey.next_at if survey.state == "planned" else survey.asked_at
    _check(at, now, now - silent + window, [of_site or asking.NIGHT, own])


def _some(chance: random.Random) -> tuple[str, str] | tuple[()]:
    if chance.random() < 0.3:
        return ()
    begins, ends = chance.sample(range(48), 2)
    return f"{begins // 2:02}:{begins % 2 * 30:02}", f"{ends // 2:02}:{ends % 2 * 30:02}"


def _check(at: datetime | None, now: datetime, closes_at: datetime, hours: Hours) -> None:
    """Outside of all hours, where they leave any moment of the day; and in the window, where they leave one there."""
    assert at is not None
    if not any(is_allowed(now + MINUTE * one, hours) for one in range(1440)):
        hours = hours[1:]
    assert is_allowed(at, hours)
    minutes = (closes_at - now) // MINUTE
    assert (now <= at < closes_at) == any(is_allowed(now + MINUTE * one, hours) for one in range(minutes))


def test_it_is_not_asked_in_the_night_where_a_site_names_no_quiet_hours(
    db: Database, cast: Cast, now: datetime
) -> None:
    midnight = now + timedelta(hours=14)
    with db.write_scope() as session:
        ticket = done(session, cast, now)
        additions.join(session, ticket, cast.neighbour, "", now + timedelta(hours=2))
        take(session, ticket, "confirm", cast.resident, midnight)
        asked = {one.person_id: one.asked_at or one.next_at for one in session.scalars(select(Survey))}
    assert asked == {cast.resident: midnight, cast.neighbour: midnight + timedelta(hours=7)}

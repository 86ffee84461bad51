"""A digest tells of inspections what their plans know: in time or late, missed, skipped with its reason, and coming."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from assets.plans import making, telling
from core import clock, places
from core.database import Database, Session
from core.digest_letters import told
from core.reports.digest import Digest, digest, span_of
from tests.assets.plans.conftest import Wake, Yard, finish, made, planned

DAY = timedelta(days=1)
ANSWERS = {1: "pass", 2: "3"}


def at(session: Session, yard: Yard, now: datetime) -> Digest:
    site = places.site_of(session, yard.cast.site)
    return digest(session, site, span_of("day", None, site.timezone, now))


def numbers(found: Digest, name: str) -> tuple[str, ...]:
    return found.figure(name).tickets


def test_a_window_decides_what_is_late_and_what_was_missed(db: Database, yard: Yard, now: datetime, wake: Wake) -> None:
    assert telling
    with db.write_scope() as session:
        plan = planned(session, yard, now, rule="FREQ=DAILY;COUNT=2", rhythm={"tolerance_days": 1})
    wake(now + DAY)
    with db.write_scope() as session:
        first, second = (ticket for _, ticket in made(session, plan))
        today = at(session, yard, now + DAY)
        assert numbers(today, "today") == (second.number,)
        assert numbers(today, "inspections_missed") == ()
        assert numbers(at(session, yard, now + 2 * DAY), "inspections_missed") == (first.number,)
        finish(session, first.id, yard, ANSWERS, now + 2 * DAY)
        finish(session, second.id, yard, ANSWERS, now + 2 * DAY)
        after = at(session, yard, now + 3 * DAY)
    assert set(numbers(after, "inspections_done")) == {first.number, second.number}
    assert numbers(after, "inspections_late") == (first.number,)
    assert numbers(after, "inspections_missed") == ()


def test_what_is_made_later_today_is_told_by_its_name(db: Database, yard: Yard, now: datetime) -> None:
    with db.write_scope() as session:
        planned(session, yard, now, name="Evening round", rhythm={"hour": time(20)})
        found = at(session, yard, now)
        assert (found.coming, found.is_empty) == (("Evening round",), False)
        assert {"line": "digest_coming", "count": 1, "names": "Evening round"} in told(
            places.site_of(session, yard.cast.site), found
        )["lines"]
        elsewhere = places.add_site(session, "Elsewhere", locale="en")
        assert digest(session, places.site_of(session, elsewhere.id), found.span).is_empty


def test_a_date_skipped_for_a_day_off_is_told_with_its_reason(db: Database, yard: Yard, now: datetime) -> None:
    """From Friday the plan moves on to Monday; Saturday and Sunday are passed over."""
    with db.write_scope() as session:
        plan = planned(session, yard, now, rhythm={"on_holiday": "skip"})
        with clock.at(now):
            making.make(session, plan.id, now)
        found = at(session, yard, now + DAY)
        lines = told(places.site_of(session, yard.cast.site), found)["lines"]
    assert [(one.on, one.why) for one in found.skipped] == [
        (date(2026, 11, 21), "weekend"), (date(2026, 11, 22), "weekend"),
    ]  # fmt: skip
    skip = {"line": "digest_skipped", "on": "2026-11-21", "why": "weekend", "holiday": "", "count": 1, "names": "Pump"}
    assert skip in lines

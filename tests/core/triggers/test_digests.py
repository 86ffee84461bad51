"""A digest comes once a period on worked days; after downtime there is one, and it reaches back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from core import changes, digests, people, trace
from core.database import Database
from core.digests import DigestTaken, Sent, Subscription, Wish
from core.errors import Invalid, NotFound
from core.outbox import OutboxMessage
from core.places import Site
from core.upkeep import staff
from tests.core.history import opened
from tests.core.triggers.conftest import Wake
from tests.personas import Cast

DAY = timedelta(days=1)
EIGHT = timedelta(hours=22)  # from Friday, ten o'clock, to eight the next morning


def subscribed(db: Database, cast: Cast, now: datetime, period: str = "day") -> UUID:
    with db.write_scope() as session:
        return digests.subscribe(session, cast.site, Wish(period, "08:00", cast.manager), cast.admin, now).id


def sent(db: Database) -> list[Sent]:
    with db.read_scope() as session:
        return list(session.scalars(select(Sent).order_by(Sent.day)))


def letters(db: Database) -> list[OutboxMessage]:
    with db.read_scope() as session:
        query = select(OutboxMessage).where(OutboxMessage.kind.like("digest%"))
        return list(session.scalars(query.order_by(OutboxMessage.id)))


def test_monday_tells_of_the_weekend(db: Database, cast: Cast, now: datetime, wake: Wake) -> None:
    subscribed(db, cast, now - DAY)
    for hours in range(24 * 5 + 1):
        wake("digests", now - DAY + EIGHT + timedelta(hours=hours))
    assert [one.day for one in sent(db)] == ["2026-11-20", "2026-11-23", "2026-11-24", "2026-11-25"]
    assert [one.ends_at - one.starts_at for one in sent(db)] == [DAY, 3 * DAY, DAY, DAY]
    assert all(one.starts_at == before.ends_at for before, one in zip(sent(db), sent(db)[1:], strict=False))


def test_after_downtime_there_is_one_that_reaches_back(db: Database, cast: Cast, now: datetime, wake: Wake) -> None:
    subscribed(db, cast, now - DAY)
    wake("digests", now)
    with db.write_scope() as session:
        number = opened(session, cast, now + DAY).number
    for hours in range(5):
        wake("digests", now + 9 * DAY + timedelta(hours=hours))
    assert len(sent(db)) == 2
    assert sent(db)[1].facts["new"]["tickets"] == [number]
    with db.read_scope() as session:
        told = [one.facts for one in trace.events_of(session, f"site:{cast.site}") if one.action == "digest"]
    assert '"is_merged":true' in told[-1]


def test_two_schedulers_at_once_send_one(db: Database, cast: Cast, now: datetime, wake: Wake) -> None:
    subscribed(db, cast, now - DAY)
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda _: wake("digests", now), range(4)))
    assert all(outcome.failed == 0 for outcome in outcomes)
    assert (len(sent(db)), len(letters(db))) == (1, 1)


def test_an_empty_day_is_one_line(db: Database, cast: Cast, now: datetime, wake: Wake) -> None:
    subscribed(db, cast, now - DAY)
    wake("digests", now)
    assert [one.kind for one in letters(db)] == ["digest_empty"]


def test_a_week_is_told_on_its_first_worked_day(db: Database, cast: Cast, now: datetime, wake: Wake) -> None:
    """The Monday after is declared off."""
    with db.write_scope() as session:
        site = session.get_one(Site, cast.site)
        site.settings = {**site.settings, "calendar": {"days": {"2026-11-23": {"off": True, "name": "outing"}}}}
    subscribed(db, cast, now, "week")
    for hours in range(24 * 12):
        wake("digests", now + timedelta(hours=hours))
    assert [one.day for one in sent(db)] == ["2026-11-24", "2026-11-30"]


def test_buttons_lead_to_what_can_be_done(db: Database, cast: Cast, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        ticket = opened(session, cast, now - DAY)
        assert ticket.assignee_id
    subscribed(db, cast, now - DAY)
    wake("digests", now)
    (letter,) = letters(db)
    assert [one["action"] for one in letter.buttons] == ["digest.board", "digest.figures", "track.nudge"]
    assert letter.facts["lines"][0] == {"line": "digest_flow", "new": 1, "done": 0, "open": 1}
    assert letter.facts["chart"][-1] == ["2026-11-19", 1, 0, 1]


def test_who_has_left_the_desk_gets_none(db: Database, cast: Cast, now: datetime, wake: Wake) -> None:
    subscribed(db, cast, now - DAY)
    with db.write_scope() as session:
        people.get(session, cast.manager).is_active = False
    wake("digests", now)
    assert (sent(db), letters(db)) == ([], [])
    with db.read_scope() as session:
        assert digests.running(session, cast.site) == []


def test_a_subscription_is_a_change_that_can_be_taken_back(db: Database, cast: Cast, now: datetime) -> None:
    known = subscribed(db, cast, now)
    with db.write_scope() as session:
        digests.end(session, cast.site, known, cast.admin, now)
        newest = changes.last_of(session, cast.site, "digest", str(known))
        assert newest is not None
        changes.take_back(session, cast.site, newest.id, cast.admin, now)
        assert session.get_one(Subscription, known).next_at == now + 2 * DAY + EIGHT


@pytest.mark.parametrize("wish", [("year", "08:00"), ("day", "8"), ("day", "25:00")])
def test_what_is_no_period_or_time_is_refused(db: Database, cast: Cast, now: datetime, wish: tuple[str, str]) -> None:
    with db.write_scope() as session, pytest.raises(Invalid):
        digests.subscribe(session, cast.site, Wish(*wish, cast.manager), cast.admin, now)


def test_a_resident_gets_no_digest(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session, pytest.raises(Invalid):
        digests.subscribe(session, cast.site, Wish("day", "08:00", cast.resident), cast.admin, now)


def test_the_same_twice_is_one(db: Database, cast: Cast, now: datetime) -> None:
    assert subscribed(db, cast, now) == subscribed(db, cast, now)
    assert subscribed(db, cast, now, "week") != subscribed(db, cast, now)
    with db.read_scope() as session:
        assert len(digests.running(session, cast.site)) == 2


@pytest.mark.parametrize("is_group", [False, True])
def test_the_same_wished_in_the_same_instant_is_one(db: Database, cast: Cast, now: datetime, *, is_group: bool) -> None:
    """Each looks before any has written; the key of the table decides, and all go on with the one that is there."""
    wish = Wish("day", "08:00", *((None, ("chat", "", "group"), "Crew") if is_group else (cast.manager,)))
    started = Barrier(4)

    def ask(_: int) -> UUID:
        started.wait()
        return db.write(lambda session: digests.subscribe(session, cast.site, wish, cast.admin, now).id)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(ask, range(4)))) == 1
    with db.read_scope() as session:
        [one] = digests.running(session, cast.site)
        assert len(changes.of_thing(session, cast.site, "digest", str(one.id))) == 1


def test_two_of_the_same_cannot_stand_beside_each_other(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        for address in (("", "", ""), ("chat", "", "group")):
            wish = Wish("day", "08:00", None if any(address) else cast.manager, address)
            first = digests.subscribe(session, cast.site, wish, cast.admin, now)
            digests.end(session, cast.site, first.id, cast.admin, now)
            ended = changes.last_of(session, cast.site, "digest", str(first.id))
            assert ended is not None
            second = digests.subscribe(session, cast.site, wish, cast.admin, now)
            assert second.id != first.id
            with pytest.raises(DigestTaken):
                changes.take_back(session, cast.site, ended.id, cast.admin, now)
            with pytest.raises(IntegrityError), session.begin_nested():
                session.execute(update(Subscription).where(Subscription.id == first.id).values(next_at=now))


def test_a_group_that_moves_where_the_same_goes_already_gets_it_once(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        for conversation in ("old", "new"):
            wish = Wish("day", "08:00", address=("chat", "", conversation))
            digests.subscribe(session, cast.site, wish, cast.admin, now)
        digests.move(session, ("chat", "", "old"), "new", now)
        assert [one.conversation for one in digests.running(session, cast.site)] == ["new"]


def test_a_group_s_ends_when_whoever_let_it_in_has_left(db: Database, cast: Cast, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        wish = Wish("day", "08:00", address=("chat", "", "group"))
        digests.subscribe(session, cast.site, wish, cast.supervisor, now - DAY)
        staff.leave(session, cast.site, cast.supervisor, cast.admin, now)
    wake("digests", now)
    assert (sent(db), letters(db)) == ([], [])
    with db.read_scope() as session:
        assert digests.running(session, cast.site) == []


def test_a_group_that_has_put_us_out_lets_us_in_itself(db: Database, cast: Cast, now: datetime) -> None:
    """Also where the desk had ended it before."""
    address = ("chat", "", "group")
    with db.write_scope() as session:
        one = digests.subscribe(session, cast.site, Wish("day", "08:00", address=address), cast.supervisor, now)
        digests.end(session, cast.site, one.id, cast.supervisor, now)
        digests.leave(session, address, now)
        newest = changes.last_of(session, cast.site, "digest", str(one.id))
        assert newest is not None
        with pytest.raises(changes.Lasting):
            changes.take_back(session, cast.site, newest.id, cast.admin, now)
        assert digests.running(session, cast.site) == []


def test_what_has_ended_and_who_has_left_get_no_test(db: Database, cast: Cast, now: datetime) -> None:
    ended, left = subscribed(db, cast, now), subscribed(db, cast, now, "week")
    with db.write_scope() as session:
        digests.end(session, cast.site, ended, cast.admin, now)
        people.get(session, cast.manager).is_active = False
    for known in (ended, left):
        with db.write_scope() as session, pytest.raises(NotFound):
            digests.send_test(session, session.get_one(Subscription, known), "", now)
    assert letters(db) == []

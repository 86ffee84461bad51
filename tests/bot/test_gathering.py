"""News that would exceed what a platform takes become fewer, and each says which message carries it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from bot.messages import SendError
from core import clock, health, i18n, outbox, people, places
from core.database import Database
from core.outbox import Choice, Letter, OutboxMessage
from core.quotas import Quota, Window
from core.tickets import queries
from core.tickets.models import Ticket
from tests.bot.platforms import Platform, deliver, meet, states
from tests.core import history
from tests.personas import NOW, Cast

HOUR = timedelta(hours=1)
REASON = {"reason": "waiting_parts"}


@pytest.fixture
def tickets(db: Database, cast: Cast) -> list[UUID]:
    meet(db, cast.resident, "wecom", text=NOW)
    with db.write_scope() as session:
        found = [history.opened(session, cast, NOW, words).id for words in ("lift stuck", "tap drips", "lamp off")]
        outbox.mark_history(session)
    return found


def narrow() -> Platform:
    """One message an hour to each person."""
    return Platform(name="wecom", quotas=(Quota(2, HOUR, "person"),))


def post(
    db: Database, person: UUID, *told: tuple[str, UUID | None], buttons: tuple[Choice, ...] = (), **facts: Any
) -> list[UUID]:
    letters = [
        Letter(kind, {"number": f"WX-{n}", "thing": "Lift", "name": "Wang Wei", **REASON, **facts}, person,
               ticket_id=ticket, buttons=buttons)
        for n, (kind, ticket) in enumerate(told)
    ]  # fmt: skip
    return db.write(lambda session: outbox.post(session, letters, NOW))


def run(db: Database, platform: Platform, *later: timedelta) -> None:
    for one in later:
        with clock.at(NOW + one):
            deliver(db, platform)


def carriers(db: Database, ids: list[UUID]) -> list[UUID | None]:
    with db.read_scope() as session:
        return [session.get_one(OutboxMessage, one).merged_into for one in ids]


SOON = [timedelta(seconds=seconds) for seconds in (0, 1, 2, 3)]


def test_the_newest_step_of_a_ticket_takes_the_place_of_its_older_ones(
    db: Database, cast: Cast, tickets: list[UUID]
) -> None:
    platform = narrow()
    ids = post(db, cast.resident, *((kind, tickets[0]) for kind in ("resumed", "arrived", "held", "resumed")))
    run(db, platform, *SOON)
    assert carriers(db, ids) == [None, ids[3], ids[3], None]
    run(db, platform, HOUR)
    assert [state for state, _ in states(db, ids)] == ["sent", "merged", "merged", "sent"]
    assert "goes on" in platform.messages[-1].text


def test_news_of_several_tickets_become_one_summary_that_says_each(
    db: Database, cast: Cast, tickets: list[UUID]
) -> None:
    platform = narrow()
    ids = post(db, cast.resident, ("resumed", tickets[0]), *(("arrived", one) for one in tickets[1:]))
    run(db, platform, *SOON, HOUR)
    [first, second, third] = carriers(db, ids)
    assert (first, second is not None, second) == (None, True, third)
    assert platform.messages[-1].text.split("\n\n") == [
        "2 pieces of news:", "Wang Wei has arrived and is working on Lift (WX-1).",
        "Wang Wei has arrived and is working on Lift (WX-2).",
    ]  # fmt: skip
    assert len(platform.said) == 2


def test_a_waiting_summary_takes_up_what_comes_and_forgets_what_is_over(
    db: Database, cast: Cast, tickets: list[UUID]
) -> None:
    platform = narrow()
    ids = post(db, cast.resident, ("resumed", tickets[0]), *(("arrived", one) for one in tickets[1:]))
    run(db, platform, *SOON)
    ids += post(db, cast.resident, ("held", tickets[1]))
    run(db, platform, *SOON)
    assert len(set(carriers(db, ids[1:]))) == 1
    run(db, platform, HOUR)
    said = platform.messages[-1].text
    assert said.startswith("2 pieces of news:")
    assert "has to wait" in said
    assert "(WX-1)" not in said


def test_a_summary_that_is_full_is_followed_by_another(db: Database, cast: Cast, tickets: list[UUID]) -> None:
    platform = narrow()
    ids = post(db, cast.resident, ("resumed", tickets[0]), *[("arrived", None)] * 9)
    run(db, platform, *SOON)
    sizes = [carriers(db, ids).count(one) for one in dict.fromkeys(carriers(db, ids)) if one]
    assert sizes == [6, 3]


def test_the_news_of_each_site_are_told_apart_and_by_its_clock(db: Database, cast: Cast, tickets: list[UUID]) -> None:
    with db.write_scope() as session:
        other = places.add_site(session, "Berlin", timezone="Europe/Berlin")
        session.flush()
        session.execute(update(Ticket).where(Ticket.id == tickets[2]).values(site_id=other.id))
    platform = Platform(name="wecom", windows=(Window(("text",), timedelta(hours=48), 5),))
    post(db, cast.resident, *(("accepted", one) for one in tickets), promised_at=NOW.isoformat())
    run(db, platform, *SOON)
    zones = [i18n.local_time(NOW, zone, "en", NOW) for zone in ("Asia/Shanghai", "Europe/Berlin")]
    assert [[message.text.count(time) for time in zones] for message in platform.messages] == [[0, 1], [2, 0]]


def test_what_asks_something_stands_for_itself(db: Database, cast: Cast, tickets: list[UUID]) -> None:
    platform = narrow()
    post(db, cast.resident, ("resumed", tickets[0]))
    run(db, platform, *SOON)
    ids = post(db, cast.resident, ("appointment_proposed", tickets[1]), buttons=(Choice("track.agree"),))
    ids += post(db, cast.resident, ("arrived", tickets[1]), ("arrived", tickets[2]))
    run(db, platform, *SOON)
    assert [state for state, _ in states(db, ids)] == ["ready", "merged", "merged"]


def test_a_handful_of_messages_is_not_spent_on_what_one_can_say(db: Database, cast: Cast, tickets: list[UUID]) -> None:
    windows = (Window(("text",), timedelta(hours=48), 5),)
    platform = Platform(name="wecom", windows=windows)
    ids = post(db, cast.resident, *(("arrived", one) for one in tickets))
    run(db, platform, *SOON)
    assert [state for state, _ in states(db, ids)] == ["merged"] * 3
    assert len(platform.said) == 1


def test_a_summary_that_nobody_answered_is_repeated_once(db: Database, cast: Cast, tickets: list[UUID]) -> None:
    windows = (Window(("text",), timedelta(hours=48), 5),)
    platform = Platform(*[SendError("timeout", is_unknown=True)] * 3, name="wecom", windows=windows)
    ids = post(db, cast.resident, *(("arrived", one) for one in tickets))
    run(db, platform, *SOON, *(timedelta(minutes=minutes) for minutes in (1, 2, 3)))
    [carrier] = set(carriers(db, ids))
    assert carrier
    assert (states(db, [carrier]), len(platform.refusals)) == ([("unknown", "timeout")], 1)


def test_a_summary_whose_window_closed_is_taken_apart_because_a_template_says_one_thing(
    db: Database, cast: Cast, tickets: list[UUID]
) -> None:
    windows = (Window(("text",), timedelta(hours=48), 5),)
    platform = Platform(SendError("window_closed"), name="wecom", windows=windows, templates=("news",))
    ids = post(db, cast.resident, *(("arrived", one) for one in (*tickets, tickets[0])))
    run(db, platform, *SOON)
    assert [dict(message.fields)["number"] for message in platform.messages] == ["WX-1", "WX-2", "WX-3"]
    assert [state for state, _ in states(db, ids)] == ["merged", "sent", "sent", "sent"]
    assert carriers(db, ids)[0] == ids[3]


def test_the_pieces_of_a_summary_that_may_have_arrived_are_sent_once_more_and_not_again(
    db: Database, cast: Cast, tickets: list[UUID]
) -> None:
    windows = (Window(("text",), timedelta(hours=48), 5),)
    doubt = SendError("timeout", is_unknown=True)
    platform = Platform(
        doubt, SendError("window_closed"), doubt, name="wecom", windows=windows, templates=("news",)
    )  # fmt: skip
    ids = post(db, cast.resident, *(("arrived", one) for one in tickets))
    run(db, platform, *SOON, *(timedelta(minutes=minutes) for minutes in (1, 2, 3)))
    assert sorted(states(db, ids)) == [("sent", ""), ("sent", ""), ("unknown", "timeout")]


def test_nobody_else_s_news_are_taken_up(db: Database, cast: Cast, tickets: list[UUID]) -> None:
    with db.write_scope() as session:
        people.add_identity(
            session, cast.neighbour, "wecom", "42", "user", "chen", conversation="chen", via="test"
        )  # fmt: skip
    platform = narrow()
    ids = post(db, cast.resident, ("resumed", tickets[0]), ("arrived", tickets[1]))
    ids += post(db, cast.neighbour, ("resumed", tickets[0]), ("arrived", tickets[1]))
    run(db, platform, *SOON)
    assert carriers(db, ids) == [None] * 4


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_a_summary_is_said_in_the_reader_s_language(db: Database, cast: Cast, tickets: list[UUID], locale: str) -> None:
    with db.write_scope() as session:
        people.get(session, cast.resident).locale = locale
    platform = narrow()
    post(db, cast.resident, ("resumed", tickets[0]), *(("arrived", one) for one in tickets))
    run(db, platform, *SOON, HOUR)
    assert platform.messages[-1].text.startswith(i18n.translate("chat.news_summary", locale, count=3, news=""))


def test_what_was_gathered_into_a_message_that_did_not_arrive_is_told_at_the_desk(
    db: Database, cast: Cast, tickets: list[UUID]
) -> None:
    platform = narrow()
    ids = post(db, cast.resident, ("resumed", tickets[0]), *(("arrived", one) for one in tickets[1:]))
    run(db, platform, *SOON)
    platform.refusals.append(SendError("refused"))
    run(db, platform, HOUR)
    with db.read_scope() as session:
        lost = health.undelivered(session, cast.site, NOW - HOUR)
        numbers = [queries.by_id(session, one).number for one in tickets[1:]]
    assert [(one.why, one.number) for one in lost] == [("refused", number) for number in reversed(numbers)]
    assert [state for state, _ in states(db, ids)] == ["sent", "merged", "merged"]

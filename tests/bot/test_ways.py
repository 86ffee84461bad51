"""Which way a message goes: within the platform's windows and quotas, else another way, else nowhere, and why."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from bot.messages import Limits, SendError
from core import clock, consents, joining, outbox, people, sendings
from core.consents import Consent
from core.database import Database
from core.outbox import Letter, OutboxMessage
from core.quotas import Quota, Window
from tests.bot.platforms import Platform, deliver, delivery, meet, states
from tests.core import history
from tests.personas import NOW, Cast

HOUR = timedelta(hours=1)
FACTS = {"number": "WX-1", "name": "Guo Jing", "made_at": NOW.isoformat(), "category": "lift", "place": "A/1/Hall"}
LONG_AGO = NOW - timedelta(days=3)
WINDOWS = (Window(("text",), timedelta(hours=48), 5), Window(("scan",), timedelta(minutes=1), 3))


def post(db: Database, person: UUID, *kinds: str, **facts: Any) -> list[UUID]:
    letters = [Letter(kind, FACTS | facts, person) for kind in kinds]
    return db.write(lambda session: outbox.post(session, letters, NOW))


def wechat(*refusals: Exception, **limits: Any) -> Platform:
    return Platform(*refusals, name="wechat", **{"windows": WINDOWS, **limits})


def run(db: Database, *platforms: Platform, later: timedelta = timedelta()) -> None:
    with clock.at(NOW + later):
        deliver(db, *platforms)


def consent(db: Database, purpose: str) -> None:
    db.write(lambda session: consents.give(session, ("wechat", "42", "wechat"), purpose))


def consents_left(db: Database) -> int:
    with db.read_scope() as session:
        return session.scalars(select(Consent.left)).one()


def passed(db: Database, ids: Sequence[UUID]) -> list[str]:
    with db.read_scope() as session:
        found = sendings.of_messages(session, ids)
        return [" ".join(one.passed for one in found.get(message, [])) for message in ids]


def waits(db: Database, message: UUID) -> tuple[str, str, Any, int]:
    with db.read_scope() as session:
        row = session.get_one(OutboxMessage, message)
        return row.state, row.waits, row.not_before, row.attempts


def test_an_open_window_takes_one_message_less_than_the_platform_would(db: Database, cast: Cast) -> None:
    meet(db, cast.resident, "wechat", text=NOW - HOUR)
    ids, platform = post(db, cast.resident, *["made_link"] * 6), wechat()
    for _ in range(4):
        run(db, platform)
    assert [state for state, _ in states(db, ids)] == ["sent"] * 4 + ["undeliverable"] * 2
    assert states(db, ids)[-1] == ("undeliverable", "quota")


def test_an_outage_fills_no_window(db: Database, cast: Cast) -> None:
    meet(db, cast.resident, "wechat", text=NOW - HOUR)
    ids, platform = post(db, cast.resident, "help"), wechat(*[SendError("unreachable", retryable=True)] * 6)
    for minutes in range(0, 30, 3):
        run(db, platform, later=timedelta(minutes=minutes))
    assert (states(db, ids), platform.refusals) == ([("sent", "")], [])


def test_what_may_have_arrived_fills_a_window(db: Database, cast: Cast) -> None:
    meet(db, cast.resident, "wechat", text=NOW - HOUR)
    platform = wechat(*[SendError("timeout", is_unknown=True)] * 4)
    ids = post(db, cast.resident, *["made_link"] * 5)
    for _ in range(3):
        run(db, platform)
    assert [state for state, _ in states(db, ids)] == ["unknown"] * 4 + ["undeliverable"]


def test_a_closed_window_without_another_way_says_so_at_the_desk(db: Database, cast: Cast) -> None:
    meet(db, cast.resident, "wechat", text=LONG_AGO)
    ids, platform = post(db, cast.resident, "help"), wechat()
    run(db, platform)
    assert (states(db, ids), platform.said) == ([("undeliverable", "window_closed")], [])


def test_a_closed_window_falls_back_to_the_chat_that_was_used_before(db: Database, cast: Cast) -> None:
    meet(db, cast.resident, "telegram", text=LONG_AGO)
    meet(db, cast.resident, "wechat", text=LONG_AGO)
    ids, telegram = post(db, cast.resident, "help"), Platform()
    run(db, wechat(), telegram)
    assert ([chat for chat, _ in telegram.said], passed(db, ids)) == (["telegram"], ["wechat:window_closed"])


def test_a_template_goes_where_the_window_is_closed(db: Database, cast: Cast) -> None:
    meet(db, cast.resident, "telegram")
    meet(db, cast.resident, "wechat", text=LONG_AGO)
    platform = wechat(templates=("news",))
    with db.write_scope() as session:
        ticket = history.opened(session, cast, NOW)
        facts = {"number": ticket.number, "category": "lift", "place": "A/1/Hall", "promised_at": NOW.isoformat()}
        outbox.post(session, [Letter("resumed", facts, cast.resident, ticket_id=ticket.id)], NOW + HOUR)
        outbox.mark_history(session)
        letter = Letter("resumed", facts, cast.resident, ticket_id=ticket.id)
        ids = outbox.post(session, [letter, Letter("help", {}, cast.resident)], NOW)
    telegram = Platform()
    run(db, platform, telegram)
    [said] = platform.messages
    assert (said.is_template, said.purpose, said.url) == (True, "news", f"https://fix.example/t/{ticket.number}")
    assert [name for name, _ in said.fields] == ["number", "category", "place", "time", "text", "moment", "state"]
    assert passed(db, ids) == ["", "wechat:window_closed"]


def test_each_template_takes_a_consent_where_the_platform_wants_one(db: Database, cast: Cast) -> None:
    meet(db, cast.resident, "wechat")
    consent(db, "survey")
    ids, platform = post(db, cast.resident, "survey", "survey"), wechat(templates=("survey",), has_consents=True)
    run(db, platform)
    assert states(db, ids) == [("sent", ""), ("undeliverable", "no_consent")]


@pytest.mark.parametrize(
    ("error", "left"),
    [
        (SendError("unreachable", retryable=True), 1),
        (SendError("refused"), 1),
        (SendError("no_consent"), 0),
        (SendError("timeout", is_unknown=True), 0),
    ],
)
def test_a_consent_that_the_platform_has_not_used_up_is_left(
    db: Database, cast: Cast, error: SendError, left: int
) -> None:
    meet(db, cast.resident, "wechat")
    consent(db, "survey")
    post(db, cast.resident, "survey")
    run(db, wechat(error, templates=("survey",), has_consents=True))
    assert consents_left(db) == left


def test_a_sender_that_comes_too_late_leaves_the_consent_that_it_took(db: Database, cast: Cast) -> None:
    meet(db, cast.resident, "wechat")
    consent(db, "survey")
    consent(db, "survey")
    ids, platform = post(db, cast.resident, "survey"), wechat(templates=("survey",), has_consents=True)
    late = delivery(db, platform)
    with clock.at(NOW):
        [parcel], _ = late._claim(10)  # noqa: SLF001 - the moment between claiming and sending
        db.write(outbox.release)
        deliver(db, platform)
        asyncio.run(late._send(parcel))  # noqa: SLF001
    assert (states(db, ids), len(platform.said), consents_left(db)) == ([("sent", "")], 1, 1)


def test_what_cannot_be_said_takes_no_consent(db: Database, cast: Cast) -> None:
    meet(db, cast.resident, "wechat")
    consent(db, "digest")
    platform = wechat(templates=("digest",), has_consents=True)
    unsayable = post(db, cast.resident, "digest_of_nothing")
    run(db, platform)
    assert (states(db, unsayable), consents_left(db)) == ([("undeliverable", "unrenderable")], 1)


@pytest.mark.parametrize("code", ["window_closed", "quota", "no_consent", "blocked"])
def test_a_platform_that_knows_better_is_believed_and_every_chat_is_tried_once(
    db: Database, cast: Cast, code: str
) -> None:
    """Two chats that refuse for good: neither is tried twice, and the desk reads the reason."""
    error = SendError(code, stop_contact=code == "blocked", said="45015 response out of time limit")
    platforms = [Platform(*[error] * 3, name=name) for name in ("wechat", "telegram")]
    for platform in reversed(platforms):
        meet(db, cast.resident, platform.name, text=NOW)
    ids = post(db, cast.resident, "help")
    for _ in range(4):
        run(db, *platforms)
    assert [len(platform.refusals) for platform in platforms] == [2, 2]
    assert states(db, ids) == [("undeliverable", "no_way" if code == "blocked" else code)]


@pytest.mark.parametrize("windows", [(), WINDOWS])
def test_a_refusal_that_ends_by_itself_closes_the_chat_to_no_message(
    db: Database, cast: Cast, windows: tuple[Window, ...]
) -> None:
    meet(db, cast.resident, "wechat", text=NOW - HOUR)
    ids = post(db, cast.resident, "help")
    platform = wechat(SendError("quota", retryable=True, after=HOUR), windows=windows)
    run(db, platform)
    assert states(db, ids) == [("retry", "quota")]
    ids += post(db, cast.resident, "made_link")
    for later in (timedelta(minutes=1), HOUR):
        run(db, platform, later=later)
    assert states(db, ids) == [("sent", "")] * 2


def test_a_refused_message_becomes_a_template_of_the_same_chat(db: Database, cast: Cast) -> None:
    meet(db, cast.resident, "wechat", text=NOW)
    ids, platform = post(db, cast.resident, "survey"), wechat(SendError("window_closed"), templates=("survey",))
    run(db, platform)
    run(db, platform)
    assert (states(db, ids), [said.is_template for said in platform.messages]) == ([("sent", "")], [True])


def test_an_answer_follows_its_person_and_an_edit_does_not(db: Database, cast: Cast) -> None:
    meet(db, cast.resident, "telegram")
    meet(db, cast.resident, "wechat", text=LONG_AGO)
    here = ("wechat", "42", "wechat")
    letters = [Letter("help", {}, cast.resident, here), Letter("help", {}, cast.resident, here, replaces="5")]
    ids = db.write(lambda session: outbox.post(session, letters, NOW))
    run(db, wechat(), Platform())
    assert states(db, ids) == [("sent", ""), ("undeliverable", "window_closed")]


@pytest.mark.parametrize("is_early", [True, False])
def test_a_chat_that_became_somebody_elses_gets_nothing_more_of_its_reader(
    db: Database, cast: Cast, *, is_early: bool
) -> None:
    """What waits, and what is written afterwards by whoever still knows the chat."""
    meet(db, cast.resident, "telegram")
    meet(db, cast.resident, "wechat", text=NOW)
    here = ("wechat", "42", "wechat")
    letters = [Letter("help", {}, cast.resident, here), Letter("help", {}, cast.resident, here, replaces="5")]
    with db.write_scope() as session:
        early = outbox.post(session, letters if is_early else [], NOW)
        identity = people.identity_known(session, "wechat", "42", "user", "wechat")
        assert identity
        joining.hand_on(session, identity, cast.neighbour, "administrator", NOW)
        ids = early or outbox.post(session, letters, NOW)
    platform, telegram = wechat(), Platform()
    run(db, platform, telegram)
    assert (states(db, ids), len(telegram.said)) == ([("sent", ""), ("undeliverable", "no_way")], 1)
    assert platform.said == []


def test_what_a_group_is_told_goes_to_nobody_s_own_chat(db: Database, cast: Cast) -> None:
    meet(db, cast.resident, "telegram")
    letter = Letter("help", {}, address=("wechat", "42", "-1"))
    ids = db.write(lambda session: outbox.post(session, [letter], NOW))
    run(db, wechat(SendError("quota"), group_prefix="-"), Platform())
    assert states(db, ids) == [("undeliverable", "quota")]


def test_a_full_quota_holds_a_message_back_and_says_why(db: Database, cast: Cast) -> None:
    meet(db, cast.resident, "wecom")
    ids, platform = post(db, cast.resident, *["help"] * 3), Platform(name="wecom", quotas=(Quota(3, HOUR, "person"),))
    run(db, platform)
    assert waits(db, ids[2]) == ("ready", "quota", NOW + HOUR, 0)
    run(db, platform, later=HOUR - timedelta(seconds=1))
    assert len(platform.said) == 2
    run(db, platform, later=HOUR)
    assert states(db, ids) == [("sent", "")] * 3


def test_an_account_s_quota_is_shared_by_its_chats(db: Database, cast: Cast) -> None:
    letters = [Letter("help", {}, address=("wecom", "42", chat)) for chat in ("li", "chen", "sun")]
    ids = db.write(lambda session: outbox.post(session, letters, NOW))
    run(db, Platform(name="wecom", quotas=(Quota(3, HOUR, "account"),)))
    assert [state for state, _ in states(db, ids)] == ["sent", "sent", "ready"]


def test_what_presses_takes_the_room_that_there_is(db: Database, cast: Cast) -> None:
    """A survey, news, an offer and an alarm, in the wrong order, and room for two of them."""
    meet(db, cast.resident, "wecom")
    ids = post(db, cast.resident, "survey", "help", "made_link")
    ids += post(db, cast.resident, "help", emergency="gas")
    platform = Platform(name="wecom", quotas=(Quota(3, HOUR, "person"),))
    for minutes in (0, 1, 2):
        run(db, platform, later=timedelta(minutes=minutes))
    assert [state for state, _ in states(db, ids)] == ["ready", "ready", "sent", "sent"]


def test_what_cannot_wait_long_goes_another_way(db: Database, cast: Cast) -> None:
    """News waits for an hour; an alarm goes where it is taken now."""
    meet(db, cast.resident, "telegram")
    meet(db, cast.resident, "wecom")
    platform, telegram = Platform(name="wecom", quotas=(Quota(1, HOUR, "person"),)), Platform()
    post(db, cast.resident, "help")
    run(db, platform, telegram)
    news, alarm = post(db, cast.resident, "help"), post(db, cast.resident, "help", emergency="gas")
    run(db, platform, telegram)
    assert (waits(db, news[0])[1], passed(db, alarm)) == ("quota", ["wecom:quota"])


def test_where_every_chat_is_full_the_first_that_is_free_gets_it(db: Database, cast: Cast) -> None:
    full = {"quotas": (Quota(1, 3 * HOUR, "person"),)}
    meet(db, cast.resident, "telegram")
    meet(db, cast.resident, "wecom")
    platform, telegram = Platform(name="wecom", **full), Platform(quotas=(Quota(1, 2 * HOUR, "person"),))
    ids = post(db, cast.resident, "help", "help", "help")
    run(db, platform, telegram)
    assert [waits(db, one)[2] - NOW for one in ids] == [timedelta(), timedelta(), 2 * HOUR]


def test_a_refused_attempt_counts_too(db: Database, cast: Cast) -> None:
    """The platform may have counted it."""
    meet(db, cast.resident, "wecom")
    ids = post(db, cast.resident, "help")
    platform = Platform(SendError("timeout", is_unknown=True), name="wecom", quotas=(Quota(1, HOUR, "person"),))
    run(db, platform)
    more = post(db, cast.resident, "help")
    run(db, platform)
    assert (states(db, ids), waits(db, more[0])[1]) == ([("unknown", "timeout")], "quota")


def test_no_chat_is_written_to_that_has_blocked_us(db: Database, cast: Cast) -> None:
    meet(db, cast.resident, "telegram")
    meet(db, cast.resident, "wechat", text=NOW)
    with db.write_scope() as session:
        people.mark_blocked(session, people.identities_of(session, cast.resident)[0].id, NOW)
    ids, telegram = post(db, cast.resident, "help"), Platform()
    run(db, wechat(), telegram)
    assert (states(db, ids), len(telegram.said)) == ([("sent", "")], 1)


@pytest.mark.parametrize(
    ("limits", "closes_after"),
    [
        (Limits(), None),
        (Limits(windows=WINDOWS), timedelta(hours=48)),
        (Limits(windows=WINDOWS, push_window=HOUR), HOUR),
        (Limits(windows=WINDOWS[1:]), None),
    ],
)
def test_a_window_that_words_open_says_when_it_closes(limits: Limits, closes_after: timedelta | None) -> None:
    assert limits.closes_after == closes_after

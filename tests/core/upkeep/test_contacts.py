"""A chat is parted from a resident by the desk: nothing is told there any more, and who writes there is a stranger."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest

from core import access, changes, contested, joining, outbox, people
from core.database import Database, Session
from core.errors import Forbidden, NotFound
from core.outbox import Letter, OutboxMessage
from core.people import Identity
from core.upkeep import contests, residents
from tests.core import history
from tests.personas import Cast


def joined(session: Session, person_id: UUID, value: str) -> Identity:
    return people.add_identity(
        session,
        person_id,
        "telegram",
        "bot",
        "telegram_id",
        value,
        conversation=value,
        via="test",
    )


def test_a_lost_telephone_is_parted(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        lost, kept = joined(session, cast.resident, "1"), joined(session, cast.resident, "2")
        for _ in range(2):
            residents.end_contact(session, cast.site, cast.resident, lost.id, cast.supervisor, now)
        assert people.identify(session, "telegram", "bot", "telegram_id", "1") is None
        assert kept in people.identities_of(session, cast.resident)
        assert lost not in people.identities_of(session, cast.resident)
        assert len([one for one in changes.of_site(session, cast.site) if one.kind == "contact"]) == 1


def test_nothing_that_a_lost_telephone_was_told_opens(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        lost, kept = joined(session, cast.resident, "1"), joined(session, cast.resident, "2")
        ticket = history.opened(session, cast, now).id
        secret = access.page_of(session, b"k", cast.resident, ticket, now)
        here = ("telegram", "bot", "1")
        [waiting] = outbox.post(session, [Letter("help", {}, cast.resident, here)], now)
        residents.end_contact(session, cast.site, cast.resident, lost.id, cast.supervisor, now)
        assert access.look_up(session, "page", secret, now) is None
        assert session.get_one(OutboxMessage, waiting, populate_existing=True).conversation == ""
        assert kept.revoked_at is None


def test_no_other_app_of_its_owner_lets_a_sold_account_in_again(db: Database, cast: Cast, now: datetime) -> None:
    key, union = ("wxa", "wx1", "openid", "o-li"), ("weixin_open", "", "unionid", "u-li")
    with db.write_scope() as session:
        sold = people.add_identity(session, cast.resident, *key, conversation="o-li", via="sign_in")
        people.add_identity(session, cast.resident, *union, conversation="", via="sign_in")
        residents.end_contact(session, cast.site, cast.resident, sold.id, cast.supervisor, now)
        assert joining.recognise(session, [(key, "o-li"), (union, "")], "en", now) != cast.resident


def test_a_chat_that_is_given_away_takes_no_link_and_no_proof_with_it(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        identity = joined(session, cast.technician, "1")
        same = (identity.channel, identity.account, identity.kind, identity.value)
        ticket = history.opened(session, cast, now).id
        secret, before = access.page_of(session, b"k", cast.technician, ticket, now), people.epoch_of(session, *same)
        assert contested.note(session, identity, cast.second_technician, now)
        [found] = contested.waiting(session, cast.site)
        contests.give(session, cast.site, found.id, cast.admin, now)
        assert access.look_up(session, "page", secret, now) is None
        assert people.epoch_of(session, *same) != before


def test_only_chats_of_residents_here_can_be_parted(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        of_staff, of_neighbour = joined(session, cast.technician, "3"), joined(session, cast.neighbour, "4")
        for person, identity, error in (
            (cast.technician, of_staff, Forbidden), (cast.resident, of_neighbour, NotFound),
            (cast.outsider, of_neighbour, NotFound),
        ):  # fmt: skip
            with pytest.raises(error):
                residents.end_contact(session, cast.site, person, identity.id, cast.supervisor, now)

"""Whose chat it is and whose home: proven by a code, decided by those who live there or by the desk."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Event
from uuid import UUID

import pytest

from core import access, departures, joining, people, places
from core.database import Database, Session
from core.errors import Forbidden, NotFound
from core.outbox import OutboxMessage
from core.people import Home, Identity
from tests.personas import Cast


def identity(session: Session, person: UUID, value: str, via: str = joining.FIRST_CONTACT) -> Identity:
    return people.add_identity(session, person, "telegram", "bot", "id", value, conversation=value, via=via)


def newcomer(session: Session) -> Identity:
    return identity(session, people.add_person(session, "newcomer").id, "77")


def code_for(session: Session, person: UUID, now: datetime) -> str:
    return access.issue(session, "link", person, now, life=access.LINK_LIFE)


def test_an_identity_steps_over_to_the_person_of_the_code(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        chat = newcomer(session)
        assert joining.join(session, code_for(session, cast.technician, now), chat, now).id == cast.technician
        found = people.identify(session, "telegram", "bot", "id", "77")
        assert found is not None
        assert found.id == cast.technician


def test_joining_again_with_ones_own_code_changes_nothing(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        chat = identity(session, cast.technician, "78", "test")
        assert joining.join(session, code_for(session, cast.technician, now), chat, now).id == cast.technician
        assert chat.verified_via == "test"


@pytest.mark.parametrize("known_by", ["role", "home", "password", "other identity", "verified"])
def test_who_is_known_already_is_never_taken_over(db: Database, cast: Cast, now: datetime, known_by: str) -> None:
    with db.write_scope() as session:
        chat = newcomer(session)
        if known_by == "role":
            people.grant(session, chat.person_id, "resident", cast.site)
        elif known_by == "home":
            people.decide_home(session, people.claim_home(session, chat.person_id, cast.home).id, approve=True, by=None)
        elif known_by == "password":
            access.set_password(session, chat.person_id, "a-long-enough-one")
        elif known_by == "other identity":
            identity(session, chat.person_id, "79")
        else:
            chat.verified_via = "link"
        with pytest.raises(joining.BelongsToAnother):
            joining.join(session, code_for(session, cast.technician, now), chat, now)


def test_a_code_that_is_unknown_joins_nothing(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session, pytest.raises(NotFound):
        joining.join(session, "made up", newcomer(session), now)


def claim(session: Session, person: UUID, place: UUID, now: datetime) -> Home | None:
    joining.claim(session, person, place, now)
    return next(
        (home for home in session.query(Home).all() if (home.person_id, home.place_id) == (person, place)), None
    )


def test_only_members_and_the_desk_decide(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        home = claim(session, cast.outsider, cast.home, now)
        assert home is not None
        for stranger in (cast.neighbour, cast.technician, cast.outsider):
            with pytest.raises(Forbidden):
                joining.decide(session, home.id, stranger, now, approve=True)
        assert joining.decide(session, home.id, cast.supervisor, now, approve=True).state == "approved"
        assert "resident" in people.roles_of(session, cast.outsider)[cast.site]


def test_a_decision_is_made_once(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        home = claim(session, cast.outsider, cast.home, now)
        assert home is not None
        joining.decide(session, home.id, cast.resident, now, approve=False)
        with pytest.raises(joining.DecidedAlready):
            joining.decide(session, home.id, cast.supervisor, now, approve=True)
        assert people.homes_of(session, cast.outsider) == []


def test_a_person_has_a_few_claims_at_a_time(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        units = [
            places.ensure_path(session, cast.site, f"B/{n}", kind="unit", is_common=False).id
            for n in range(joining.MOST_OPEN_CLAIMS + 2)
        ]
        made = [claim(session, cast.outsider, unit, now) is not None for unit in units]
        assert made == [True] * joining.MOST_OPEN_CLAIMS + [False] * 2
        asked = session.query(OutboxMessage).filter_by(kind="home_claimed", person_id=cast.supervisor).count()
        assert asked == joining.MOST_OPEN_CLAIMS


def test_somebody_new_who_comes_several_times_in_one_moment_is_one_person(db: Database, now: datetime) -> None:
    keys = [(("wxa", "wx1", "openid", "o-new"), "o-new"), (("weixin_open", "", "unionid", "u-new"), "")]

    def come(_: int) -> UUID:
        return db.write(lambda session: joining.recognise(session, keys, "en", now))

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(come, range(8)))) == 1


WXA, UNION = ("wxa", "wx1", "openid", "o-new"), ("weixin_open", "", "unionid", "u-new")


def late_union(session: Session, now: datetime) -> Identity:
    """Somebody of whom the platform told a second id of the same account only when they came again."""
    joining.recognise(session, [(WXA, "o-new")], "en", now)
    person = joining.recognise(session, [(WXA, "o-new"), (UNION, "")], "en", now)
    joining.prove_phone(session, person, "+8613800138000", now)
    found = people.identity_known(session, *WXA)
    assert found is not None
    return found


def test_who_came_twice_is_joined_with_all_ids_of_the_account(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        chat = late_union(session, now)
        assert joining.join(session, code_for(session, cast.resident, now), chat, now).id == cast.resident
        assert {"o-new", "u-new"} <= set(known(session, cast.resident))
        assert joining.recognise(session, [(UNION, "")], "en", now) == cast.resident


@pytest.mark.parametrize("other", [("wechat", "gh", "openid", "o-gh"), ("wecom", "corp", "userid", "wang")])
def test_an_account_elsewhere_that_was_proven_is_never_taken_over(
    db: Database, cast: Cast, now: datetime, other: joining.Key
) -> None:
    """Also where that account is no chat: somebody has said there who they are."""
    with db.write_scope() as session:
        chat = late_union(session, now)
        people.add_identity(session, chat.person_id, *other, conversation="", via=joining.SIGN_IN)
        with pytest.raises(joining.BelongsToAnother):
            joining.join(session, code_for(session, cast.technician, now), chat, now)


MINE = ("dingtalk", "corp", "ding_userid", "wang")
BESIDE = [("dingtalk", "corp", "ding_unionid", "u-wang"), ("weixin_open", "", "unionid", "w-wang")]


def known(session: Session, person: UUID) -> list[str]:
    return sorted(one.value for one in people.identities_of(session, person))


def proven(session: Session, person: UUID) -> Identity:
    """A chat and the ids that a sign-in has told with it; and a chat that is none of that account's."""
    identity(session, person, "elsewhere", "test")
    for key in BESIDE:
        people.add_identity(session, person, *key, conversation="", via=joining.SIGN_IN)
    return people.add_identity(session, person, *MINE, conversation="wang", via=joining.SIGN_IN)


def test_who_has_left_an_organisation_comes_back_by_no_other_id_of_that_account(
    db: Database, cast: Cast, now: datetime
) -> None:
    with db.write_scope() as session:
        proven(session, cast.technician)
        departures.depart(session, MINE, now)
        assert known(session, cast.technician) == ["elsewhere"]
        for key in BESIDE:
            assert joining.recognise(session, [(key, "")], "en", now) != cast.technician


def test_a_chat_that_is_another_s_now_leaves_no_id_behind_that_opens_it(
    db: Database, cast: Cast, now: datetime
) -> None:
    with db.write_scope() as session:
        joining.hand_on(session, proven(session, cast.technician), cast.neighbour, "administrator", now)
        assert known(session, cast.technician) == ["elsewhere"]
        assert known(session, cast.neighbour) == ["wang"]


def test_a_session_that_is_begun_while_its_account_ends_ends_with_it(db: Database, cast: Cast, now: datetime) -> None:
    """On PostgreSQL the two run at once: whoever comes second sees what the first has done."""
    begun, ended = Event(), Event()

    def enter(session: Session) -> str:
        who = joining.recognise(session, [(MINE, "wang")], "en", now)
        begun.set()
        ended.wait(0.5)  # as long as it takes to come as far as it can
        return access.issue(session, "app", who, now, life=access.LINK_LIFE)

    def end(session: Session) -> None:
        departures.depart(session, MINE, now)
        ended.set()

    with db.write_scope() as session:
        proven(session, cast.technician)
    with ThreadPoolExecutor(2) as pool:
        entering = pool.submit(db.write, enter)
        assert begun.wait(5)
        pool.submit(db.write, end).result()
    with db.read_scope() as session:
        assert access.behind(session, "app", entering.result(), now) is None


@pytest.mark.parametrize("told", ["138 0013 8000", "99 86 138 0013 8000"])
def test_a_number_is_proven_as_far_as_it_was(db: Database, cast: Cast, now: datetime, told: str) -> None:
    """What is longer and ends alike may be another's."""
    with db.write_scope() as session:
        person = people.get(session, cast.resident)
        person.phone = told
        joining.prove_phone(session, person.id, "+8613800138000", now)
        assert person.phone == (told if told.startswith("138") else "+8613800138000")
        person.phone = f"99 86 {told}"
        assert person.phone_proven_at is None

"""Secrets, passwords and repeated requests: each proves what it should, once, and no longer than it may."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from core import access, people
from core.access import ChangedReplay, Replay, Token, WeakPassword, WrongPassword
from core.database import Database, Session
from core.errors import NotFound
from core.tickets.models import Ticket
from tests.core import history
from tests.personas import Cast

HOUR = timedelta(hours=1)


def issue(db: Database, person: UUID, now: datetime, kind: str = "session") -> str:
    return db.write(lambda session: access.issue(session, kind, person, now, life=HOUR))


def who(db: Database, secret: str, now: datetime, kind: str = "session") -> UUID | None:
    """The person behind a secret, as both ways of asking agree."""
    with db.read_scope() as session:
        viewer, token = access.behind(session, kind, secret, now), access.look_up(session, kind, secret, now)
        assert (viewer.person_id if viewer else None) == (token.person_id if token else None)
        return viewer.person_id if viewer else None


def test_a_secret_tells_who_somebody_is_until_it_expires(db: Database, cast: Cast, now: datetime) -> None:
    secret = issue(db, cast.technician, now)
    assert who(db, secret, now + HOUR - timedelta(seconds=1)) == cast.technician
    assert who(db, secret, now + HOUR) is None


def test_a_secret_itself_is_not_kept(db: Database, cast: Cast, now: datetime) -> None:
    secret = issue(db, cast.technician, now)
    with db.read_scope() as session:
        assert secret not in repr([vars(token) for token in session.scalars(select(Token))])


def test_no_two_secrets_are_the_same(db: Database, cast: Cast, now: datetime) -> None:
    assert len({issue(db, cast.technician, now) for _ in range(20)}) == 20


def test_a_secret_of_one_kind_is_none_of_another(db: Database, cast: Cast, now: datetime) -> None:
    assert who(db, issue(db, cast.technician, now, "sign_in"), now) is None


@pytest.mark.parametrize("guess", ["", "x", "0" * 64, "%", "'; DROP TABLE tokens; --", "\x00"])
def test_a_guess_is_nobody(db: Database, cast: Cast, now: datetime, guess: str) -> None:
    issue(db, cast.technician, now)
    assert who(db, guess, now) is None


def test_whoever_has_left_is_let_in_nowhere(db: Database, cast: Cast, now: datetime) -> None:
    secret = issue(db, cast.technician, now)
    with db.write_scope() as session:
        session.get_one(people.Person, cast.technician).is_active = False
    assert who(db, secret, now) is None


def test_signing_out_ends_one_session_and_a_new_password_ends_all(db: Database, cast: Cast, now: datetime) -> None:
    first, second, machine = (issue(db, cast.admin, now, kind) for kind in ("session", "session", "bearer"))
    db.write(lambda session: access.revoke(session, first))
    assert (who(db, first, now), who(db, second, now)) == (None, cast.admin)
    db.write(lambda session: access.set_password(session, cast.admin, "a long new password"))
    assert who(db, second, now) is None
    assert who(db, machine, now, "bearer") == cast.admin


def test_a_viewer_holds_the_roles_of_each_site(db: Database, cast: Cast, now: datetime) -> None:
    secret = issue(db, cast.supervisor, now)
    with db.read_scope() as session:
        viewer = access.behind(session, "session", secret, now)
        assert viewer == access.viewer(session, cast.supervisor)
    assert viewer is not None
    assert viewer.holds(cast.site, "admin", "supervisor")
    assert not viewer.holds(cast.site, "admin")
    assert not viewer.holds(cast.outsider, "supervisor")
    assert viewer.sites("supervisor") == [cast.site]
    assert viewer.sites("manager") == []
    assert viewer.is_staff


def test_a_resident_is_no_staff(db: Database, cast: Cast) -> None:
    with db.read_scope() as session:
        assert not access.viewer(session, cast.resident).is_staff
        assert not access.viewer(session, cast.outsider).is_staff


def test_a_link_to_a_ticket_gives_its_person_no_role_but_there(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        ticket, other = (history.opened(session, cast, now, text) for text in ("the tap drips", "the lamp flickers"))
        secret = access.issue(session, "page", cast.supervisor, now, life=HOUR, ticket_id=ticket.id)
    with db.read_scope() as session:
        viewer = access.behind(session, "page", secret, now)
        assert viewer == access.viewer(session, cast.supervisor, ticket.id)
    assert viewer is not None
    assert not viewer.is_staff
    assert not viewer.at(other.id).holds(cast.site, "supervisor")
    assert viewer.at(ticket.id).holds(cast.site, "supervisor")


def test_all_messages_about_a_ticket_share_one_link(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        ticket = history.opened(session, cast, now).id
        pages = {access.page_of(session, b"k", cast.resident, ticket, now + timedelta(days=day)) for day in range(3)}
        assert session.scalars(select(Token.ticket_id).where(Token.kind == "page")).all() == [ticket]
        [secret] = pages
        late = now + access.PAGE_LINK_LIFE + HOUR
        assert access.look_up(session, "page", secret, late) is not None
        assert access.page_of(session, b"k", cast.neighbour, ticket, now) != secret


@pytest.mark.parametrize("what", ["everything", "pages of a site"])
def test_a_link_that_was_revoked_is_never_made_again(db: Database, cast: Cast, now: datetime, what: str) -> None:
    with db.write_scope() as session:
        ticket = history.opened(session, cast, now).id
        before = access.page_of(session, b"k", cast.resident, ticket, now)
        if what == "everything":
            access.revoke_all(session, cast.resident)
        else:
            access.revoke_pages(session, cast.resident, select(Ticket.id).where(Ticket.site_id == cast.site))
        after = access.page_of(session, b"k", cast.resident, ticket, now)
        assert access.look_up(session, "page", before, now) is None
        assert access.look_up(session, "page", after, now) is not None


def test_of_parallel_redemptions_one_succeeds(db: Database, cast: Cast, now: datetime) -> None:
    secret, outcomes = issue(db, cast.technician, now, "sign_in"), []
    ready = threading.Barrier(8, timeout=20)

    def redeem() -> None:
        ready.wait()
        try:
            db.write(lambda session: access.use_up(session, "sign_in", secret, now))
            outcomes.append("in")
        except NotFound:
            outcomes.append("out")

    threads = [threading.Thread(target=redeem) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["in"] + ["out"] * 7


def test_a_one_time_link_that_is_too_old_is_not_used_up(db: Database, cast: Cast, now: datetime) -> None:
    secret = issue(db, cast.technician, now, "sign_in")
    with pytest.raises(NotFound):
        db.write(lambda session: access.use_up(session, "sign_in", secret, now + HOUR))
    assert db.write(lambda session: access.use_up(session, "sign_in", secret, now).person_id) == cast.technician


def test_name_and_password_tell_who_somebody_is(db: Database, cast: Cast) -> None:
    db.write(lambda session: access.set_password(session, cast.admin, "correct horse"))
    with db.read_scope() as session:
        assert access.check_password(session, "Guo Jing", "correct horse").id == cast.admin


@pytest.mark.parametrize(
    ("name", "password"),
    [("Guo Jing", "wrong horse"), ("Guo Jing", ""), ("Nobody", "correct horse"), ("Sun Yue", ""), ("Sun Yue", "x")],
)
def test_wrong_names_and_wrong_passwords_read_the_same(db: Database, cast: Cast, name: str, password: str) -> None:
    db.write(lambda session: access.set_password(session, cast.admin, "correct horse"))
    with db.read_scope() as session, pytest.raises(WrongPassword) as refused:
        access.check_password(session, name, password)
    assert refused.value.facts == {}


def test_of_two_people_with_one_name_the_password_decides(db: Database, cast: Cast) -> None:
    def work(session: Session) -> UUID:
        twin = people.add_person(session, "Guo Jing").id
        access.set_password(session, twin, "the other one")
        access.set_password(session, cast.admin, "correct horse")
        return twin

    twin = db.write(work)
    with db.read_scope() as session:
        assert access.check_password(session, "Guo Jing", "the other one").id == twin
        assert access.check_password(session, "Guo Jing", "correct horse").id == cast.admin


def test_a_short_password_is_refused(db: Database, cast: Cast) -> None:
    with pytest.raises(WeakPassword):
        db.write(lambda session: access.set_password(session, cast.admin, "short"))


def test_a_repeated_request_gets_the_first_result(db: Database, cast: Cast, now: datetime) -> None:
    def once(session: Session) -> None:
        assert access.take_key(session, cast.resident, "key-1", b"body", now) is None
        access.keep_result(session, cast.resident, "key-1", 201, {"number": "WX-1"})

    db.write(once)
    kept = db.write(lambda session: access.take_key(session, cast.resident, "key-1", b"body", now))
    assert kept is not None
    assert (kept.status, kept.result) == (201, {"number": "WX-1"})


def test_a_request_that_failed_leaves_its_key_free(db: Database, cast: Cast, now: datetime) -> None:
    def fail(session: Session) -> None:
        access.take_key(session, cast.resident, "key-1", b"body", now)
        raise LookupError

    with pytest.raises(LookupError):
        db.write(fail)
    assert db.write(lambda session: access.take_key(session, cast.resident, "key-1", b"body", now)) is None


def test_a_key_is_for_one_request_of_one_person(db: Database, cast: Cast, now: datetime) -> None:
    db.write(lambda session: access.take_key(session, cast.resident, "key-1", b"body", now))
    assert db.write(lambda session: access.take_key(session, cast.neighbour, "key-1", b"other", now)) is None
    with pytest.raises(ChangedReplay):
        db.write(lambda session: access.take_key(session, cast.resident, "key-1", b"other", now))


def test_of_twin_requests_at_once_one_has_the_effect(db: Database, cast: Cast, now: datetime) -> None:
    effects: list[int] = []
    ready = threading.Barrier(8, timeout=20)

    def request(session: Session) -> None:
        if access.take_key(session, cast.resident, "key-1", b"body", now) is None:
            effects.append(1)
            access.keep_result(session, cast.resident, "key-1", 201, {})

    def run() -> None:
        ready.wait()
        db.write(request, 20.0)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with db.read_scope() as session:
        assert [replay.status for replay in session.scalars(select(Replay))] == [201]
    assert effects == [1]

"""Signing in and out: with a password for staff, with a one-time link, with a platform's own proof."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.deps import COOKIE, Db
from api.pages import _proofs, platform_sign_in, setup
from api.pages._posting import Form, local_path, see_other
from api.pages._sessions import enter, forget
from api.pages._visits import AnyGuest, Guest
from bot.channels import SignsIn
from bot.channels.telegram import verify_init_data
from core import access, clock, i18n, limits, people
from core.access import WrongPassword
from core.database import Session
from core.errors import GongdanError, NotFound, TooMany

router = APIRouter(include_in_schema=False)

TRIES_PER_NAME = 10
TRIES_PER_ADDRESS = 50
TRIES_OVER_ALL = 30
SLOT_SECONDS = 10
KNOWN = "gongdan_known"
KNOWN_FOR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class SignInPage:
    """Who are you?"""

    name: str
    next: str
    error: str
    has_telegram: bool
    ways: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class SignInLinkPage:
    """A one-time link: one button, which uses it up."""

    is_valid: bool


@router.get("/sign-in")
def show(visit: AnyGuest, session: Db) -> Response:
    """Nobody can sign in to a server that has not been set up."""
    if setup.is_needed(session):
        return see_other("/setup")
    return _asked(visit, "", visit.asked("next"))


def _asked(visit: Guest, name: str, wished: str, error: GongdanError | None = None) -> HTMLResponse:
    said = i18n.explain(error, visit.locale) if error else ""
    ways = platform_sign_in.ways(visit.system, visit.locale)
    context = SignInPage(name, local_path(wished, ""), said, "telegram" in visit.system.channels, ways)
    return visit.page("sign_in.html", context, error)


@router.post("/sign-in")
def with_password(posted: Form, visit: AnyGuest) -> Response:
    """Sign in with name and password. Tries are counted before the password is looked at, right or wrong."""
    name, database = posted.one("name"), visit.system.database
    try:
        database.write(lambda session: _count(session, name, visit))
        with database.read_scope() as session:
            person = access.check_password(session, name, posted.fields.get("password", [""])[-1])
    except GongdanError as error:
        return _asked(visit, name, posted.one("next"), error)
    answer = enter(visit, person.id, posted.one("next"))
    settings = visit.system.settings
    known = _proofs.prove(settings, "known", _mark_of(name))
    answer.set_cookie(
        KNOWN, known, max_age=int(KNOWN_FOR.total_seconds()), httponly=True, samesite="lax",
        secure=settings.public_url.startswith("https://"), path="/sign-in",
    )  # fmt: skip
    return answer


def _count(session: Session, name: str, visit: Guest) -> None:
    """A browser that this name has signed in with before is not slowed down by what others try elsewhere."""
    limits.count(session, f"sign-in:{visit.address}", clock.now(), most=TRIES_PER_ADDRESS)
    limits.count(session, f"sign-in:{name[:60]}:{visit.address}", clock.now(), most=TRIES_PER_NAME)
    given = visit.request.cookies.get(KNOWN, "")
    if _proofs.proven(visit.system.settings, "known", given) != [_mark_of(name)]:
        _slow_down(session, name)


def _slow_down(session: Session, name: str) -> None:
    """After some tries at one name, from whatever addresses, one in ten seconds is looked at.

    Many addresses guess no faster than that, and they cannot lock a person out: the next slot is seconds away.
    """
    now = clock.now()
    try:
        limits.count(session, f"sign-in-name:{name[:60]}", now, most=TRIES_OVER_ALL)
    except TooMany:
        slot, passed = divmod(int(now.timestamp()), SLOT_SECONDS)
        try:
            limits.count(session, f"sign-in-slot:{slot}:{name[:60]}", now, most=1)
        except TooMany:
            raise TooMany(seconds=SLOT_SECONDS - passed) from None


def _mark_of(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()


@router.get("/sign-in/{token}")
def show_link(token: str, session: Db, visit: AnyGuest) -> Response:
    """Looks, and uses nothing up: previews and scanners of mail fetch links too. The name of a platform leads there."""
    if isinstance(channel := visit.system.channels.get(token), SignsIn):
        return platform_sign_in.begin(visit, channel)
    is_valid = access.look_up(session, "sign_in", token, clock.now()) is not None
    return visit.page("sign_in_link.html", SignInLinkPage(is_valid), None if is_valid else NotFound(what="word.link"))


@router.post("/sign-in/telegram")
def with_telegram(posted: Form, visit: AnyGuest) -> Response:
    """Sign in from a Mini App: initData that Telegram signed for our bot, of somebody who has written to it."""
    channel, token = visit.system.channels.get("telegram"), visit.system.settings.telegram.token
    if channel is None or token is None:
        raise NotFound(what="word.channel")
    fields = verify_init_data(posted.one("init_data"), token.get_secret_value(), clock.now())
    user = fields["user"].get("id") if fields else None
    if not isinstance(user, int):
        raise WrongPassword
    with visit.system.database.read_scope() as session:
        person = people.identify(session, "telegram", channel.account, "telegram_id", str(user))
    if person is None or not person.is_active:
        raise NotFound(what="word.person")
    return enter(visit, person.id, posted.one("next"))


@router.post("/sign-in/{token}")
def use_link(token: str, posted: Form, visit: AnyGuest) -> Response:
    """Of any number of presses exactly one signs in."""
    database = visit.system.database
    person_id = database.write(lambda session: access.use_up(session, "sign_in", token, clock.now()).person_id)
    return enter(visit, person_id, posted.one("next"))


@router.post("/sign-out")
def sign_out(posted: Form, visit: AnyGuest) -> Response:
    secret = visit.request.cookies.get(COOKIE, "")
    if secret:
        visit.system.database.write(lambda session: access.revoke(session, secret))
    answer = see_other("/sign-in")
    forget(answer)
    return answer

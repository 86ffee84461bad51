"""Signing in with the account of a chat platform: to its page and back, in the one browser that began it.

Where somebody is signed in already, the account is joined to them instead, after a press of a button. Nothing is
believed that the address brings but a code, which the platform itself is asked about.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool

from api.deps import System
from api.pages import _proofs
from api.pages._posting import Form, local_path, see_other
from api.pages._sessions import begin as begin_session
from api.pages._sessions import entered
from api.pages._visits import AnyGuest, Guest
from bot.channels import Proven, SignsIn
from bot.messages import SendError
from bot.proofs import is_same
from core import clock, i18n, joining, limits
from core.database import Session
from core.errors import Busy, Forbidden, NotFound
from core.joining import BelongsToAnother

router = APIRouter(prefix="/sign-in/{channel}/back", include_in_schema=False)

BEGUN = "gongdan_begun"
LIFE = timedelta(minutes=10)
MAX_CODE = 1000
TRIES = 30
LED = "led"


class NotBegunHere(Forbidden):
    """This sign-in has expired, was used, or was begun in another browser. Please begin again."""


class UnknownAccount(NotFound):
    """We do not know this account yet. Write to us in the chat first; or sign in, and come back here to join it."""


class PlatformAway(Busy):
    """{channel} does not answer at the moment. Please try again."""


@dataclass(frozen=True, slots=True)
class SignInBackPage:
    """One button, which asks the platform; it presses itself where nobody is signed in. `joins`: who is.

    `platform`: what people call the channel.
    """

    code: str
    state: str
    channel: str
    platform: str
    joins: str


def ways(system: System, locale: str) -> list[tuple[str, str]]:
    """The platforms that one can sign in with: each by its name and as people call it."""
    found = [name for name, channel in system.channels.items() if isinstance(channel, SignsIn)]
    return [(name, called(name, locale)) for name in found]


def called(channel: str, locale: str) -> str:
    key = f"channel.{channel}"
    return i18n.translate(key, locale) if i18n.has_text(key, locale) else channel


def begin(visit: Guest, channel: SignsIn) -> Response:
    """Go to the platform. The cookie alone knows which sign-in this browser has begun, and where it leads.

    The platform comes back to the address of the settings, so the cookie has to be given there: under another name of
    this server one is led there first, once, because a proxy may not tell us the name that it is called by.
    """
    settings = visit.system.settings
    host = visit.request.headers.get("host", "")
    if host != urlsplit(settings.public_url).netloc and not visit.asked(LED):
        asked = urlencode({"next": visit.asked("next"), LED: "1"})
        return see_other(f"{settings.public_url}/sign-in/{channel.name}?{asked}")
    state, until = clock.secret(), int((clock.now() + LIFE).timestamp())
    state = state.encode().hex()  # platforms take letters and digits
    wished = base64.urlsafe_b64encode(local_path(visit.asked("next"), "").encode()).decode()
    answer = see_other(channel.sign_in_url(state, f"{settings.public_url}/sign-in/{channel.name}/back"))
    answer.set_cookie(
        BEGUN, _proofs.prove(settings, "begun", channel.name, state, until, wished), httponly=True, samesite="lax",
        max_age=int(LIFE.total_seconds()), secure=settings.public_url.startswith("https://"), path="/sign-in",
    )  # fmt: skip
    return answer


@router.get("")
def come_back(channel: str, visit: AnyGuest) -> HTMLResponse:
    """Looks, and uses nothing up: previews fetch links, too."""
    _open(visit.system, channel)
    code, state = visit.asked("code") or visit.asked("authCode"), visit.asked("state")
    joins = visit.visitor.name if visit.visitor and visit.visitor.only is None else ""
    page = SignInBackPage(code[:MAX_CODE], state[:MAX_CODE], channel, called(channel, visit.locale), joins)
    return visit.page("sign_in_back.html", page, None if code else NotBegunHere())


@router.post("")
async def prove(channel: str, posted: Form, visit: AnyGuest) -> Response:
    """Ask the platform who it is, and sign in or join.

    1. The state is the one that this browser's cookie proves, for this platform, of the last minutes, and not used.
    2. The platform says who the code is of.
    3. Somebody who is signed in joins it; else whoever is known by it is signed in.
    """
    found = _open(visit.system, channel)
    wished = await run_in_threadpool(_use_state, visit, channel, posted.one("state"))
    try:
        proven = await found.who(posted.one("code")[:MAX_CODE])
    except SendError:
        raise PlatformAway(channel=called(channel, visit.locale)) from None
    if not proven:
        raise NotBegunHere
    answer = await run_in_threadpool(_settle, visit, found, proven, wished)
    answer.delete_cookie(BEGUN, path="/sign-in", httponly=True, samesite="lax")
    return answer


def _open(system: System, name: str) -> SignsIn:
    found = system.channels.get(name)
    if not isinstance(found, SignsIn):
        raise NotFound(what="word.channel")
    return found


def _use_state(visit: Guest, channel: str, state: str) -> str:
    """Where the sign-in leads that this browser has begun; each is used once."""
    settings = visit.system.settings
    parts = _proofs.proven(settings, "begun", visit.request.cookies.get(BEGUN, ""))
    if len(parts) != 4 or parts[0] != channel or not is_same(state, parts[1]):
        raise NotBegunHere
    until = datetime.fromtimestamp(int(parts[2]), UTC)
    if until < clock.now():
        raise NotBegunHere
    visit.system.database.write(lambda session: _count(session, visit.address, state, until))
    return base64.urlsafe_b64decode(parts[3]).decode()


def _count(session: Session, address: str, state: str, until: datetime) -> None:
    """Each state once, and few from one address: every one makes us ask the platform."""
    limits.count(session, f"sign-in-back:{address}", clock.now(), most=TRIES)
    if limits.tally(session, f"state:{state}", until) > 1:
        raise NotBegunHere


def _settle(visit: Guest, channel: SignsIn, proven: Sequence[Proven], wished: str) -> Response:
    visitor = visit.visitor.person_id if visit.visitor and visit.visitor.only is None else None
    is_whole, begun = visit.system.database.write(lambda session: _join(session, channel, proven, visitor))
    if begun is not None:
        secret, home = begun
        return entered(visit, secret, local_path(wished, home))
    if not is_whole:
        raise BelongsToAnother
    return see_other(local_path(wished, "/"))


def _join(
    session: Session, channel: SignsIn, proven: Sequence[Proven], visitor: UUID | None
) -> tuple[bool, tuple[str, str] | None]:
    """Whether all of the account is theirs now, and a session of who had none; one transaction, lest it ends between.

    What is somebody else's waits for an administrator. Errors: UnknownAccount.
    """
    who = visitor or joining.owner_of(session, [one.key(channel) for one in proven])
    if who is None:
        raise UnknownAccount
    joined = [joining.join_proven(session, who, one.key(channel), one.conversation, clock.now()) for one in proven]
    return all(joined), None if visitor else begin_session(session, who)

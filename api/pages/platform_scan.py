"""Scanning in the browser of WeChat or WeCom: a page of ours proves itself, and the app's own camera reads the code.

A proof says to the app that the page at one address may ask for the camera. It is given for the page that scans, and
for no other address.
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from api.pages._visits import AnyGuest, Guest
from api.pages.platform_sign_in import PlatformAway, called
from bot.channels import Scanning
from bot.messages import SendError
from core import clock, limits
from core.errors import Invalid, NotFound

router = APIRouter(include_in_schema=False)

PAGE = "/scan"
MOST = 2000
TRIES = 120  # many people may share an address


def camera(visit: Guest) -> Scanning | None:
    """The platform in whose browser the page is open, where it is set up here and reads codes."""
    agent = visit.request.headers.get("user-agent", "")
    found = (one for one in visit.system.channels.values() if isinstance(one, Scanning) and one.is_browser(agent))
    return next(found, None)


@router.get(f"{PAGE}/proof")
async def prove(visit: AnyGuest) -> dict[str, str]:
    """What the page gives to the platform's script. Errors: NotFound in any other browser, Invalid, PlatformAway."""
    found, url = camera(visit), visit.asked("url")
    if found is None:
        raise NotFound(what="word.channel")
    if not _is_ours(visit, url):
        raise Invalid(field="word.link")
    await run_in_threadpool(_count, visit)
    try:
        return await found.page_proof(url)
    except SendError:
        raise PlatformAway(channel=called(found.name, visit.locale)) from None


def _count(visit: Guest) -> None:
    """Few from one address: where no ticket is at hand, each makes us ask the platform."""
    key = f"scan-proof:{visit.address}"
    visit.system.database.write(lambda session: limits.count(session, key, clock.now(), most=TRIES))


def _is_ours(visit: Guest, url: str) -> bool:
    """Whether it is the page that scans, under the name that this server is known by, letter by letter.

    Nothing is parsed: `urlsplit` throws at some addresses, and of others leaves out what the signature would cover.
    """
    page = url.partition("#")[0].partition("?")[0]
    return len(url) <= MOST and page == visit.system.settings.public_url + PAGE

"""Digests at the desk: who gets one when, what it would say now, and the tickets behind one that was sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from fastapi.responses import HTMLResponse, Response

from api.deps import Db, SystemDep, WriteDb
from api.pages._posting import Form, once, see_other
from api.pages.desk._frame import SEES, At, Frame, at, section
from api.subjects import as_id
from assets.plans import telling
from bot import charts
from bot.channels import Roomed
from bot.messages import Limits
from bot.render import Setting, render
from core import categories, clock, digest_letters, digests, i18n, people
from core.database import Session
from core.digests import NoChat, Sent, Subscription, Wish
from core.errors import GongdanError, NotFound
from core.i18n import full_time, translate
from core.reports.digest import FIGURES, PERIODS

__all__ = ["router", "telling"]  # with it a preview knows of inspections

ROLES = ("supervisor", "admin")
router = section("digests", order=38, icon="chat", roles=SEES)
Reader = Annotated[At, Depends(at(*SEES))]
Here = Annotated[At, Depends(at(*ROLES))]
PAPER = Limits()
GROUP = "group:"
ROOM = "room:"


@dataclass(frozen=True, slots=True)
class Reading:
    """Who gets a digest when, and whether there is a chat that it can arrive in."""

    id: str
    name: str
    period: str
    at: str
    next: str
    preview: str
    can_arrive: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """A digest that was sent."""

    href: str
    name: str
    when: str
    days: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What a digest would say now."""

    id: str
    text: str
    chart: str


@dataclass(frozen=True, slots=True)
class DigestsPage:
    """`unsent`: why a test cannot arrive; `is_own`: at whoever looks."""

    frame: Frame
    readings: list[Reading]
    sent: list[Told]
    preview: Shown | None
    people: list[tuple[str, str]]
    periods: list[tuple[str, str]]
    values: dict[str, str]
    may_edit: bool
    is_saved: bool
    is_tested: bool
    error: str
    unsent: str = ""
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class Behind:
    """A figure with its tickets."""

    key: str
    title: str
    value: str
    tickets: list[str]


@dataclass(frozen=True, slots=True)
class FiguresPage:
    frame: Frame
    days: str
    figures: list[Behind]
    back: str


@router.get("")
def index(here: Reader, db: Db, preview: str = "", saved: str = "", tested: str = "") -> HTMLResponse:
    return here.page("desk_digests.html", _page(here, db, preview, is_saved=bool(saved), is_tested=bool(tested)))


@router.post("")
def subscribe(here: Here, db: WriteDb, form: Form) -> Response:
    """Let somebody of the desk, or a group that gets one already, get a digest."""
    try:
        with db.begin_nested():
            to = once(db, here.person_id, form, here.path, lambda: _subscribe(here, db, form))
    except GongdanError as error:
        return here.page("desk_digests.html", _page(here, db, values=form.last, error=error), error)
    return see_other(to)


def _subscribe(here: At, db: Session, form: Form) -> str:
    digests.subscribe(db, here.site.id, _wish(here, db, form), here.person_id, clock.now())
    return here.link("/desk/digests", saved="1")


def _wish(here: At, db: Session, form: Form) -> Wish:
    who, period, at = form.one("who"), form.one("period"), form.one("at")
    if who.startswith(ROOM):
        address, name = _room(here, who)
        return Wish(period, at, address=address, name=name)
    if not who.startswith(GROUP):
        return Wish(period, at, as_id(who))
    known = digests.of_site(db, here.site.id, as_id(who.removeprefix(GROUP)) or here.site.id)
    if known.next_at is None:
        raise NotFound(what="word.digest")
    return Wish(period, at, address=(known.channel, known.account, known.conversation), name=known.name)


@router.post("/{subscription_id}/end")
def end(subscription_id: UUID, here: Here, db: WriteDb, form: Form) -> Response:
    digests.end(db, here.site.id, subscription_id, here.person_id, clock.now())
    return see_other(here.link("/desk/digests", saved="1"))


@router.post("/{subscription_id}/test")
def send_now(subscription_id: UUID, here: Here, db: WriteDb, system: SystemDep, form: Form) -> Response:
    """Send what it would say now to whoever gets it."""
    one = digests.of_site(db, here.site.id, subscription_id)
    try:
        digests.send_test(db, one, system.settings.public_url, clock.now())
    except NoChat as error:
        is_own = one.person_id == here.person_id
        page = replace(_page(here, db), unsent=i18n.explain(error, here.locale), is_own=is_own)
        return here.page("desk_digests.html", page, error)
    return see_other(here.link("/desk/digests", tested="1"))


@router.get("/{subscription_id}/chart.png")
def chart(subscription_id: UUID, here: Reader, db: Db) -> Response:
    """The picture that a digest would have now."""
    one = digests.of_site(db, here.site.id, subscription_id)
    told = digest_letters.told(here.site, digests.preview(db, one, clock.now()))
    picture = charts.draw(told["chart"], here.site.name, here.locale)
    return Response(picture, media_type="image/png", headers={"cache-control": "private, no-store"})


@router.get("/sent/{digest_id}")
def figures(digest_id: UUID, here: Reader, db: Db) -> HTMLResponse:
    """The figures of a digest as they were when it was sent, each with its tickets."""
    sent = digests.sent_of_site(db, here.site.id, digest_id)
    found = [_behind(name, sent, here.locale) for name in FIGURES if name in sent.facts]
    return here.page(
        "desk_digest.html", FiguresPage(here.frame("digests"), _days(here, sent), found, here.link("/desk/digests"))
    )


def _page(
    here: At, db: Session, preview: str = "", *, values: dict[str, str] | None = None, is_saved: bool = False,
    is_tested: bool = False, error: GongdanError | None = None,
) -> DigestsPage:  # fmt: skip
    running = digests.running(db, here.site.id)
    names = _names(db, running, here.locale)
    chosen = next((one for one in running if str(one.id) == preview), None)
    return DigestsPage(
        here.frame("digests"), [_reading(here, db, one, names) for one in running], _sent(here, db),
        _shown(here, db, chosen) if chosen else None, _readers(here, db, running),
        [(period, translate(f"desk_digests.{period}", here.locale)) for period in PERIODS],
        {"who": "", "period": "day", "at": "08:00"} | (values or {}), here.holds(*ROLES),
        is_saved, is_tested, i18n.explain(error, here.locale) if error else "",
    )  # fmt: skip


def _readers(here: At, db: Session, running: list[Subscription]) -> list[tuple[str, str]]:
    """Who can get one: who sees the desk, and the groups that were let in."""
    staff = [(str(who.id), who.name) for who, roles in people.staff_of(db, here.site.id) if set(roles) & set(SEES)]
    groups = {(one.channel, one.account, one.conversation): one for one in running if one.person_id is None}
    said = [(f"{GROUP}{one.id}", _group(one, here.locale)) for one in groups.values()]
    rooms = [
        (f"{ROOM}{'/'.join(address)}", translate("desk_digests.group", here.locale, name=name))
        for address, name in _rooms(here).items()
        if address not in groups
    ]
    return staff + said + rooms


def _rooms(here: At) -> dict[tuple[str, str, str], str]:
    """The rooms of group robots, by address."""
    roomed = [channel for channel in here.system.channels.values() if isinstance(channel, Roomed)]
    return {
        (channel.name, channel.account, conversation): name
        for channel in roomed
        for conversation, name in channel.rooms().items()
    }


def _room(here: At, who: str) -> tuple[tuple[str, str, str], str]:
    """A room that was chosen, one of those that are there."""
    for address, name in _rooms(here).items():
        if who == f"{ROOM}{'/'.join(address)}":
            return address, name
    raise NotFound(what="word.chat")


def _group(one: Subscription, locale: str) -> str:
    return translate("desk_digests.group", locale, name=digests.name_of_group(one))


def _names(db: Session, found: list[Subscription], locale: str) -> dict[UUID, str]:
    return {one.id: people.get(db, one.person_id).name if one.person_id else _group(one, locale) for one in found}


def _reading(here: At, db: Session, one: Subscription, names: dict[UUID, str]) -> Reading:
    comes = full_time(one.next_at, here.site.timezone, here.locale) if one.next_at else ""
    shown = here.link("/desk/digests", preview=str(one.id)) + "#preview"
    return Reading(
        str(one.id), names[one.id], translate(f"desk_digests.{one.period}", here.locale), one.at, comes, shown,
        digests.can_arrive(db, one),
    )  # fmt: skip


def _sent(here: At, db: Session) -> list[Told]:
    found = digests.sent_at_site(db, here.site.id)
    readers = {one.subscription_id: digests.of_site(db, here.site.id, one.subscription_id) for one in found}
    names = _names(db, list(readers.values()), here.locale)
    return [
        Told(
            here.link(f"/desk/digests/sent/{one.id}"), names[one.subscription_id],
            full_time(one.sent_at, here.site.timezone, here.locale), _days(here, one),
        )
        for one in found
    ]  # fmt: skip


def _days(here: At, one: Sent) -> str:
    days = digest_letters.days(here.site, one.starts_at, one.ends_at)
    return translate("desk_digests.of_test", here.locale, days=days) if one.is_test else days


def _shown(here: At, db: Session, one: Subscription) -> Shown:
    """The very words that would be sent, in the language of who looks."""
    now = clock.now()
    letter = digest_letters.letter(digests.reader_of(one), here.site, digests.preview(db, one, now), "", None)
    book = categories.handbook(db, here.site)
    setting = Setting(here.locale, here.site.timezone, now, lambda key: book.work(key).label(here.locale))
    told = render(letter.kind, letter.facts, [], setting, PAPER)
    return Shown(str(one.id), told.text, here.link(f"/desk/digests/{one.id}/chart.png"))


def _behind(name: str, sent: Sent, locale: str) -> Behind:
    facts = sent.facts[name]
    value = translate("desk_digests.none", locale) if facts["value"] is None else f"{facts['value']:g}"
    return Behind(name, translate(f"digest.{name}", locale), value, facts["tickets"])

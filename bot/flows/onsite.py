"""On site in chat: check in by the thing's code, agree on a time, hold and resume, photos before and after."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.flows import _check_in, _tap, _work_windows, flow
from bot.flows import _work_card as card
from bot.talk import Talk
from core import places
from core.outbox import Choice, Tap
from core.tickets import actions, additions, states
from core.tickets.models import Ticket

onsite = flow("onsite")

PATIENCE = timedelta(hours=1)
PHOTOS_FOR = timedelta(hours=2)
SCAN_COUNTS_FOR = timedelta(minutes=30)
HOLD_REASONS = ("waiting_parts", "resident_absent", "access")
CODE_REASONS = ("torn_off", "no_label", "unreadable", "out_of_reach")
PER_ROW = 2


@onsite.action("check_in")
def check_in(talk: Talk, tap: Tap) -> None:
    """Ask for the thing's code; a place, or a code scanned a moment ago, needs none."""
    ticket = card.fresh(talk, tap)
    if ticket is None:
        return
    if ticket.asset_id is None or _was_scanned(talk, tap):
        _check_in.arrive(talk, ticket, {"code": ticket.asset_code} if ticket.asset_id else {})
    else:
        _check_in.wait_for_code(talk, ticket)
        talk.say("check_in_scan", [Choice("onsite.no_code")], ticket)


def _was_scanned(talk: Talk, tap: Tap) -> bool:
    """Whether the button came with a scan, and was not kept for later."""
    scanned_at = tap.facts.get("scanned_at", "")
    return scanned_at != "" and talk.now - datetime.fromisoformat(scanned_at) < SCAN_COUNTS_FOR


@onsite.step("check_in")
def photographed(talk: Talk) -> None:
    """A photo of the code is read when it is fetched; words that are no code are asked about again."""
    ticket = _tap.kept_ticket(talk)
    if not talk.incoming.media:
        talk.say("check_in_scan", [Choice("onsite.no_code")], ticket)
        return
    talk.keep_media(ticket=ticket, purpose="other", wants_code=True)
    _check_in.wait_for_code(talk, ticket, has_photo=True)
    if code := talk.seen_code():
        _check_in.scan(talk, code)
    elif any(item.stored for item in talk.incoming.media):
        talk.say("no_code_seen", [Choice("onsite.no_code")], ticket)


@onsite.action("no_code")
def no_code(talk: Talk, tap: Tap) -> None:
    """The code is gone or cannot be read: a photo of the thing and a reason stand for it, shown as such."""
    ticket = card.fresh(talk, tap)
    if ticket is None:
        return
    has_photo = bool(talk.data.get("has_photo")) and talk.data.get("ticket") == str(ticket.id)
    talk.go("onsite", "no_code", **_tap.bound(ticket), has_photo=has_photo)
    talk.wake_in(PATIENCE)
    _ask_without_code(talk, ticket)


def _ask_without_code(talk: Talk, ticket: Ticket) -> None:
    if talk.data["has_photo"]:
        talk.say("no_code_why", card.reasons("onsite.no_code_because", CODE_REASONS), ticket)
    else:
        talk.say("no_code_photo", ticket=ticket)


@onsite.step("no_code")
def without_code(talk: Talk) -> None:
    """First the photo, then the reason in words, or both in one message."""
    ticket = _tap.kept_ticket(talk)
    if talk.incoming.media:
        talk.keep_media(ticket=ticket, purpose="other", wants_code=False)
        talk.go("onsite", "no_code", **{**talk.data, "has_photo": True})
        talk.wake_in(PATIENCE)
    if talk.data["has_photo"] and _tap.is_stray_number(talk):
        return
    if talk.text and talk.data["has_photo"]:
        _arrive_without_code(talk, ticket, talk.text)
    else:
        _ask_without_code(talk, ticket)


@onsite.action("no_code_because")
def no_code_because(talk: Talk, tap: Tap) -> None:
    if ticket := card.fresh(talk, tap):
        _arrive_without_code(talk, ticket, tap.facts["reason"])


def _arrive_without_code(talk: Talk, ticket: Ticket, reason: str) -> None:
    _check_in.arrive(talk, ticket, {"code_photo": True, "reason": reason})


@onsite.action("schedule")
def schedule(talk: Talk, tap: Tap) -> None:
    """Offer the next sensible windows; others are typed."""
    ticket = card.fresh(talk, tap)
    if ticket is None:
        return
    talk.go("onsite", "schedule", **_tap.bound(ticket))
    talk.wake_in(PATIENCE)
    found = _work_windows.usual(talk.now, _zone(talk, ticket))
    choices = [
        Choice("onsite.window", {"from": start.isoformat(), "until": end.isoformat()}, label=name, row=place // PER_ROW)
        for place, (name, start, end) in enumerate(found)
    ]
    talk.say("schedule_when", choices, ticket)


@onsite.action("window")
def window(talk: Talk, tap: Tap) -> None:
    if ticket := card.fresh(talk, tap):
        _propose(talk, ticket, datetime.fromisoformat(tap.facts["from"]), datetime.fromisoformat(tap.facts["until"]))


@onsite.step("schedule")
def typed_window(talk: Talk) -> None:
    """A time in words, such as "tomorrow 2-4pm" in either language."""
    ticket = card.still(talk)
    if ticket is None:
        return
    found = _work_windows.read(talk.text, talk.now, _zone(talk, ticket))
    if found is None:
        talk.say("schedule_unread", ticket=ticket)
    else:
        _propose(talk, ticket, *found)


def _propose(talk: Talk, ticket: Ticket, start: datetime, end: datetime) -> None:
    facts = {"from": start, "until": end}
    actions.act(talk.session, ticket, "schedule", talk.viewer, talk.now, facts=facts, version=ticket.version)
    talk.end()
    talk.say("schedule_told", [Choice("work.show")], ticket, from_at=start, until_at=end)


def _zone(talk: Talk, ticket: Ticket) -> str:
    return places.site_of(talk.session, ticket.site_id).timezone


@onsite.action("hold")
def hold(talk: Talk, tap: Tap) -> None:
    """Ask what the work waits for."""
    ticket = card.fresh(talk, tap)
    if ticket is None:
        return
    talk.go("onsite", "holding", **_tap.bound(ticket))
    talk.wake_in(PATIENCE)
    talk.say("hold_why", card.reasons("onsite.hold_because", HOLD_REASONS, "onsite.hold_other"), ticket)


@onsite.action("hold_because")
def hold_because(talk: Talk, tap: Tap) -> None:
    if ticket := card.fresh(talk, tap):
        _hold(talk, ticket, tap.facts["reason"])


@onsite.action("hold_other")
def hold_other(talk: Talk, tap: Tap) -> None:
    talk.go("onsite", "holding", **_tap.bound(_tap.ticket_of(talk, tap)))
    talk.wake_in(PATIENCE)
    talk.say("type_reason")


@onsite.step("holding")
def holding(talk: Talk) -> None:
    if not talk.text:
        talk.say("type_reason")
    elif _tap.is_stray_number(talk):
        return
    elif ticket := card.still(talk):
        _hold(talk, ticket, talk.text)


def _hold(talk: Talk, ticket: Ticket, reason: str) -> None:
    actions.act(talk.session, ticket, "hold", talk.viewer, talk.now, facts={"reason": reason}, version=ticket.version)
    talk.end()
    card.show(talk, ticket, "job_held")


@onsite.action("resume")
def resume(talk: Talk, tap: Tap) -> None:
    ticket = card.fresh(talk, tap)
    if ticket is None:
        return
    actions.act(talk.session, ticket, "resume", talk.viewer, talk.now, version=ticket.version)
    card.show(talk, ticket, "job_resumed", is_replacing=True)


@onsite.action("before")
def before(talk: Talk, tap: Tap) -> None:
    _wait_for_photos(talk, tap, "before")


@onsite.action("after")
def after(talk: Talk, tap: Tap) -> None:
    _wait_for_photos(talk, tap, "after")


def _wait_for_photos(talk: Talk, tap: Tap, purpose: str) -> None:
    """From now on photos belong to the job as `purpose`. A photo is welcome in any state, so nothing is stale."""
    ticket = _tap.ticket_of(talk, tap)
    if ticket.assignee_id != talk.person_id:
        card.show_present(talk, ticket)
        return
    talk.go("onsite", "photos", ticket=str(ticket.id), purpose=purpose)
    talk.wake_in(PHOTOS_FOR)
    talk.say(f"photos_{purpose}", ticket=ticket)


@onsite.step("photos")
def photos(talk: Talk) -> None:
    """Photos of the chosen kind; words beside them are a note between staff, until the job has ended."""
    ticket, purpose = _tap.kept_ticket(talk), talk.data["purpose"]
    if ticket.state not in states.UNDECIDED and not talk.incoming.media:
        _tap.talk_on(talk, ticket)
        return
    talk.keep_media(ticket=ticket, purpose=purpose)
    if talk.text:
        additions.add_words(talk.session, ticket, talk.person_id, talk.text, talk.now, is_internal=True)
    is_told = _tap.is_in_album(talk)
    talk.go("onsite", "photos", ticket=str(ticket.id), purpose=purpose, photo_at=_tap.photo_at(talk))
    talk.wake_in(PHOTOS_FOR)
    if not is_told:
        kind = f"photos_kept_{purpose}" if talk.incoming.media else "note_kept"
        talk.say(kind, [Choice("work.show"), Choice("onsite.before"), Choice("onsite.after")], ticket)


@onsite.on_silence
def silent(talk: Talk) -> None:
    """What comes later is no longer meant for this job."""
    talk.end()

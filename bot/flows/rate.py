"""After the sign-off: confirm or reopen, then 1 to 5 stars with one tap, and why when they are few."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta

from bot.flows import _progress, _tap, flow
from bot.messages import Media
from bot.talk import Talk
from core import surveys
from core.outbox import Choice, Tap
from core.tickets import actions, news, queries
from core.tickets.models import Ticket

rate = flow("rate")

REOPEN_REASONS = ("not_fixed", "came_back", "made_worse")
PATIENCE = timedelta(hours=2)
PER_ROW = 2


@rate.action("confirm")
def confirm(talk: Talk, tap: Tap) -> None:
    """The first confirmation closes; who comes later is told so, and may rate as well."""
    ticket = _tap.ticket_of(talk, tap)
    if ticket.state == "closed" and ticket.resolution != "unanswered":
        _already(talk, ticket)
    elif _tap.is_stale(tap, ticket):
        _progress.show_present(talk, ticket)
    else:
        actions.act(talk.session, ticket, "confirm", talk.viewer, talk.now, version=ticket.version)
        talk.replace("confirmed_thanks", [Choice("rate.reopen")], ticket)


def _already(talk: Talk, ticket: Ticket) -> None:
    has_rated = surveys.rating_of(talk.session, ticket, talk.person_id) is not None
    is_asked = not has_rated and talk.person_id in queries.concerned(talk.session, ticket)
    talk.say("confirmed_before", news.RATE_BUTTONS if is_asked else [Choice("track.show")], ticket)


@rate.action("reopen")
def reopen(talk: Talk, tap: Tap) -> None:
    """Ask what is still wrong: one tap, words or a photo. The question is about the ticket as it is now."""
    ticket = _tap.ticket_of(talk, tap)
    if ticket.state not in ("done", "closed"):
        _progress.show_present(talk, ticket)
        return
    talk.go("rate", "reopening", **_tap.bound(ticket), media=[])
    talk.wake_in(PATIENCE)
    talk.say("reopen_why", _reasons("rate.because", REOPEN_REASONS), ticket)


@rate.action("because")
def because(talk: Talk, tap: Tap) -> None:
    """A reason was tapped; photos that were sent before it belong to the new round."""
    ticket = _tap.ticket_of(talk, tap)
    if _tap.is_stale(tap, ticket):
        _progress.show_present(talk, ticket)
        return
    _reopen(talk, ticket, tap.facts["reason"])


@rate.step("reopening")
def reopening(talk: Talk) -> None:
    """Words reopen; a photo alone is kept until the words or a tap say what is wrong."""
    ticket = _tap.kept_ticket(talk)
    if _tap.is_emergency(talk):
        _tap.report_instead(talk)
    elif ticket.version != talk.data["version"]:
        talk.end()
        _progress.show_present(talk, ticket)
    elif _tap.is_stray_number(talk):
        return
    elif talk.text:
        _reopen(talk, ticket, talk.text)
    else:
        _keep_photo(talk, ticket)


def _keep_photo(talk: Talk, ticket: Ticket) -> None:
    is_told = _tap.is_in_album(talk)
    media = [*talk.data["media"], *(asdict(item) for item in talk.incoming.media)]
    talk.go("rate", "reopening", **_tap.bound(ticket), media=media, photo_at=_tap.photo_at(talk))
    talk.wake_in(PATIENCE)
    if not is_told:
        talk.say("reopen_why", _reasons("rate.because", REOPEN_REASONS), ticket)


def _reopen(talk: Talk, ticket: Ticket, reason: str) -> None:
    actions.act(talk.session, ticket, "reopen", talk.viewer, talk.now, facts={"reason": reason}, version=ticket.version)
    kept = talk.data.get("media", []) if talk.data.get("ticket") == str(ticket.id) else []
    before = tuple(Media(**{**item, "texts": tuple(item["texts"])}) for item in kept)
    talk.incoming = replace(talk.incoming, media=before + talk.incoming.media)
    talk.keep_media(ticket=ticket)
    talk.end()
    talk.say("reopened_thanks", [Choice("track.show"), Choice("track.add")], ticket)


@rate.action("stars")
def stars(talk: Talk, tap: Tap) -> None:
    """One tap, one rating; a second tap changes it."""
    ticket = _tap.ticket_of(talk, tap)
    if ticket.state != "closed" or _tap.is_stale(tap, ticket):
        _progress.show_present(talk, ticket)
        return
    given = int(tap.facts["stars"])
    is_told = surveys.was_low(talk.session, ticket, talk.person_id)
    surveys.rate(talk.session, ticket, talk.person_id, given, talk.now)
    if given > surveys.FEW_STARS:
        if talk.standing.flow == "rate":
            talk.end()
        talk.say("rated_better" if is_told else "rated", [Choice("rate.more")], ticket, stars=given)
        return
    talk.go("rate", "why", ticket=str(ticket.id), round=ticket.round)
    talk.wake_in(PATIENCE)
    talk.say("rated_few", _reasons("rate.why", surveys.REASONS), ticket, stars=given)


@rate.action("why")
def why(talk: Talk, tap: Tap) -> None:
    ticket = _tap.ticket_of(talk, tap)
    if ticket.state != "closed" or _tap.is_stale(tap, ticket):
        _progress.show_present(talk, ticket)
        return
    surveys.explain(talk.session, ticket, talk.person_id, tap.facts["reason"], talk.now)
    if tap.facts["reason"] == "other":
        talk.say("rated_tell", ticket=ticket)
        return
    talk.end()
    talk.say("rated_thanks", [Choice("rate.more")], ticket)


@rate.step("why")
def told_why(talk: Talk) -> None:
    """The reason in words of one's own."""
    ticket = _tap.kept_ticket(talk)
    if _tap.is_emergency(talk) or ticket.round != talk.data["round"]:
        _tap.report_instead(talk)
    elif _tap.is_stray_number(talk):
        return
    elif not talk.text:
        talk.keep_media(ticket=ticket)
        talk.say("rated_tell", ticket=ticket)
    else:
        surveys.explain(talk.session, ticket, talk.person_id, "other", talk.now, text=talk.text)
        talk.end()
        talk.say("rated_thanks", [Choice("rate.more")], ticket)


@rate.action("more")
def more(talk: Talk, tap: Tap) -> None:
    """Three questions for who goes on, one at a time."""
    ticket = _rated_ticket(talk, tap)
    if ticket is not None:
        talk.end()
        talk.say(f"rate_{surveys.PARTS[0]}", _part_buttons(surveys.PARTS[0]), ticket)


@rate.action("part")
def part(talk: Talk, tap: Tap) -> None:
    """An answer to one of the three; the next question takes its place."""
    ticket = _rated_ticket(talk, tap)
    if ticket is None:
        return
    asked, given = tap.facts["part"], int(tap.facts["stars"])
    surveys.detail(talk.session, ticket, talk.person_id, asked, given, talk.now)
    rest = surveys.PARTS[surveys.PARTS.index(asked) + 1 :]
    if rest:
        talk.replace(f"rate_{rest[0]}", _part_buttons(rest[0]), ticket)
    else:
        talk.replace("rated_parts", ticket=ticket)


def _rated_ticket(talk: Talk, tap: Tap) -> Ticket | None:
    """The ticket of a tap, while its round is the one that was rated."""
    ticket = _tap.ticket_of(talk, tap)
    if ticket.state == "closed" and not _tap.is_stale(tap, ticket):
        return ticket
    _progress.show_present(talk, ticket)
    return None


def _part_buttons(name: str) -> list[Choice]:
    return [Choice("rate.part", {"part": name, "stars": stars}, label=f"stars_{stars}") for stars in news.STARS]


@rate.on_silence
def silent(talk: Talk) -> None:
    """What comes later is a new message, not the answer to an old question."""
    talk.end()


def _reasons(action: str, keys: tuple[str, ...]) -> list[Choice]:
    return [
        Choice(action, {"reason": key}, label=f"reason.{key}", row=place // PER_ROW) for place, key in enumerate(keys)
    ]

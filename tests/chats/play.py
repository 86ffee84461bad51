"""The loop, step by step over the platforms: reported, joined, declined, accepted, asked after, done, confirmed, rated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from api.demo import pictures
from core import i18n
from tests.chats.stage import Stage
from tests.chats.words import said

BEFORE, AFTER = 3, 3  # which of the demo's pictures


@dataclass(frozen=True, slots=True)
class Act:
    """`do`: what somebody does; `seat`: who; `is_done`: whether its answer has come."""

    name: str
    seat: str
    do: Callable[[Stage], None]
    is_done: Callable[[Stage], bool]


def play(stage: Stage, begun: Callable[[int, Act], None] = lambda *_: None) -> None:
    """All of it. `begun`: told of each step before it."""
    if stage.ticket() is not None:
        stage.next_lift()
    for place, act in enumerate(ACTS):
        begun(place, act)
        seen = {phone.seat: len(phone.lines()) for phone in stage.phones}
        act.do(stage)
        stage.wait(lambda act=act, seen=seen: act.is_done(stage) and _is_answered(stage, act.seat, seen[act.seat]))  # type: ignore[misc]


def _is_answered(stage: Stage, seat: str, before: int) -> bool:
    """Whether something came back that the person had not seen, in a new line or in the place of one."""
    lines = stage.phone(seat).lines()[before:]
    return any(not line.is_mine for line in lines) or seat == "busy" or not lines


def _choose(seat: str, label: str) -> Callable[[Stage], None]:
    """Tap what is called so, as soon as it is there."""

    def do(stage: Stage) -> None:
        words = i18n.translate(f"button.{label}", stage.locale)
        stage.wait(lambda: has(stage, seat, words))
        stage.phone(seat).choose(words)

    return do


def has(stage: Stage, seat: str, label: str) -> bool:
    """Whether a phone shows something of that name to tap, or with a number."""
    lines = [line for line in stage.phone(seat).lines() if not line.is_mine]
    return any(label in line.text or label in [key.label for key in line.keys] for line in lines)


def _state(*states: str) -> Callable[[Stage], bool]:
    return lambda stage: (ticket := stage.ticket()) is not None and ticket.state in states


def _says(seat: str, words: str) -> Callable[[Stage], None]:
    return lambda stage: stage.phone(seat).say(said(words, stage.locale))


def _always(stage: Stage) -> bool:
    return True


def _shows(seat: str, *, is_repaired: bool) -> Callable[[Stage], None]:
    return lambda stage: stage.phone(seat).send_photo(pictures.draw(AFTER, is_repaired=is_repaired))


def _scans(seat: str) -> Callable[[Stage], None]:
    return lambda stage: stage.phone(seat).scan(stage.code)


def _names_ticket(seat: str) -> Callable[[Stage], bool]:
    """Whether the phone has the number of the ticket in its last line."""

    def is_there(stage: Stage) -> bool:
        ticket = stage.ticket()
        return ticket is not None and any(ticket.number in one.text for one in stage.phone(seat).lines())

    return is_there


ACTS = (
    Act("scan", "resident", _scans("resident"), _always),
    Act("report", "resident", _says("resident", "fault"), _state("assigned")),
    Act("photo", "resident", _shows("resident", is_repaired=False), _always),
    Act("twin_scan", "neighbour", _scans("neighbour"), _always),
    Act("twin", "neighbour", _says("neighbour", "same"), _always),
    Act("me_too", "neighbour", _choose("neighbour", "report.me_too"), _names_ticket("neighbour")),
    Act("decline", "busy", _choose("busy", "work.decline"), _always),
    Act("busy", "busy", _choose("busy", "reason.busy"), lambda stage: stage.assignee() == "technician"),
    Act("accept", "technician", _choose("technician", "work.accept"), _state("accepted")),
    Act("nudge", "neighbour", _says("neighbour", "nudge"), _names_ticket("supervisor")),
    Act("check_in", "technician", _choose("technician", "onsite.check_in"), _always),
    Act("arrive", "technician", _scans("technician"), _state("in_progress")),
    Act("after", "technician", _choose("technician", "onsite.after"), _always),
    Act("after_photo", "technician", _shows("technician", is_repaired=True), _always),
    Act("sign_off", "technician", Stage.sign_off, _state("done")),
    Act("confirm", "resident", _choose("resident", "rate.confirm"), _state("closed")),
    Act("rate", "resident", _choose("resident", "stars_5"), lambda stage: bool((it := stage.ticket()) and it.stars)),
)

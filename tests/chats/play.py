"""The loop, step by step over the platforms: reported, joined, declined, accepted, done, confirmed, rated."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from api.demo import pictures
from core import i18n
from tests.chats.stage import Stage
from tests.chats.words import said

PICTURE = 3  # of those that the demo draws


@dataclass(frozen=True, slots=True)
class Act:
    """`do`: what somebody does; `seat`: who; `is_done`: whether its answer has come."""

    name: str
    seat: str
    do: Callable[[Stage], None]
    is_done: Callable[[Stage], bool]


def play(stage: Stage, begun: Callable[[int, Act], None] = lambda *_: None, *, pause: float = 0.0) -> None:
    """All of it. `begun`: told of each step before it; `pause`: seconds in which people can see what has come."""
    if stage.ticket() is not None:
        stage.next_lift()
    for place, act in enumerate(ACTS):
        begun(place, act)
        act.do(stage)
        stage.wait(lambda act=act: act.is_done(stage))  # type: ignore[misc]
        time.sleep(pause)


def stands_in(stage: Stage, seat: str) -> bool:
    """Whether somebody can read of the ticket: its number stands in their chat."""
    ticket = stage.ticket()
    return ticket is not None and any(ticket.number in one.text for one in stage.phone(seat).lines())


def _choose(seat: str, label: str, *, is_own: bool = False) -> Callable[[Stage], None]:
    """Tap what is called so, as soon as it is there. `is_own`: below a message that names the ticket of the play."""

    def do(stage: Stage) -> None:
        word = i18n.translate(f"button.{label}", stage.locale)
        about = ticket.number if is_own and (ticket := stage.ticket()) else ""
        stage.wait(lambda: stage.phone(seat).choice(word, about) is not None)
        stage.phone(seat).choose(word, about)

    return do


def _offers(seat: str, label: str) -> Callable[[Stage], bool]:
    """Whether the end of a chat has something of that name to tap, or with a number."""
    return lambda stage: stage.phone(seat).choice(i18n.translate(f"button.{label}", stage.locale)) is not None


def _says(seat: str, words: str) -> Callable[[Stage], None]:
    return lambda stage: stage.phone(seat).say(said(words, stage.locale))


def _shows(seat: str, *, is_repaired: bool) -> Callable[[Stage], None]:
    return lambda stage: stage.phone(seat).send_photo(pictures.draw(PICTURE, is_repaired=is_repaired))


def _scans(seat: str) -> Callable[[Stage], None]:
    return lambda stage: stage.phone(seat).scan(stage.code)


def _answered(seat: str) -> Callable[[Stage], bool]:
    return lambda stage: not stage.phone(seat).lines()[-1].is_mine


def _is(state: str) -> Callable[[Stage], bool]:
    return lambda stage: (ticket := stage.ticket()) is not None and ticket.state == state


def _is_rated(stage: Stage) -> bool:
    ticket = stage.ticket()
    return ticket is not None and ticket.stars > 0


def _is_given_on(stage: Stage) -> bool:
    stage.give_out()
    return stage.assignee() == "technician"


ACTS = (
    Act("scan", "resident", _scans("resident"), _answered("resident")),
    Act("report", "resident", _says("resident", "fault"), _is("assigned")),
    Act("photo", "resident", _shows("resident", is_repaired=False), lambda stage: stage.has_photo("report")),
    Act("scan", "neighbour", _scans("neighbour"), _answered("neighbour")),
    Act("twin", "neighbour", _says("neighbour", "same"), _offers("neighbour", "report.me_too")),
    Act("me_too", "neighbour", _choose("neighbour", "report.me_too"), _offers("neighbour", "track.show")),
    Act("decline", "busy", _choose("busy", "work.decline", is_own=True), _offers("busy", "reason.busy")),
    Act("busy", "busy", _choose("busy", "reason.busy"), _is_given_on),
    Act("accept", "technician", _choose("technician", "work.accept", is_own=True), _is("accepted")),
    Act("nudge", "neighbour", _says("neighbour", "nudge"), lambda stage: stands_in(stage, "supervisor")),
    Act("check_in", "technician", _choose("technician", "onsite.check_in"), _offers("technician", "onsite.no_code")),
    Act("arrive", "technician", _scans("technician"), _is("in_progress")),
    Act("after", "technician", _choose("technician", "onsite.after"), _answered("technician")),
    Act("fixed", "technician", _shows("technician", is_repaired=True), lambda stage: stage.has_photo("after")),
    Act("sign_off", "technician", Stage.sign_off, _is("done")),
    Act("confirm", "resident", _choose("resident", "rate.confirm"), _is("closed")),
    Act("rate", "resident", _choose("resident", "stars_5"), _is_rated),
)

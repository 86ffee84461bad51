"""Quiet hours: when somebody wants to be left alone by all that can wait."""

from __future__ import annotations

import re

from bot.flows import flow
from bot.talk import OldButton, Talk
from core import quiet as hours
from core.errors import Invalid
from core.outbox import Choice, Tap

quiet = flow("quiet")

PROPOSED = (("22:00", "07:00"), ("21:00", "08:00"), ("23:00", "06:00"))
TYPED = re.compile(r"(\d{1,2})\D(\d{2})\D{1,5}(\d{1,2})\D(\d{2})")  # 22:30-6:45, with whatever colons


@quiet.command("quiet")
def ask(talk: Talk) -> None:
    """Keep the hours that stand behind the command; without any, say what holds and propose some."""
    said = TYPED.search(talk.incoming.argument)
    if said is not None:
        _keep(talk, f"{said[1]}:{said[2]}", f"{said[3]}:{said[4]}")
        return
    now = hours.hours(talk.session, talk.person_id)
    choices = [
        Choice("quiet.choose", {"begins": begins, "ends": ends}, text=f"{begins}\u2013{ends}", row=0)
        for begins, ends in PROPOSED
    ]
    choices.append(Choice("quiet.choose", {"begins": "", "ends": ""}, label="quiet.none", row=1))
    if now is None:
        talk.say("quiet_which", choices)
    else:
        talk.say("quiet_now", choices, begins=now[0], ends=now[1])


def _keep(talk: Talk, begins: str, ends: str) -> None:
    try:
        hours.set_hours(talk.session, talk.person_id, begins, ends)
    except Invalid:
        talk.say("quiet_unclear")
    else:
        begins, ends = hours.hours(talk.session, talk.person_id) or ("", "")
        talk.say("quiet_set", [Choice("help.show")], begins=begins, ends=ends)


@quiet.action("choose")
def choose(talk: Talk, tap: Tap) -> None:
    chosen = (str(tap.facts.get("begins", "")), str(tap.facts.get("ends", "")))
    if chosen not in (*PROPOSED, ("", "")):
        raise OldButton
    hours.set_hours(talk.session, talk.person_id, *chosen)
    if any(chosen):
        talk.replace("quiet_set", [Choice("help.show")], begins=chosen[0], ends=chosen[1])
    else:
        talk.replace("quiet_off", [Choice("help.show")])

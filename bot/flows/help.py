"""What can be done here, by role; hello and good-bye; and what is answered to messages that nobody can read."""

from __future__ import annotations

from bot.flows import command_of, flow
from bot.talk import Talk
from core import people
from core.outbox import Choice, Tap

help_ = flow("help")

RESIDENT = (
    Choice("help.report", row=0),
    Choice("help.mine", row=0),
    Choice("help.home", row=1),
    Choice("help.language", row=1),
    Choice("help.quiet", row=2),
)
TECHNICIAN = (
    Choice("help.work", row=0),
    Choice("help.report", row=1),
    Choice("help.language", row=1),
    Choice("help.quiet", row=2),
)


@help_.command("follow")
def hello(talk: Talk) -> None:
    """Hello: what this is for, how to report in one message. Who had left is reachable again."""
    for identity in people.identities_of(talk.session, talk.person_id):
        if _is_here(talk, identity) and not talk.is_group:
            people.add_identity(
                talk.session, talk.person_id, identity.channel, identity.account, identity.kind, identity.value,
                conversation=talk.incoming.conversation, via=identity.verified_via,
            )  # fmt: skip
    talk.say("welcome", RESIDENT)


@help_.command("unfollow")
def goodbye(talk: Talk) -> None:
    """The person has left: nothing is sent here any more. The dialogue is forgotten, tickets are not."""
    for identity in people.identities_of(talk.session, talk.person_id):
        if _is_here(talk, identity):
            people.mark_blocked(talk.session, identity.id, talk.now)
    talk.forget()


def _is_here(talk: Talk, identity: people.Identity) -> bool:
    where = (talk.incoming.channel, talk.incoming.account, talk.incoming.sender)
    return (identity.channel, identity.account, identity.value) == where


@help_.command("help")
def show(talk: Talk) -> None:
    """What this person can do here; where the dialogue stands does not change."""
    if talk.viewer.sites("technician"):
        talk.say("help_technician", TECHNICIAN)
    elif talk.viewer.is_staff:
        desk = Choice("help.desk", label="desk", url=f"{talk.settings.public_url}/desk", row=3)
        talk.say("help_staff", [*RESIDENT, desk])
    else:
        talk.say("help", RESIDENT)


@help_.command("unknown")
def unknown(talk: Talk) -> None:
    """A kind of message that nobody here can read: say what can be sent."""
    talk.say("unreadable")


@help_.command("file")
def file(talk: Talk) -> None:
    talk.say("no_files")


@help_.action("show")
def show_again(talk: Talk, tap: Tap) -> None:
    show(talk)


@help_.action("report")
def report(talk: Talk, tap: Tap) -> None:
    _run(talk, "report")


@help_.action("mine")
def mine(talk: Talk, tap: Tap) -> None:
    _run(talk, "mine")


@help_.action("work")
def work(talk: Talk, tap: Tap) -> None:
    _run(talk, "work")


@help_.action("home")
def home(talk: Talk, tap: Tap) -> None:
    _run(talk, "link")


@help_.action("language")
def language(talk: Talk, tap: Tap) -> None:
    _run(talk, "language")


@help_.action("quiet")
def quiet(talk: Talk, tap: Tap) -> None:
    _run(talk, "quiet")


def _run(talk: Talk, command: str) -> None:
    step = command_of(command)
    assert step is not None
    step(talk)

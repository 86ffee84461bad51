"""From an incoming message to its flow: person, locale, place in the dialogue; the one bridge from async to sync.

A message is taken in one transaction with all its effects. When that fails, it is kept alone as pending, and
the worker tries again; when a flow refuses for a reason that a person can understand, the reason is the answer.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from threading import Event
from typing import Literal

from assets import codes, register
from bot import asked, flows, greeting, notices, numerals
from bot.messages import Incoming, unpacked
from bot.talk import NotYours, OldButton, Talk, words_of
from core import clock, conversations, i18n, inbox, numbers, outbox, places, surveys
from core.database import Database, DBAPIError, Session, is_passing
from core.errors import Busy, GongdanError, NotFound, TooMany
from core.inbox import InboxMessage
from core.numbers import Offered
from core.settings import Settings

log = logging.getLogger(__name__)

HOOK_WAIT = 1.5
KEEP_WAIT = 1.0
LONGEST_COMMAND = 32
SLASHED = re.compile(r"/(\w{1,32})(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
Taken = Literal["done", "replay", "kept"]


@dataclass(frozen=True, slots=True)
class Router:
    """What the taking of a message needs: where to write, and the deployer's choices.

    `begun`: set once a site was seen, after which nobody looks for one again.
    """

    database: Database
    settings: Settings
    begun: Event = field(default_factory=Event, init=False, compare=False)

    def take(self, incoming: Incoming) -> Taken:
        """Take one message exactly once.

        1. Its effects and its inbox row in one transaction; a replay finds the row and changes nothing.
        2. A reason that a person can understand: the same with that reason as the answer.
        3. Anything else: keep the message alone as pending. Raises Busy when even that is not possible.
        """
        now = clock.now()
        try:
            return self.database.write(lambda session: self._handle(session, incoming, now), HOOK_WAIT)
        except Busy as error:
            return self._keep(incoming, now, error)
        except GongdanError as error:
            return self._answer_error(incoming, error, now)
        except Exception as error:
            if not (isinstance(error, DBAPIError) and is_passing(error)):  # which is PostgreSQL's way to be busy
                log.exception("a %s message could not be handled and is kept", incoming.kind)
            return self._keep(incoming, now, error)

    def _answer_error(self, incoming: Incoming, error: GongdanError, now: datetime) -> Taken:
        try:
            return self.database.write(lambda session: self._explain(session, incoming, error, now), HOOK_WAIT)
        except Exception as failure:
            log.exception("a refusal could not be answered and the message is kept")
            return self._keep(incoming, now, failure)

    def _keep(self, incoming: Incoming, now: datetime, error: Exception) -> Taken:
        reason = f"{type(error).__name__}: {error}"[:300]
        fresh = self.database.write(
            lambda session: inbox.take(
                session, incoming.channel, incoming.account, incoming.dedupe_key, incoming.conversation,
                content=incoming.packed(), error=reason, now=now,
            ),
            KEEP_WAIT,
        )  # fmt: skip
        return "kept" if fresh else "replay"

    def _handle(self, session: Session, incoming: Incoming, now: datetime) -> Taken:
        """Begin the turn, keep the message with it, and run the flow; behind an older message it is only kept."""
        if notices.is_notice(session, incoming):
            return self._note(session, incoming, now)
        known = greeting.resume(session, incoming, self.settings, now)
        behind = known is not None and known.standing.is_behind
        content = incoming.packed() if behind else None
        key = (incoming.channel, incoming.account, incoming.dedupe_key, incoming.conversation)
        if not inbox.take(session, *key, content=content, now=now):
            return "replay"
        if behind:
            return "kept"
        self._turn(greeting.begin(session, incoming, self.settings, now, known))
        return "done"

    def _note(self, session: Session, incoming: Incoming, now: datetime) -> Taken:
        key = (incoming.channel, incoming.account, incoming.dedupe_key, incoming.conversation)
        if not inbox.take(session, *key, now=now):
            return "replay"
        notices.take(session, incoming, now)
        return "done"

    def _turn(self, talk: Talk) -> None:
        if self._has_begun(talk.session):
            _turn(talk)
        else:
            talk.say("not_set_up")
            talk.finish()

    def _has_begun(self, session: Session) -> bool:
        """Before there is a site, nothing can be reported and nobody claims a home."""
        if not self.begun.is_set() and places.any_site(session):
            self.begun.set()
        return self.begun.is_set()

    def _explain(self, session: Session, incoming: Incoming, error: GongdanError, now: datetime) -> Taken:
        key = (incoming.channel, incoming.account, incoming.dedupe_key, incoming.conversation)
        if not inbox.take(session, *key, now=now):
            return "replay"
        refuse(session, incoming, error, self.settings, now)
        return "done"

    def retry_pending(self) -> int:
        """Handle what was kept, the oldest of each conversation first; returns how many were done."""
        now = clock.now()
        with self.database.read_scope() as session:
            waiting = inbox.due(session, now)
        return sum(self._retry(message) for message in waiting)

    def _retry(self, message: InboxMessage) -> bool:
        now = clock.now()
        try:
            return self._redo_or_refuse(message, now)
        except Busy:
            return False
        except Exception as error:
            log.exception("a kept message failed again")
            told = f"{type(error).__name__}: {error}"
            self.database.write(lambda session: inbox.postpone(session, message, told, now))
            return False

    def _redo_or_refuse(self, message: InboxMessage, now: datetime) -> bool:
        incoming = replace(unpacked(message.content or {}), takes_reply=False)  # its callback was answered long ago
        try:
            return self.database.write(lambda session: self._redo(session, message, incoming, now))
        except Busy:
            raise
        except GongdanError as error:
            reason = error
            return self.database.write(lambda session: self._redo_refused(session, message, incoming, reason, now))

    def _redo(self, session: Session, message: InboxMessage, incoming: Incoming, now: datetime) -> bool:
        if not inbox.settle(session, message.id):
            return False
        if notices.is_notice(session, incoming):
            notices.take(session, incoming, now)
            return True
        known = greeting.resume(session, incoming, self.settings, now)
        self._turn(greeting.begin(session, incoming, self.settings, now, known))
        return True

    def _redo_refused(
        self, session: Session, message: InboxMessage, incoming: Incoming, error: GongdanError, now: datetime
    ) -> bool:
        if not inbox.settle(session, message.id):
            return False
        refuse(session, incoming, error, self.settings, now)
        return True

    def wake_silent(self) -> int:
        """Let conversations go on whose person stayed silent; returns how many did."""
        now = clock.now()
        with self.database.read_scope() as session:
            due = conversations.silent(session, now)
        return sum(self._wake(row, now) for row in due)

    def _wake(self, row: conversations.Conversation, now: datetime) -> bool:
        """One that fails waits a while, so that it holds up no other."""
        try:
            return self.database.write(partial(wake, row=row, settings=self.settings, now=now))
        except Exception:
            log.exception("a silent conversation could not go on")
            self.database.write(lambda session: conversations.wake_later(session, row, now))
            return False


def turn(session: Session, incoming: Incoming, settings: Settings, now: datetime) -> None:
    """One turn of a conversation."""
    _turn(greeting.begin(session, incoming, settings, now, greeting.resume(session, incoming, settings, now)))


def _turn(talk: Talk) -> None:
    _route(talk)
    talk.finish()


def refuse(session: Session, incoming: Incoming, error: GongdanError, settings: Settings, now: datetime) -> None:
    """Answer with the reason why something could not be done. Where the dialogue stands does not change."""
    talk = greeting.counted(session, incoming, settings, now, greeting.resume(session, incoming, settings, now))
    if not isinstance(error, TooMany) or talk.standing.counted == conversations.FLOOD_LIMIT + 1:
        talk.say("refused", text=i18n.explain(error, talk.locale))
    talk.finish()


def wake(session: Session, row: conversations.Conversation, settings: Settings, now: datetime) -> bool:
    """Run a flow's silence step for a conversation that is still waiting. Who has left is no longer waited for."""
    incoming = Incoming(
        row.channel, row.account, f"silence:{row.id}:{row.version}", "unknown", row.conversation, row.sender, ""
    )
    talk = greeting.resume(session, incoming, settings, now)
    if talk is None:
        conversations.save(session, row.id, row.version, now, wake_at=None)
        return False
    found = flows.FLOWS.get(talk.standing.flow)
    if talk.standing.version != row.version or found is None or found.silence is None:
        return False
    talk.standing.wake_at, talk.is_moved = None, True
    found.silence(talk)
    talk.finish()
    return True


def _route(talk: Talk) -> None:
    """Find what a message answers: a button, a scanned code, a command, the step that waits, or nothing yet."""
    incoming = talk.incoming = _unslashed(talk.incoming)
    if incoming.kind == "action":
        _press(talk)
    elif incoming.kind in ("follow", "unfollow", "unknown", "file"):
        _run(talk, incoming.kind)
    elif incoming.kind == "scan":
        _start(talk, incoming.argument or incoming.text)
    elif incoming.kind == "command" and incoming.command == "start":
        _start(talk, incoming.argument)
    elif (number := _number(talk)) is not None and (offered := _offered(talk)):
        _pick(talk, number, offered)
    elif token := _star(talk, numerals.stars_in(talk.text) if incoming.kind == "text" else None):
        _press_instead(talk, token)
    elif command := _command(talk):
        command(talk)
    elif code := _typed_code(talk):
        _scan(talk, code)
    elif ticket := asked.ticket_of(talk):
        asked.show(talk, ticket)
    else:
        _answer(talk)


def _unslashed(incoming: Incoming) -> Incoming:
    """A command that was typed with its slash, in any language, also where the platform knows no commands."""
    found = SLASHED.fullmatch(incoming.text.strip()) if incoming.kind == "text" else None
    if found is None:
        return incoming
    said, argument = found[1].casefold(), (found[2] or "").strip()
    name = next((name for name in flows.commands() if said in words_of(name)), said)
    return replace(incoming, kind="command", command=name, argument=argument)


def _press(talk: Talk) -> None:
    """A button: it must be genuine, this person's, and still about what it showed."""
    tap = outbox.tapped(talk.session, talk.incoming.action, talk.settings.key)
    action = flows.action_of(tap.action) if tap else None
    if tap is None or action is None:
        raise OldButton
    if tap.person_id is not None and tap.person_id != talk.person_id:
        raise NotYours
    outbox.proven(talk.session, tap.outbox_id, talk.incoming.message, talk.now)
    action(talk, tap)


def _number(talk: Talk) -> int | None:
    return numerals.number_in(talk.text) if talk.incoming.kind == "text" else None


def _offered(talk: Talk) -> Offered | None:
    """What a number means now; None where something was asked since then that a number may answer."""
    member = talk.person_id if talk.is_group else None
    found = numbers.last(talk.session, talk.address, talk.now, asked_by=member)
    is_asked_since = found is not None and talk.is_asking and found.at < talk.standing.asked_at
    return None if is_asked_since else found


def _pick(talk: Talk, number: int, offered: Offered) -> None:
    """A number in the place of a button, with all that is asked of a button.

    One that fits an earlier question for stars alone is meant for that.
    """
    place = offered.place(number)
    if place is not None:
        _press_instead(talk, outbox.token_of(offered.outbox_id, place, talk.settings.key))
    elif token := _star(talk, number):
        _press_instead(talk, token)
    else:
        talk.say("number_wrong", said=number, most=len(offered.places))


def _press_instead(talk: Talk, token: str) -> None:
    """Words that stand for a button."""
    talk.incoming = replace(talk.incoming, kind="action", action=token, text="")
    _press(talk)


def _star(talk: Talk, stars: int | None) -> str:
    """The button for so many stars, while this person is asked for them; empty where there is none."""
    question = surveys.open_question(talk.session, talk.person_id, talk.now) if stars and not talk.is_group else None
    if question is None:
        return ""
    wanted = ("rate.stars", stars)
    shown = ((place, one["action"], one["facts"].get("stars")) for place, one in enumerate(question.buttons))
    place = next((place for place, *button in shown if tuple(button) == wanted), None)
    return "" if place is None else outbox.token_of(question.id, place, talk.settings.key)


def _start(talk: Talk, payload: str) -> None:
    """A deep link or a scan: a code on the wall, a one-time code that joins an identity, or nothing."""
    if not payload:
        _run(talk, "follow")
    elif payload.startswith("link-"):
        talk.incoming = replace(talk.incoming, argument=payload.removeprefix("link-"))
        _run(talk, "link")
    elif code := codes.parse(payload, talk.settings.public_url):
        _scan(talk, code)
    else:
        raise NotFound(what="word.code")


def _scan(talk: Talk, code: str) -> None:
    """A code leads the technician of its site to the work, everyone else to a report."""
    subject = register.subject_of(talk.session, code)
    talk.incoming = replace(talk.incoming, kind="scan", text=code)
    role = "technician" if talk.viewer.holds(subject.site_id, "technician") else "resident"
    step = flows.scan_of(role)
    assert step is not None
    step(talk)


def _command(talk: Talk) -> flows.Step | None:
    if talk.incoming.kind == "command":
        known = talk.incoming.command not in flows.INTERNAL
        return (flows.command_of(talk.incoming.command) if known else None) or flows.command_of("help")
    if talk.incoming.kind != "text" or len(talk.text) > LONGEST_COMMAND:
        return None
    name = next((name for name in flows.commands() if talk.is_command_word(name)), None)
    return flows.command_of(name) if name else None


def _typed_code(talk: Talk) -> str | None:
    """A code that was typed as the whole message."""
    if talk.incoming.kind != "text" or len(talk.text) > 300:
        return None
    code = codes.parse(talk.text, talk.settings.public_url)
    return code if code and register.is_known(talk.session, code) else None


def _answer(talk: Talk) -> None:
    """A plain message: the step that waits for it, else the start of a report."""
    waiting = flows.FLOWS.get(talk.standing.flow)
    step = waiting.steps.get(talk.standing.step) if waiting else None
    if step is None:
        step = flows.command_of("report")
        talk.end()
    assert step is not None
    step(talk)


def _run(talk: Talk, command: str) -> None:
    step = flows.command_of(command)
    assert step is not None
    step(talk)

"""Pure: how many messages a platform takes from us, to whom, and for how long after somebody has written.

A platform declares its windows and quotas as data; what was sent and heard comes in as `Past`. Limits are used to
80 %, and small counts but one, because a platform counts by its own clock and knows of sends that we were not told of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

Scope = Literal["account", "conversation", "person", "group", "templates"]
SMALL = 10


@dataclass(frozen=True, slots=True)
class Window:
    """How long after a person's own message the platform takes ours, and how many; None for any number.

    `opened_by`: the kinds of incoming messages that open it. Each new one opens it anew.
    """

    opened_by: tuple[str, ...]
    lasts: timedelta
    messages: int | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """At most so many messages in any span of this length: from the account, or to each conversation.

    `scope`: `person` counts private conversations only, `group` those of several people; `templates` counts what the
    account sends as templates, which every other scope leaves out.
    """

    amount: int
    per: timedelta
    scope: Scope


class Past(Protocol):
    """What was heard from a conversation and sent to it. Each question names since when, so that no history is walked.

    `heard`: when each kind of message came last.
    """

    @property
    def heard(self) -> Mapping[str, datetime]: ...

    def refused(self, since: datetime) -> bool:
        """Whether the platform has said since a moment that the window is closed."""
        ...

    def nth(self, scope: Scope, number: int, after: datetime) -> datetime | None:
        """When the message went that is the `number`th, counted back from the newest; None for fewer after a moment."""
        ...

    def taken(self, number: int, since: datetime) -> bool:
        """Whether the chat may have got so many messages since a moment. One that failed has not arrived."""
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """A past that is held in memory. Each list begins with the newest."""

    heard: Mapping[str, datetime]
    to_them: Sequence[datetime] = ()
    from_us: Sequence[datetime] = ()
    templates: Sequence[datetime] = ()
    refused_at: datetime | None = None

    def refused(self, since: datetime) -> bool:
        return self.refused_at is not None and self.refused_at >= since

    def nth(self, scope: Scope, number: int, after: datetime) -> datetime | None:
        sent = {"account": self.from_us, "templates": self.templates}.get(scope, self.to_them)
        return sent[number - 1] if number <= len(sent) and sent[number - 1] > after else None

    def taken(self, number: int, since: datetime) -> bool:
        return sum(at >= since for at in self.to_them) >= number


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be done now: go, wait until a moment, or closed until the person writes. `reason` says why not."""

    state: Literal["go", "wait", "closed"]
    reason: str = ""
    until: datetime | None = None


GO = Verdict("go")


def kept(limit: int) -> int:
    """What we use of a limit: four fifths; of a small one all but one."""
    return limit * 4 // 5 if limit >= SMALL else max(limit - 1, 1)


def applying(quotas: Iterable[Quota], *, is_group: bool = False, is_template: bool = False) -> list[Quota]:
    """The quotas that count for a private conversation, for a group, or for a template."""
    if is_template:
        return [quota for quota in quotas if quota.scope == "templates"]
    others = ("templates", "person" if is_group else "group")
    return [quota for quota in quotas if quota.scope not in others]


def decide(windows: Sequence[Window], quotas: Iterable[Quota], past: Past, now: datetime) -> Verdict:
    """Whether one more message may go now. A platform without windows takes messages at any time.

    1. No window is open, or each that is open has taken what it takes: closed.
    2. A quota is used up: wait until the oldest message that fills it is out of its span.
    """
    if windows and (reason := _closed(windows, past, now)):
        return Verdict("closed", reason)
    until = max((_free_at(quota, past, now) for quota in quotas), default=now)
    return Verdict("wait", "quota", until) if until > now else GO


def _closed(windows: Sequence[Window], past: Past, now: datetime) -> str:
    """Why nothing may be sent, or nothing. What went before a window opened does not count against it."""
    openings = [(window, at) for window in windows if (at := _opened_at(window, past)) and now < at + window.lasts]
    openings = [(window, at) for window, at in openings if not past.refused(at)]
    if not openings:
        return "window_closed"
    return "" if any(_has_room(window, at, past) for window, at in openings) else "quota"


def _opened_at(window: Window, past: Past) -> datetime | None:
    return max((past.heard[kind] for kind in window.opened_by if kind in past.heard), default=None)


def _has_room(window: Window, opened_at: datetime, past: Past) -> bool:
    return window.messages is None or not past.taken(kept(window.messages), opened_at)


def _free_at(quota: Quota, past: Past, now: datetime) -> datetime:
    filled = past.nth(quota.scope, kept(quota.amount), now - quota.per)
    return now if filled is None else filled + quota.per

"""The only chat vocabulary: what comes in, what goes out, and what a platform can carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from core.quotas import Quota, Window

Kind = Literal[
    "text", "image", "voice", "location", "file", "action", "command", "scan", "follow", "unfollow", "unknown",
    "left", "consent", "delivery_report",
]  # fmt: skip
NOTICES = ("left", "consent", "delivery_report")  # what a platform tells, and nobody said


@dataclass(frozen=True, slots=True)
class Media:
    """A photo or voice note. `reference`: how the platform names it, to be fetched later.

    `stored`: set where the bytes are already cleaned and in the storage (the web chat uploads first), with the
    `texts` of the codes that were read from it.
    """

    kind: Literal["photo", "voice"]
    reference: str
    stored: dict[str, Any] | None = None
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Location:
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message of a platform. `dedupe_key` is unique for (channel, account); a redelivery has the same.

    `sender`: the platform's stable id of the person, never a name. `sender_kind`: what that id is.
    `action`: the token of a pressed button; `message`: the platform's id of the message that showed it.
    `command`: without its slash; `argument`: what follows it, also the payload of a deep link.
    `kind` left: an organisation says that the sender is no longer its member, which nobody has written.
    `takes_reply`: the platform takes one answer of ours in its callback's own answer, and waits for it.
    `consents`: of a consent, how many more messages of each purpose the person has allowed; 0 ends what was allowed.
    `refusal`: of a delivery report on `message`, why it did not arrive (`blocked` ends the chat); empty where it did.
    `locale`: the platform's language code. `is_group`: several people read this conversation; `group_name`: what it is
    called there.
    """

    channel: str
    account: str
    dedupe_key: str
    kind: Kind
    conversation: str
    sender: str
    sender_kind: str
    sender_name: str = ""
    text: str = ""
    media: tuple[Media, ...] = ()
    location: Location | None = None
    action: str = ""
    message: str = ""
    command: str = ""
    argument: str = ""
    locale: str = ""
    is_group: bool = False
    group_name: str = ""
    sent_at: datetime | None = None
    callback: str = ""
    takes_reply: bool = False
    consents: tuple[tuple[str, int], ...] = ()
    refusal: str = ""

    def packed(self) -> dict[str, Any]:
        """As JSON for the inbox."""
        values = asdict(self)
        values["sent_at"] = self.sent_at.isoformat() if self.sent_at else None
        return values


def unpacked(values: Mapping[str, Any]) -> Incoming:
    """A message read back from the inbox."""
    media = tuple(Media(m["kind"], m["reference"], m["stored"], tuple(m["texts"])) for m in values["media"])
    location = Location(**values["location"]) if values["location"] else None
    sent_at = datetime.fromisoformat(values["sent_at"]) if values["sent_at"] else None
    consents = tuple((purpose, count) for purpose, count in values.get("consents", ()))
    read = {"media": media, "location": location, "sent_at": sent_at, "consents": consents}
    return Incoming(**{**values, **read})


@dataclass(frozen=True, slots=True)
class Button:
    """A tap that comes back as `token`, or a link that opens `url`. Buttons of the same `row` stand side by side."""

    label: str
    token: str = ""
    url: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message as a person reads it, within the channel's limits. `text` is plain: the channel escapes it.

    `photo`: the storage key of a picture. `replaces`: the platform's id of an own message that this one takes
    the place of, where the platform can edit. `numbered`: for each number that the text offers to reply with, the place
    of its button in the row of the outbox.
    `purpose`: what it is for (work, news, survey, digest, notice), by which a channel chooses its template.
    `is_template`: the window is closed and it has to go as the template of its purpose; `fields`: what a template can
    show, as (name, words): number, category, place, thing, time; `url`: the page behind it.
    """

    text: str
    buttons: tuple[Button, ...] = ()
    photo: str = ""
    replaces: str = ""
    numbered: tuple[int, ...] = ()
    purpose: str = ""
    is_template: bool = False
    fields: tuple[tuple[str, str], ...] = ()
    url: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a platform can carry. `text` and `caption` count in `unit`.

    `has_taps`: buttons come back; `has_links`: buttons open pages; `has_replies`: people can write back there.
    `reply_within`: how long the platform waits for an answer of ours in that to its callback; None where it takes none.
    `push_window`: how long after a person's last message the platform takes ours; None for as long as one likes.
    `windows`, `quotas`: the platform's own numbers; delivery stays below them. A platform without windows takes
    messages at any time. `templates`: the purposes for which a template goes while no window is open;
    `has_consents`: each of them needs a consent of the person.
    `is_repeatable`: sending with the same key twice is as good as once.
    `redelivers`: what was written to us while we were away comes afterwards; buttons that were tapped never do.
    """

    text: int = 4096
    caption: int = 1024
    unit: Literal["characters", "bytes", "utf16"] = "characters"
    buttons: int = 100
    label: int = 64
    has_taps: bool = True
    has_links: bool = True
    has_photos: bool = True
    has_edits: bool = False
    has_replies: bool = True
    reply_within: timedelta | None = None
    push_window: timedelta | None = None
    per_second: float = 30.0
    per_chat_second: float = 1.0
    per_group_minute: int = 20
    group_prefix: str = ""
    windows: tuple[Window, ...] = ()
    quotas: tuple[Quota, ...] = ()
    templates: tuple[str, ...] = ()
    has_consents: bool = False
    redelivers: bool = True
    is_repeatable: bool = False

    @property
    def closes_after(self) -> timedelta | None:
        """How long after a person's last words the platform takes ours; None for as long as one likes."""
        spans = [window.lasts for window in self.windows if "text" in window.opened_by]
        return self.push_window or max(spans, default=None)

    def is_group(self, conversation: str) -> bool:
        """Whether several people read a conversation, where its name tells."""
        return bool(self.group_prefix) and conversation.startswith(self.group_prefix)


class SendError(Exception):
    """A platform did not take a message. The only thing that channels raise.

    `code`: a stable word (blocked, gone, throttled, refused, unreachable, timeout, bad_token; window_closed: only a
    message of the person opens it again; quota: no more of ours are taken until `after`, or until the person writes;
    no_consent: this template needs a new one). `said`: the platform's own words, for the desk; never a secret.
    `retryable`: whether trying again can help; `after`: the platform's wish.
    `stop_contact`: this person can no longer be reached here. `is_unknown`: it may have arrived.
    """

    def __init__(
        self, code: str, *, retryable: bool = False, stop_contact: bool = False, is_unknown: bool = False,
        after: timedelta | None = None, moved_to: str = "", said: str = "",
    ) -> None:  # fmt: skip
        super().__init__(code)
        self.code = code
        self.retryable = retryable
        self.stop_contact = stop_contact
        self.is_unknown = is_unknown
        self.after = after
        self.moved_to = moved_to
        self.said = said


@dataclass(frozen=True, slots=True)
class HookRequest:
    """A callback as it came: raw bytes, headers with lower-case names, query parameters.

    `part`: what follows the channel's name in the path, for a channel with several hooks.
    """

    method: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    part: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a platform reads in the answer to its callback."""

    body: str = "{}"
    content_type: str = "application/json"

    def packed(self) -> str:
        """As one text for the inbox."""
        return f"{self.content_type}\n{self.body}"


def unpacked_answer(text: str) -> Answer:
    content_type, _, body = text.partition("\n")
    return Answer(body, content_type)

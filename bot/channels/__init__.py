"""The platforms that people write in. One file each: verify, parse, send, fetch; registered by one decorator.

A channel is opened from the settings; one whose settings are absent opens as None and is off.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol, runtime_checkable

from bot.messages import Answer, HookRequest, Incoming, Limits, Outgoing
from core import registry, surveys
from core.database import Database
from core.errors import SettingsError
from core.settings import Settings
from core.storage import Storage

Take = Callable[[list[Incoming]], Awaitable[None]]


class Channel(Protocol):
    """What the rest of the bot knows of a platform.

    `hooks`: where its callbacks come: "" is /hooks/<name>, "cards" is /hooks/<name>/cards. None where nothing comes so.
    """

    name: str
    account: str
    limits: Limits
    hooks: tuple[str, ...]

    def is_welcome(self, request: HookRequest) -> bool:
        """Whether headers and query alone look right, asked before the body is read; its body is empty here."""
        ...

    def is_authentic(self, request: HookRequest) -> bool:
        """Whether the platform sent this, over the raw bytes and in constant time; nothing is parsed before."""
        ...

    def parse(self, request: HookRequest) -> list[Incoming]:
        """The messages of a callback. Unknown types become kind `unknown`; only what is no callback raises Invalid."""
        ...

    def handshake(self, request: HookRequest) -> Answer | None:
        """The answer to a request that only asks whether we are there; None for every other, and for a forged one.

        A GET is nothing else. Where a platform asks by POST (a challenge), it is asked before `is_authentic`, and
        looks at the proof itself.
        """
        ...

    async def send(self, conversation: str, message: Outgoing, key: str) -> str:
        """Send and return the platform's id of the message. Raises SendError and nothing else."""
        ...

    async def fetch(self, reference: str) -> bytes:
        """Download a photo or voice note, within the size limit. Raises SendError and nothing else."""
        ...

    async def settle_tap(self, incoming: Incoming, notice: str) -> None:
        """Tell the platform that a button press was taken, where it waits for that."""
        ...

    async def listen(self, take: Take) -> None:
        """Fetch messages where no hook brings them (polling); returns at once where hooks do.

        `take` stores and answers; the channel moves on only after it has returned.
        """
        ...

    async def prepare(self) -> None:
        """Set up what the platform keeps for us (hook address, commands), with retries, never at start-up."""
        ...


@dataclass(frozen=True, slots=True)
class Symptom:
    """Something that is wrong at a platform: the text `doctor.<key>` of the catalog says what to do."""

    key: str
    facts: dict[str, Any] = field(default_factory=dict)


@runtime_checkable
class Examined(Protocol):
    """A channel that can ask its platform whether everything is set up as it should be."""

    async def examine(self) -> list[Symptom]:
        """What is wrong there. Changes nothing. Raises SendError when the platform does not answer."""
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...


@runtime_checkable
class Answering(Channel, Protocol):
    """A channel whose platform reads the answer to a callback. Every other one gets an empty JSON object."""

    def answer(self, request: HookRequest, reply: Outgoing | None) -> Answer | None:
        """What the platform wants to read; with `reply`, our answer to the message as the platform's passive reply.

        None: this reply cannot be carried so, it is sent as usual. Every repetition of a callback gets the bytes that
        the first one got, so it may hold random numbers and times.
        """
        ...


@dataclass(frozen=True, slots=True)
class Proven:
    """Who a platform says has opened our page, named as the senders of its messages are.

    `conversation`: the private chat, where the platform names one by it; without it nothing can be sent there yet.
    `realm`: where the id is the same in several apps of one owner, what they share; empty where it is of this app.
    """

    kind: str
    value: str
    conversation: str = ""
    realm: str = ""

    def key(self, channel: Channel) -> tuple[str, str, str, str]:
        """As identities are kept: channel, account, kind and value."""
        where = (self.realm, "") if self.realm else (channel.name, channel.account)
        return (*where, self.kind, self.value)


@runtime_checkable
class SignsIn(Channel, Protocol):
    """A channel whose platform tells our pages who somebody is."""

    def sign_in_url(self, state: str, redirect: str) -> str:
        """The platform's page that asks them, and comes back to `redirect` with `code` and `state` in its query."""
        ...

    async def who(self, code: str) -> list[Proven]:
        """Everything by which the platform knows whom a code is of; nothing for a code that it does not know.

        Raises SendError where the platform does not answer.
        """
        ...


@runtime_checkable
class Embedding(Channel, Protocol):
    """A channel whose app runs a client of ours, which signs in by a code that it has got from the platform.

    `templates`: by purpose, the template that the client asks its person to allow. `has_callbacks`: whether the
    platform itself tells us what was allowed: docs/decisions/0018-consents.md.
    """

    templates: Mapping[str, str]
    has_callbacks: bool

    async def who(self, code: str) -> list[Proven]:
        """As in SignsIn."""
        ...

    async def phone(self, code: str) -> str:
        """The telephone that a person has let the platform tell us; empty for a code that it does not know.

        Raises SendError where the platform does not answer.
        """
        ...


@runtime_checkable
class Scanning(Channel, Protocol):
    """A channel whose app has a browser of its own that reads codes for our pages.

    `page_script`: the address of the platform's script by which a page asks for that.
    """

    page_script: str

    def is_browser(self, agent: str) -> bool:
        """Whether a page is open in that app, by what its browser calls itself."""
        ...

    async def page_proof(self, url: str) -> dict[str, str]:
        """What the page at this address of ours gives to the script. Raises SendError where there is none now."""
        ...


@runtime_checkable
class Inviting(Channel, Protocol):
    """A channel whose app can scan a code that joins a chat to a person, so that nobody has to type it."""

    async def joining_code(self, secret: str, life: timedelta) -> str:
        """What the QR code says. `secret`: the one-time code; `life`: how long it is good.

        Raises SendError where the platform does not give one.
        """
        ...


@runtime_checkable
class Roomed(Channel, Protocol):
    """A channel that can write where nobody has written to it: group robots that the deployer has named."""

    def rooms(self) -> dict[str, str]:
        """By conversation, what people call it. The desk offers them for digests."""
        ...


Opener = Callable[[Settings, Storage, Database], Channel | None]
CHANNELS: registry.Registry[Opener] = registry.Registry("channel")


def channel(name: str) -> Callable[[Opener], Opener]:
    """Register the function that opens a channel from the settings."""
    return CHANNELS.register(name)


def open_channels(settings: Settings, storage: Storage, database: Database) -> dict[str, Channel]:
    """Every channel whose settings are there, by name. Errors: SettingsError with what is wrong with any of them."""
    found, wrong = open_each(settings, storage, database)
    if wrong:
        raise SettingsError(problem="; ".join(str(error.facts["problem"]) for error in wrong.values()))
    windows = {name: one.limits.closes_after for name, one in found.items()}
    surveys.WINDOWS.update({name: window for name, window in windows.items() if window is not None})
    return found


def open_each(
    settings: Settings, storage: Storage, database: Database
) -> tuple[dict[str, Channel], dict[str, SettingsError]]:
    """The channels that can be opened, and why the others cannot, by name."""
    registry.load(__name__)
    found: dict[str, Channel] = {}
    wrong: dict[str, SettingsError] = {}
    for name, opener in CHANNELS.items():
        try:
            one = opener(settings, storage, database)
        except SettingsError as error:
            wrong[name] = error
            continue
        if one is not None:
            found[name] = one
    return found, wrong

"""Conversations: one file each, with the steps it waits in, the buttons and the commands it answers.

A flow file makes one `Flow` and decorates its functions. A step is where a dialogue waits for the person's next
message; an action is a pressed button, called `<flow>.<verb>`; a command is a word with a slash or alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core import registry

if TYPE_CHECKING:
    from bot.talk import Talk
    from core.outbox import Tap

Step = Callable[["Talk"], None]
Action = Callable[["Talk", "Tap"], None]


@dataclass(slots=True)
class Flow:
    """One conversation. `words`: catalog keys (`say.<key>`) whose words, typed alone, start a command."""

    name: str
    steps: dict[str, Step] = field(default_factory=dict)
    actions: dict[str, Action] = field(default_factory=dict)
    commands: dict[str, Step] = field(default_factory=dict)
    scans: dict[str, Step] = field(default_factory=dict)
    silence: Step | None = None

    def step(self, name: str) -> Callable[[Step], Step]:
        return self._keep(self.steps, name)

    def action(self, name: str) -> Callable[[Action], Action]:
        def keep(function: Action) -> Action:
            self.actions[f"{self.name}.{name}"] = function
            return function

        return keep

    def command(self, name: str) -> Callable[[Step], Step]:
        """A slash command; the same function answers the words of `say.<name>` in every language."""
        return self._keep(self.commands, name)

    def scanned(self, role: str) -> Callable[[Step], Step]:
        """What a scanned code starts for somebody of that role at the code's site (`resident`: for everyone else)."""
        return self._keep(self.scans, role)

    def on_silence(self, function: Step) -> Step:
        """What happens when the person stays silent until the conversation's `wake_at`."""
        self.silence = function
        return function

    def _keep(self, shelf: dict[str, Step], name: str) -> Callable[[Step], Step]:
        def keep(function: Step) -> Step:
            shelf[name] = function
            return function

        return keep


FLOWS: registry.Registry[Flow] = registry.Registry("flow")


def flow(name: str) -> Flow:
    """Make and register a flow."""
    return FLOWS.register(name)(Flow(name))


def load() -> None:
    registry.load(__name__)


def action_of(name: str) -> Action | None:
    """The function behind a button's action `<flow>.<verb>`."""
    found = FLOWS.get(name.partition(".")[0])
    return found.actions.get(name) if found else None


INTERNAL = ("follow", "unfollow", "unknown", "file")  # what a platform says, not a person


def command_of(name: str) -> Step | None:
    return next((flow.commands[name] for _, flow in FLOWS.items() if name in flow.commands), None)


def scan_of(role: str) -> Step | None:
    return next((flow.scans[role] for _, flow in FLOWS.items() if role in flow.scans), None)


def commands() -> list[str]:
    return sorted(name for _, flow in FLOWS.items() for name in flow.commands)

"""Robots of a group: an address with a secret that takes messages and hears nothing.

https://open.dingtalk.com/document/robots/custom-robot-access
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.calling import Caller
from bot.channels._dingtalk_markdown import escaped, title_of
from bot.channels._dingtalk_messages import GROUP
from bot.channels._dingtalk_proofs import signed
from bot.messages import Outgoing, SendError
from core import clock

ROBOT = f"{GROUP}robot:"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Robot:
    """`secret`: empty where the robot checks words or addresses instead of a signature."""

    token: str = field(repr=False)
    secret: str = field(default="", repr=False)


def robot_of(value: str) -> Robot:
    """A robot as the settings write it: the token, and behind a space the secret."""
    token, _, secret = value.strip().partition(" ")
    return Robot(token, secret.strip())


class Robots:
    """The group robots by the names that the deployer gave them."""

    def __init__(self, caller: Caller, robots: Mapping[str, Robot]) -> None:
        self._caller = caller
        self._robots = robots

    def rooms(self) -> dict[str, str]:
        """Their conversations, with what the deployer calls them."""
        return {f"{ROBOT}{name}": name for name in self._robots}

    async def send(self, name: str, message: Outgoing, key: str) -> str:
        """Send as text, or as a card whose buttons are links. A picture cannot be carried: it would need an address."""
        robot = self._robots.get(name)
        if robot is None:
            raise SendError("gone", stop_contact=True)
        await self._caller.post("/robot/send", _worded(message), query=_proof(robot))
        return key


def _worded(message: Outgoing) -> Json:
    links = [{"title": button.label, "actionURL": button.url} for button in message.buttons if button.url]
    if not links:
        return {"msgtype": "text", "text": {"content": message.text}}
    parts = {"title": title_of(message.text), "text": escaped(message.text), "btnOrientation": "0", "btns": links}
    return {"msgtype": "actionCard", "actionCard": parts}


def _proof(robot: Robot) -> dict[str, str]:
    if not robot.secret:
        return {"access_token": robot.token}
    stamp = str(int(clock.now().timestamp() * 1000))
    return {"access_token": robot.token, "timestamp": stamp, "sign": signed(stamp, robot.secret)}

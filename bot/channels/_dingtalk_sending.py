"""Messages to DingTalk: plain text where there is nothing to press, Markdown in cards, each as its platform has it.

With a card template buttons come back and a card can be changed afterwards; without one they are links.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bot.calling import PlatformError
from bot.channels._dingtalk_api import Api
from bot.channels._dingtalk_markdown import escaped, title_of, with_picture
from bot.channels._dingtalk_messages import APART, CARD, GROUP
from bot.channels._dingtalk_robots import ROBOT, Robots
from bot.messages import Button, Outgoing, SendError
from core.storage import MissingFile, Storage, StorageUnavailable

log = logging.getLogger(__name__)

ROUTE = "gongdan"  # under which the address for callbacks of cards is registered
BUSY_READER = timedelta(minutes=1)
MAX_LINKS = 5  # https://open.dingtalk.com/document/orgapp/types-of-messages-sent-by-robots
Json = dict[str, Any]


class Sender:
    """The sending half of the channel. `template`: the card with buttons; `is_hooked`: its taps come to our hook."""

    def __init__(self, api: Api, storage: Storage, robots: Robots, template: str, *, is_hooked: bool) -> None:
        self._api = api
        self._storage = storage
        self._robots = robots
        self._template = template
        self._is_hooked = is_hooked

    async def send(self, conversation: str, message: Outgoing, key: str) -> str:
        """Send a message and return its name: a card's can be changed, the others cannot."""
        if conversation.startswith(ROBOT):
            return await self._robots.send(conversation.removeprefix(ROBOT), message, key)
        if message.replaces.startswith(CARD) and await self._change(message):
            return message.replaces
        if message.replaces and not message.text:
            return message.replaces  # buttons that are used up stay where they cannot be taken away
        if self._template and message.buttons:
            return await self._deliver(conversation, message, key)
        return await self._say(conversation, *await self._worded(message))

    async def _worded(self, message: Outgoing) -> tuple[str, Json]:
        """A message without taps, as the key of its kind and its parts."""
        links = [button for button in message.buttons if button.url][:MAX_LINKS]
        picture = await self._picture(message.photo)
        if not links and not picture:
            return "sampleText", {"content": message.text}
        text = with_picture(message.text, picture) if picture else escaped(message.text)
        parts = {"title": title_of(message.text), "text": text}
        if not links:
            return "sampleMarkdown", parts
        if len(links) == 1:
            return "sampleActionCard", {**parts, "singleTitle": links[0].label, "singleURL": links[0].url}
        for number, button in enumerate(links, 1):
            parts |= {f"actionTitle{number}": button.label, f"actionURL{number}": button.url}
        return f"sampleActionCard{len(links)}", parts

    async def _say(self, conversation: str, kind: str, parts: Json) -> str:
        """https://open.dingtalk.com/document/orgapp/chatbots-send-one-on-one-chat-messages-in-batches"""
        wish = {"robotCode": self._api.app.robot, "msgKey": kind, "msgParam": json.dumps(parts, ensure_ascii=False)}
        if conversation.startswith(GROUP):
            wish["openConversationId"] = conversation.removeprefix(GROUP)
            answer = await self._api.post("/v1.0/robot/groupMessages/send", wish)
        else:
            answer = await self._api.post("/v1.0/robot/oToMessages/batchSend", {**wish, "userIds": [conversation]})
            _check(answer, conversation)
        return str(answer.get("processQueryKey") or kind)

    async def _deliver(self, conversation: str, message: Outgoing, key: str) -> str:
        """https://open.dingtalk.com/document/orgapp/create-and-deliver-cards"""
        group = conversation.removeprefix(GROUP) if conversation.startswith(GROUP) else ""
        track = f"{key}{APART}{group}" if group else key
        kind, space = ("imGroup", f"IM_GROUP.{group}") if group else ("imRobot", f"IM_ROBOT.{conversation}")
        title = title_of(message.text)
        target = {"robotCode": self._api.app.robot} | ({} if group else {"spaceType": "IM_ROBOT"})
        wish: Json = {
            "cardTemplateId": self._template, "outTrackId": track, "userIdType": 1,
            "cardData": {"cardParamMap": await self._shown(message)},
            "openSpaceId": f"dtv1.card//{space}", f"{kind}OpenDeliverModel": target,
            f"{kind}OpenSpaceModel": {
                "supportForward": False, "lastMessageI18n": {"ZH_CN": title, "EN_US": title},
            },
            **({"callbackType": "HTTP", "callbackRouteKey": ROUTE} if self._is_hooked else {"callbackType": "STREAM"}),
        }  # fmt: skip
        try:
            _check_delivery(await self._api.post("/v1.0/card/instances/createAndDeliver", wish))
        except PlatformError as error:
            if not _is_there(error):
                raise
        return f"{CARD}{track}"

    async def _change(self, message: Outgoing) -> bool:
        """Put a message in the place of a card; without words its buttons alone. False where it cannot be changed."""
        shown = await self._shown(message) if message.text else _buttons(message.buttons)
        wish = {
            "outTrackId": message.replaces.removeprefix(CARD), "userIdType": 1, "cardData": {"cardParamMap": shown},
            "cardUpdateOptions": {"updateCardDataByKey": True},
        }  # fmt: skip
        try:
            await self._api.put("/v1.0/card/instances", wish)
        except SendError as error:
            if error.code != "refused":
                raise
            log.warning("a card cannot be changed any more: %s", error.said)
            return False
        return True

    async def _shown(self, message: Outgoing) -> Json:
        """The values of the template's variables, which docs/dingtalk.md names."""
        picture = await self._picture(message.photo)
        text = with_picture(message.text, picture) if picture else escaped(message.text)
        return {"title": title_of(message.text), "text": text, **_buttons(message.buttons)}

    async def _picture(self, key: str) -> str:
        """A picture's name at DingTalk; empty where there is none, or where it was erased or refused."""
        if not key:
            return ""
        try:
            data = await asyncio.to_thread(self._storage.get, key)
            files = {"media": ("photo.jpg", data, "image/jpeg")}
            answer = await self._api.post_old("/media/upload", {"type": "image"}, files)
        except StorageUnavailable:
            raise SendError("unreachable", retryable=True) from None
        except (MissingFile, ValueError):
            log.warning("a picture is not in the storage, its text goes alone")
            return ""
        except SendError as error:
            if error.code not in ("refused", "too_large"):
                raise
            log.warning("DingTalk refused a picture, its text goes alone: %s", error.said)
            return ""
        return str(answer.get("media_id") or "")


def _buttons(buttons: Sequence[Button]) -> Json:
    """The buttons as the template's list, by which a tap tells its token."""
    shown = [
        {"text": one.label, "id": one.token or f"link-{place}", "color": "blue" if place == 0 else "gray"}
        | ({"url": one.url, "request": False} if one.url else {"request": True})
        for place, one in enumerate(buttons)
    ]
    return {"sys_full_json_obj": json.dumps({"buttons": shown}, ensure_ascii=False)}


def _check(answer: Json, reader: str) -> None:
    """A call that was fine may still have left out its only reader."""
    if reader in (answer.get("invalidStaffIdList") or ()):
        raise SendError("gone", stop_contact=True, said="invalidStaffIdList")
    if reader in (answer.get("flowControlledStaffIdList") or ()):
        raise SendError("throttled", retryable=True, after=BUSY_READER, said="flowControlledStaffIdList")
    if reader in (answer.get("filteredStaffIdList") or ()):
        raise SendError("blocked", stop_contact=True, said="filteredStaffIdList")


def _is_there(error: PlatformError) -> bool:
    """Whether a card is refused because we have sent it before: its name is ours, so the first one has arrived."""
    return error.code == "refused" and "outtrackid" in f"{error.number} {error.said}".lower()


def _check_delivery(answer: Json) -> None:
    result = answer.get("result")
    delivered = result.get("deliverResults") if isinstance(result, dict) else None
    failed = [one for one in delivered or () if isinstance(one, dict) and one.get("success") is False]
    if failed:
        raise SendError("refused", said=str(failed[0].get("errorMsg") or "")[:200])

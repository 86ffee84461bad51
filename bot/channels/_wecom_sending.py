"""A message of ours on its way to one member: a picture first, then words and buttons, or in the place of a card."""

from __future__ import annotations

import asyncio
import logging
from pathlib import PurePosixPath
from typing import Any

from bot.channels import _wecom_cards as cards
from bot.channels._wecom_api import Api, listed
from bot.messages import Outgoing, SendError
from core import clock
from core.storage import MissingFile, Storage, StorageUnavailable

log = logging.getLogger(__name__)

SEND = "/cgi-bin/message/send"
UPDATE = "/cgi-bin/message/update_template_card"
DONE = "\u2713"  # what a used-up button says when its answer is too long for the card
Json = dict[str, Any]


class Sender:
    """The sending half of the channel. `page`: what a card without a link of its own opens."""

    def __init__(self, api: Api, storage: Storage, page: str) -> None:
        self._api, self._storage, self._page = api, storage, page

    async def send(self, member: str, message: Outgoing) -> str:
        """Returns by what the message can be changed: a card's code, else the number of the message."""
        if message.replaces and await self._change(member, message):
            return message.replaces
        picture = await self._picture(message.photo) if message.photo else None
        answer: Json = {}
        if picture is not None:
            answer = await self._post(member, {"msgtype": "image", "image": {"media_id": picture}})
        for form in cards.forms(message, _task()):
            answer = await self._post(member, form)
        if not answer:  # a picture without words that is not there any more
            raise SendError("refused")
        return str(answer.get("response_code") or answer.get("msgid") or "-")

    async def _post(self, member: str, form: Json) -> Json:
        """Send to one member. WeCom says yes also to a message that nobody gets, and names whom it could not reach."""
        answer = await self._api.post(SEND, {"touser": member, "agentid": self._api.agent, **form})
        if listed(answer, "invaliduser"):
            raise SendError("gone", stop_contact=True)
        if listed(answer, "unlicenseduser"):
            raise SendError("refused", said="unlicenseduser")
        return answer

    async def _change(self, member: str, message: Outgoing) -> bool:
        """Put the message in the place of a card; False where it still has to be sent.

        A code is good once and for 72 hours. What is too long for a card only makes the used-up buttons say so.
        """
        card = None if message.photo else cards.in_place(message, _task(), self._page)
        new: Json = {"template_card": card} if card else {"button": {"replace_name": DONE}}
        whose: Json = {"userids": [member], "agentid": self._api.agent, "response_code": message.replaces}
        try:
            await self._api.post(UPDATE, whose | new)
        except SendError as error:
            if error.code != "refused" and card:
                raise
            log.warning("a card could not be changed (%s), its answer goes as a new message", error.code)
            return False
        return card is not None

    async def _picture(self, key: str) -> str | None:
        """A picture as WeCom knows it; None for one that was erased since, or that WeCom does not take."""
        try:
            data = await asyncio.to_thread(self._storage.get, key)
            return await self._api.upload(f"photo{PurePosixPath(key).suffix}", data)
        except StorageUnavailable:
            raise SendError("unreachable", retryable=True) from None
        except (MissingFile, ValueError):
            log.warning("a picture is not in the storage, its text goes alone")
        except SendError as error:
            if error.code != "refused":
                raise
            log.warning("WeCom refused a picture, its text goes alone")
        return None


def _task() -> str:
    """The name of a card. A new one for each attempt: WeCom takes no name twice, also not that of a lost attempt."""
    return clock.new_id().hex

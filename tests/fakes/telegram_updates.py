"""Updates as Telegram writes them, one builder a kind. Identifiers count up, so that a test can repeat itself.

updates = Updates()
li = Sender(7, "Li", "zh-hans")
updates.text(li, "电梯坏了")          # a private chat: its id is the person's
updates.text(li, "/report", chat=GROUP)
updates.start(li, "A1B2C3")           # the deep link t.me/bot?start=A1B2C3
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

Update = dict[str, Any]
BOT = {"id": 42, "is_bot": True, "first_name": "Gongdan", "username": "gongdan_bot"}
GROUP = -100200300
SENT_AT = 1_795_190_400


@dataclass(frozen=True, slots=True)
class Sender:
    id: int
    first_name: str = "Li"
    language: str = "zh-hans"

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "is_bot": False, "first_name": self.first_name, "language_code": self.language}


def chat_of(chat_id: int) -> dict[str, Any]:
    """A chat as Telegram describes it: groups have negative numbers."""
    return {"id": chat_id, "type": "private" if chat_id > 0 else "supergroup"}


class Updates:
    """A counter and the builders that use it."""

    def __init__(self, first: int = 1000) -> None:
        self._ids = count(first)
        self._messages = count(first)

    def message(self, sender: Sender, chat: int | None = None, **content: Any) -> Update:
        """Any message: `content` is what it carries, by Telegram's names."""
        said = {"message_id": next(self._messages), "from": sender.as_json(), "chat": chat_of(chat or sender.id)}
        return {"update_id": next(self._ids), "message": {**said, "date": SENT_AT, **content}}

    def text(self, sender: Sender, text: str, chat: int | None = None) -> Update:
        return self.message(sender, chat, text=text)

    def start(self, sender: Sender, payload: str = "") -> Update:
        return self.text(sender, f"/start {payload}".strip())

    def photo(
        self, sender: Sender, file_id: str, caption: str = "", album: str = "", chat: int | None = None,
        size: int = 90_000,
    ) -> Update:  # fmt: skip
        """A photo in two sizes; `file_id` is the larger one. Photos of one `album` come as several updates."""
        small = {
            "file_id": f"small-{file_id}",
            "file_unique_id": f"s{file_id}",
            "width": 90,
            "height": 67,
            "file_size": 1200,
        }
        large = {"file_id": file_id, "file_unique_id": f"l{file_id}", "width": 1280, "height": 960, "file_size": size}
        words = {"caption": caption} if caption else {}
        group = {"media_group_id": album} if album else {}
        return self.message(sender, chat, photo=[small, large], **words, **group)

    def voice(self, sender: Sender, file_id: str) -> Update:
        file = {"file_id": file_id, "file_unique_id": f"v{file_id}", "duration": 4, "mime_type": "audio/ogg"}
        return self.message(sender, voice={**file, "file_size": 9000})

    def document(self, sender: Sender, file_id: str, mime: str, caption: str = "") -> Update:
        file = {"file_id": file_id, "file_unique_id": f"d{file_id}", "file_name": "scan", "mime_type": mime}
        return self.message(sender, document={**file, "file_size": 9000}, caption=caption)

    def location(self, sender: Sender, latitude: float, longitude: float) -> Update:
        return self.message(sender, location={"latitude": latitude, "longitude": longitude})

    def tap(self, sender: Sender, token: str, chat: int | None = None, message_id: int = 1) -> Update:
        """A pressed button of one of the bot's messages."""
        shown = {"message_id": message_id, "from": BOT, "chat": chat_of(chat or sender.id), "date": SENT_AT}
        number = next(self._ids)
        tap = {"id": f"tap-{number}", "from": sender.as_json(), "message": shown, "chat_instance": "1", "data": token}
        return {"update_id": number, "callback_query": tap}

    def edited(self, sender: Sender, text: str) -> Update:
        update = self.text(sender, text)
        return {"update_id": update["update_id"], "edited_message": {**update["message"], "edit_date": SENT_AT + 9}}

    def membership(self, sender: Sender, status: str, chat: int | None = None) -> Update:
        """The person blocked the bot (`kicked`) or let it in again (`member`)."""
        change = {
            "from": sender.as_json(), "chat": chat_of(chat or sender.id), "date": SENT_AT,
            "old_chat_member": {"user": BOT, "status": "member"}, "new_chat_member": {"user": BOT, "status": status},
        }  # fmt: skip
        return {"update_id": next(self._ids), "my_chat_member": change}

    def channel_post(self, text: str) -> Update:
        post = {
            "message_id": 1,
            "chat": {"id": -1009, "type": "channel", "title": "News"},
            "date": SENT_AT,
            "text": text,
        }
        return {"update_id": next(self._ids), "channel_post": post}

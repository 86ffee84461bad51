"""What the Bot API does: its methods, its limits and its refusals, in memory and without HTTP.

The refusals are worded as the real server words them, because the channel acts on some of these words.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.telegram_updates import BOT, SENT_AT, chat_of

Json = dict[str, Any]
MAX_DOWNLOAD = 20 * 1024 * 1024


class ApiError(Exception):
    """An answer that is not ok."""

    def __init__(self, status: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters


@dataclass(slots=True)
class Sent:
    """A message of the bot as its reader sees it now."""

    chat_id: int
    message_id: int
    text: str
    buttons: list[list[Json]]
    photo: bytes | None = None
    edits: int = 0
    sent_at: float = field(default_factory=time.monotonic)

    @property
    def labels(self) -> list[str]:
        return [button["text"] for row in self.buttons for button in row]


@dataclass(slots=True)
class Api:
    """The state of one bot at Telegram. `files`: what can be downloaded, by its id."""

    sent: dict[int, list[Sent]] = field(default_factory=lambda: defaultdict(list))
    files: dict[str, bytes] = field(default_factory=dict)
    queue: list[Json] = field(default_factory=list)
    blocked: set[int] = field(default_factory=set)
    webhook: Json = field(default_factory=dict)
    commands: dict[str, list[Json]] = field(default_factory=dict)
    notices: list[tuple[str, str]] = field(default_factory=list)
    last_id: int = 0

    def call(self, method: str, params: Json, files: dict[str, bytes]) -> Any:
        """Do a method and return its result. Raises ApiError."""
        found = METHODS.get(method)
        if found is None:
            raise ApiError(404, "Not Found")
        return found(self, {**params, **{name: data for name, data in files.items() if name == "photo"}})

    def message(self, chat_id: int, message_id: int) -> Sent:
        for message in self.sent[chat_id]:
            if message.message_id == message_id:
                return message
        raise ApiError(400, "Bad Request: message to edit not found")

    def send(self, params: Json, text: str, photo: bytes | None = None) -> Json:
        chat_id = self._chat(params)
        self.last_id += 1
        message = Sent(chat_id, self.last_id, text, _keyboard(params), photo)
        self.sent[chat_id].append(message)
        return _described(message)

    def change(self, params: Json, text: str | None) -> Json:
        message = self.message(self._chat(params), int(params["message_id"]))
        wished = (message.text if text is None else text, _keyboard(params))
        if wished == (message.text, message.buttons):
            raise ApiError(400, "Bad Request: message is not modified: specified new message content is the same")
        message.text, message.buttons = wished
        message.edits += 1
        return _described(message)

    def _chat(self, params: Json) -> int:
        chat_id = int(params["chat_id"])
        if chat_id in self.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        if chat_id == 0:
            raise ApiError(400, "Bad Request: chat not found")
        return chat_id


def _described(message: Sent) -> Json:
    content: Json = {"text": message.text}
    if message.photo is not None:
        content = {"caption": message.text, "photo": [_size_of(message)]}
    return {
        "message_id": message.message_id, "from": BOT, "chat": chat_of(message.chat_id), "date": SENT_AT, **content
    }  # fmt: skip


def _size_of(message: Sent) -> Json:
    return {"file_id": f"sent-{message.message_id}", "file_unique_id": str(message.message_id), "width": 9, "height": 9}


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _words(params: Json, name: str, limit: int, complaint: str) -> str:
    text = str(params.get(name, ""))
    if _units(text) > limit:
        raise ApiError(400, f"Bad Request: {complaint}")
    return text


def _keyboard(params: Json) -> list[list[Json]]:
    rows: list[list[Json]] = (params.get("reply_markup") or {}).get("inline_keyboard", [])
    for button in (button for row in rows for button in row):
        if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
            raise ApiError(400, "Bad Request: BUTTON_DATA_INVALID")
        if "." not in button.get("url", "."):
            raise ApiError(400, f"Bad Request: inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
    if len(rows) > 100 or any(len(row) > 8 for row in rows):
        raise ApiError(400, "Bad Request: reply markup is too long")
    return rows


def _send_message(api: Api, params: Json) -> Json:
    text = _words(params, "text", 4096, "message is too long")
    if not text.strip():
        raise ApiError(400, "Bad Request: message text is empty")
    return api.send(params, text)


def _send_photo(api: Api, params: Json) -> Json:
    photo = params.get("photo")
    if not isinstance(photo, bytes) or not photo.startswith((b"\xff\xd8", b"\x89PNG")):
        raise ApiError(400, "Bad Request: IMAGE_PROCESS_FAILED")
    return api.send(params, _words(params, "caption", 1024, "message caption is too long"), photo)


def _edit_text(api: Api, params: Json) -> Json:
    message = api.message(int(params["chat_id"]), int(params["message_id"]))
    if message.photo is not None:
        raise ApiError(400, "Bad Request: there is no text in the message to edit")
    return api.change(params, _words(params, "text", 4096, "message is too long"))


def _edit_caption(api: Api, params: Json) -> Json:
    return api.change(params, _words(params, "caption", 1024, "message caption is too long"))


def _answer_tap(api: Api, params: Json) -> bool:
    api.notices.append((params["callback_query_id"], _words(params, "text", 200, "MESSAGE_TOO_LONG")))
    return True


def _get_file(api: Api, params: Json) -> Json:
    file_id = params["file_id"]
    if file_id not in api.files:
        raise ApiError(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
    size = len(api.files[file_id])
    if size > MAX_DOWNLOAD:
        raise ApiError(400, "Bad Request: file is too big")
    return {"file_id": file_id, "file_unique_id": file_id, "file_size": size, "file_path": f"photos/{file_id}"}


def _set_webhook(api: Api, params: Json) -> bool:
    if not params["url"].startswith(("https://", "http://127.0.0.1:")):
        raise ApiError(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
    api.webhook = params
    return True


def _delete_webhook(api: Api, params: Json) -> bool:
    api.webhook = {}
    return True


def _webhook_info(api: Api, params: Json) -> Json:
    return {"url": api.webhook.get("url", ""), "has_custom_certificate": False, "pending_update_count": 0}


def _set_commands(api: Api, params: Json) -> bool:
    api.commands[params.get("language_code", "")] = params["commands"]
    return True


METHODS = {
    "getMe": lambda api, params: BOT,
    "sendMessage": _send_message,
    "sendPhoto": _send_photo,
    "editMessageText": _edit_text,
    "editMessageCaption": _edit_caption,
    "editMessageReplyMarkup": lambda api, params: api.change(params, None),
    "answerCallbackQuery": _answer_tap,
    "getFile": _get_file,
    "setWebhook": _set_webhook,
    "deleteWebhook": _delete_webhook,
    "getWebhookInfo": _webhook_info,
    "setMyCommands": _set_commands,
}

"""Our messages in WeCom's forms. Pure: https://developer.work.weixin.qq.com/document/path/90236.

Words go as text, links stand in it as anchors, one link with a heading is a text card, and what can be tapped is a
card with buttons. A card shows few words: longer ones go before it, and never more than two messages for one of ours.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bot.channels._weixin import harmless
from bot.cutting import fitted, shorten, size
from bot.messages import Button, Outgoing

TEXT = 2048  # bytes of a text message; what is longer is cut off there
TITLE, BELOW, WORDS = 36, 44, 160  # characters that a card shows: its title, what stands below it, and its words
CARD_WORDS, CARD_LABEL = 512, 4  # of a text card
TAP, OPEN = 0, 1
BLUE, GREY = 1, 4
MARKUP = re.compile(r"[<>&]")
Json = dict[str, Any]


def forms(message: Outgoing, task: str) -> list[Json]:
    """The messages that say it, in their order. `task`: names the card, which must be a name that no other has."""
    taps = any(button.token for button in message.buttons)
    if not taps:
        return [_text_card(message) or _text(message)] if message.text else []
    card, is_whole = _card(message, task)
    return [card] if is_whole else [_plain(message.text), card]


def in_place(message: Outgoing, task: str, page: str) -> Json | None:
    """The card that takes the place of another; None where the words are too many. `page`: what opens at a touch."""
    card, is_whole = _card(message, task)
    if not is_whole:
        return None
    told: Json = card["template_card"]
    if not message.buttons:
        told |= {"card_type": "text_notice", "card_action": {"type": OPEN, "url": page}}
        del told["button_list"]
    return told


def _plain(text: str) -> Json:
    return {"msgtype": "text", "text": {"content": harmless(text)}}


def _text(message: Outgoing) -> Json:
    """Words, and below them the links, which are never cut off."""
    links = "\n".join(f'<a href="{one.url}">{harmless(one.label)}</a>' for one in message.buttons)
    return {"msgtype": "text", "text": {"content": fitted(harmless(message.text), links, TEXT, "bytes")}}


def _text_card(message: Outgoing) -> Json | None:
    """A heading with words and one link, where it can be told in a card: its button has room for four characters."""
    title, _, words = message.text.partition("\n")
    if len(message.buttons) != 1 or not title or not words.strip():
        return None
    [link] = message.buttons
    has_room = size(title, "bytes") <= 128 and len(words) <= CARD_WORDS and len(link.label) <= CARD_LABEL
    if not has_room or MARKUP.search(message.text):
        return None
    described = words.replace("\n", "<br>")
    return {
        "msgtype": "textcard",
        "textcard": {"title": title, "description": described, "url": link.url, "btntxt": link.label},
    }


def _card(message: Outgoing, task: str) -> tuple[Json, bool]:
    """A card with its buttons, and whether all the words are on it."""
    title, words, is_whole = _placed(message.text)
    card: Json = {
        "card_type": "button_interaction", "task_id": task, "main_title": title,
        "button_list": _buttons(message.buttons),
    }  # fmt: skip
    if words:
        card["sub_title_text"] = words
    return {"msgtype": "template_card", "template_card": card}, is_whole


def _placed(text: str) -> tuple[dict[str, str], str, bool]:
    """A text as a title and words: its first line and the others, or all of it below a title that was cut."""
    first, _, rest = text.partition("\n")
    heading = _heading(first)
    if heading is not None and len(rest) <= WORDS:
        return heading, rest, True
    cut = {"title": _cut(first)}
    return (cut, text, True) if len(text) <= WORDS else (cut, "", False)


def _cut(line: str) -> str:
    """The beginning of a line, between two words where it has some."""
    cut = shorten(line, TITLE, "characters") or "\u2026"
    words, space, _ = cut.rpartition(" ")
    return f"{words.rstrip(' ,')}\u2026" if space and cut != line and words.strip(" ,") else cut


def _heading(line: str) -> dict[str, str] | None:
    """A first line as a title, a longer one with its end below it; None for one that has no place there."""
    if 0 < len(line) <= TITLE:
        return {"title": line}
    title, _, below = line[: TITLE + 1].rpartition(" ")
    below += line[TITLE + 1 :]
    return {"title": title, "desc": below} if title and 0 < len(below) <= BELOW else None


def _buttons(buttons: Sequence[Button]) -> list[Json]:
    return [_button(one, BLUE if place == 0 else GREY) for place, one in enumerate(buttons)]


def _button(button: Button, style: int) -> Json:
    known: Json = {"text": button.label, "style": style}
    if button.url:
        return known | {"type": OPEN, "url": button.url}
    return known | {"type": TAP, "key": button.token}

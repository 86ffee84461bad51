"""What the page says and what its people write, in both languages. A tool of developers has no catalog."""

from __future__ import annotations

WORDS = {
    "fault": ("电梯门关不上，一直在响", "The lift door does not close and keeps beeping"),
    "same": ("电梯门坏了", "The lift door is broken"),
    "nudge": ("催单", "hurry up"),
    "title": ("一张工单，五个聊天", "One ticket, five chats"),
    "about": ("左右滑动看每部手机", "Swipe to see each phone"),
}


def said(name: str, locale: str) -> str:
    return WORDS[name][0 if locale == "zh_CN" else 1]

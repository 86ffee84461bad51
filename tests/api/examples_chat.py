"""What the web chat's page is rendered with."""

from __future__ import annotations

from api.pages.chat import SCRIPTS, ChatPage

EXAMPLES = {
    "chat.html": [
        ChatPage(embed=False, code="", keeper="", scripts=list(SCRIPTS)),
        ChatPage(embed=True, code="7K2M-9QXT-4H", keeper="0123456789ab", scripts=list(SCRIPTS)),
    ]
}

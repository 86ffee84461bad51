"""What the settings of several channels must look like. A problem names the setting, never its value."""

from __future__ import annotations

import re
from collections.abc import Mapping

from core.errors import SettingsError

TOKEN = re.compile(r"[A-Za-z0-9]{3,32}")
KEY = re.compile(r"[A-Za-z0-9_-]+")


def check_token(setting: str, token: str) -> None:
    """The word that signs callbacks at WeChat, whose console takes no other."""
    if not TOKEN.fullmatch(token):
        raise SettingsError(problem=f"{setting} must have 3 to 32 letters and digits, and nothing else")


def check_robots(setting: str, keys: Mapping[str, str]) -> None:
    """Each group robot has a key, which is a part of its address and not the whole of it."""
    if wrong := sorted(name for name, key in keys.items() if not KEY.fullmatch(key)):
        reason = "must be the key alone: what stands behind key= or access_token= in the address of the robot"
        raise SettingsError(problem=f"{setting}: {', '.join(wrong)} {reason}")

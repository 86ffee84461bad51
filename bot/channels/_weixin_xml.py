"""The XML that Tencent's platforms post, read without entities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.parsers.expat import ExpatError

from core.errors import Invalid

Xml = Mapping[str, Any]


def read_xml(text: str) -> Xml:
    """The fields of a decrypted callback. Errors: Invalid."""
    import xmltodict  # type: ignore[import-untyped]  # noqa: PLC0415 - comes with wechatpy, needed here alone

    try:
        said = xmltodict.parse(text)["xml"]
    except (ExpatError, ValueError, KeyError, TypeError):
        raise Invalid(field="field.body") from None
    return checked(said)


def checked(said: Any) -> Xml:
    """What says who wrote what kind of message. Errors: Invalid."""
    if not isinstance(said, dict) or not word(said, "MsgType") or not word(said, "FromUserName"):
        raise Invalid(field="field.body")
    return said


def word(said: Xml, name: str) -> str:
    """A field as text, also a number; empty where it is absent or neither."""
    value = said.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.replace("\x00", "") if isinstance(value, str) else ""

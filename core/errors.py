"""Everything that can go wrong for a reason a person can understand.

The class name is the translation key, the docstring the English text; there is no HTTP in it. Facts given to
the constructor fill the placeholders of the text and travel to the edges, which hold one mapping table each.
"""

from __future__ import annotations

from typing import Any, ClassVar


class GongdanError(Exception):
    """Something went wrong."""

    catalog: ClassVar[dict[str, type[GongdanError]]] = {}

    def __init__(self, **facts: Any) -> None:
        super().__init__(type(self).__name__, facts)
        self.facts = facts

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        GongdanError.catalog[cls.__name__] = cls

    @property
    def key(self) -> str:
        return type(self).__name__

    def __str__(self) -> str:
        return english(type(self), self.facts)


def english(kind: type[GongdanError], facts: dict[str, Any]) -> str:
    """The English text of an error: its docstring with the facts filled in, missing ones left out."""
    text = " ".join((kind.__doc__ or "").split())
    return text.format_map(_Blank(facts))


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


class NotFound(GongdanError):
    """There is no such {what}."""


class Forbidden(GongdanError):
    """You may not do this."""


class SignInNeeded(Forbidden):
    """Please sign in first."""


class Invalid(GongdanError):
    """{field}: this value cannot be used."""


class Missing(Invalid):
    """{field} is missing."""


class TooMany(GongdanError):
    """Too many messages in a short time. Please wait {seconds} seconds and send it again."""


class Conflict(GongdanError):
    """Somebody changed this at the same moment. Please look again and repeat."""


class Busy(GongdanError):
    """The database is busy. Please try again in a moment."""


class SettingsError(GongdanError):
    """The settings are wrong or not complete: {problem}"""

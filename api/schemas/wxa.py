"""What a client in a mini program says and is told."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.schemas import Given, Name, Shown, example, given

TEMPLATE = "TM_news_0001"
ME = "019a0000-0000-7000-8000-000000000030"
Code = Annotated[Name, Field(min_length=1, description="Of `wx.login` or the button of a telephone; good once.")]


class SignIn(Given):
    """`link`: a one-time code that joins this mini program to the person it was made for; empty for none."""

    model_config = given(code="0a3Xyz")

    code: Code
    link: Name = ""


class Me(Shown):
    id: UUID
    name: str
    locale: str


class Entered(Shown):
    """A session. `templates`: by purpose, what `wx.requestSubscribeMessage` is to ask for."""

    model_config = example(
        person={"id": ME, "name": "Li Na", "locale": "zh_CN"}, templates={"news": TEMPLATE},
        expires_at="2026-11-27T03:05:00Z", links={"me": "/api/v1/me", "privacy": "/privacy"},
        token="pC7wq5",  # noqa: S106 - an example
    )  # fmt: skip

    token: str
    expires_at: datetime
    person: Me
    templates: dict[str, str]
    links: dict[str, str]


class Left(Shown):
    """That the session has ended."""

    model_config = example(ended=True)

    ended: bool


class Telephone(Given):
    model_config = given(code="0a3Xyz")

    code: Code


class Proven(Shown):
    """The telephone that is kept now, so that a person recognises it."""

    model_config = example(phone="+86****0001")

    phone: str


class Allowed(Given):
    """The templates that the person has just allowed, each once."""

    model_config = given(templates=[TEMPLATE])

    templates: list[Name] = Field(min_length=1, max_length=5)


class Consents(Shown):
    """How many messages may still be sent, by purpose.

    `counted`: whether the client's word was; where WeChat itself tells us, it alone is believed.
    """

    model_config = example(left={"news": 2}, counted=True)

    left: dict[str, int]
    counted: bool

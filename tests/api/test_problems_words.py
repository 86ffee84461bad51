"""What is wrong with a request is said in one language: the one that was asked for, else the caller's own."""

from __future__ import annotations

from typing import Any

import pytest

from core import people
from core.database import Database
from tests.api.calling import Api, kind_of
from tests.personas import Cast

LANGUAGE = "/api/v1/me/language"


@pytest.mark.parametrize(
    ("body", "said", "problem"),
    [
        (b'{"locale": "xx"}', "语言：这个值不能用，请修改。", "只能是 'zh_CN', 'en' 之一。"),
        (b"{}", "还缺语言，请补上。", "缺少这一项。"),
        (b"{", "内容：这个值不能用，请修改。", "不是有效的 JSON。"),
        (b'{"locale": "en", "colour": 1}', "“colour”：这个值不能用，请修改。", "这里没有这一项。"),
    ],
)
def test_a_field_is_named_and_what_is_wrong_is_said(api: Api, cast: Cast, body: bytes, said: str, problem: str) -> None:
    headers = {"accept-language": "zh-CN", "content-type": "application/json"}
    answer = api.as_(cast.resident).call("PUT", LANGUAGE, content=body, headers=headers)
    told: dict[str, Any] = answer.json()
    assert (answer.status_code, told["detail"], told["errors"][0]["problem"]) == (422, said, problem)


def test_who_names_no_language_is_told_in_their_own(api: Api, cast: Cast, db: Database) -> None:
    def told(locale: str) -> str:
        db.write(lambda session: setattr(people.get(session, cast.resident), "locale", locale))
        answer = api.as_(cast.resident).call("GET", "/api/v1/tickets/WX-0", headers={"accept-language": ""})
        return str(answer.json()["detail"])

    assert told("en") == "There is no such ticket."
    assert "工单" in told("zh_CN")


def test_what_cannot_be_done_now_says_so_whatever_version_was_seen(api: Api, cast: Cast) -> None:
    resident = api.as_(cast.resident)
    number = resident.report("The kitchen tap drips", place=str(cast.home))["number"]
    answer = resident.act(number, "confirm", version=99)
    assert (answer.status_code, kind_of(answer)) == (409, "illegal-transition")
    assert kind_of(resident.act(number, "cancel", version=99, reason="mistaken")) == "stale-ticket"

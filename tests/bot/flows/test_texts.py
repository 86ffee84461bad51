"""Every message has its words: in both languages, with and without taps, with and without a thing at the place."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from string import Formatter
from typing import Any

import pytest

from bot.messages import Limits
from bot.render import Setting, render
from core import i18n, people
from core.database import Session
from core.outbox import Letter
from core.tickets import news, queries
from tests.bot.flows.chat import Chat, Stage
from tests.personas import NOW

KINDS = sorted(key.removeprefix("chat.") for key in i18n.catalog("en") if key.startswith("chat."))
LINES = sorted(key.removeprefix("line.") for key in i18n.catalog("en") if key.startswith("line."))
SAMPLE: dict[str, Any] = {
    "number": "WX-261120-042", "category": "lift", "place": "Building 3", "asset": "Lift A", "priority": "urgent",
    "emergency": "trapped_in_lift", "promised_at": NOW.isoformat(), "name": "Wang Wei", "reason": "waiting_parts",
    "resolution": "fixed", "from_at": NOW.isoformat(), "until_at": (NOW + timedelta(hours=2)).isoformat(),
    "happened_at": NOW.isoformat(), "ended_at": NOW.isoformat(), "accepted_at": NOW.isoformat(), "state": "on_hold",
    "level": 2, "stars": 3, "seconds": 10, "minutes": 12, "into": "WX-261120-001", "head": "ab12", "unit": "3/502",
    "told": "duty", "text": "still dark", "contact": "13800138000", "evidence": "after_photo", "url": "https://fix.example/privacy",
    "year": 2027, "country": "CN", "site": "Garden Court", "goal": "respond", "due_at": NOW.isoformat(),
    "recovery": "WX-261120-050", "days": "2026-11-20", "site_name": "Garden Court", "new": 3, "done": 2, "open": 9,
    "percent": 50.0, "answered": 1, "asked": 2, "missed": 0, "numbers": "WX-261120-042",
    "begins": "22:00", "ends": "07:00",
    "made_at": NOW.isoformat(), "was": "Lift B", "nth": 1, "count": 2, "phone": "0571 5555 0100", "advice": "gas_smell",
    "on": "2026-11-21", "why": "holiday", "holiday": "outing", "late": 1, "names": "Pump", "time": "08:00",
    "stops": 12, "left": 1, "said": 9, "most": 3, "plan": "Pump", "held": "rule", "platform": "wecom",
}  # fmt: skip
TOLD: dict[str, dict[str, Any]] = {
    "assign": {"was": None}, "transfer": {"was": "technician"}, "offer_team": {"team": "crew"},
    "request_transfer": {"reason": "busy"}, "release": {"was": "technician"}, "hold": {"reason": "access"},
    "schedule": {"from": NOW, "until": NOW, "agreed": False}, "agree": {"from": NOW, "until": NOW},
    "sign_off": {"resolution": "fixed"}, "reopen": {"reason": "still dark"}, "merge": {"into": "WX-261120-001"},
    "relocate": {"was": "the hall"},
    "confirm": {"asked": ["resident"]}, "lapse": {"asked": ["resident"]},
    "cancel": {"reason": "withdrawn"}, "escalate": {"people": ["supervisor", "technician"], "level": 2},
}  # fmt: skip


def views(kind: str, facts: dict[str, Any], buttons: list[tuple[dict[str, Any], str]]) -> list[str]:
    """A message in every language, with and without taps."""
    settings = [Setting(locale, "Asia/Shanghai", NOW, str.title) for locale in i18n.LOCALES]
    limits = [replace(Limits(), has_taps=has_taps) for has_taps in (True, False)]
    return [render(kind, facts, buttons, setting, limit).text for setting in settings for limit in limits]


@pytest.mark.parametrize("kind", KINDS)
def test_every_message_reads_in_both_languages(kind: str) -> None:
    news = [{"kind": "resumed", "facts": SAMPLE, "ticket": ""}]
    full = {**SAMPLE, "lines": [{"line": "job", **SAMPLE}], "news": news}
    unknown = {
        name: "" if isinstance(value, str) and not name.endswith("_at") else value for name, value in full.items()
    }
    for facts in (full, unknown):
        texts = views(kind, facts, [])
        assert all(text and "{" not in text for text in texts if facts is full or kind not in ("refused", "note"))


@pytest.mark.parametrize("line", LINES)
def test_every_line_reads_in_both_languages(line: str) -> None:
    assert all(text.endswith(text.strip()) for text in views("mine", {"lines": [{"line": line, **SAMPLE}]}, []))


@pytest.mark.parametrize("domain", ["chat", "line", "button"])
def test_both_languages_ask_for_the_same_facts(domain: str) -> None:
    texts = [
        {key: text for key, text in i18n.catalog(locale).items() if key.startswith(f"{domain}.")}
        for locale in i18n.LOCALES
    ]
    assert texts[0].keys() == texts[1].keys()
    for key, text in texts[0].items():
        assert placeholders(text) == placeholders(texts[1][key]), key


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("with_asset", [True, False])
def test_everything_that_happens_has_words_for_whom_it_concerns(
    stage: Stage, li: Chat, wang: Chat, *, with_asset: bool
) -> None:
    number = stage.report(li.person, code=stage.lift() if with_asset else "")
    with stage.db.write_scope() as session:
        for letter in [letter for action in news.TOLD for letter in letters(session, stage, number, action)]:
            buttons = [({**vars_of(choice)}, "t" * 36) for choice in letter.buttons]
            assert all(text and "{" not in text for text in views(letter.kind, letter.facts, buttons))


def letters(session: Session, stage: Stage, number: str, action: str) -> list[Letter]:
    """What an action brings about, as if somebody from elsewhere had taken it."""
    told: dict[str, Any] = {name: named(stage, value) for name, value in TOLD.get(action, {}).items()}
    ticket = queries.by_number(session, number)
    found = news.letters(session, ticket, action, stage.cast.outsider, told, NOW)
    assert found
    return found


def named(stage: Stage, value: Any) -> Any:
    """A person or team of the cast by its part."""
    if isinstance(value, list):
        return [named(stage, item) for item in value]
    return getattr(stage.cast, value) if isinstance(value, str) and hasattr(stage.cast, value) else value


def vars_of(choice: Any) -> dict[str, Any]:
    return {name: getattr(choice, name) for name in ("action", "facts", "label", "text", "url", "row")}


def test_the_desk_is_told_in_words_when_nobody_is_left_to_ask(stage: Stage, li: Chat, sun: Chat) -> None:
    with stage.db.write_scope() as session:
        for person in (stage.cast.technician, stage.cast.second_technician):
            session.get_one(people.Person, person).is_active = False
    number = stage.report(li.person)
    assert f"Nobody is left to ask: {number}" in sun.last("unassigned").text

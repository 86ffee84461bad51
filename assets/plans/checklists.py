"""What an inspection asks: its questions as a plan keeps them, and which answers are a failure. Pure.

An item is `{"key", "question", "kind", "low", "high", "unit", "choices", "failing"}`; the key comes from the question,
so that the same question at the same thing is the same finding.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import Invalid, Missing

PASS_FAIL, NUMBER, CHOICE, TEXT, PHOTO, METER = "pass_fail", "number", "choice", "text", "photo", "meter"
KINDS = (PASS_FAIL, NUMBER, CHOICE, TEXT, PHOTO, METER)
MOST_ITEMS, LONGEST = 60, 200


class NoChoices(Missing):
    """{question}: write the answers to choose from, separated by commas. Put ! before one that is a failure."""


class NotANumber(Invalid):
    """{field}: {said} is no number."""


class LimitsCrossed(Invalid):
    """{question}: the lower limit is above the upper one."""


class AskedTwice(Invalid):
    """{question}: this question is there twice."""


class TooManyQuestions(Invalid):
    """A checklist has at most {most} questions."""


def checked(items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The items as they are kept. Errors: Missing, Invalid, NoChoices, and those above."""
    found = [_checked(item) for item in items if str(item.get("question", "")).strip()]
    if not found:
        raise Missing(field="field.checklist")
    if len(found) > MOST_ITEMS:
        raise TooManyQuestions(most=MOST_ITEMS, field="field.checklist")
    keys = [item["key"] for item in found]
    for at, item in enumerate(found):
        if item["key"] in keys[:at]:
            raise AskedTwice(question=item["question"], field="field.checklist")
    return found


def _checked(item: Mapping[str, Any]) -> dict[str, Any]:
    question, kind = str(item["question"]).strip()[:LONGEST], str(item.get("kind") or PASS_FAIL)
    if kind not in KINDS:
        raise Invalid(field="plan.kind")
    kept: dict[str, Any] = {"key": key_of(question), "question": question, "kind": kind}
    if kind in (NUMBER, METER):
        low, high = (number(item.get(name), f"plan.{name}") for name in ("low", "high"))
        if low is not None and high is not None and low > high:
            raise LimitsCrossed(question=question, field="plan.high")
        kept |= {"low": low, "high": high, "unit": str(item.get("unit") or "").strip()[:20]}
    if kind == CHOICE:
        kept |= _choices(question, item)
    return kept


def _choices(question: str, item: Mapping[str, Any]) -> dict[str, Any]:
    choices = [str(one).strip()[:60] for one in item.get("choices") or () if str(one).strip()]
    if len(set(choices)) < 2:
        raise NoChoices(question=question, field="plan.choices")
    return {"choices": list(dict.fromkeys(choices)), "failing": [c for c in item.get("failing") or () if c in choices]}


def number(said: object, field: str = "field.limits") -> float | None:
    """A number as people write it, with a point or a comma. Errors: NotANumber, which names the `field`."""
    if said in (None, ""):
        return None
    try:
        found = float(str(said).strip().replace(",", "."))
    except ValueError:
        raise NotANumber(field=field, said=str(said)[:LONGEST]) from None
    if not abs(found) < 1e12:
        raise NotANumber(field=field, said=str(said)[:LONGEST])
    return found


def choices(text: str) -> dict[str, list[str]]:
    """Answers to choose from; one with ! in front is a failure."""
    said = [one.strip() for one in text.replace("，", ",").split(",") if one.strip()]
    names = [one.lstrip("!！").strip() for one in said]
    return {"choices": names, "failing": [n for n, one in zip(names, said, strict=True) if n != one]}


def key_of(question: str) -> str:
    return hashlib.sha256(question.casefold().encode()).hexdigest()[:12]


def is_failed(kind: str, options: Mapping[str, Any], answer: str) -> bool:
    """Whether an answer says that something is wrong: fail, outside the limits, or a choice marked so.

    A number that cannot be read is a failure too: somebody has to look, and no page or trigger ends at it.
    """
    if not answer:
        return False
    if kind == PASS_FAIL:
        return answer == "fail"
    if kind == CHOICE:
        return answer in options.get("failing", ())
    if kind not in (NUMBER, METER):
        return False
    value, low, high = reading(answer), options.get("low"), options.get("high")
    return value is None or (low is not None and value < low) or (high is not None and value > high)


def reading(answer: str) -> float | None:
    """The number of an answer; None for one that was kept and cannot be read."""
    try:
        return number(answer)
    except Invalid:
        return None

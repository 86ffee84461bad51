"""Which message goes first where a platform takes only so many, and what each is for.

An emergency comes before everything, then what somebody waits for or has to answer, then news of the progress of
work, then surveys and digests.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

EMERGENCY, ASKING, NEWS, LATER = range(4)
OFFERS = ("offer", "team_offer", "offer_open", "escalated")  # of work, which goes on to the next when nobody answers
QUESTIONS = ("survey", "survey_again")
OF_DIGESTS = "digest"
EXCUSES = ("away", "away_lost")  # said in a conversation, but nobody's answer
OF_ACCOUNTS = "made_"
SUMMARY = "news_summary"  # several pieces of news in one message
# How long each of these may wait for a platform before it goes another way, where its reader has one.
PATIENCE = (timedelta(seconds=30), timedelta(minutes=2), timedelta(hours=1), timedelta(days=1))


def of(kind: str, facts: Mapping[str, Any], *, is_answer: bool) -> int:
    """How important a message is; the smallest number comes first. `is_answer`: it belongs to one conversation."""
    if facts.get("emergency") or facts.get("priority") == "emergency":
        return LATER if kind in QUESTIONS else EMERGENCY
    if kind in QUESTIONS or kind.startswith(OF_DIGESTS):
        return LATER
    if kind in EXCUSES:
        return NEWS
    return ASKING if is_answer or kind in OFFERS or kind.startswith(OF_ACCOUNTS) else NEWS


def purpose(kind: str, *, has_ticket: bool) -> str:
    """What a message is for, as a platform's templates tell it apart: work, survey, digest, news or notice."""
    if kind in OFFERS:
        return "work"
    if kind in QUESTIONS:
        return "survey"
    if kind.startswith(OF_DIGESTS):
        return "digest"
    return "news" if has_ticket or kind == SUMMARY else "notice"

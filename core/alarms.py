"""Emergencies are never refused, so they are folded: after many alarms no further one opens beside one of its kind.

Whoever posts "gas" to every code would wake the duty team without end. What is folded stands on the open alarm as a
note between staff, and whoever sent it is told whom to call.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core import categories, lexicon, limits, places
from core.errors import TooMany
from core.intake import FaultReport
from core.tickets import additions, queries
from core.tickets.models import Ticket

MOST = 20
MOST_AT_SITE = 100
MOST_NOTES = 20
LONGEST_NOTE = 1000


def folded(session: Session, report: FaultReport, senders: Sequence[str], now: datetime) -> Ticket | None:
    """The open alarm that a report is folded into; None for what is to be reported as usual.

    `senders`: where it comes from, such as an address or a chat. They are counted, the thing and the site too. None
    also where no alarm of its kind is open: the first one always opens.
    """
    emergency = emergency_in(session, report.subject.site_id, report.text)
    if not emergency or report.kind != "fault" or not _are_many(session, report, senders, now):
        return None
    standing = queries.standing_alarm(session, report.subject, emergency)
    if standing is not None:
        _note(session, queries.by_id(session, standing.id, lock=True), report, now)
    return standing


def emergency_in(session: Session, site_id: UUID, text: str) -> str:
    """The kind of emergency that words tell of at a site; empty for none."""
    site = places.site_of(session, site_id)
    return lexicon.guess(text, categories.handbook(session, site).lexicon).emergency or ""


def _are_many(session: Session, report: FaultReport, senders: Sequence[str], now: datetime) -> bool:
    """Count one more alarm of each sender, of the thing and of the site."""
    subject = report.subject
    counted = dict.fromkeys([*senders, f"{subject.place_id}:{subject.asset_id}"], MOST)
    counted[str(subject.site_id)] = MOST_AT_SITE
    passed = [_counts(session, f"alarm:{key}", now, most) for key, most in sorted(counted.items())]
    return not all(passed)


def _counts(session: Session, key: str, now: datetime, most: int) -> bool:
    try:
        limits.count(session, key, now, most=most)
    except TooMany:
        return False
    return True


def _note(session: Session, alarm: Ticket, report: FaultReport, now: datetime) -> None:
    """What staff have to know, should it be real: where, what, who. A flood of notes would hide it again."""
    if _counts(session, f"alarm-note:{alarm.id}", now, MOST_NOTES):
        subject = report.subject
        said = "\n".join(part for part in (subject.name, subject.place, report.text, report.contact) if part)
        additions.add_words(session, alarm, report.reporter_id, said[:LONGEST_NOTE], now, is_internal=True)

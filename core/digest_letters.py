"""A digest as a message: lines that say something, a chart, and buttons that act. No words, only keys and facts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from core import calendars, i18n
from core.deadlines import GOALS
from core.outbox import Choice, Letter
from core.places import SiteFacts
from core.reports.digest import Digest

MOST_LATE = 5
MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class Reader:
    """Who gets it: a person, or a group by its address (channel, account, conversation)."""

    person_id: UUID | None = None
    address: tuple[str, str, str] = ("", "", "")


def letter(to: Reader, site: SiteFacts, found: Digest, address: str, sent_id: UUID | None) -> Letter:
    """A digest as a message: a line where nothing happened, otherwise lines, a chart, and buttons that lead on."""
    kind = "digest_empty" if found.is_empty else f"digest_{found.span.period}"
    buttons = _links(site, found, address, sent_id)
    late = next((ticket for ticket in found.late if ticket.name), None)
    if late is not None:
        about = {"ticket": str(late.ticket_id)}
        buttons.append(Choice("track.nudge", about, text=late.number, label="digest.nudge", row=1))
    facts = told(site, found, is_group=to.person_id is None)
    return Letter(kind, facts, to.person_id, to.address, buttons=tuple(buttons))


def _links(site: SiteFacts, found: Digest, address: str, sent_id: UUID | None) -> list[Choice]:
    """The board, the figures, and the ticket that waits longest for somebody, beside the ranking of who could."""
    desk = f"{address}/desk?site={site.prefix}"
    links = [Choice("digest.board", url=desk, row=0)]
    if sent_id is not None:
        links.append(Choice("digest.figures", url=f"{address}/desk/digests/sent/{sent_id}?site={site.prefix}", row=0))
    waiting = found.figure("unassigned").tickets
    if waiting:
        links.append(
            Choice("digest.assign", text=waiting[0], label="digest.assign", url=f"{desk}&open={waiting[0]}", row=1)
        )
    return links


def told(site: SiteFacts, found: Digest, *, is_group: bool = False) -> dict[str, Any]:
    """A digest as facts of a message: numbers, keys and instants, never words.

    A group is told neither which home nor whose work.
    """
    values = {one.name: one.value for one in found.figures}
    counts = {one.name: len(one.tickets) for one in found.figures}
    facts: dict[str, Any] = {
        "site": str(site.id), "site_name": site.name, "open": values["open"],
        "days": days(site, found.span.starts_at, found.span.ends_at),
    }  # fmt: skip
    lines = [
        *_flow(values, counts), *_late(values, found, is_group=is_group), *_satisfaction(values, counts),
        *_inspections(values, found), *_ahead(found),
    ]  # fmt: skip
    return {**facts, "lines": lines, "chart": _chart(found)}


def _flow(values: dict[str, Any], counts: dict[str, int]) -> Iterator[dict[str, Any]]:
    """What came and went. A figure without anything to compute it from is left out."""
    yield {"line": "digest_flow", "new": values["new"], "done": values["done"], "open": values["open"]}
    for goal in GOALS:
        if values[f"kept_{goal}"] is not None:
            count = counts[f"kept_{goal}"]
            yield {"line": f"digest_kept_{goal}", "percent": f"{values[f'kept_{goal}']:g}", "count": count}


def _late(values: dict[str, Any], found: Digest, *, is_group: bool) -> Iterator[dict[str, Any]]:
    if values["overdue"]:
        yield {"line": "digest_overdue", "count": values["overdue"]}
    for one in found.late[:MOST_LATE]:
        where = one.outside if is_group else one.thing
        reason = one.reason if i18n.has_text(f"reason.{one.reason}") else "other"
        told = {"number": one.number, "place": where, "reason": reason, "due_at": one.due_at.isoformat()}
        if is_group and one.name:
            yield {"line": f"digest_late_unnamed_{one.why}", **told}
        else:
            yield {"line": f"digest_late_{one.why}", **told, "name": one.name}
    if len(found.late) > MOST_LATE:
        yield {"line": "digest_late_more", "count": len(found.late) - MOST_LATE}


def _inspections(values: dict[str, Any], found: Digest) -> Iterator[dict[str, Any]]:
    done, late, missed = (values[f"inspections_{name}"] for name in ("done", "late", "missed"))
    if done or missed:
        yield {"line": "digest_inspections", "done": done, "late": late, "missed": missed}
    days: dict[tuple[date, str, str], list[str]] = {}
    for one in found.skipped:
        days.setdefault((one.on, one.why, one.holiday), []).append(one.name)
    for (on, why, holiday), names in sorted(days.items())[:MOST_LATE]:
        line = "digest_skipped_holiday" if holiday else "digest_skipped"
        told = {"on": on.isoformat(), "why": why, "holiday": holiday}
        yield {"line": line, **told, "count": len(names), "names": ", ".join(names[:MOST_NAMES])}


def _ahead(found: Digest) -> Iterator[dict[str, Any]]:
    for name in ("today", "oldest"):
        numbers = list(found.figure(name).tickets)
        if numbers:
            yield {"line": f"digest_{name}", "count": len(numbers), "numbers": ", ".join(numbers[:MOST_LATE])}
        if name == "today" and found.coming:
            names = ", ".join(found.coming[:MOST_NAMES])
            yield {"line": "digest_coming", "count": len(found.coming), "names": names}


def _satisfaction(values: dict[str, Any], counts: dict[str, int]) -> Iterator[dict[str, Any]]:
    """No stars are said to be none, never left to be taken for good ones."""
    if values["response_rate"] is None and values["stars"] is None:
        return
    asked = counts["response_rate"]
    answered = round((values["response_rate"] or 0) * asked / 100)
    facts = {"answered": answered, "asked": asked, "count": counts["stars"]}
    if values["stars"] is None:
        yield {"line": "digest_unrated", **facts}
    else:
        yield {"line": "digest_stars", "stars": values["stars"], **facts}


def _chart(found: Digest) -> list[list[Any]]:
    return [[bar.first.isoformat(), bar.new, bar.done, bar.open] for bar in found.bars]


def days(site: SiteFacts, starts_at: datetime, ends_at: datetime) -> str:
    """The days that a digest is about: 2026-11-20, or 2026-11-20 – 2026-11-22."""
    moments = (starts_at, ends_at - timedelta(seconds=1))
    return " – ".join(dict.fromkeys(calendars.local_day(one, site.timezone).isoformat() for one in moments))

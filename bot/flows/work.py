"""A technician's work in chat: today's list, offers to accept or decline, jobs to claim, and a scanned code."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from assets import register
from assets.plans import rounds
from bot.flows import _check_in, _tap, flow, scan_of
from bot.flows import _work_card as card
from bot.talk import Talk
from core.outbox import Choice, Tap
from core.tickets import actions, dispatching, news, queries
from core.tickets.models import Subject, Ticket

work = flow("work")

MOST_JOBS = 10
MOST_FREE = 5
VISITS = 3
PATIENCE = timedelta(hours=1)
A_MOMENT = timedelta(seconds=90)
DECLINE_REASONS = ("busy", "not_mine", "no_parts")


@work.command("work")
def today(talk: Talk) -> None:
    """My jobs, emergencies in front, then what can be claimed."""
    talk.leave()
    if not talk.viewer.sites("technician"):
        talk.say("no_work_role")
        return
    if talk.is_group:
        talk.say("in_private")
        return
    mine = queries.list_of(talk.session, talk.person_id)[:MOST_JOBS]
    free = queries.claimable(talk.session, talk.viewer, MOST_FREE)
    if not mine and not free:
        talk.say("work_empty")
        return
    lines = [*card.rows(talk, mine), *([{"line": "free"}] if free else []), *card.rows(talk, free)]
    choices = [card.choice(ticket, row) for row, ticket in enumerate([*mine, *free])]
    talk.say("work_list", choices, lines=lines, site=str([*mine, *free][0].site_id))


@work.action("show")
def show(talk: Talk, tap: Tap) -> None:
    card.show(talk, _tap.ticket_of(talk, tap))


@work.action("accept")
def accept(talk: Talk, tap: Tap) -> None:
    """Take an offer; where somebody else has it by now, say who and what is next."""
    _take(talk, tap, "accept")


@work.action("claim")
def claim(talk: Talk, tap: Tap) -> None:
    """Take work that nobody has: the first one wins."""
    _take(talk, tap, "claim")


def _take(talk: Talk, tap: Tap, action: str) -> None:
    ticket = _tap.ticket_of(talk, tap)
    if ticket.assignee_id not in (None, talk.person_id):
        _lost(talk, ticket)
    elif _tap.is_stale(tap, ticket):
        card.show_present(talk, ticket)
    else:
        actions.act(talk.session, ticket, action, talk.viewer, talk.now, version=ticket.version)
        card.show(talk, ticket, "job_taken", is_replacing=True)


def _lost(talk: Talk, ticket: Ticket) -> None:
    """Somebody was faster, or it was given to somebody else: who, and the next job."""
    assert ticket.assignee_id is not None
    name = queries.names_of(talk.session, [ticket.assignee_id])[ticket.assignee_id]
    following = [*queries.list_of(talk.session, talk.person_id), *queries.claimable(talk.session, talk.viewer, 1)][:1]
    lines = [{"line": "next"}, *card.rows(talk, following)] if following else [{"line": "no_next"}]
    choices = [card.choice(job, row) for row, job in enumerate(following)]
    ago = talk.now - ticket.accepted_at if ticket.accepted_at else None
    kind = "given_to_other" if ago is None else "taken_now" if ago < A_MOMENT else "taken_before"
    seconds = max(1, int(ago.total_seconds())) if ago is not None else 0
    talk.replace(kind, choices, ticket, name=name, seconds=seconds, accepted_at=ticket.accepted_at, lines=lines)


@work.action("decline")
def decline(talk: Talk, tap: Tap) -> None:
    """Ask why, with one tap or words."""
    ticket = _tap.ticket_of(talk, tap)
    if _tap.is_stale(tap, ticket) or ticket.assignee_id != talk.person_id:
        card.show_present(talk, ticket)
        return
    talk.go("work", "declining", **_tap.bound(ticket))
    talk.wake_in(PATIENCE)
    talk.say("decline_why", card.reasons("work.decline_because", DECLINE_REASONS, "work.decline_other"), ticket)


@work.action("decline_because")
def decline_because(talk: Talk, tap: Tap) -> None:
    if ticket := card.fresh(talk, tap):
        _give_back(talk, ticket, tap.facts["reason"])


@work.action("decline_other")
def decline_other(talk: Talk, tap: Tap) -> None:
    talk.go("work", "declining", **_tap.bound(_tap.ticket_of(talk, tap)))
    talk.wake_in(PATIENCE)
    talk.say("type_reason")


@work.step("declining")
def declining(talk: Talk) -> None:
    if not talk.text:
        talk.say("type_reason")
    elif _tap.is_stray_number(talk):
        return
    elif ticket := card.still(talk):
        _give_back(talk, ticket, talk.text)


def _give_back(talk: Talk, ticket: Ticket, reason: str) -> None:
    actions.act(
        talk.session, ticket, "decline", talk.viewer, talk.now, facts={"reason": reason}, version=ticket.version
    )
    talk.end()
    has_next = dispatching.has_next(talk.session, ticket, talk.now, but=talk.person_id)
    talk.replace(
        "declined" if has_next else "declined_last", ticket=ticket
    )  # the reasons that were asked for are no choice any more


@work.scanned("technician")
def scanned(talk: Talk) -> None:
    """Check in where that is waited for; else the open jobs on the thing with the next action each."""
    subject = register.subject_of(talk.session, talk.text)
    jobs = queries.open_on(talk.session, subject)
    if _check_in.is_waiting_for_code(talk, jobs):
        _check_in.scan(talk, talk.text)
        return
    visible = [job for job in jobs if queries.may_see(talk.session, job, talk.viewer)][:MOST_JOBS]
    choices = [found for row, job in enumerate(visible) for found in _next_action(talk, job, row)]
    if (stop := rounds.stop_at(talk.session, talk.person_id, subject)) is not None:
        visible, choices = [*visible, stop[0]], [*choices, _tap.page_of(talk, stop[0], "round_page")]
    report = Choice("work.report_here", {"code": talk.text}, row=MOST_JOBS)
    facts: dict[str, Any] = {"asset": subject.name, "place": subject.place, "site": str(subject.site_id)}
    if visible:
        talk.say("jobs_here", [*choices, report], lines=card.rows(talk, visible), **facts)
    else:
        talk.say("no_jobs_here", [report], lines=_visits(talk, subject), **facts)


def _next_action(talk: Talk, job: Ticket, row: int) -> list[Choice]:
    """The one next action on a job, done with one tap because the code was just scanned."""
    offered = [choice for choice in card.buttons(talk, job) if not choice.url]
    if not offered:
        return []
    first = offered[0]
    facts = {**_tap.bound(job), "scanned_at": talk.now.isoformat()}
    return [Choice(first.action, facts, label=first.action, text=job.number, row=row)]


def _visits(talk: Talk, subject: Subject) -> list[dict[str, Any]]:
    """The last visits to a thing: when, about what, with what result."""
    return [
        {
            "line": "visit", "number": visit.number, "category": visit.category, "resolution": visit.resolution,
            "ended_at": news.plain(visit.closed_at or visit.done_at),
        }
        for visit in queries.history_of(talk.session, subject, VISITS)
    ]  # fmt: skip


@work.action("report_here")
def report_here(talk: Talk, tap: Tap) -> None:
    """A technician has found a fault where nothing is open: the same report as everybody's."""
    talk.incoming = replace(talk.incoming, kind="scan", text=tap.facts["code"])
    begin = scan_of("resident")
    assert begin is not None
    begin(talk)


@work.on_silence
def silent(talk: Talk) -> None:
    """What comes later is a new message, not a reason for an old question."""
    talk.end()

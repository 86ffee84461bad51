"""The verbs of a ticket's life. Each checks its own facts and says what changes; `actions.apply()` writes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from core import categories, clock, places
from core.database import rows
from core.errors import Invalid, Missing
from core.people import Person, Role, Team, roles_of
from core.prepared import Prepared
from core.tickets import asking, evidence, following, queries, states, words
from core.tickets.acts import DISPATCH, Act, Awaited, Change, MissingEvidence, TooLateToReopen, WrongCode
from core.tickets.models import Offer

OFFER_LIFE = timedelta(minutes=10)
SILENCE = timedelta(days=3)
REOPEN_WITHIN = timedelta(days=7)

Verb = Callable[[Act], Change]
VERBS: dict[str, Verb] = {}


def verb(action: str) -> Callable[[Verb], Verb]:
    def keep(function: Verb) -> Verb:
        VERBS[action] = function
        return function

    return keep


_OFFERS = rows(Offer)
_OFFER = Prepared(insert(_OFFERS), _OFFERS.columns.keys())


@verb("assign")
def _assign(act: Act) -> Change:
    """Give work to a technician, who is asked to accept. The reasons of the choice are kept with the offer."""
    person_id = _id(act, "assignee")
    if act.actor.trigger != DISPATCH and not _is_technician(act.session, person_id, act.ticket.site_id):
        raise Invalid(field="field.assignee")
    _end_offers(act, "withdrawn")
    waits_until = None if act.ticket.emergency else act.now + OFFER_LIFE
    reasons = act.facts.get("reasons", [["by_hand", 0]])
    _OFFER.run(
        act.session, id=clock.new_id(), ticket_id=act.ticket.id, person_id=person_id, round=act.ticket.round,
        state="open", reasons=reasons, offered_at=act.now, expires_at=waits_until,
    )  # fmt: skip
    values: dict[str, Any] = {"assignee_id": person_id, "accepted_at": None, "held_from": None, "hold_reason": None}
    if not act.ticket.emergency:
        values["wake_at"] = waits_until
    facts = {"assignee": str(person_id), "reasons": reasons}
    return Change(values, facts, {"assignee": person_id, "was": act.ticket.assignee_id})


@verb("transfer")
def _transfer(act: Act) -> Change:
    return _assign(act)


@verb("offer_team")
def _offer_team(act: Act) -> Change:
    """Let the members of a team claim it: the first one wins."""
    team_id = _id(act, "team")
    team = act.session.get(Team, team_id)
    if team is None or team.site_id != act.ticket.site_id:
        raise Invalid(field="field.team")
    _end_offers(act, "withdrawn")
    values = {"team_id": team_id, "assignee_id": None, "wake_at": act.ticket.wake_at if act.ticket.emergency else None}
    return Change(values, {"team": str(team_id)}, {"team": team_id})


@verb("request_transfer")
def _request_transfer(act: Act) -> Change:
    return Change({}, _reason(act), {"reason": act.facts["reason"]})


@verb("claim")
def _claim(act: Act) -> Change:
    change = _taken(act)
    return Change({**change.values, "assignee_id": act.actor.person_id}, change.facts, change.news)


@verb("accept")
def _taken(act: Act) -> Change:
    _end_offers(act, "accepted")
    values = {"accepted_at": act.now, "wake_at": None}
    return Change(values, {"assignee": act.actor.name}, {"promised_at": act.ticket.promised_at})


@verb("decline")
def _decline(act: Act) -> Change:
    """Give an offer back with a reason. Dispatch looks for the next one at once."""
    _end_offers(act, "declined")
    values = {"assignee_id": None, "accepted_at": None, "wake_at": act.now}
    return Change(values, _reason(act), {"reason": act.facts["reason"]})


@verb("release")
def _release(act: Act) -> Change:
    """Take work back to dispatch. Whoever stayed silent is not asked again; after any other reason they may be."""
    reason = act.facts["reason"]
    _end_offers(act, "expired" if reason == states.UNANSWERED else "withdrawn")
    values = {"assignee_id": None, "accepted_at": None, "wake_at": act.now}
    return Change(values, _reason(act), {"was": act.ticket.assignee_id, "reason": reason})


@verb("schedule")
def _schedule(act: Act) -> Change:
    """Propose an appointment, which the resident agrees to with one tap."""
    start, end = _moment(act.facts["from"], "field.from"), _moment(act.facts["until"], "field.until")
    if not start < end or end <= act.now or end - start > timedelta(days=1):
        raise Invalid(field="field.until")
    agreed = bool(act.facts.get("agreed_by"))
    values = {"scheduled_from": start, "scheduled_until": end, "is_schedule_agreed": agreed}
    told = {"from": start, "until": end, "agreed": agreed}
    return Change(values, told, told)


@verb("agree")
def _agree(act: Act) -> Change:
    if act.ticket.scheduled_from is None:
        raise Missing(field="field.from")
    span = {"from": act.ticket.scheduled_from, "until": act.ticket.scheduled_until}
    return Change({"is_schedule_agreed": True}, span, span)


@verb("check_in")
def _check_in(act: Act) -> Change:
    """Be at the asset, by its scanned code, or by a photo and a reason where the code is gone."""
    proof = _scan_proof(act)
    facts = {"scan": proof, **(_reason(act) if act.facts.get("reason") else {})}
    return Change({"scan_proof": proof or act.ticket.scan_proof}, facts)


@verb("hold")
def _hold(act: Act) -> Change:
    unaccepted = act.ticket.emergency and act.ticket.accepted_at is None
    wake_at = act.ticket.wake_at if unaccepted else None
    values = {"held_from": act.ticket.state, "hold_reason": str(act.facts["reason"])[:200], "wake_at": wake_at}
    return Change(values, _reason(act), {"reason": act.facts["reason"]})


@verb("resume")
def _resume(act: Act) -> Change:
    waits = act.ticket.held_from == "assigned" and not act.ticket.accepted_at
    return Change({"held_from": None, "hold_reason": None, "wake_at": act.now + OFFER_LIFE if waits else None})


@verb("sign_off")
def _sign_off(act: Act) -> Change:
    """Declare it done, with the evidence that the site's policy asks for. Signatures count under these very words."""
    ticket, resolution = act.ticket, str(act.facts["resolution"])
    if resolution not in states.SIGN_OFF_RESOLUTIONS[ticket.kind]:
        raise Invalid(field="field.resolution")
    proof = _scan_proof(act) or ticket.scan_proof
    set_committed_value(ticket, "scan_proof", proof)
    site, minutes = places.site_of(act.session, ticket.site_id), _minutes(act)
    declared = evidence.declared(resolution, minutes, str(act.facts.get("note") or ""))
    shown = queries.evidence_of(act.session, ticket, declared)
    lacking = evidence.missing(shown, site.settings.get("evidence", {}))
    if lacking:
        raise MissingEvidence(missing=[f"evidence.{item}" for item in lacking], items=lacking)
    is_fault = ticket.kind == "fault"
    values: dict[str, Any] = {
        "resolution": resolution, "done_at": act.now, "minutes": minutes, "scan_proof": proof,
        "wake_at": act.now + SILENCE if is_fault else None, "closed_at": None if is_fault else act.now,
    }  # fmt: skip
    facts = {
        "resolution": resolution, "minutes": minutes, "round": ticket.round,
        "digest": _digest(act.facts.get("digest") or ""),
    }  # fmt: skip
    return Change(values, facts, {"resolution": resolution})


@verb("confirm")
def _confirm(act: Act) -> Change:
    return _closed(act, {}, act.now)


@verb("lapse")
def _lapse(act: Act) -> Change:
    """Nobody answered: close as unanswered, which never counts as satisfied."""
    ended_at = act.ticket.done_at + SILENCE if act.ticket.done_at else act.now
    return _closed(act, {"resolution": "unanswered"}, min(ended_at, act.now))


def _closed(act: Act, values: dict[str, Any], due_at: datetime) -> Change:
    """Close, and ask those concerned how it went. `due_at`: when that would have been without any downtime."""
    found = asking.begin(act.session, act.ticket, act.actor.person_id, due_at, act.now)
    asked = [survey.person_id for survey in found if survey.state == "asked"]
    ended = {"closed_at": act.now, "wake_at": None, **values}
    then = tuple(asking.entry(survey) for survey in found)
    return Change(ended, {"round": act.ticket.round}, {"asked": asked}, then)


@verb("reopen")
def _reopen(act: Act) -> Change:
    """Start a new round with the same technician, fresh evidence and a fresh promise."""
    ticket = act.ticket
    if ticket.closed_at and act.now - ticket.closed_at > REOPEN_WITHIN:
        raise TooLateToReopen(number=ticket.number)
    values: dict[str, Any] = {
        "round": ticket.round + 1, "resolution": None, "done_at": None, "closed_at": None, "accepted_at": None,
        "scan_proof": "", "waived": [], "minutes": None, "wake_at": act.now + OFFER_LIFE,
        "scheduled_from": None, "scheduled_until": None, "is_schedule_agreed": False,
    }  # fmt: skip
    return Change(values, {**_reason(act), "round": ticket.round + 1}, {"reason": act.facts["reason"]})


@verb("merge")
def _merge(act: Act) -> Change:
    """Let another open ticket stand for this one; its people follow the other from now on."""
    into = queries.by_id(act.session, _id(act, "into"), lock=True)
    if into.id == act.ticket.id or into.site_id != act.ticket.site_id or into.state not in states.UNDECIDED:
        raise Invalid(field="field.into")
    _end_offers(act, "withdrawn")
    following.move(act.session, act.ticket, into, act.now)
    values = {"merged_into_id": into.id, "resolution": "duplicate", "closed_at": act.now, "wake_at": None}
    return Change(values, {"into": into.number}, {"into": into.number})


@verb("cancel")
def _cancel(act: Act) -> Change:
    """End it without work. A reporter withdraws while nobody has accepted and nobody else waits for it."""
    if _is_awaited_by_others(act):
        raise Awaited(number=act.ticket.number)
    _end_offers(act, "withdrawn")
    values = {"resolution": "withdrawn", "closed_at": act.now, "wake_at": None}
    return Change(values, _reason(act), {"reason": act.facts["reason"]})


def _is_awaited_by_others(act: Act) -> bool:
    """Whether somebody who reported it would end it for others who did. The desk may."""
    waiting, who = queries.concerned(act.session, act.ticket), act.actor.person_id
    if who is None or who not in waiting or len(waiting) == 1:
        return False
    held = roles_of(act.session, who).get(act.ticket.site_id, set())
    return not held & set(queries.DESK)


@verb("recategorise")
def _recategorise(act: Act) -> Change:
    category = str(act.facts["category"])
    if category not in categories.handbook(act.session, places.site_of(act.session, act.ticket.site_id)).works:
        raise Invalid(field="field.category")
    values: dict[str, Any] = {"category": category, "is_category_confirmed": True}
    if act.ticket.state == "reported" and not act.ticket.emergency:
        values["wake_at"] = act.now
    return Change(values, {"category": category, "was": act.ticket.category})


@verb("relocate")
def _relocate(act: Act) -> Change:
    """It is about another place or thing of the same site. `by`: who said so."""
    subject, ticket = act.facts["subject"], act.ticket
    if subject.site_id != ticket.site_id:
        raise Invalid(field="field.place")
    values: dict[str, Any] = {
        "place_id": subject.place_id, "place": subject.place, "asset_id": subject.asset_id,
        "asset_code": subject.code, "asset_name": subject.name,
    }  # fmt: skip
    facts = {"place": str(subject.place_id), "asset": str(subject.asset_id or ""), "by": str(act.facts.get("by", ""))}
    return Change(values, facts, {"was": ticket.asset_name or ticket.place})


@verb("reprioritise")
def _reprioritise(act: Act) -> Change:
    priority = str(act.facts["priority"])
    if priority not in states.PRIORITIES:
        raise Invalid(field="field.priority")
    return Change({"priority": priority}, {"priority": priority, "was": act.ticket.priority})


@verb("escalate")
def _escalate(act: Act) -> Change:
    facts = {"level": act.facts["level"], "told": [str(person) for person in act.facts["people"]]}
    return Change({"wake_at": act.facts["next"]}, facts, {"people": act.facts["people"], "level": act.facts["level"]})


@verb("waive")
def _waive(act: Act) -> Change:
    """A supervisor lets a piece of evidence go, with a reason that stays in the trace."""
    item = str(act.facts["evidence"])
    if item not in evidence.KNOWN:
        raise Invalid(field="field.evidence")
    return Change({"waived": sorted({*act.ticket.waived, item})}, {"evidence": item, **_reason(act)})


def _id(act: Act, name: str) -> UUID:
    try:
        return UUID(str(act.facts[name]))
    except ValueError:
        raise Invalid(field=f"field.{name}") from None


def _reason(act: Act) -> dict[str, Any]:
    given = str(act.facts["reason"])
    return {"reason": words.reason(act.session, act.ticket, act.actor.person_id, given, act.now)}


def _is_technician(session: Session, person_id: UUID, site_id: UUID) -> bool:
    person = session.get(Person, person_id)
    return bool(person and person.is_active and session.get(Role, (person_id, site_id, "technician")))


def _end_offers(act: Act, state: str) -> None:
    if act.ticket.trace_seq == 1:  # it was reported a moment ago: nobody has been asked yet
        return
    act.session.execute(
        update(Offer)
        .where(Offer.ticket_id == act.ticket.id, Offer.state == "open")
        .values(state=state)
        .execution_options(synchronize_session=False)
    )


def _scan_proof(act: Act) -> str:
    """What the facts prove about being at the asset: `code` of the very thing, or a photo with a reason."""
    scanned = str(act.facts.get("code") or "")
    if scanned:
        if scanned != act.ticket.asset_code:
            raise WrongCode(code=scanned, thing=act.ticket.asset_name)
        return "scanned"
    return "photo" if act.facts.get("code_photo") and act.facts.get("reason") else ""


def _digest(given: object) -> str:
    """The digest of what was signed: nothing else may slip into the trace by its name."""
    if not re.fullmatch("([0-9a-f]{64})?", str(given)):
        raise Invalid(field="field.signature")
    return str(given)


def _minutes(act: Act) -> int | None:
    given = act.facts.get("minutes")
    if given in (None, ""):
        return act.ticket.minutes
    try:
        minutes = int(str(given))
    except ValueError:
        raise Invalid(field="field.minutes") from None
    if not 0 <= minutes <= 10_000:
        raise Invalid(field="field.minutes")
    return minutes


def _moment(value: Any, name: str) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise Invalid(field=name) from None
    if moment.tzinfo is None:
        raise Invalid(field=name)
    return moment

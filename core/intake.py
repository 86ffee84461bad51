"""A fault report becomes a ticket or joins one: classify, look for a twin, open, promise, dispatch, in one go."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from core import calendars, categories, clock, lexicon, places, trace
from core.categories import Handbook
from core.database import rows
from core.deadlines import Matter
from core.errors import Invalid, Missing
from core.places import SiteFacts
from core.prepared import Prepared
from core.tickets import additions, deadlining, dispatching, models, queries, states
from core.tickets.deadlining import Count
from core.tickets.models import Counter, Subject, Ticket

MAX_WORDS = 4000
ESCALATE_EVERY = timedelta(minutes=3)
FALLBACK = "other"
VAGUE = ("", "other", "equipment")

Outcome = Literal["opened", "joined", "twin", "unsure"]


@dataclass(frozen=True, slots=True)
class FaultReport:
    """What a resident sends, or somebody for them.

    `via`: phone when it was called in by somebody whom no message can reach; nobody is asked to rate it.
    `category`: set when the person has said which; then nothing is asked about it. `is_own`: the person has said
    that it is not the same as the open ticket. `may_ask`: whether there is somebody who can answer a question;
    without, an unsure report opens with the best guess. `follows_id`: the ticket whose work it makes good; whoever
    opens it gives it out, because dispatch would ask the same people again. `stops`: how many a round has. `until`: the
    last moment in time for the work of a plan, which goes before the site's rules.
    """

    subject: Subject
    text: str
    reporter_id: UUID | None = None
    contact: str = ""
    via: str = ""
    category: str = ""
    priority: str = ""
    kind: str = "fault"
    location: dict[str, Any] = field(default_factory=dict)
    has_media: bool = False
    is_own: bool = False
    follows_id: UUID | None = None
    stops: int = 0
    until: datetime | None = None
    may_ask: bool = True


@dataclass(frozen=True, slots=True)
class Intake:
    """What became of a fault report.

    `opened` and `joined` are done. `twin`: an open ticket on the same thing may be meant, ask "me too?".
    `unsure`: the words do not tell the category, ask with `guess.alternatives`.
    """

    outcome: Outcome
    guess: lexicon.Guess
    category: str
    ticket: Ticket | None = None
    site: SiteFacts | None = None


def report_fault(session: Session, report: FaultReport, now: datetime) -> Intake:
    """Take a fault report.

    1. Guess category and urgency from the words, unless the person has said the category.
    2. An emergency opens and alarms at once; further reports of the same join it.
    3. Ask when the words do not tell the category, or when an open ticket on the same shared thing may be meant.
    4. Open the ticket, promise, dispatch.
    """
    if report.kind not in states.KINDS:
        raise Invalid(field="field.kind")
    if not report.text.strip() and not report.has_media:
        raise Missing(field="field.text")
    site = places.site_of(session, report.subject.site_id)
    book = categories.handbook(session, site)
    if report.category and report.category not in book.works:
        raise Invalid(field="field.category")
    guess = lexicon.guess(report.text, book.lexicon)
    category = _category(report, guess)
    if guess.emergency and report.kind == "fault":
        return _take_emergency(session, site, book, report, guess, now)
    if not report.category and guess.confidence != "sure" and not _thing_tells(report, guess) and report.may_ask:
        return Intake("unsure", guess, category)
    if report.kind == "fault" and not report.is_own:
        twin = queries.open_twin(session, report.subject, category, report.reporter_id)
        if twin is not None:
            return Intake("twin", guess, category, twin)
    return Intake("opened", guess, category, open_ticket(session, site, book, report, guess, category, now), site)


def _category(report: FaultReport, guess: lexicon.Guess) -> str:
    """What the person said, else what the words say, else what is usual for the thing."""
    if _thing_tells(report, guess) and guess.confidence != "sure":
        return report.category or report.subject.category
    return report.category or guess.category or report.subject.category or FALLBACK


def _thing_tells(report: FaultReport, guess: lexicon.Guess) -> bool:
    """Whether the scanned thing settles what unclear words leave open: a lift's door is the lift's."""
    usual = report.subject.category
    return usual not in VAGUE and (guess.category is None or usual in (guess.category, *guess.alternatives))


def _take_emergency(
    session: Session, site: SiteFacts, book: Handbook, report: FaultReport, guess: lexicon.Guess, now: datetime
) -> Intake:
    category = guess.category or _category(report, guess)
    twin = queries.open_alarm(session, report.subject, category, report.reporter_id)
    if twin is not None and report.reporter_id:
        locked = queries.by_id(session, twin.id, lock=True)
        additions.join(session, locked, report.reporter_id, report.text, now)
        return Intake("joined", guess, category, locked, site)
    return Intake("opened", guess, category, open_ticket(session, site, book, report, guess, category, now), site)


def open_ticket(
    session: Session, site: SiteFacts, book: Handbook, report: FaultReport, guess: lexicon.Guess, category: str,
    now: datetime,
) -> Ticket:  # fmt: skip
    """Open a ticket and give it out."""
    is_emergency = bool(guess.emergency) and report.kind == "fault"
    priority = "emergency" if is_emergency else _priority(report, guess, book, category)
    subject, salt = report.subject, clock.secret()
    work = book.work(category)
    team = str(work.team_id or "") if work.mode == "claim" and not is_emergency else ""
    count = deadlining.opening(site, Matter(category, priority, report.kind, team), now, report.until)
    values: dict[str, Any] = {
        "id": clock.new_id(), "number": next_number(session, site, now), "site_id": site.id, "kind": report.kind,
        "state": "reported", "category": category, "priority": priority,
        "is_category_confirmed": bool(report.category), "emergency": guess.emergency if is_emergency else "",
        "place_id": subject.place_id, "asset_id": subject.asset_id, "place": subject.place,
        "asset_code": subject.code, "asset_name": subject.name, "stops": report.stops,
        "text": report.text.strip()[:MAX_WORDS], "salt": salt,
        "contact": report.contact[:200], "via": report.via, "location": report.location,
        "reporter_id": report.reporter_id, "follows_id": report.follows_id, "opened_at": now, **count.values(set()),
        "wake_at": now + ESCALATE_EVERY if is_emergency else None,
    }  # fmt: skip
    ticket = _insert(session, values, guess, _promised(report, count), now)
    if report.follows_id is None:
        dispatching.dispatch(session, ticket, now, site)
    return ticket


def _insert(
    session: Session, values: dict[str, Any], guess: lexicon.Guess, promised: dict[str, Any], now: datetime
) -> Ticket:
    """The ticket with its first event, which holds a commitment to the words in their place."""
    facts: dict[str, Any] = {
        "number": values["number"], "kind": values["kind"], "category": values["category"],
        "priority": values["priority"], "emergency": values["emergency"], "place": str(values["place_id"]),
        "asset": str(values["asset_id"] or ""), "text": trace.commitment(values["salt"], values["text"]),
        "because": [reason.term.phrase for reason in guess.reasons if reason.counts],
        "promised_at": values["promised_at"], **promised,
    }  # fmt: skip
    actor = str(values["reporter_id"] or "")
    entry = trace.Entry("report", facts, actor, "", "reported")
    events = trace.chain(f"ticket:{values['id']}", trace.Head(), [entry], now)
    ticket = models.added(session, {**values, "trace_seq": events[-1]["seq"], "trace_head": events[-1]["hash"]})
    trace.write(session, events)
    return ticket


def _promised(report: FaultReport, count: Count) -> dict[str, Any]:
    return {"deadlines": count.facts} | ({"until": report.until} if report.until else {})


def _priority(report: FaultReport, guess: lexicon.Guess, book: Handbook, category: str) -> str:
    """What was asked for, else the more urgent of what the words and the category say."""
    if report.priority:
        if report.priority not in states.PRIORITIES:
            raise Invalid(field="field.priority")
        return report.priority
    usual = book.work(category).priority
    if guess.priority == "normal":
        return usual
    return min(guess.priority, usual, key=states.PRIORITIES.index) if guess.priority != "low" else guess.priority


_COUNTERS = rows(Counter)
_COUNT = Prepared(
    lambda insert: (
        insert(_COUNTERS)
        .on_conflict_do_update(index_elements=["site_id", "day"], set_={"value": _COUNTERS.c.value + 1})
        .returning(_COUNTERS.c.value)
    ),
    _COUNTERS.columns.keys(),
)


def next_number(session: Session, site: SiteFacts, now: datetime) -> str:
    """The next number of a site on its local day: WX-261120-042."""
    day = calendars.local_day(now, site.timezone).strftime("%y%m%d")
    value = _COUNT.rows(session, site_id=site.id, day=day, value=1)[0][0]
    return f"{site.prefix}-{day}-{value:03d}"

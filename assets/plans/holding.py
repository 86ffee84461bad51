"""A plan that cannot be worked out, such as one whose rule was changed by hand, is held.

It is tried again some hours later, in place of at every tick. The desk is told once, with the reason; the plan's page
and `gongdan doctor` say so until it goes on, by itself or because somebody has mended it.

The same people are told once of a plan that can be worked out but is about nothing any more. It keeps its dates, and
its page says so until something is made of it or somebody changes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from assets.models import Asset, AssetType
from assets.plans import recurrence
from assets.plans.deciding import NAME
from assets.plans.models import Occurrence, Plan
from core import calendars, decisions, outbox, people, places, worktime
from core.errors import GongdanError
from core.outbox import Choice, Letter
from core.places import Place, SiteFacts
from core.trace import Entry

AGAIN = timedelta(hours=6)
BROKEN = (*recurrence.BROKEN, AttributeError, OSError, GongdanError)
READERS = {"supervisor": True, "admin": True, "manager": False}  # whether the plan's page is theirs to open
RULE, ZONE, CALENDAR, THING, UNKNOWN = "rule", "zone", "calendar", "thing", "unknown"
EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Held:
    """A plan that is held: of which site, what it is called, and why."""

    site_id: UUID
    site: str
    name: str
    why: str


def hold(session: Session, plan_id: UUID, now: datetime, address: str) -> None:
    """Put a plan that failed off. `address`: of this server, for the link to the plan."""
    plan = session.scalar(select(Plan).where(Plan.id == plan_id).with_for_update())
    if plan is None:
        return
    site, before = places.site_of(session, plan.site_id), plan.held_for
    plan.held_for, plan.held_at = reason(session, plan, site, now), plan.held_at or now
    plan.wake_at = now + AGAIN
    session.flush()
    if plan.held_for == before:
        return
    told = _tell(session, plan, site, now, address, "plan_held")
    entry = Entry("plan_held", {"held": plan.held_for, "told": [str(who) for who in told]}, NAME)
    decisions.append(session, plan.site_id, f"plan:{plan.id}", [entry], now)


def let_go(session: Session, plan_id: UUID, now: datetime) -> None:
    """Note that a plan which was held goes on."""
    plan = session.get_one(Plan, plan_id)
    plan.held_at, plan.held_for = None, ""
    session.flush()
    decisions.append(session, plan.site_id, f"plan:{plan.id}", [Entry("plan_freed", {}, NAME)], now)


def tell_of_nothing(session: Session, plan_id: UUID, now: datetime, address: str) -> None:
    """Tell once that nothing came of a plan's last date, because nothing is left that it is about."""
    plan = session.get(Plan, plan_id)
    if plan is None or plan.held_at or plan.last_on is None:
        return
    of_date = select(Occurrence.id).where(Occurrence.plan_id == plan.id, Occurrence.on_day == plan.last_on)
    before, plan.held_for = plan.held_for, "" if session.scalar(of_date.limit(1)) else EMPTY
    session.flush()
    if plan.held_for in ("", before):
        return
    told = _tell(session, plan, places.site_of(session, plan.site_id), now, address, "plan_empty")
    entry = Entry("plan_empty", {"told": [str(who) for who in told]}, NAME)
    decisions.append(session, plan.site_id, f"plan:{plan.id}", [entry], now)


def is_held(session: Session, plan_id: UUID) -> bool:
    return session.scalar(select(Plan.held_at).where(Plan.id == plan_id)) is not None


def held(session: Session) -> Sequence[Held]:
    """Every plan that is held."""
    query = select(places.Site.id, places.Site.name, Plan.name, Plan.held_for).join(
        places.Site, places.Site.id == Plan.site_id
    )
    rows = session.execute(query.where(Plan.held_at.is_not(None)).order_by(places.Site.name, Plan.name))
    return [Held(*row) for row in rows]


def reason(session: Session, plan: Plan, site: SiteFacts, now: datetime) -> str:
    """What is wrong with a plan, as far as it can be told: found by trying each part of it."""
    today = now.date()
    if not calendars.is_known(site.timezone):
        return ZONE
    tries: dict[str, Callable[[], object]] = {
        RULE: lambda: recurrence.check(recurrence.of(plan.rhythm)),
        CALENDAR: lambda: worktime.of(site.settings, site.timezone).is_worked(today),
        THING: lambda: _things(session, plan),
    }
    return next((name for name, attempt in tries.items() if _fails(attempt)), UNKNOWN)


def _fails(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except BROKEN:
        return True
    return False


def _things(session: Session, plan: Plan) -> None:
    """What a plan is about; a route goes on without what is gone. Errors: LookupError."""
    column = {"asset": Asset, "type": AssetType, "place": Place}.get(plan.subject)
    key = getattr(plan, f"{plan.subject}_id", None)
    if column is not None and (key is None or session.get(column, key) is None):
        raise LookupError


def _tell(session: Session, plan: Plan, site: SiteFacts, now: datetime, address: str, kind: str) -> list[UUID]:
    """Tell whoever runs the site, outside its quiet hours; a link for whoever can open it."""
    facts = {"site": str(site.id), "site_name": site.name, "plan": plan.name, "held": plan.held_for}
    link = Choice("plan.open", url=f"{address}/desk/plans/{plan.id}?site={site.prefix}")
    readers: dict[UUID, bool] = {}
    for role, is_theirs in READERS.items():
        for who in people.holders(session, site.id, role):
            readers[who] = readers.get(who, False) or is_theirs
    quiet = site.settings.get("quiet", ())
    waits = now if plan.held_for == ZONE else calendars.after_quiet(now, quiet, site.timezone)
    letters = [
        Letter(kind, facts, who, buttons=[link] if is_theirs else [], not_before=waits)
        for who, is_theirs in readers.items()
    ]
    outbox.post(session, letters, now)
    return list(readers)

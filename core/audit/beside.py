"""What else stands beside the trace: lists of events, what people set, and tables that other rooms bring to the audit.

Asked of a trace that holds. A room registers a check of its own tables here, or with `core.changes.stands` how what
people set stands now; whoever verifies has loaded these rooms.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core import changes
from core.audit import told
from core.audit.findings import Problem
from core.audit.told import Key, Mark
from core.changes import Change
from core.decisions import Decision
from core.registry import Registry
from core.trace import Event

BROKEN = (ValueError, TypeError, KeyError, LookupError, RecursionError, AttributeError)
LISTED = ("site:", "plan:")  # the streams whose events are listed, but for changes, which have a list of their own
Check = Callable[[Session], Iterator[Problem]]
Said = dict[str, tuple[Key, str, Mark]]  # by change: what its event says, where it stands
BESIDE: Registry[Check] = Registry("audited table")


def check(session: Session, said: Said) -> Iterator[Problem]:
    """Every finding about what is not a ticket's own. `said`: the events of changes."""
    for kind, stands in changes.STANDS.items():
        yield from _safely(session, stands.table, partial(_settings, kind, said))
    yield from _safely(session, "decisions", _decisions)
    for name, own in BESIDE.items():
        yield from _safely(session, name, own)


def _safely(session: Session, table: str, own: Check) -> Iterator[Problem]:
    """A row that cannot even be read ends the check of its table with a finding."""
    try:
        yield from own(session)
    except BROKEN as broken:
        yield Problem("audit.unreadable_row", table=table, row=type(broken).__name__)


def _settings(kind: str, said: Said, session: Session) -> Iterator[Problem]:
    """Hold how things of a kind stand against all changes to them, each of which was held against its event before."""
    table, now = changes.STANDS[kind].table, {}
    for site_id, key, values in changes.STANDS[kind].now(session):
        now[key] = (site_id, json.loads(json.dumps(values)))
    rows = {row.id.hex: row for row in session.scalars(select(Change).where(Change.kind == kind))}
    events: dict[str, list[tuple[Mark, str, str]]] = defaultdict(list)
    for change, (what, stream, mark) in said.items():
        if what[0] == kind:
            events[what[1]].append((mark, stream, change))
    for key in sorted({*now, *events}):
        history = sorted(events.get(key, ()))
        yield from _thing(table, key, now.get(key), history, [rows.get(change) for _, _, change in history])
    session.expunge_all()


def _thing(
    table: str, key: str, now: tuple[Any, dict[str, Any]] | None, history: list[tuple[Mark, str, str]],
    rows: list[Change | None],
) -> Iterator[Problem]:  # fmt: skip
    """One thing; nothing can be said of one of whose changes some were erased."""
    if not history:
        yield Problem("audit.unspoken", table=table, row=key)
        return
    mark, stream, _ = history[-1]
    known = [row for row in rows if row is not None and (row.before or row.after or row.salt)]
    if len(known) < len(rows):
        return
    expected: dict[str, Any] = {}
    for row in known:
        expected = {name: value for name, value in expected.items() if name not in row.before} | row.after
    if now is None:
        if expected:
            yield Problem("audit.row_gone", stream, mark.seq, mark.action, table=table, row=key)
        return
    site_id, values = now
    if site_id != known[-1].site_id:
        yield Problem("audit.content", stream, mark.seq, mark.action, table=f"{table}.site_id", row=key)
    for name in sorted({*expected, *values}):
        if expected.get(name) != values.get(name):
            yield Problem("audit.content", stream, mark.seq, mark.action, table=f"{table}.{name}", row=key)


def _decisions(session: Session) -> Iterator[Problem]:
    """Each row says of its event what it is; each event of a site or plan that is no change has its row."""
    columns = (Event.id, Event.stream, Event.seq, Event.action, Event.facts, Decision.site_id, Decision.on_day)
    joined = select(*columns, Decision.action.label("listed")).join(Decision, Decision.event_id == Event.id)
    for row in session.execute(joined, execution_options={"yield_per": 1000}):
        about = told.facts_of(row.facts).get("on")
        is_same = (row.listed, row.on_day) == (row.action, date.fromisoformat(about) if about else None)
        if not is_same or (row.stream.startswith("site:") and row.stream != f"site:{row.site_id}"):
            yield Problem("audit.content", row.stream, row.seq, row.action, table="decisions", row=str(row.id))
    streams = or_(*(Event.stream.startswith(prefix) for prefix in LISTED))
    bare = select(Event.id, Event.stream, Event.seq, Event.action).where(streams, Event.action != "change")
    bare = bare.where(~select(Decision.event_id).where(Decision.event_id == Event.id).exists())
    for event_id, stream, seq, action in session.execute(bare.order_by(Event.id)):
        yield Problem("audit.row_gone", stream, seq, action, table="decisions", row=str(event_id))


def events_in(session: Session, streams: list[str], *actions: str) -> dict[str, list[tuple[Event, dict[str, Any]]]]:
    """The events of some kinds in some streams, in their order, with their facts."""
    query = select(Event).where(Event.stream.in_(streams), Event.action.in_(actions))
    found: dict[str, list[tuple[Event, dict[str, Any]]]] = defaultdict(list)
    for event in session.scalars(query.order_by(Event.stream, Event.seq)):
        found[event.stream].append((event, told.facts_of(event.facts)))
    return found

"""The board as rows: columns with their counts, and the figures that say what needs somebody now."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from api import cursors
from api.pages import _tickets
from api.pages._tickets import Until
from api.pages.desk._filter import Filter
from core import i18n
from core.database import Session
from core.errors import Invalid
from core.places import SiteFacts
from core.tickets import board, queries
from core.tickets.board import Asked, Key
from core.tickets.models import Ticket

COLUMNS = {
    "reported": ("reported",),
    "assigned": ("assigned",),
    "in_work": ("accepted", "in_progress"),
    "on_hold": ("on_hold",),
    "done": ("done",),
}
TONES = {"in_work": "in_progress"}
SHOWN = 40
PER_PAGE = 100
FRESH = 20.0  # seconds that rendered rows may be shared; what is overdue changes with time alone


@dataclass(frozen=True, slots=True)
class Row:
    """One ticket in one line."""

    href: str
    number: str
    what: str
    where: str
    who: str
    until: Until | None
    state: str
    state_text: str
    emergency: str
    version: int


@dataclass(frozen=True, slots=True)
class Column:
    """`count` is of all that match, `rows` the first of them, `more` the way to the others."""

    id: str
    state: str
    title: str
    count: int
    rows: list[Row]
    more: str


@dataclass(frozen=True, slots=True)
class Figure:
    value: int
    label: str
    href: str
    is_emergency: bool


@dataclass(frozen=True, slots=True)
class Rows:
    """Everything on the board that changes by itself."""

    figures: list[Figure]
    columns: list[Column]


@dataclass(frozen=True, slots=True)
class Board:
    """Puts tickets into rows, in a language, as a filter asks."""

    db: Session
    sites: dict[UUID, SiteFacts]
    asked: Asked
    chosen: Filter
    locale: str
    now: datetime

    def rows(self) -> Rows:
        every = replace(self.asked, states=tuple(state for states in COLUMNS.values() for state in states))
        counts = board.totals(self.db, every)
        columns = [self._column(name, sum(counts.get(state, 0) for state in COLUMNS[name])) for name in COLUMNS]
        return Rows(self.figures(), columns)

    def _column(self, name: str, count: int) -> Column:
        found = self.page(name, SHOWN) if count else []
        more = self._more(name, found[-1]) if count > len(found) else ""
        return Column(name, TONES.get(name, name), self.title(name), count, self.lines(found), more)

    def title(self, name: str) -> str:
        return i18n.translate(f"desk.column_{name}", self.locale)

    def page(self, name: str, limit: int, after: Key | None = None) -> list[Ticket]:
        return board.column(self.db, replace(self.asked, states=COLUMNS[name]), limit, after)

    def _more(self, name: str, last: Ticket) -> str:
        return self.chosen.link(f"/desk/column/{name}", after=packed(board.key_of(last)))

    def lines(self, tickets: list[Ticket]) -> list[Row]:
        names = queries.names_of(self.db, [ticket.assignee_id for ticket in tickets])
        whom = [names.get(ticket.assignee_id, "") if ticket.assignee_id else "" for ticket in tickets]
        return [self._line(ticket, who) for ticket, who in zip(tickets, whom, strict=True)]

    def _line(self, ticket: Ticket, who: str) -> Row:
        site, say = self.sites[ticket.site_id], i18n.translate
        where = " · ".join(part for part in (ticket.asset_name, ticket.place) if part)
        return Row(
            self.chosen.link(open=ticket.number), ticket.number,
            _tickets.title(self.db, site, ticket, self.locale),
            f"{site.name}: {where}" if len(self.sites) > 1 and not self.chosen.site else where, who,
            _tickets.until(ticket, self.locale, self.now), ticket.state, say(f"state.{ticket.state}", self.locale),
            say("desk.emergency", self.locale) if ticket.emergency else "", ticket.version,
        )  # fmt: skip

    def figures(self) -> list[Figure]:
        """Each counted from the rows that its link shows."""
        counted = board.alarms(self.db, self.asked, self.now)
        return [
            Figure(
                counted[name], i18n.translate(f"desk.{label}", self.locale), self.chosen.link(f"/desk/list/{name}"),
                name == "emergencies" and counted[name] > 0,
            )
            for name, label in (
                ("emergencies", "emergencies"), ("overdue", "late"), ("unassigned", "unassigned"), ("open", "open"),
            )
        ]  # fmt: skip


def packed(key: Key) -> str:
    return cursors.after(f"{key.urgency} {key.promised_at.isoformat()} {key.ticket_id}")


def key_in(given: str) -> Key | None:
    """Where a page of a column begins. Errors: Invalid for what is none of ours."""
    text = cursors.text_in(given)
    if text is None:
        return None
    try:
        urgency, promised, ticket_id = text.split(" ")
        return Key(int(urgency), datetime.fromisoformat(promised), UUID(ticket_id))
    except ValueError:
        raise Invalid(field="field.after") from None


class Shared:
    """Rows that many browsers look at are rendered once: for the same filter, sites, language and mark."""

    def __init__(self, most: int = 256) -> None:
        self.most = most
        self._kept: OrderedDict[Hashable, tuple[float, str]] = OrderedDict()
        self._locks: dict[Hashable, threading.Lock] = {}
        self._guard = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], str]) -> str:
        """What was made for a key a moment ago; of several who ask at once one makes it."""
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            made_at, text = self._kept.get(key, (0.0, ""))
            if not text or time.monotonic() - made_at > FRESH:
                text = make()
                self._keep(key, text)
        return text

    def _keep(self, key: Hashable, text: str) -> None:
        with self._guard:
            self._kept[key] = (time.monotonic(), text)
            self._kept.move_to_end(key)
            while len(self._kept) > self.most:
                old, _ = self._kept.popitem(last=False)
                self._locks.pop(old, None)

"""Five phones around one server: fakes of the platforms in this process, Gongdan in another, one database of both.

    with Stage(folder, "en") as stage:
        stage.phone("resident").say("the lift does not move")
        stage.wait(lambda: stage.ticket() is not None)

What happens on a page (a signature) and what the header shows go through the same verbs and queries as the server's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self, TypeVar
from uuid import UUID

from sqlalchemy import select

from api.demo import builder, compound
from assets.models import Asset, AssetType
from core import access, clock, surveys, trace
from core.database import Database, Session, open_database
from core.migrations.run import upgrade
from core.people import Person, Role
from core.settings import Settings, load_settings
from core.tickets import actions, dispatching, queries, signing
from core.tickets.models import Ticket
from core.triggers import TRIGGERS, Tick, offers, run
from tests.chats.phones import Phone, phones
from tests.durability.harness import Installation, free_port

T = TypeVar("T")
PATIENCE = 90.0  # a platform that takes so many messages a minute lets one wait for so long
CATEGORY = "lift"
STROKES = [[[0.1, 0.6, 0], [0.2, 0.3, 40], [0.3, 0.7, 80], [0.4, 0.35, 120], [0.55, 0.6, 160], [0.8, 0.45, 220]]]
# The steps of the header, each with the action that takes it.
STEPS = {"reported": "report", "accepted": "accept", "arrived": "check_in", "done": "sign_off", "confirmed": "confirm"}


class StillWaiting(AssertionError):
    """What a step waits for did not happen."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the ticket is. `steps`: those that were taken, `stars`: 0 where nobody has rated."""

    number: str
    state: str
    thing: str
    steps: frozenset[str]
    stars: int


class Stage:
    """`is_lively`: with the demo's months of history, which take some seconds to build."""

    def __init__(self, folder: Path, locale: str, *, is_lively: bool = False) -> None:
        self.locale = locale
        self._installation = Installation(folder, port=free_port())
        self._is_lively = is_lively
        self._ends = ExitStack()
        self.phones = phones(self._installation.port)
        self._lifts: list[str] = []
        self._played = 0
        self._people: dict[str, UUID] = {}
        self._began: datetime = clock.now()
        self._db: Database

    @property
    def url(self) -> str:
        return self._installation.url

    @property
    def code(self) -> str:
        """What the code on the lift says that is out of order."""
        return f"{self.url}/q/{self._lifts[self._played % len(self._lifts)]}"

    def __enter__(self) -> Self:
        with ExitStack() as ends:
            self._build()
            ends.callback(self._db.dispose)
            for phone in self.phones:
                ends.enter_context(phone.fake)
                self._installation.settings |= phone.environment()
            ends.callback(self._installation.stop)  # before the fakes: they wait for whoever polls them
            self._installation.start()
            self._come_in()
            self._ends = ends.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def phone(self, seat: str) -> Phone:
        return next(one for one in self.phones if one.seat == seat)

    def name(self, seat: str) -> str:
        return self._read(lambda session: session.get_one(Person, self._people[seat]).name)

    def ticket(self) -> Progress | None:
        """The newest report about a lift since the curtain rose; work that follows from it is none."""
        return self._read(self._progress)

    def assignee(self) -> str:
        """Who sits where the work is; empty without somebody."""
        found = self._read(lambda session: ticket.assignee_id if (ticket := self._newest(session)) else None)
        return next((seat for seat, person in self._people.items() if person == found), "")

    def speak(self, locale: str) -> None:
        """From now on everybody reads this language."""
        self.locale = locale

        def change(session: Session) -> None:
            for person in self._people.values():
                session.get_one(Person, person).locale = locale

        self._db.write(change)

    def session(self, seat: str) -> str:
        """A signed-in browser of the person, as the platform's own sign-in would have begun it."""
        return self._secret("session", seat, access.SESSION_LIFE)

    def next_lift(self) -> None:
        self._played += 1
        self._began = clock.now()

    def give_out(self) -> None:
        """Give work that came back to the next one now; the server's next look may be ten seconds away."""
        run(self._db, TRIGGERS[offers.NAME], Tick(clock.now(), self._settings()))

    def has_photo(self, kind: str) -> bool:
        def ask(session: Session) -> str:
            ticket = self._newest(session)
            return queries.newest_photo(session, ticket, kind) if ticket else ""

        return bool(self._read(ask))

    def sign_off(self) -> None:
        """What the technician does on the page: sign what it shows, and hand in."""
        self._db.write(self._sign_off)

    def wait(self, happened: Callable[[], Any]) -> None:
        ends = time.monotonic() + PATIENCE
        while not happened():
            if time.monotonic() > ends:
                raise StillWaiting("\n".join(f"{one.name}: {one.lines()[-1:]}" for one in self.phones))
            time.sleep(0.05)

    def _settings(self) -> Settings:
        return load_settings(
            data_dir=self._installation.folder / "data", database_url="", storage_url="", public_url=self.url,
            demo=self._is_lively,
        )  # fmt: skip

    def _build(self) -> None:
        settings = self._settings()
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        if self._is_lively:
            builder.build(settings, self.locale, lambda *_: None)
            self._installation.settings["GONGDAN_DEMO"] = "true"
        self._db = open_database(settings.database_url)
        if not self._is_lively:
            upgrade(self._db)
            self._db.write(lambda session: compound.build(session, self.locale, clock.now()))
        self._read(self._cast)

    def _cast(self, session: Session) -> None:
        """Who sits where: work goes first to whoever has no time today, then to the technician."""
        held: dict[str, list[UUID]] = {}
        for role, person in session.execute(select(Role.role, Role.person_id).order_by(Role.person_id)):
            held.setdefault(role, []).append(person)
        is_lift = (AssetType.category == CATEGORY, Asset.retired_at.is_(None))
        lifts = session.scalars(select(Asset).join(AssetType).where(*is_lift).order_by(Asset.id)).all()
        self._lifts = [one.code for one in lifts]
        work = Ticket(site_id=lifts[0].site_id, category=CATEGORY, emergency="")
        busy, technician = [one.person_id for one in dispatching.ranking(session, work, clock.now())][:2]
        residents = held["resident"]
        self._people = {
            "resident": residents[0], "neighbour": residents[1], "busy": busy, "technician": technician,
            "supervisor": held["supervisor"][0],
        }  # fmt: skip

    def _come_in(self) -> None:
        for phone in self.phones:
            phone.come_in(self._secret("link", phone.seat, access.LINK_LIFE))
        self.wait(lambda: all(any(not line.is_mine for line in phone.lines()) for phone in self.phones))

    def _secret(self, kind: str, seat: str, life: timedelta) -> str:
        who = self._people[seat]
        return self._db.write(lambda session: access.issue(session, kind, who, clock.now(), life=life))

    def _newest(self, session: Session) -> Ticket | None:
        here = (Ticket.category == CATEGORY, Ticket.opened_at >= self._began, Ticket.kind != "task")
        return session.scalars(select(Ticket).where(*here).order_by(Ticket.id.desc()).limit(1)).first()

    def _progress(self, session: Session) -> Progress | None:
        ticket = self._newest(session)
        if ticket is None:
            return None
        done = {event.action for event in trace.events_of(session, f"ticket:{ticket.id}")}
        rating = surveys.rating_of(session, ticket, self._people["resident"])
        steps = frozenset(step for step, action in STEPS.items() if action in done)
        return Progress(ticket.number, ticket.state, ticket.asset_name, steps, rating.stars if rating else 0)

    def _sign_off(self, session: Session) -> None:
        newest, now = self._newest(session), clock.now()
        assert newest is not None
        ticket = queries.by_id(session, newest.id, lock=True)
        who = self._people["technician"]
        shown = signing.content(session, ticket, resolution="fixed", minutes="25", note="")
        signing.sign(
            session, ticket, "technician", shown, signing.digest(shown), now, strokes=STROKES, name="",
            person_id=who, by=who,
        )  # fmt: skip
        facts = {"resolution": "fixed", "minutes": "25"}
        actions.act(session, ticket, "sign_off", access.viewer(session, who), now, facts=facts)

    def _read(self, ask: Callable[[Session], T]) -> T:
        with self._db.read_scope() as session:
            return ask(session)

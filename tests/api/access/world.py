"""Two sites with one ticket each. What is personal or internal at the other one bears a word that may never leak."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from assets import imports, prints, register, story
from assets.choosing import Wanted
from assets.plans import making, planning
from assets.plans.planning import Draft
from assets.plans.recurrence import Rhythm
from assets.prints import Setup
from assets.story import Kept
from core import access, calendars, clock, contested, digests, feeds, intake, people, places
from core.contested import Contested
from core.database import Session
from core.digests import Wish
from core.intake import FaultReport
from core.people import Identity
from core.storage import Storage, key_of
from core.tickets import actions, additions, queries
from tests.personas import NOW, Cast

CANARY = "Kanarienvogel"


@dataclass(frozen=True, slots=True)
class Things:
    """What the paths of routes name at one site."""

    site: str
    number: str
    code: str
    sha256: str
    ids: dict[str, str] = field(default_factory=dict)

    def path(self, route: str) -> str:
        """The path of a route with everything of this site filled in."""
        known = {
            "number": self.number, "code": self.code, "sha256": self.sha256, "photo": f"{self.sha256}.jpg",
            "action": "assign", "key": "water", "name": "tickets", "channel": "telegram", "part": "cards",
            "token": "x" * 32, "secret": "x" * 20, "stop": "1", "table": "people.csv", **self.ids,
        }  # fmt: skip
        path = (
            route.split(" ", 1)[1]
            .replace(":path}", "}")
            .replace("/desk/people/{person_id}", f"/desk/people/{self.ids['staff_id']}")
        )
        for name, value in known.items():
            path = path.replace(f"{{{name}}}", value)
        assert "{" not in path, f"tell tests/api/access/world.py what to put into {path}"
        return path


@dataclass(frozen=True, slots=True)
class Crew:
    """The people of a ticket."""

    resident: UUID
    technician: UUID
    supervisor: UUID


def own(session: Session, cast: Cast, storage: Storage) -> Things:
    """The ticket of the cast's own site: the resident's, given to the technician, with a photo."""
    code = register.add_asset(session, cast.site, cast.hall, "Lift 1", "Passenger lift", now=NOW).code
    crew = Crew(cast.resident, cast.technician, cast.supervisor)
    return _things(session, storage, "WX", code, crew, "It is stuck")


def foreign(session: Session, storage: Storage) -> Things:
    """The same at a site where nobody of the cast has a role."""
    site = places.add_site(session, f"{CANARY} Court", locale="en").id
    home = places.ensure_path(session, site, f"{CANARY}/12/1203", kind="unit", is_common=False).id
    lobby = places.ensure_path(session, site, f"{CANARY}/Lobby").id
    who = {}
    for role in ("resident", "technician", "supervisor"):
        who[role] = people.add_person(session, f"{CANARY} {role}", locale="en", phone="13912345678").id
        people.grant(session, who[role], role, site)
    people.decide_home(session, people.claim_home(session, who["resident"], home).id, approve=True, by=None)
    team = people.add_team(session, f"{CANARY} crew", site).id
    people.join_team(session, team, who["technician"], ["lift"])
    code = register.add_asset(session, site, lobby, "Pump 7", "Pump", now=NOW).code
    return _things(session, storage, "WX2", code, Crew(**who), f"{CANARY} is stuck")


def _claim(session: Session, identity: Identity, wanted_by: UUID) -> UUID:
    """The chat of a resident, which somebody else asks for."""
    contested.note(session, identity, wanted_by, NOW)
    return session.scalars(select(Contested.id).where(Contested.identity_id == identity.id)).one()


def _things(session: Session, storage: Storage, site: str, code: str, crew: Crew, words: str) -> Things:
    told = FaultReport(register.subject_of(session, code), words, crew.resident, category="lift", is_own=True)
    ticket = intake.report_fault(session, told, NOW).ticket
    assert ticket is not None
    ticket = queries.by_id(session, ticket.id, lock=True)
    desk = access.viewer(session, crew.supervisor)
    if ticket.assignee_id != crew.technician:
        actions.act(session, ticket, "assign", desk, NOW, facts={"assignee": str(crew.technician)})
    sha256 = site[-1].lower().replace("x", "a") * 64
    for size in ("screen", "thumb"):
        storage.put(key_of(sha256, f".{size}.jpg"), b"\xff\xd8 a photo")
    stored = {"hash": sha256, "mime": "image/jpeg", "width": 8, "height": 8, "evidence": {}}
    additions.add_file(session, ticket, "report", stored, crew.resident, clock.now())
    additions.add_words(session, ticket, crew.supervisor, f"{words}, said between staff", NOW, is_internal=True)
    site_id = ticket.site_id
    subject = register.subject_of(session, code)
    ticket.stops = 2
    making.write_stops(session, ticket, [subject, subject])
    team = people.add_team(session, f"{words} team", site_id)
    unit = places.ensure_path(session, site_id, "Z/1", kind="unit", is_common=False)
    home = people.claim_home(session, crew.resident, unit.id)
    assert ticket.asset_id is not None
    kept = Kept("photo", sha256, "image/jpeg")
    manual = story.add_file(session, ticket.asset_id, f"{words} manual", kept, crew.supervisor, NOW)
    duty = calendars.put_on_call(session, site_id, crew.technician, NOW, NOW + timedelta(hours=12))
    identity = people.add_identity(
        session, crew.resident, "telegram", site, "telegram_id", site, conversation=site, via="test"
    )
    reading = digests.subscribe(session, site_id, Wish("day", "08:00", crew.supervisor), crew.supervisor, NOW)
    sent = digests.send_due(session, reading.id, "http://127.0.0.1", NOW + timedelta(days=4))
    assert sent is not None
    setup = Setup("a4-21", "en", "http://127.0.0.1", is_test=True)
    run = prints.print_things(session, site_id, Wanted(), setup, crew.supervisor, NOW)
    brought = f"name,place\n{words},A\n".encode()
    table = imports.begin(
        session, site_id, "assets", f"{words}.csv", imports.keep(storage, brought), crew.supervisor, NOW
    )
    daily = Draft(
        f"{words} plan", "general", "asset", Rhythm("FREQ=DAILY", NOW.date()), [{"question": f"{words}?"}],
        asset_id=ticket.asset_id,
    )  # fmt: skip
    plan = planning.add(session, site_id, daily, crew.supervisor, NOW)
    ids = {
        "feed_id": str(feeds.make(session, site_id, feeds.Of(words), crew.supervisor, NOW).id),
        "subscription_id": str(reading.id), "digest_id": str(sent.id),
        "plan_id": str(plan.id),
        "import_id": str(table.id),
        "identity_id": str(identity.id),
        "claim_id": str(_claim(session, identity, crew.technician)),
        "duty_id": str(duty.id), "run_id": str(run.id), "asset_id": str(ticket.asset_id), "file_id": str(manual.id),
        "staff_id": str(crew.technician), "team_id": str(team.id), "home_id": str(home.id),
        "person_id": str(crew.resident), "change_id": str(UUID(int=7)), "place_id": str(ticket.place_id),
    }  # fmt: skip
    return Things(site, ticket.number, code, sha256, ids)

"""What the pages about people are rendered with."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from api.pages.desk._contacts import Contact
from api.pages.desk._editing import Clash
from api.pages.desk.people import PeoplePage, PersonPage
from api.pages.desk.residents import Home, ResidentPage, ResidentsPage
from api.pages.desk.teams import Crew, TeamsPage
from core.upkeep.residents import Resident
from core.upkeep.staff import Colleague
from tests.api.examples_desk import ANY, FRAME, HEAD, TOLD

ID = UUID(int=1)
AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
VALUES = {"name": "x1", "phone": "1", "locale": "en", "role": "admin", "team": "1", "skill": "lift"}
BUSY = Colleague(ID, "x1", "1", ("technician", "admin"), ("x1", "x1"), 3, has_chat=True, is_on_call=True)
IDLE = Colleague(ID, "x1", "", ("manager",), (), 0, has_chat=False, is_on_call=False)
LIVES = Resident(ID, ID, "x1", "1", ID, "x1", "approved", AT, has_chat=True)
CLAIMS = Resident(ID, ID, "", "", ID, "x1", "claimed", AT, has_chat=False)
HOMES = [Home("1", "x1", state) for state in ("claimed", "approved", "refused", "ended")]
CONTACTS = [
    Contact("x1", "x1", is_blocked=blocked, is_ended=ended, end="/x1", help="x1" if blocked else "")
    for blocked in (True, False) for ended in (True, False)
]  # fmt: skip
CREWS = [Crew("1", "x1", "1", is_contractor=True, members=["x1"]), Crew("2", "x1", "", is_contractor=False, members=[])]
TEAM = {"name": "x1", "phone": "1", "is_contractor": True}


def _person(number: str, **more: object) -> PersonPage:
    known: dict[str, object] = {
        "frame": FRAME, "number": number, "values": VALUES, "roles": ["admin"], "skills": [], "role_options": ANY,
        "skill_options": ANY, "teams": ANY, "languages": ANY, "was": "{}", "changed_by": "", "clashes": [], "error": "",
        "field": "", "open_work": [], "is_self": False, "link": "", "link_life": 15,
        "contacts": CONTACTS, "told": TOLD,
    }  # fmt: skip
    return PersonPage(**{**known, **more})  # type: ignore[arg-type]


EXAMPLES = {
    "desk_people.html": [
        PeoplePage(FRAME, [BUSY, IDLE], "x1", "admin", ANY, "/x1", "x1"),
        PeoplePage(FRAME, [], "", "", ANY, "", ""),
    ],
    "desk_person.html": [
        _person(""),
        _person("1", open_work=["WX-1"], link="/x1", changed_by="x1", contacts=[], told=[]),
        _person("1", error="x1", field="name", clashes=[Clash("x1", "x1")], is_self=True),
    ],
    "desk_teams.html": [
        TeamsPage(FRAME, CREWS, "", TEAM, ""),
        TeamsPage(FRAME, CREWS, "1", TEAM, "x1"),
        TeamsPage(FRAME, [], "new", TEAM, ""),
    ],
    "desk_residents.html": [
        ResidentsPage(FRAME, [CLAIMS], [LIVES], "x1", "/x1", "x1"),
        ResidentsPage(FRAME, [], [], "", "", ""),
    ],
    "desk_resident.html": [
        ResidentPage(FRAME, "x1", "1", HOMES, CONTACTS, [HEAD], TOLD),
        ResidentPage(FRAME, "", "", [], [], [], []),
    ],
}

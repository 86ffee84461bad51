"""Assets, places, people, teams, categories, reports and the caller over HTTP, and to whom they are shown."""

from __future__ import annotations

from uuid import UUID

import pytest

from core import people
from tests.api.calling import Api, kind_of
from tests.api.conftest import Elsewhere
from tests.personas import Cast


def test_an_administrator_adds_an_asset(api: Api, cast: Cast) -> None:
    made = api.as_(cast.admin).post("/api/v1/assets", name="Lift 1", place="A/1/Hall", type="Passenger lift")
    asset = made.json()
    assert (made.status_code, made.headers["location"]) == (201, f"/api/v1/assets/{asset['code']}")
    assert (asset["name"], asset["category"], asset["place"]["path"]) == ("Lift 1", "lift", "A/1/Hall")
    assert api.as_(cast.technician).get(f"/api/v1/assets/{asset['printed'].lower()}").json() == asset


def test_a_code_is_given_to_one_asset_only(api: Api, cast: Cast) -> None:
    asset = {"name": "Pump", "place": "A/1/Hall", "code": "PUMP-01"}
    assert api.as_(cast.admin).post("/api/v1/assets", **asset).status_code == 201
    again = api.as_(cast.admin).post("/api/v1/assets", **asset)
    assert (again.status_code, kind_of(again)) == (409, "code-taken")


def test_only_administrators_change_the_register(api: Api, cast: Cast) -> None:
    for person in (cast.resident, cast.technician, cast.supervisor, cast.manager):
        caller = api.as_(person)
        answers = [
            caller.post("/api/v1/assets", name="Lift 1", place="A/1/Hall"),
            caller.post("/api/v1/categories", key="pool"),
            caller.post("/api/v1/categories/water/terms", phrase="drip"),
        ]
        assert [answer.status_code for answer in answers] == [403] * 3
    assert api.as_(cast.outsider).post("/api/v1/assets", name="Lift 1", place="A/1/Hall").status_code == 403


@pytest.mark.parametrize("field", ["id", "site_id", "created_at", "retired_at", "facts", "warranty_until"])
def test_no_other_field_of_an_asset_can_be_set(api: Api, cast: Cast, field: str) -> None:
    answer = api.as_(cast.admin).post("/api/v1/assets", name="Lift", place="A/1/Hall", **{field: "1"})
    assert (answer.status_code, kind_of(answer)) == (422, "invalid")


def test_an_asset_goes_to_no_other_site(api: Api, cast: Cast, elsewhere: Elsewhere) -> None:
    admin = api.as_(cast.admin)
    assert admin.post("/api/v1/assets", name="Lift", place=str(elsewhere.place)).status_code == 404
    assert admin.post("/api/v1/assets", name="Lift", place="R/1/Lobby", site="River Court").status_code == 404
    assert admin.post("/api/v1/assets", name="Lift", place="A/1/Hall", parent=elsewhere.code).status_code == 404


def test_assets_of_another_site_do_not_exist(api: Api, cast: Cast, elsewhere: Elsewhere, lift: str) -> None:
    foreign = api.as_(cast.admin).get(f"/api/v1/assets/{elsewhere.code}")
    unknown = api.as_(cast.admin).get("/api/v1/assets/NO-SUCH-1")
    assert (foreign.status_code, foreign.content) == (404, unknown.content)
    assert [item["code"] for item in api.as_(cast.technician).get("/api/v1/assets").json()["items"]] == [lift]
    assert api.as_(cast.technician).get("/api/v1/assets", site=str(elsewhere.site)).status_code == 404


def test_assets_are_found_by_words_and_paged(api: Api, cast: Cast) -> None:
    for name in ("Pump 1", "Pump 2", "Boiler"):
        api.as_(cast.admin).post("/api/v1/assets", name=name, place="A/1/Hall")
    caller = api.as_(cast.supervisor)
    first = caller.get("/api/v1/assets", q="pump", limit=1).json()
    second = caller.get("/api/v1/assets", q="pump", limit=1, after=first["next"]).json()
    assert [item["name"] for item in first["items"] + second["items"]] == ["Pump 1", "Pump 2"]
    assert second["next"] is None


def test_residents_know_common_places_and_their_own_home(api: Api, cast: Cast) -> None:
    seen = [item["path"] for item in api.as_(cast.resident).get("/api/v1/places", limit=200).json()["items"]]
    known = [item["path"] for item in api.as_(cast.technician).get("/api/v1/places", limit=200).json()["items"]]
    assert "A/12/1203" in seen
    assert "A/12/1204" not in seen
    assert set(seen) | {"A/12/1204"} == set(known)


def test_places_are_paged_by_their_path(api: Api, cast: Cast) -> None:
    paths, after = [], ""
    while True:
        page = api.as_(cast.technician).get("/api/v1/places", limit=2, after=after).json()
        paths += [item["path"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    everything = api.as_(cast.technician).get("/api/v1/places", limit=200).json()["items"]
    assert paths == [item["path"] for item in everything]


def test_the_desk_sees_its_staff_with_masked_numbers_and_no_resident(api: Api, cast: Cast) -> None:
    with api.database.write_scope() as session:
        session.get_one(people.Person, cast.technician).phone = "13800138000"
        session.get_one(people.Person, cast.resident).phone = "13900139000"
    answer = api.as_(cast.supervisor).get("/api/v1/people")
    staff = {item["name"]: item for item in answer.json()["items"]}
    assert set(staff) == {"Wang Wei", "Zhao Lei", "Sun Yue", "Ma Li", "Guo Jing"}
    assert staff["Wang Wei"]["phone"] == "138****8000"
    assert "1390" not in answer.text
    for person in (cast.technician, cast.resident, cast.outsider):
        assert api.as_(person).get("/api/v1/people").status_code == 403


def test_teams_are_shown_to_staff(api: Api, cast: Cast, elsewhere: Elsewhere) -> None:
    teams = api.as_(cast.technician).get("/api/v1/teams").json()["items"]
    assert [(team["name"], [member["name"] for member in team["members"]]) for team in teams] == [
        ("House crew", ["Wang Wei", "Zhao Lei"])
    ]
    assert api.as_(cast.resident).get("/api/v1/teams").status_code == 403


def test_a_category_of_the_site_is_used_at_once(api: Api, cast: Cast) -> None:
    admin = api.as_(cast.admin)
    made = admin.post("/api/v1/categories", key="pool", name_en="Pool", priority="low", mode="by_hand")
    assert (made.status_code, made.json()["name"]) == (201, "Pool")
    assert admin.post("/api/v1/categories/pool/terms", phrase="green soup", weight=9).status_code == 201
    ticket = api.as_(cast.resident).report("There is green soup", place="A/1/Hall")
    assert (ticket["category"], ticket["priority"]) == ("pool", "low")
    assert "pool" in [item["key"] for item in api.as_(cast.resident).get("/api/v1/categories").json()["items"]]


def test_a_category_names_only_what_exists(api: Api, cast: Cast, elsewhere: Elsewhere) -> None:
    admin = api.as_(cast.admin)
    assert admin.post("/api/v1/categories", key="pool", team=str(elsewhere.team)).status_code == 422
    assert admin.post("/api/v1/categories", key="../pool").status_code == 422
    assert admin.post("/api/v1/categories/nothing/terms", phrase="x").status_code == 422
    assert admin.post("/api/v1/categories/water/terms", phrase="x", emergency="nothing").status_code == 422
    assert api.as_(cast.resident).post("/api/v1/tickets", text="x", category="nothing").status_code == 422


def test_everybody_learns_who_they_are(api: Api, cast: Cast) -> None:
    me = api.as_(cast.resident).get("/api/v1/me").json()
    assert me["name"] == "Li Na"
    assert [(site["name"], site["roles"]) for site in me["sites"]] == [("Garden Court", ["resident"])]
    assert [home["path"] for home in me["homes"]] == ["A/12/1203"]
    assert api.as_(cast.outsider).get("/api/v1/me").json()["sites"] == []


def test_somebody_at_two_sites_says_which_one(api: Api, cast: Cast, elsewhere: Elsewhere) -> None:
    with api.database.write_scope() as session:
        people.grant(session, cast.technician, "technician", elsewhere.site)
    caller = api.as_(cast.technician)
    for answer in (caller.get("/api/v1/places"), caller.post("/api/v1/tickets", text="noise", place="R/1/Lobby")):
        assert (answer.status_code, kind_of(answer), answer.json()["field"]) == (422, "missing", "site")
    assert caller.report("noise", place="R/1/Lobby", site="River Court")["place"]["path"] == "R/1/Lobby"
    assert caller.report("noise", place=str(elsewhere.place))["place"]["path"] == "R/1/Lobby"


def test_reports_are_listed_for_those_who_read_them(api: Api, cast: Cast) -> None:
    assert api.as_(cast.manager).get("/api/v1/reports").status_code == 200
    assert api.as_(cast.technician).get("/api/v1/reports").status_code == 403


def test_filters_of_the_register_are_named(api: Api, cast: Cast) -> None:
    for noun in ("assets", "places", "people", "teams", "categories"):
        answer = api.as_(cast.admin).get(f"/api/v1/{noun}", person__phone__startswith="1")
        assert (answer.status_code, kind_of(answer)) == (422, "invalid"), noun


def test_a_role_that_ended_ends_what_it_showed(api: Api, cast: Cast) -> None:
    caller = api.as_(cast.manager)
    assert caller.get("/api/v1/people").status_code == 200
    _end_roles(api, cast.manager)
    assert caller.get("/api/v1/people").status_code == 403


def _end_roles(api: Api, person_id: UUID) -> None:
    with api.database.write_scope() as session:
        for role in session.query(people.Role).filter_by(person_id=person_id):
            session.delete(role)

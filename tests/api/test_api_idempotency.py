"""A mutation with an Idempotency-Key happens once: in sequence, in parallel, and after the ticket has moved on."""

from __future__ import annotations

import pytest

from tests.api.calling import Api, at_once, kind_of
from tests.personas import Cast

KEY = "op-019a0000"


def numbers(api: Api, cast: Cast) -> list[str]:
    return [item["number"] for item in api.as_(cast.supervisor).get("/api/v1/tickets").json()["items"]]


def test_a_repeated_report_is_answered_as_the_first_time(api: Api, cast: Cast) -> None:
    answers = [api.as_(cast.resident).post("/api/v1/tickets", KEY, text="The kitchen tap drips") for _ in range(3)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(201, answers[0].content)] * 3
    assert {answer.headers["location"] for answer in answers} == {answers[0].json()["links"]["self"]}
    assert len(numbers(api, cast)) == 1


def test_a_changed_repetition_is_refused(api: Api, cast: Cast) -> None:
    first = api.as_(cast.resident).post("/api/v1/tickets", KEY, text="The kitchen tap drips")
    changed = api.as_(cast.resident).post("/api/v1/tickets", KEY, text="The kitchen tap drips!")
    elsewhere = api.as_(cast.resident).act(first.json()["number"], "note", KEY, text="The kitchen tap drips")
    assert [(answer.status_code, kind_of(answer)) for answer in (changed, elsewhere)] == [(422, "changed-replay")] * 2
    assert len(numbers(api, cast)) == 1


def test_a_key_belongs_to_one_person(api: Api, cast: Cast) -> None:
    for person in (cast.resident, cast.neighbour):
        assert api.as_(person).post("/api/v1/tickets", KEY, text="The tap drips").status_code == 201
    assert len(numbers(api, cast)) == 2


def test_an_action_is_repeated_after_the_ticket_has_moved_on(api: Api, cast: Cast) -> None:
    number = api.as_(cast.resident).report()["number"]
    version = api.as_(cast.supervisor).done(number, "assign", assignee=str(cast.technician))["version"]
    first = api.as_(cast.technician).act(number, "accept", KEY, version=version)
    api.as_(cast.technician).done(number, "check_in")
    again = api.as_(cast.technician).act(number, "accept", KEY, version=version)
    assert (again.status_code, again.content) == (200, first.content)
    assert again.json()["state"] == "accepted"


def test_what_was_refused_is_not_kept(api: Api, cast: Cast) -> None:
    number = api.as_(cast.resident).report()["number"]
    version = api.as_(cast.supervisor).done(number, "assign", assignee=str(cast.technician))["version"]
    resident = api.as_(cast.resident)
    assert resident.post("/api/v1/tickets", KEY).status_code == 422
    assert resident.post("/api/v1/tickets", KEY, text="   ").status_code == 422
    assert resident.post("/api/v1/tickets", KEY, text="The tap drips").status_code == 201
    assert api.as_(cast.technician).act(number, "accept", "op-2", version=version - 1).status_code == 409
    assert api.as_(cast.technician).act(number, "accept", "op-2", version=version).status_code == 200


@pytest.mark.parametrize("key", ["x" * 201, "two words"])
def test_a_key_that_is_none_is_refused(api: Api, cast: Cast, key: str) -> None:
    answer = api.as_(cast.resident).post("/api/v1/tickets", key, text="The tap drips")
    assert (answer.status_code, kind_of(answer)) == (422, "invalid")


def test_twins_at_the_same_moment_have_one_effect(api: Api, cast: Cast) -> None:
    caller = api.as_(cast.resident)
    answers = at_once([lambda: caller.post("/api/v1/tickets", KEY, text="The tap drips")] * 20)
    assert [(answer.status_code, answer.content) for answer in answers] == [(201, answers[0].content)] * 20
    assert len(numbers(api, cast)) == 1


def test_twins_of_which_some_are_changed_have_one_effect(api: Api, cast: Cast) -> None:
    caller = api.as_(cast.resident)
    number = caller.report()["number"]
    notes = ["from six", "from six", "from seven", "from six", "from seven"] * 4
    answers = at_once([lambda text=text: caller.act(number, "note", KEY, text=text) for text in notes])
    taken = {answer.status_code for answer in answers}
    trace = api.as_(cast.supervisor).get(f"/api/v1/tickets/{number}/events").json()["items"]
    assert taken == {200, 422}
    assert len({answer.content for answer in answers if answer.status_code == 200}) == 1
    assert [event["action"] for event in trace].count("add_note") == 1


def test_an_asset_is_added_once(api: Api, cast: Cast) -> None:
    answers = [api.as_(cast.admin).post("/api/v1/assets", KEY, name="Lift 1", place="A/1/Hall") for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert len(api.as_(cast.admin).get("/api/v1/assets").json()["items"]) == 1

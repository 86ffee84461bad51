"""Actions on a ticket over HTTP: the whole life, what is refused, and with which name."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import pytest

from core.tickets import states
from tests.api.calling import Api, at_once, kind_of
from tests.api.conftest import Elsewhere
from tests.personas import Cast
from tests.pictures import corners, encoded

ASSIGNED = 3  # reported, given out by dispatch, given to the technician by hand
STROKES = [[[1, 1, 0], [9, 9, 20]]]
PHOTO = encoded(corners(), "JPEG")


@pytest.fixture
def number(api: Api, cast: Cast) -> str:
    """A ticket of the resident, assigned to the technician."""
    made = api.as_(cast.resident).report()
    api.as_(cast.supervisor).done(made["number"], "assign", assignee=str(cast.technician))
    return str(made["number"])


def work_on(api: Api, technician: UUID, number: str) -> None:
    worker = api.as_(technician)
    worker.done(number, "accept")
    worker.done(number, "check_in")


def sign(api: Api, technician: UUID, number: str, role: str = "technician") -> str:
    worker = api.as_(technician)
    sheet = worker.get(f"/api/v1/tickets/{number}/sheet", resolution="fixed", minutes="25").json()
    signed = worker.act(
        number, "sign", role=role, name="Wang Wei", strokes=STROKES, digest=sheet["digest"], resolution="fixed",
        minutes="25",
    )  # fmt: skip
    assert signed.status_code == 200, signed.text
    return str(sheet["digest"])


def test_the_loop_runs_from_report_to_confirmation(api: Api, cast: Cast, number: str) -> None:
    worker = api.as_(cast.technician)
    work_on(api, cast.technician, number)
    assert worker.upload(number, PHOTO, kind="after").status_code == 201
    worker.act(number, "use_part", name="Washer", quantity="2")
    digest = sign(api, cast.technician, number)
    done = worker.done(number, "sign_off", resolution="fixed", minutes=25, digest=digest)
    assert (done["state"], done["resolution"]) == ("done", "fixed")
    closed = api.as_(cast.resident).done(number, "confirm")
    assert closed["state"] == "closed"
    only = closed["rounds"][0]
    assert (len(closed["rounds"]), only["resolution"], only["minutes"]) == (1, "fixed", 25)
    assert [photo["kind"] for photo in only["photos"]] == ["after"]
    assert only["parts"] == [{"name": "Washer", "quantity": "2"}]
    assert [(row["role"], row["name"], row["digest"]) for row in only["signatures"]] == [
        ("technician", "Wang Wei", digest)
    ]


def test_a_reopening_begins_a_round_and_keeps_the_first(api: Api, cast: Cast, number: str) -> None:
    work_on(api, cast.technician, number)
    api.as_(cast.technician).upload(number, PHOTO, kind="after")
    sign(api, cast.technician, number)
    api.as_(cast.technician).done(number, "sign_off", resolution="fixed", minutes=25)
    again = api.as_(cast.resident).done(number, "reopen", reason="It still drips.")
    rounds = [(row["round"], row["resolution"], len(row["photos"])) for row in again["rounds"]]
    assert rounds == [
        (1, "fixed", 1),
        (2, None, 0),
    ]
    assert (again["state"], again["resolution"]) == ("assigned", None)


def test_a_sign_off_without_evidence_lists_what_is_missing(api: Api, cast: Cast, number: str) -> None:
    work_on(api, cast.technician, number)
    version = api.as_(cast.technician).get(f"/api/v1/tickets/{number}").json()["version"]
    answer = api.as_(cast.technician).act(number, "sign_off", version=version, resolution="fixed")
    assert (answer.status_code, kind_of(answer)) == (422, "missing-evidence")
    assert answer.json()["missing"] == ["after_photo", "technician_signature"]
    assert "items" not in answer.json()


def test_a_version_that_is_not_the_present_one_is_stale(api: Api, cast: Cast, number: str) -> None:
    answer = api.as_(cast.technician).act(number, "accept", version=1)
    assert (answer.status_code, kind_of(answer)) == (409, "stale-ticket")
    assert (answer.json()["state"], answer.json()["version"]) == ("assigned", ASSIGNED)


def test_what_cannot_be_done_from_here_is_an_illegal_transition(api: Api, cast: Cast, number: str) -> None:
    answer = api.as_(cast.technician).act(number, "sign_off", version=ASSIGNED, resolution="fixed")
    assert (answer.status_code, kind_of(answer)) == (409, "illegal-transition")


def test_who_comes_second_is_told_who_was_first(api: Api, cast: Cast) -> None:
    made = api.as_(cast.resident).report()
    number = made["number"]
    ticket = api.as_(cast.supervisor).done(number, "offer_team", team=str(cast.crew))
    first = api.as_(cast.technician).act(number, "claim", version=ticket["version"])
    second = api.as_(cast.second_technician).act(number, "claim", version=ticket["version"])
    assert (first.status_code, first.json()["assignee"]["name"]) == (200, "Wang Wei")
    assert (second.status_code, kind_of(second), second.json()["name"]) == (409, "already-taken", "Wang Wei")


def test_somebody_without_a_part_is_forbidden(api: Api, cast: Cast, number: str) -> None:
    for person, action, facts in (
        (cast.resident, "cancel", {"reason": "no more"}),
        (cast.second_technician, "hold", {"reason": "later"}),
        (cast.manager, "assign", {"assignee": str(cast.technician)}),
        (cast.resident, "use_part", {"name": "washer"}),
        (cast.resident, "note", {"text": "hm", "internal": True}),
        (cast.technician, "nudge", {}),
    ):
        if action == "cancel":
            api.as_(cast.technician).done(number, "accept")
        version = api.as_(person).get(f"/api/v1/tickets/{number}").json()["version"]
        answer = api.as_(person).act(number, action, version=version, **facts)
        assert (answer.status_code, kind_of(answer)) == (403, "forbidden"), (action, answer.text)


def test_a_stranger_sees_no_ticket_in_any_action(api: Api, cast: Cast, elsewhere: Elsewhere, number: str) -> None:
    bodies: dict[str, dict[str, Any]] = {
        "accept": {"version": ASSIGNED}, "cancel": {"version": ASSIGNED, "reason": "x"}, "nudge": {},
        "note": {"text": "x"},
        "assign": {"version": ASSIGNED, "assignee": str(elsewhere.technician)}, "use_part": {"name": "x"}, "join": {},
    }  # fmt: skip
    for action, body in bodies.items():
        for person in (elsewhere.supervisor, elsewhere.technician, cast.outsider, cast.neighbour):
            foreign = api.as_(person).act(number, action, **body)
            unknown = api.as_(person).act("WX-000000-000", action, **body)
            assert (foreign.status_code, foreign.content) == (404, unknown.content), action


def test_people_and_teams_of_another_site_cannot_be_named(
    api: Api, cast: Cast, elsewhere: Elsewhere, number: str
) -> None:
    desk = api.as_(cast.supervisor)
    assert desk.act(number, "transfer", version=ASSIGNED, assignee=str(elsewhere.technician)).status_code == 422
    assert desk.act(number, "offer_team", version=ASSIGNED, team=str(elsewhere.team)).status_code == 422
    foreign = api.as_(elsewhere.supervisor).report("noise")["number"]
    into_foreign = desk.act(number, "merge", version=ASSIGNED, into=foreign)
    into_nothing = desk.act(number, "merge", version=ASSIGNED, into="WX-000000-000")
    assert (into_foreign.status_code, into_foreign.content) == (404, into_nothing.content)
    assert desk.get(f"/api/v1/tickets/{number}").json()["version"] == ASSIGNED


def test_a_merged_ticket_points_to_the_other(api: Api, cast: Cast) -> None:
    desk = api.as_(cast.supervisor)
    first, second = desk.report("lamp", place="A/1/Hall"), desk.report("lamp", place="A/1/Hall")
    merged = desk.done(second["number"], "merge", into=first["number"].lower())
    assert (merged["state"], merged["links"]["merged_into"]) == ("merged", first["links"]["self"])


def test_every_field_that_an_action_does_not_know_is_refused(api: Api, cast: Cast, number: str) -> None:
    for field in ("state", "resolution", "site_id", "assignee_id", "is_open", "id", "person_id", "actor"):
        answer = api.as_(cast.technician).act(number, "accept", version=ASSIGNED, **{field: "1"})
        assert (answer.status_code, kind_of(answer)) == (422, "invalid"), field
    assert api.as_(cast.technician).get(f"/api/v1/tickets/{number}").json()["version"] == ASSIGNED


def test_an_action_of_triggers_is_nobodys(api: Api, cast: Cast, number: str) -> None:
    for action in ("escalate", "lapse", "apply", "__class__"):
        assert api.as_(cast.admin).act(number, action, version=ASSIGNED).status_code == 404


def test_what_may_be_done_is_told_and_works(api: Api, cast: Cast, number: str) -> None:
    offered = api.as_(cast.technician).get(f"/api/v1/tickets/{number}").json()["links"]["actions"]
    assert "accept" in offered
    assert "decline" in offered
    assert "assign" not in offered
    assert set(offered) <= {*states.ACTIONS, "nudge", "note", "sign", "use_part", "answer"}


def test_an_asset_is_proved_by_its_code_and_by_no_other(api: Api, cast: Cast, lift: str, elsewhere: Elsewhere) -> None:
    number = api.as_(cast.supervisor).report("The lift does not move", asset=lift)["number"]
    api.as_(cast.supervisor).done(number, "assign", assignee=str(cast.technician))
    worker = api.as_(cast.technician)
    version = worker.done(number, "accept")["version"]
    for code in (elsewhere.code, "NO-SUCH-7"):
        wrong = worker.act(number, "check_in", version=version, code=code)
        assert (wrong.status_code, kind_of(wrong)) == (422, "wrong-code")
    foreign_photo = worker.act(number, "check_in", version=version, code_photo="a" * 64, reason="torn off")
    assert (foreign_photo.status_code, foreign_photo.json()["field"]) == (422, "code_photo")
    there = worker.act(number, "check_in", version=version, code=f"{lift[:4]}-{lift[4:8]}-{lift[8:]}")
    assert there.json()["state"] == "in_progress"


def test_an_appointment_is_proposed_and_agreed_to(api: Api, cast: Cast, number: str) -> None:
    window = {"from": "2099-01-01T09:00:00+08:00", "until": "2099-01-01T10:00:00+08:00"}
    api.as_(cast.technician).done(number, "schedule", **window)
    assert api.as_(cast.resident).done(number, "agree")["state"] == "assigned"
    naive = api.as_(cast.technician).act(number, "schedule", version=4, **{**window, "from": "2099-01-01T09:00:00"})
    assert naive.status_code == 422


def test_a_signature_stands_under_what_was_shown(api: Api, cast: Cast, number: str) -> None:
    work_on(api, cast.technician, number)
    worker = api.as_(cast.technician)
    sheet = worker.get(f"/api/v1/tickets/{number}/sheet", resolution="fixed").json()
    worker.act(number, "use_part", name="Washer")
    answer = worker.act(number, "sign", role="technician", strokes=STROKES, digest=sheet["digest"], resolution="fixed")
    assert (answer.status_code, kind_of(answer)) == (409, "stale-ticket")


def test_a_signature_under_other_work_is_no_evidence(api: Api, cast: Cast, number: str) -> None:
    """Signed as fixed in 25 minutes: nothing else can be declared with it, and no part be slipped in."""
    work_on(api, cast.technician, number)
    worker = api.as_(cast.technician)
    worker.upload(number, PHOTO, kind="after")
    sign(api, cast.technician, number)
    version = worker.get(f"/api/v1/tickets/{number}").json()["version"]
    right = {"version": version, "resolution": "fixed", "minutes": 25}
    for other in ({"resolution": "no_fault"}, {"minutes": 600}, {"minutes": None}, {"note": "and a new pump"}):
        answer = worker.act(number, "sign_off", **right | other)
        assert (answer.status_code, answer.json().get("missing")) == (422, ["technician_signature"]), other
    worker.act(number, "use_part", name="Pump", quantity="9")
    assert worker.act(number, "sign_off", **right).json()["missing"] == ["technician_signature"]
    sign(api, cast.technician, number)
    assert worker.act(number, "sign_off", **right).status_code == 200


@pytest.mark.parametrize("strokes", [[[[1, 2, 3], "x"]], [[[1]]], [[[1, 2, 3, 4, 5]]], "x", [[["a", "b"]]]])
def test_strokes_that_are_none_are_refused(api: Api, cast: Cast, number: str, strokes: Any) -> None:
    body = {"role": "technician", "digest": "a" * 64, "resolution": "fixed", "strokes": strokes}
    assert api.as_(cast.technician).act(number, "sign", **body).status_code == 422


def test_a_neighbour_joins_what_is_shared_and_sees_only_own_words(api: Api, cast: Cast) -> None:
    first = api.as_(cast.resident).report("The hall lamp is dark, ask Li Na", place="A/1/Hall")
    number = first["number"]
    api.as_(cast.resident).upload(number, PHOTO, kind="report")
    joined = api.as_(cast.neighbour).act(number, "join", text="Dark here too").json()
    assert joined["text"] == "Dark here too"
    assert joined["rounds"][0]["photos"] == []
    trace = api.as_(cast.neighbour).get(f"/api/v1/tickets/{number}/events").json()
    assert "Li Na" not in str([joined, trace])
    assert "because" not in trace["items"][0]["facts"]


def test_a_home_is_not_joined(api: Api, cast: Cast, number: str) -> None:
    assert api.as_(cast.neighbour).act(number, "join", text="me too").status_code == 404


def test_a_nudge_counts_once_in_a_while(api: Api, cast: Cast, number: str) -> None:
    resident = api.as_(cast.resident)
    assert resident.act(number, "nudge").status_code == 200
    again = resident.act(number, "nudge")
    assert (again.status_code, kind_of(again)) == (409, "nudged-already")


@pytest.mark.slow
def test_of_fifty_who_claim_at_once_one_wins_on_every_ticket(api: Api, cast: Cast, *, full: bool) -> None:
    for count in range(200 if full else 4):
        number = api.as_(cast.supervisor).report(f"lamp {count}", place="A/1/Hall")["number"]
        version = api.as_(cast.supervisor).done(number, "offer_team", team=str(cast.crew))["version"]
        callers = [api.as_(person) for person in (cast.technician, cast.second_technician)] * 25
        answers = at_once([partial(caller.act, number, "claim", version=version) for caller in callers])
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 49
        assert {kind_of(answer) for answer in answers if answer.status_code == 409} <= {"already-taken", "stale-ticket"}
        trace = api.as_(cast.supervisor).get(f"/api/v1/tickets/{number}/events").json()["items"]
        assert [event["action"] for event in trace].count("claim") == 1

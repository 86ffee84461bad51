"""Reporting, listing and reading tickets over HTTP."""

from __future__ import annotations

from itertools import pairwise
from uuid import uuid4

import pytest

from core import clock
from core.database import Database
from core.upkeep import deadlines
from tests.api.calling import Api, kind_of
from tests.api.conftest import Elsewhere
from tests.core.upkeep.test_deadlines import RULE
from tests.personas import Cast

FIELDS = {
    "number", "kind", "state", "resolution", "version", "category", "priority", "text", "place", "asset", "assignee",
    "promised", "deadlines", "rounds", "rating", "links",
}  # fmt: skip


def test_a_report_answers_with_the_ticket_and_where_it_is(api: Api, cast: Cast) -> None:
    answer = api.as_(cast.supervisor).post("/api/v1/tickets", text="The kitchen tap drips", place="A/12/1203")
    ticket = answer.json()
    assert answer.status_code == 201
    assert set(ticket) == FIELDS
    assert answer.headers["location"] == ticket["links"]["self"] == f"/api/v1/tickets/{ticket['number']}"
    assert (ticket["kind"], ticket["category"], ticket["place"]["path"]) == ("fault", "water", "A/12/1203")
    assert (ticket["text"], ticket["asset"], ticket["resolution"]) == ("The kitchen tap drips", None, None)


def test_what_was_reported_can_be_read(api: Api, cast: Cast) -> None:
    made = api.as_(cast.supervisor).report(place=str(cast.home))
    read = api.as_(cast.supervisor).get(made["links"]["self"])
    assert read.status_code == 200
    assert read.json() == made


def test_an_asset_is_named_by_any_form_of_its_code(api: Api, cast: Cast, lift: str) -> None:
    written = f"{lift[:4]}-{lift[4:8]}-{lift[8:]}".lower()
    ticket = api.as_(cast.supervisor).report("It does not move", asset=written)
    assert ticket["asset"]["code"] == lift
    assert ticket["place"]["path"] == "A/1/Hall"
    assert ticket["category"] == "lift"


def test_a_code_with_a_typing_error_says_so(api: Api, cast: Cast, lift: str) -> None:
    wrong = lift[:-1] + ("2" if lift[-1] != "2" else "3")
    answer = api.as_(cast.supervisor).post("/api/v1/tickets", text="stuck", asset=wrong)
    assert (answer.status_code, kind_of(answer)) == (422, "wrong-check-digit")


def test_a_report_without_words_says_what_is_missing(api: Api, cast: Cast) -> None:
    for body in ({}, {"text": "   "}):
        answer = api.as_(cast.supervisor).post("/api/v1/tickets", **body)
        assert (answer.status_code, kind_of(answer)) == (422, "missing")


def test_a_second_report_of_the_same_thing_asks_nothing_back(api: Api, cast: Cast) -> None:
    first = api.as_(cast.resident).report("The hall lamp is dark", place="A/1/Hall")
    second = api.as_(cast.neighbour).report("The hall lamp is dark", place="A/1/Hall")
    assert first["number"] != second["number"]


def test_an_emergency_opens_at_once(api: Api, cast: Cast) -> None:
    ticket = api.as_(cast.resident).report("It smells of gas in the hall", place="A/1/Hall")
    assert ticket["priority"] == "emergency"


def test_a_resident_without_a_place_reports_for_the_only_home(api: Api, cast: Cast) -> None:
    assert api.as_(cast.resident).report()["place"]["path"] == "A/12/1203"


def test_a_resident_may_not_report_for_another_home(api: Api, cast: Cast) -> None:
    answers = [
        api.as_(cast.resident).post("/api/v1/tickets", text="noise", place=place)
        for place in ("A/12/1204", str(cast.next_door), "A/12/9999", str(uuid4()))
    ]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(404, answers[0].json())] * 4


@pytest.mark.parametrize("field", [{"priority": "urgent"}, {"kind": "inspection"}])
def test_a_resident_sets_neither_priority_nor_kind(api: Api, cast: Cast, field: dict[str, str]) -> None:
    answer = api.as_(cast.resident).post("/api/v1/tickets", text="noise", **field)
    assert (answer.status_code, kind_of(answer)) == (403, "forbidden")


@pytest.mark.parametrize(
    "field",
    [
        "site_id", "state", "version", "number", "id", "reporter_id", "assignee", "created_by", "merged_into_id",
        "follows", "emergency", "promised",
    ],
)  # fmt: skip
def test_no_other_field_can_be_set(api: Api, cast: Cast, field: str) -> None:
    answer = api.as_(cast.admin).post("/api/v1/tickets", text="noise", place="A/1/Hall", **{field: "1"})
    assert (answer.status_code, kind_of(answer)) == (422, "invalid")
    assert api.as_(cast.admin).get("/api/v1/tickets").json()["items"] == []


def test_things_of_another_site_do_not_exist(api: Api, cast: Cast, elsewhere: Elsewhere) -> None:
    caller = api.as_(cast.admin)
    foreign = [{"place": str(elsewhere.place)}, {"asset": elsewhere.code}, {"site": "River Court"}]
    unknown = [{"place": str(uuid4())}, {"asset": "NO-SUCH-1"}, {"site": "Nowhere"}]
    for known, not_known in zip(foreign, unknown, strict=True):
        answers = [caller.post("/api/v1/tickets", text="noise", **fields) for fields in (known, not_known)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].json() == answers[1].json()


def test_a_place_must_be_that_of_the_asset(api: Api, cast: Cast, lift: str) -> None:
    answer = api.as_(cast.admin).post("/api/v1/tickets", text="stuck", asset=lift, place="A/12/1203")
    assert (answer.status_code, answer.json()["field"]) == (422, "place")


def test_a_foreign_ticket_reads_like_an_unknown_one(api: Api, cast: Cast, elsewhere: Elsewhere) -> None:
    number = api.as_(cast.resident).report()["number"]
    for person in (elsewhere.supervisor, elsewhere.technician, cast.outsider, cast.neighbour):
        for path in ("", "/events", "/sheet?resolution=fixed"):
            foreign = api.as_(person).call("GET", f"/api/v1/tickets/{number}{path}")
            unknown = api.as_(person).call("GET", f"/api/v1/tickets/WX-000000-000{path}")
            assert (foreign.status_code, foreign.content) == (404, unknown.content)
            assert unknown.status_code == 404


def test_staff_list_the_tickets_of_their_site(api: Api, cast: Cast, elsewhere: Elsewhere) -> None:
    numbers = [api.as_(cast.resident).report(f"tap {n}")["number"] for n in range(3)]
    listed = api.as_(cast.technician).get("/api/v1/tickets").json()
    assert [item["number"] for item in listed["items"]] == numbers[::-1]
    assert listed["next"] is None
    assert api.as_(elsewhere.supervisor).get("/api/v1/tickets").json() == {"items": [], "next": None}


def test_a_resident_lists_only_what_is_theirs(api: Api, cast: Cast) -> None:
    mine = api.as_(cast.resident).report()["number"]
    api.as_(cast.neighbour).report()
    assert [item["number"] for item in api.as_(cast.resident).get("/api/v1/tickets").json()["items"]] == [mine]


def test_pages_follow_each_other_without_a_gap(api: Api, cast: Cast) -> None:
    numbers = [api.as_(cast.resident).report(f"tap {n}")["number"] for n in range(5)]
    for person in (cast.supervisor, cast.resident):
        seen, after = [], ""
        for _ in range(3):
            page = api.as_(person).get("/api/v1/tickets", limit=2, after=after).json()
            seen += [item["number"] for item in page["items"]]
            after = page["next"] or ""
        assert seen == numbers[::-1]
        assert after == ""


def test_a_list_can_be_narrowed(api: Api, cast: Cast) -> None:
    caller = api.as_(cast.supervisor)
    tap = caller.report("The kitchen tap drips", place="A/12/1203")["number"]
    lamp = caller.report("lamp 100% dark", place="A/1/Hall")["number"]
    caller.done(lamp, "assign", assignee=str(cast.technician))
    cases: list[tuple[dict[str, object], set[str]]] = [
        ({"q": "drips"}, {tap}),
        ({"q": "0%"}, {lamp}),
        ({"assignee": str(cast.technician), "q": "lamp"}, {lamp}),
        ({"site": "Garden Court"}, {tap, lamp}),
        ({"site": str(cast.site)}, {tap, lamp}),
        ({"state": "cancelled,closed"}, set()),
        ({"state": ["assigned", "reported", "accepted"]}, {tap, lamp}),
    ]
    for filters, expected in cases:
        found = caller.get("/api/v1/tickets", **filters).json()["items"]
        assert {item["number"] for item in found} == expected, filters
    mine = api.as_(cast.technician).get("/api/v1/tickets", assignee="me", q="lamp").json()["items"]
    assert [item["number"] for item in mine] == [lamp]


@pytest.mark.parametrize(
    "query",
    [
        "assignee__phone__startswith=1", "state=nonsense", "limit=0", "limit=201", "limit=x", "after=%F0", "after=AAAA",
        "assignee=%27%20OR%201=1", "order_by=id", "site_id=1", "q=%00", "offset=5",
    ],
)  # fmt: skip
def test_a_filter_that_is_none_is_refused(api: Api, cast: Cast, query: str) -> None:
    answer = api.as_(cast.supervisor).call("GET", f"/api/v1/tickets?{query}")
    assert (answer.status_code, kind_of(answer)) == (422, "invalid")


def test_a_foreign_site_is_no_filter(api: Api, cast: Cast, elsewhere: Elsewhere) -> None:
    foreign = api.as_(cast.supervisor).get("/api/v1/tickets", site=str(elsewhere.site))
    unknown = api.as_(cast.supervisor).get("/api/v1/tickets", site=str(uuid4()))
    assert (foreign.status_code, foreign.content) == (404, unknown.content)


def test_words_that_no_database_can_keep_are_refused(api: Api, cast: Cast) -> None:
    for text in ("a\x00b", "x" * 4001):
        answer = api.as_(cast.supervisor).post("/api/v1/tickets", text=text, place="A/1/Hall")
        assert (answer.status_code, kind_of(answer)) == (422, "invalid")
    surrogate = api.as_(cast.supervisor).call(
        "POST", "/api/v1/tickets", content=b'{"text": "\\ud800"}', headers={"content-type": "application/json"}
    )
    assert surrogate.status_code == 422


def test_the_trace_is_chained_from_the_first_event(api: Api, cast: Cast) -> None:
    made = api.as_(cast.resident).report()
    events = api.as_(cast.supervisor).get(made["links"]["events"]).json()["items"]
    assert events[0]["action"] == "report"
    assert events[0]["actor"] == {"id": str(cast.resident), "name": "Li Na"}
    assert events[0]["previous"] == "0" * 64
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert all(after["previous"] == before["hash"] for before, after in pairwise(events))
    assert set(events[0]) == {
        "seq", "action", "from", "to", "actor", "facts", "at", "device_at", "previous", "hash", "leaf",
    }  # fmt: skip


def test_a_language_is_answered_in_kind(api: Api, cast: Cast) -> None:
    answer = api.as_(cast.supervisor).call("GET", "/api/v1/nothing", headers={"accept-language": "zh-CN"})
    assert (answer.status_code, kind_of(answer), answer.json()["title"]) == (404, "not-found", "这个地址没有内容。")


def test_a_ticket_tells_its_deadlines_and_what_they_follow_from(api: Api, cast: Cast) -> None:
    answer = api.as_(cast.supervisor).post("/api/v1/tickets", text="The kitchen tap drips", place="A/12/1203")
    [respond] = answer.json()["deadlines"]
    assert (respond["goal"], respond["met"], respond["missed"]) == ("respond", None, False)
    assert respond["due"] == answer.json()["promised"]
    assert respond["facts"]["clock"] == "always"


def test_when_it_is_to_be_accepted_is_the_staff_s_alone(api: Api, cast: Cast, db: Database) -> None:
    db.write(lambda session: deadlines.save(session, cast.site, "", RULE, cast.admin, clock.now()))
    made = api.as_(cast.resident).report("The kitchen tap drips", place=str(cast.home))
    assert [(one["goal"], one["facts"]) for one in made["deadlines"]] == [("arrive", {}), ("repair", {})]
    assert made["promised"] == made["deadlines"][0]["due"]
    (listed,) = api.as_(cast.resident).get("/api/v1/tickets").json()["items"]
    assert listed["deadlines"] == made["deadlines"]
    trace = api.as_(cast.resident).get(f"{made['links']['self']}/events").json()
    assert not any("deadlines" in one["facts"] for one in trace["items"])
    seen = api.as_(cast.supervisor).get(made["links"]["self"]).json()["deadlines"]
    assert [one["goal"] for one in seen] == ["respond", "arrive", "repair"]


def test_a_resident_reads_of_the_trace_what_the_page_shows(api: Api, cast: Cast) -> None:
    """Neither whom work was offered to and how they were scored, nor what staff say among themselves."""
    desk, wang, resident = (api.as_(who) for who in (cast.supervisor, cast.technician, cast.resident))
    made = resident.report("The kitchen tap drips", place=str(cast.home))
    number, here = made["number"], f"{made['links']['self']}/events"
    if desk.get(made["links"]["self"]).json()["state"] == "reported":
        desk.done(number, "assign", assignee=str(cast.technician))
    wang.done(number, "accept")
    desk.act(number, "note", text="Careful, he argues", internal=True)
    desk.act(number, "note", text="We come at six")
    resident.act(number, "note", text="Good")
    told, all_of_it = resident.get(here).json()["items"], desk.get(here).json()["items"]
    assert [one["action"] for one in told] == ["report", "accept", "add_note", "add_note"]
    assert [one["actor"] for one in told] == [
        {"id": str(cast.resident), "name": "Li Na"}, {"id": "", "name": "Wang Wei"}, {"id": "", "name": "Sun Yue"},
        {"id": str(cast.resident), "name": "Li Na"},
    ]  # fmt: skip
    assert {name for one in told for name in one["facts"]} <= {"number", "category", "text", "kind"}
    assert {str(cast.technician), str(cast.supervisor)}.isdisjoint(str(told).split("'"))
    assert {"assign", "accept", "add_note"} <= {one["action"] for one in all_of_it}
    assert all(one["facts"].keys() >= {"reasons"} for one in all_of_it if one["action"] == "assign")


def test_a_neighbour_who_joined_reads_nothing_of_what_the_other_added(api: Api, cast: Cast) -> None:
    number = api.as_(cast.resident).report("The hall lamp is dark", place="A/1/Hall")["number"]
    api.as_(cast.resident).act(number, "note", text="It flickers")
    api.as_(cast.neighbour).act(number, "join", text="Dark here too")
    told = api.as_(cast.neighbour).get(f"/api/v1/tickets/{number}/events").json()["items"]
    assert [(one["action"], one["actor"]["id"]) for one in told] == [("report", ""), ("join", str(cast.neighbour))]

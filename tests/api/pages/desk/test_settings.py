"""Settings at the desk: categories with a sentence to try, the site's words, policies."""

from __future__ import annotations

from datetime import datetime

import pytest

from assets import register
from core.database import Database
from tests.api.pages.browsing import Browser, Web, seen
from tests.personas import Cast


@pytest.fixture
def admin(web: Web, cast: Cast) -> Browser:
    return web.browser(cast.admin)


def test_a_sentence_is_tried_and_explained(admin: Browser) -> None:
    page = seen(admin.get("/desk/categories", params={"sentence": "The kitchen tap is leaking"}))
    assert "Plumbing and leaks · sure" in page
    denied = seen(admin.get("/desk/categories", params={"sentence": "没有煤气味"}))
    assert "denied by" in denied


def test_a_taught_word_is_used_by_the_next_try(admin: Browser) -> None:
    typed = {"phrase": "flumph", "category": "lift", "weight": "9", "emergency": ""}
    assert admin.post("/desk/categories/words", **typed).status_code == 303
    assert "Lift · sure" in seen(admin.get("/desk/categories", params={"sentence": "the flumph"}))
    admin.post("/desk/categories/words", phrase="flumph", do="forget")
    assert "nothing found" in seen(admin.get("/desk/categories", params={"sentence": "the flumph"}))


def test_a_category_is_changed_and_shown(admin: Browser) -> None:
    typed = {"name_zh": "", "name_en": "Elevators", "priority": "urgent", "mode": "claim", "team": ""}
    assert admin.post("/desk/categories/lift", **typed).status_code == 303
    page = admin.get("/desk/categories?open=lift")
    assert 'value="Elevators"' in page.text
    assert admin.post("/desk/categories/nothing", **typed).status_code == 404
    assert admin.post("/desk/categories/lift", **{**typed, "mode": "magic"}).status_code == 422


def test_a_category_is_added(admin: Browser) -> None:
    typed = {"name_en": "Pool", "name_zh": "", "priority": "normal", "mode": "assign", "team": ""}
    assert admin.post("/desk/categories/new", key="Not a key", **typed).status_code == 422
    assert admin.post("/desk/categories/new", key="pool", **typed).status_code == 303
    assert "Pool" in seen(admin.get("/desk/categories"))


def test_policies_are_saved_and_shown(admin: Browser) -> None:
    minutes = {"emergency": "10", "urgent": "60", "normal": "90", "low": "600"}
    assert admin.post("/desk/policies/promises", **minutes).status_code == 303
    assert admin.post("/desk/policies/evidence", item=["after_photo"]).status_code == 303
    answer = admin.post("/desk/policies/canned", zh_CN=["好的", ""], en=["Fine {number}", ""])
    page = admin.get(answer.headers["location"]).text
    assert 'name="normal" type="number" value="90"' in page
    assert 'value="Fine {number}"' in page


def test_bad_policies_are_said_and_what_was_typed_stays(admin: Browser) -> None:
    assert admin.post("/desk/policies/promises", urgent="soon").status_code == 422
    assert admin.post("/desk/policies/promises", urgent="9" * 5000).status_code == 422
    refused = admin.post("/desk/policies/canned", zh_CN=["{wrong}"], en=["Typed text"])
    assert refused.status_code == 422
    assert "{wrong} is no placeholder" in seen(refused)
    assert 'value="Typed text"' in refused.text


def test_a_prepared_answer_is_offered_in_the_drawer(admin: Browser, reported: str) -> None:
    admin.post("/desk/policies/canned", zh_CN=[""], en=["About {number}: we come"])
    assert f"About {reported}: we come" in admin.get(f"/desk?open={reported}").text


def test_quiet_hours_are_saved_and_taken_away(admin: Browser) -> None:
    assert admin.post("/desk/policies/quiet", begins="22:00", ends="07:00").status_code == 303
    assert 'value="22:00"' in admin.get("/desk/policies").text
    assert admin.post("/desk/policies/quiet", begins="22:00", ends="").status_code == 422
    assert admin.post("/desk/policies/quiet", begins="", ends="").status_code == 303
    assert 'value="22:00"' not in admin.get("/desk/policies").text


def test_the_chat_is_embedded_where_the_desk_allows_it(web: Web, admin: Browser) -> None:
    assert "Everything has arrived" in seen(admin.get("/desk/channels"))
    allowed = "https://www.Example.com/\nhttps://shop.example.org:8443"
    assert admin.post("/desk/channels/origins", origins=allowed).status_code == 303
    ancestors = web.browser().get("/chat").headers["content-security-policy"].rpartition("frame-ancestors")[2]
    assert ancestors.split() == ["'self'", "https://shop.example.org:8443", "https://www.example.com"]
    assert "'none'" in web.browser().get("/").headers["content-security-policy"]


@pytest.mark.parametrize(
    "origin", ["*", "https://*.example.com", "example.com", "https://a.example/page", "javascript:x"]
)
def test_what_is_no_origin_is_refused_and_stays_typed(admin: Browser, origin: str) -> None:
    refused = admin.post("/desk/channels/origins", origins=origin)
    assert refused.status_code == 422
    assert origin in seen(refused)


def test_whom_to_call_in_an_emergency_is_what_residents_read(
    web: Web, db: Database, cast: Cast, admin: Browser, now: datetime
) -> None:
    wrong = admin.post("/desk/policies/numbers", gas_smell="ask the porter", fire="119")
    assert wrong.status_code == 422
    assert 'value="ask the porter"' in wrong.text
    assert admin.post("/desk/policies/numbers", gas_smell="95598", fire="119").status_code == 303
    with db.write_scope() as session:
        code = register.add_asset(session, cast.site, cast.hall, "Meter", now=now).code
    resident = web.browser(cast.resident)
    said = resident.send(resident.get(f"/q/{code}"), text="It smells of gas in the hall")
    assert "95598" in seen(said)

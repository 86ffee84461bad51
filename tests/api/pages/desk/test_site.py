"""The site's page at the desk, the history of its changes, and two administrators at one form."""

from __future__ import annotations

from tests.api.pages.browsing import Browser, Web, hidden, seen
from tests.personas import Cast

PAGE = "/desk/site"


def administrator(web: Web, cast: Cast) -> Browser:
    return web.browser(cast.admin)


def test_what_is_saved_is_shown(web: Web, cast: Cast) -> None:
    admin = administrator(web, cast)
    answer = admin.send(admin.get(PAGE), name="Lake Court", phone="110", timezone="Europe/Berlin", locale="en")
    assert answer.status_code == 303
    page = admin.get(answer.headers["location"])
    assert "Saved." in seen(page)
    assert 'value="Lake Court"' in page.text
    assert "Last changed by Guo Jing" in seen(page)


def test_the_second_of_two_sees_what_changed_and_keeps_what_was_typed(web: Web, cast: Cast) -> None:
    first, second = administrator(web, cast), administrator(web, cast)
    theirs, mine = first.get(PAGE), second.get(PAGE)
    first.send(theirs, name="Lake Court")
    refused = second.send(mine, name="Park Court", phone="119")
    assert refused.status_code == 409
    assert "Name is now: Lake Court" in seen(refused)
    assert 'value="Park Court"' in refused.text
    assert 'value="119"' in refused.text
    assert second.post(PAGE, **{**hidden(refused, PAGE), "name": "Park Court", "phone": "119"}).status_code == 303
    assert 'value="Park Court"' in first.get(PAGE).text


def test_changes_of_different_fields_do_not_clash(web: Web, cast: Cast) -> None:
    first, second = administrator(web, cast), administrator(web, cast)
    theirs, mine = first.get(PAGE), second.get(PAGE)
    first.send(theirs, name="Lake Court")
    assert second.send(mine, name="Garden Court", phone="119").status_code == 303
    page = first.get(PAGE).text
    assert 'value="Lake Court"' in page
    assert 'value="119"' in page


def test_bad_input_is_said_and_kept(web: Web, cast: Cast) -> None:
    admin = administrator(web, cast)
    refused = admin.send(admin.get(PAGE), name="", phone="12345")
    assert refused.status_code == 422
    assert "Name is missing" in seen(refused)
    assert 'value="12345"' in refused.text


def test_a_change_is_read_and_taken_back_on_the_page(web: Web, cast: Cast) -> None:
    admin = administrator(web, cast)
    admin.send(admin.get(PAGE), name="Lake Court")
    history = admin.get("/desk/history")
    assert "Garden Court → Lake Court" in seen(history)
    action = history.text.split("<main", 1)[1].split('action="', 1)[1].split('"')[0]
    assert admin.post(action).status_code == 303
    assert "Lake Court → Garden Court" in seen(admin.get("/desk/history"))


def test_only_an_administrator_changes_the_site(web: Web, cast: Cast) -> None:
    for person in (cast.resident, cast.technician, cast.supervisor, cast.manager):
        browser = web.browser(person)
        assert [browser.get(path).status_code for path in (PAGE, "/desk/history")] == [403, 403]
        assert browser.post(PAGE, name="Mine").status_code == 403
    assert web.browser().get(PAGE).status_code in (303, 401)


def test_a_site_of_somebody_else_does_not_exist(web: Web, cast: Cast, elsewhere: str) -> None:
    admin = administrator(web, cast)
    assert admin.get(f"{PAGE}?site=WX2").status_code == 404
    assert admin.post(f"{PAGE}?site=WX2", name="Mine").status_code == 404

"""Equipment at the desk: listed, added, edited by two, retired, replaced, with files and its story."""

from __future__ import annotations

import io
import re
from datetime import datetime

import pytest
from PIL import Image

from assets import register
from core.database import Database
from tests.api.pages.browsing import Browser, Web, seen
from tests.personas import Cast

PUMP = {"name": "Pump 1", "type": "Pump", "place": "A/1/Hall"}
PDF = b"%PDF-1.7\n1 0 obj\n"


@pytest.fixture
def desk(web: Web, cast: Cast) -> Browser:
    return web.browser(cast.supervisor)


def added(desk: Browser, **values: str) -> str:
    answer = desk.post("/desk/assets/new", **(PUMP | values))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_an_asset_is_added_found_and_shown(desk: Browser) -> None:
    path = added(desk, maker="Wilo")
    assert "Wilo" in seen(desk.get(path))
    found = desk.get("/desk/assets", params={"q": "pump hall"})
    assert "Pump 1" in seen(found)
    assert "No equipment found" in seen(desk.get("/desk/assets", params={"q": "no such thing"}))


def test_what_is_missing_is_said_and_what_was_typed_stays(desk: Browser) -> None:
    refused = desk.post("/desk/assets/new", **(PUMP | {"place": "No/Such"}))
    assert refused.status_code == 404
    assert 'value="Pump 1"' in refused.text


def test_of_two_who_edit_the_second_sees_what_changed(web: Web, cast: Cast, desk: Browser) -> None:
    path = added(desk)
    page = desk.get(path).text
    was = re.search(r'name="was" value="([^"]*)"', page)
    assert was is not None
    old = was.group(1).replace("&#34;", '"')
    assert web.browser(cast.admin).post(path, **(PUMP | {"name": "Pump A", "was": old})).status_code == 303
    clash = desk.post(path, **(PUMP | {"name": "Pump B", "was": old}))
    assert clash.status_code == 409
    assert "Pump A" in seen(clash)
    assert 'value="Pump B"' in clash.text


def test_several_are_changed_at_once(desk: Browser) -> None:
    ids = [added(desk, name=f"Fan {number}").rpartition("/")[2].partition("?")[0] for number in range(2)]
    changed = desk.post("/desk/assets", id=ids, do="type", value="Fan")
    assert changed.status_code == 303, seen(changed)
    assert "Fan (2)" in seen(desk.get("/desk/assets"))
    assert desk.post("/desk/assets", id=ids, do="type", value="").status_code == 422
    assert desk.post("/desk/assets", do="type", value="Fan").status_code == 422
    assert desk.post("/desk/assets", id=ids, do="place", value="Nowhere").status_code == 404
    assert desk.post("/desk/assets", id=ids, do="retire").status_code == 303
    assert "Fan 1" in seen(desk.get("/desk/assets?retired=1"))


def test_a_retired_unit_is_replaced_and_both_are_linked(desk: Browser) -> None:
    path = added(desk)
    old = path.rpartition("/")[2].partition("?")[0]
    assert "The old unit is retired" in seen(desk.get("/desk/assets/new", params={"replaces": old}))
    new = added(desk, name="Pump 1b", replaces=old, keeps_label="1")
    assert "At this position before" in seen(desk.get(new))
    assert "Replaced by Pump 1b" in seen(desk.get(path))
    assert desk.post("/desk/assets/new", **PUMP, replaces=old).status_code == 409


def test_retired_and_back(desk: Browser) -> None:
    path = added(desk).partition("?")[0]
    desk.post(f"{path}/retire")
    assert "Retired" in seen(desk.get(path))
    desk.post(f"{path}/reinstate")
    assert "Put back into use" in seen(desk.get(path))


def test_a_torn_label_gets_a_new_code_to_print(db: Database, desk: Browser, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        asset = register.add_asset(session, cast.site, cast.hall, "Lift 1", now=now)
    answer = desk.post(f"/desk/assets/{asset.id}/label")
    assert "Lift 1" in seen(desk.get(answer.headers["location"]))
    assert "Older codes" in seen(desk.get(f"/desk/assets/{asset.id}"))
    assert "This sticker was replaced" in seen(desk.get(f"/q/{asset.code}"))


def test_photos_and_documents_are_kept_and_given_out_safely(desk: Browser) -> None:
    path = added(desk).partition("?")[0]
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(picture, "JPEG")
    assert desk.post(f"{path}/files", {"file": ("plate.jpg", picture.getvalue())}, name="Plate").status_code == 303
    assert desk.post(f"{path}/files", {"file": ("manual.pdf", PDF)}, name="Manual").status_code == 303
    page = desk.get(path)
    assert "Manual" in seen(page)
    links = dict.fromkeys(re.findall(r'href="(/desk/assets/[^"]+/files/[^"?]+)', page.text))
    answers = {answer.headers["content-type"]: answer for answer in map(desk.get, links)}
    assert set(answers) == {"image/jpeg", "application/pdf"}
    document = answers["application/pdf"]
    assert document.content == PDF
    assert document.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in document.headers["content-security-policy"]
    desk.post(f"{next(iter(links))}/remove")
    assert len(set(re.findall(r"/files/[0-9a-f-]{36}/remove", desk.get(path).text))) == 1


def test_other_files_are_refused_with_a_reason(desk: Browser) -> None:
    path = added(desk).partition("?")[0]
    for data in (b"MZ\x90 a program", b""):
        refused = desk.post(f"{path}/files", {"file": ("x", data)}, name="x")
        assert refused.status_code in (413, 415, 422)
        assert "not saved" in seen(refused).lower()

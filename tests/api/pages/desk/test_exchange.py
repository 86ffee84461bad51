"""Tables come in and go out at the desk: columns named by hand, a comparison first, a workbook to mend."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from openpyxl import Workbook, load_workbook

from assets import jobs, register
from assets.jobs import Piece
from assets.models import Import
from core import places
from core.database import Database
from core.settings import load_settings
from core.triggers import Tick
from tests.api.pages.browsing import Browser, Web, hidden, seen
from tests.personas import NOW, Cast

EQUIPMENT = """设备台账,,,,,
设备编号,设备名称,设备类别,安装位置,保修到期,颜色
LIFT-1,1号客梯,电梯,A/1/Hall,2027年3月31日,red
LIFT-2,2号客梯,电梯,A/1/Hall,2027/4/1,blue
"""


@pytest.fixture
def desk(web: Web, cast: Cast) -> Browser:
    return web.browser(cast.admin)


def brought(desk: Browser, data: bytes | str, kind: str = "assets", name: str = "a.csv") -> httpx.Response:
    """The page that names the columns."""
    content = data.encode() if isinstance(data, str) else data
    answer = desk.post("/desk/import", {"file": (name, content, "application/octet-stream")}, kind=kind)
    assert answer.status_code == 303, seen(answer)
    return desk.get(answer.headers["location"])


def chosen(page: httpx.Response) -> dict[str, str]:
    """What the form of columns would send."""
    path = page.request.url.path
    fields = hidden(page, f"{path}?site=WX")
    for name, options in re.findall(
        r'<select class="input" id="[^"]*" name="(column-\d+)"[^>]*>(.*?)</select>', page.text
    ):
        fields[name] = "".join(re.findall(r'value="([^"]*)" selected', options))
    return fields


def checked(desk: Browser, page: httpx.Response, **fields: str) -> httpx.Response:
    answer = desk.post(page.request.url.path, **{**chosen(page), **fields})
    assert answer.status_code == 303, seen(answer)
    return desk.get(answer.headers["location"])


def imported(desk: Browser, page: httpx.Response) -> httpx.Response:
    answer = desk.post(f"{page.request.url.path}/run")
    assert answer.status_code == 303, seen(answer)
    return desk.get(answer.headers["location"])


def id_of(page: httpx.Response) -> UUID:
    return UUID(page.request.url.path.rpartition("/")[2])


def counts(page: httpx.Response) -> dict[str, int]:
    found = re.findall(r'stat-label">([^<]+)</span><span class="stat-value">(\d+)', page.text)
    return {name: int(number) for name, number in found}


def test_a_table_with_other_headings_is_understood_compared_and_imported(
    db: Database, cast: Cast, desk: Browser
) -> None:
    page = brought(desk, EQUIPMENT)
    assert list(chosen(page).items())[3:] == [
        ("column-0", "code"), ("column-1", "name"), ("column-2", "type"), ("column-3", "place"),
        ("column-4", "warranty"), ("column-5", ""),
    ]  # fmt: skip
    assert "2027年3月31日 · 2027/4/1" in seen(page)
    compared = checked(desk, page)
    assert counts(compared) == {"New": 2, "Changed": 0, "Unchanged": 0, "Kept out": 0}
    with db.read_scope() as session:
        assert not register.is_known(session, "LIFT-1")
    assert "Importing the same table again changes nothing" in seen(imported(desk, compared))
    with db.read_scope() as session:
        assert register.asset_by_code(session, "LIFT-1").name == "1号客梯"
    again = checked(desk, brought(desk, EQUIPMENT))
    assert counts(again) == {"New": 0, "Changed": 0, "Unchanged": 2, "Kept out": 0}
    assert "Nothing to import" in seen(again)
    assert f"{again.request.url.path}/run" not in again.text


def test_a_change_is_shown_from_what_to_what(desk: Browser) -> None:
    imported(desk, checked(desk, brought(desk, EQUIPMENT)))
    changed = checked(desk, brought(desk, EQUIPMENT.replace("1号客梯", "东梯").replace("2027/4/1", "2028-04-01")))
    assert counts(changed)["Changed"] == 2
    assert "1号客梯 → 东梯" in seen(changed)
    assert "2027-04-01 → 2028-04-01" in seen(changed)


def test_a_guess_is_corrected_by_hand_and_remembered(db: Database, desk: Browser) -> None:
    table = "Ding,Ort,Tag\nFan,A/1/Hall,F-1\n"
    page = brought(desk, table)
    refused = desk.post(page.request.url.path, **chosen(page), **{"column-9": "x"})
    assert refused.status_code == 422
    assert "Name" in seen(refused)
    right = {"column-0": "name", "column-1": "place", "column-2": "serial"}
    twice = desk.post(page.request.url.path, **{**chosen(page), **right, "column-2": "place"})
    assert twice.status_code == 422
    assert chosen(twice)["column-2"] == chosen(twice)["column-1"] == "place"
    assert counts(checked(desk, page, **right))["New"] == 1
    assert chosen(brought(desk, table)) == {**chosen(page), **right}


def test_what_stays_out_comes_back_as_a_workbook_to_mend(db: Database, cast: Cast, desk: Browser) -> None:
    table = "code,name,place,warranty\nP-1,Pump,A/1/Hall,\nP-2,,A/1/Hall,\nP-3,=Fan,A/1/Hall,31/12/2027\n"
    compared = checked(desk, brought(desk, table))
    assert counts(compared) == {"New": 1, "Changed": 0, "Unchanged": 0, "Kept out": 2}
    assert "Row 4: Warranty until: This is no day" in seen(compared)
    imported(desk, compared)
    answer = desk.get(f"{compared.request.url.path}/mend.xlsx", params={"lang": "zh_CN"})
    book = load_workbook(io.BytesIO(answer.content))
    rows = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
    assert rows[0] == ["code", "name", "place", "warranty", "需要修改"]
    assert rows[1][:3] == ["P-2", None, "A/1/Hall"]
    assert str(rows[1][4]).startswith("名称：")
    assert rows[2][1] == "'=Fan"
    assert book.worksheets[0]["D3"].fill.fgColor.rgb == "00FFD9D3"
    book.worksheets[0]["B2"], book.worksheets[0]["D3"] = "Valve", "2027-12-31"
    stream = io.BytesIO()
    book.save(stream)
    mended = checked(desk, brought(desk, stream.getvalue(), name="mend.xlsx"))
    assert counts(mended) == {"New": 2, "Changed": 0, "Unchanged": 0, "Kept out": 0}
    imported(desk, mended)
    with db.read_scope() as session:
        assert register.asset_by_code(session, "P-3").name == "=Fan"


def test_a_sheet_among_several_is_chosen(desk: Browser) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.append(["read me first"])
    for name in ("Old", "New"):
        sheet: Any = book.create_sheet(name)
        sheet.append(["name", "place"])
        sheet.append([f"{name} fan", "A"])
    stream = io.BytesIO()
    book.save(stream)
    page = brought(desk, stream.getvalue())
    assert "Old fan" in seen(page)
    other = desk.get(page.request.url.path, params={"sheet": "New", "kind": "assets"})
    assert "New fan" in seen(other)
    assert "New fan" in seen(checked(desk, other))
    assert desk.get(page.request.url.path, params={"sheet": "None such"}).status_code == 200


def test_people_come_with_their_homes_and_never_as_staff(db: Database, cast: Cast, desk: Browser) -> None:
    table = (
        "姓名,联系电话,房号,身份\n王小明,13800138001,12/1203,业主\n王小明,13800138001,1204,业主\n"
        "赵工,13800138002,1203,technician\n李四,138,1203,\n孙七,,9999,租户\n"
    )
    compared = checked(desk, brought(desk, table, "people"))
    assert counts(compared) == {"New": 2, "Changed": 0, "Unchanged": 0, "Kept out": 3}
    assert all(words in seen(compared) for words in ("Only residents", "no telephone number", "no such place"))
    imported(desk, compared)
    assert counts(checked(desk, brought(desk, table, "people")))["Unchanged"] == 2
    renamed = checked(desk, brought(desk, table.replace("王小明", "王晓明"), "people"))
    assert "王小明 → 王晓明" in seen(renamed)


def test_places_come_with_their_kind_and_use(db: Database, cast: Cast, desk: Browser) -> None:
    table = "位置,种类,用途\nB/2,楼层,公共\nB/2/201,住房,\nA/1/Hall,房间,公共\nA/12/1203,,公共\nB/2,,\nC,城堡,\n"
    compared = checked(desk, brought(desk, table, "places"))
    assert counts(compared) == {"New": 3, "Changed": 2, "Unchanged": 0, "Kept out": 2}
    imported(desk, compared)
    with db.read_scope() as session:
        home = places.place_at(session, cast.site, "B/2/201")
        assert (home.kind, home.is_common) == ("unit", False)
        assert places.place_at(session, cast.site, "A/1/Hall").kind == "room"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "nothing in this table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old or encrypted"),
        (b"PK\x03\x04 half", "damaged"),
        (b"\xff\x00\x81\xff", "damaged"),
    ],
)
def test_a_wrong_file_is_refused_and_what_was_chosen_stays(desk: Browser, data: bytes, told: str) -> None:
    answer = desk.post("/desk/import", {"file": ("x.xlsx", data, "application/zip")}, kind="people")
    assert answer.status_code == 422
    assert told in seen(answer)
    assert re.search(r'value="people"[^>]*checked', answer.text)


def test_no_file_and_a_table_of_nothing_that_we_know_are_told(desk: Browser) -> None:
    assert "File is missing" in seen(desk.post("/desk/import", kind="assets"))
    page = brought(desk, "x\ny\n")
    answer = desk.post(page.request.url.path, **chosen(page))
    assert answer.status_code == 422
    assert "Please choose the column" in seen(answer)
    assert desk.post(f"{page.request.url.path}/run").status_code == 409


def test_65000_blank_rows_a_circle_of_parents_and_a_code_twice(db: Database, desk: Browser, tmp_path: Path) -> None:
    rows = "A-1,a,A,A-2\nA-2,b,A,A-1\n" + ",,,\n" * 65_000 + "A-3,c,A,\nA-3,d,A,\n"
    page = brought(desk, "code,name,place,parent\n" + rows)
    waiting = checked(desk, page)
    assert "being compared" in seen(waiting)
    assert waiting.headers["refresh"] == "2"
    assert desk.post(page.request.url.path, **chosen(page)).status_code == 409
    jobs.run_now(db, Tick(NOW, load_settings(data_dir=tmp_path)), id_of(page))
    compared = desk.get(page.request.url.path)
    assert counts(compared) == {"New": 1, "Changed": 0, "Unchanged": 0, "Kept out": 3}
    assert "Row 65005: Code: Row 65004 has the same code already." in seen(compared)


def test_a_long_table_is_worked_on_in_the_background(db: Database, desk: Browser, tmp_path: Path) -> None:
    lines = "".join(f"F-{number},Fan {number},A/{number % 9}/Hall,{'x' * 60}\n" for number in range(2_600))
    page = brought(desk, "code,name,place,note\n" + lines)
    waiting = checked(desk, page)
    assert "being compared" in seen(waiting)
    tick = Tick(NOW, load_settings(data_dir=tmp_path))
    import_id = id_of(page)
    jobs.run_now(db, tick, import_id)
    assert counts(desk.get(page.request.url.path))["New"] == 2_600
    assert "Being imported" not in seen(imported(desk, page))
    with db.read_scope() as session:
        first, second = (list(jobs.due(session, tick)) for _ in range(2))
    _do(db, first[:3], tick)
    progress = desk.get(page.request.url.path)
    assert "1000 of 2600 rows" in seen(progress)
    _do(db, second, tick)  # another process had decided the same at the same moment
    assert "1000 of 2600 rows" in seen(desk.get(page.request.url.path))
    jobs.run_now(db, tick, import_id)  # after a restart
    assert counts(desk.get(page.request.url.path))["New"] == 2_600
    with db.read_scope() as session:
        row = session.get_one(Import, import_id)
        assert (row.state, row.done, row.attempts) == ("done", 1_600, 2)


def _do(db: Database, pieces: Sequence[Piece], tick: Tick) -> None:
    for piece in pieces:
        with db.write_scope() as session:
            jobs.handle(session, piece, tick)


@pytest.mark.parametrize("kind", ["assets", "places", "people"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_an_export_is_imported_as_it_is(desk: Browser, kind: str, form: str) -> None:
    imported(desk, checked(desk, brought(desk, EQUIPMENT)))
    answer = desk.get(f"/desk/export/{kind}.{form}")
    assert f'filename="{kind}-WX-' in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    compared = checked(desk, brought(desk, answer.content, kind, f"x.{form}"))
    found = counts(compared)
    assert found.pop("Unchanged") >= 2
    assert set(found.values()) == {0}


def test_another_table_is_not_there(desk: Browser) -> None:
    assert desk.get("/desk/export/tickets.csv").status_code == 404
    assert desk.get("/desk/export").headers["location"] == "/desk/import"

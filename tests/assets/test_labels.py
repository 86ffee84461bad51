"""Labels outlive everything on them but the code: it must be read, and it must lead to a phone's reach."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from assets import codes, labels, printing, register
from assets.fonts import chinese_font, has_outlines
from assets.labels import Label, NoLabels, PrivateAddress
from assets.printing import AddressTooLong
from core import i18n, people, places
from core.database import Database
from tests.personas import Cast

HOME = "https://wx.example.com"
NAMES = [
    "1号电梯",
    "消防水泵房生活变频给水泵组二号泵(含气压罐及控制柜)备用泵",
    "Air handling unit AHU-03, north wing",
    "X" * 200,
    "泵😀𠮷",
]


@pytest.mark.parametrize(
    "public_url", [HOME, "https://gongdan.a-rather-long-name-of-a-company.example.com/buildings/pudong"]
)
def test_every_code_of_a_page_is_read_at_150_dpi(tmp_path: Path, public_url: str) -> None:
    sheet = [_label(name) for name in NAMES * 5][:21]
    found = _decoded(_rasterised(_pdf(tmp_path, sheet, public_url=public_url), tmp_path))
    assert Counter(found) == Counter(codes.payload(label.code, public_url) for label in sheet)


def test_the_code_is_at_least_20_mm_wide(tmp_path: Path) -> None:
    page = Image.open(_rasterised(_pdf(tmp_path, [_label("Lift 1")]), tmp_path))
    corners = zxingcpp.read_barcodes(page)[0].position
    assert (corners.top_right.x - corners.top_left.x) / 150 * 25.4 >= 20


def test_name_place_typed_code_and_phone_can_be_read(tmp_path: Path) -> None:
    label = Label(codes.with_check("7KQ4M2XP9"), "1号电梯 Lift", "A座/2F", "0571-8888 0100")
    words = _words(_pdf(tmp_path, [label], title="花园小区"))
    for part in ("花园小区", "1号电梯 Lift", "A座/2F", codes.printed(label.code), "电话 0571-8888 0100", "扫码报修"):
        assert part in words
    assert "测试" not in words


def test_a_full_sheet_holds_21_labels(tmp_path: Path) -> None:
    assert labels.sheet([_label("Fan")] * 21, io.BytesIO(), public_url=HOME) == 1
    assert labels.sheet([_label("Fan")] * 22, io.BytesIO(), public_url=HOME) == 2


@pytest.mark.parametrize(
    "public_url",
    [
        "http://127.0.0.1:8000", "https://127.0.0.1", "http://wx.example.com", "https://localhost:8443", "https://[::1]",
        "https://0.0.0.0", "https://server", "https://gongdan.local", "", "wx.example.com",
    ],
)  # fmt: skip
def test_an_address_that_no_other_phone_can_open_is_refused(public_url: str) -> None:
    with pytest.raises(PrivateAddress) as raised:
        labels.sheet([_label("Fan")], io.BytesIO(), public_url=public_url)
    assert all(public_url in i18n.explain(raised.value, locale) for locale in i18n.LOCALES)


@pytest.mark.parametrize(("locale", "mark"), [("en", "TEST"), ("zh_CN", "测试")])
def test_a_test_sheet_says_so_on_every_label(tmp_path: Path, locale: str, mark: str) -> None:
    path = _pdf(tmp_path, [_label("Fan")] * 3, public_url="http://127.0.0.1:8000", is_test=True, locale=locale)
    assert _words(path).count(mark) == 3


def test_an_address_too_long_to_be_read_is_refused() -> None:
    with pytest.raises(AddressTooLong):
        labels.sheet([_label("Fan")], io.BytesIO(), public_url=f"{HOME}/{'x' * 250}")


def test_an_empty_sheet_is_refused() -> None:
    with pytest.raises(NoLabels):
        labels.sheet([], io.BytesIO(), public_url=HOME)


@pytest.mark.parametrize("name", NAMES)
def test_long_names_are_shortened_to_what_fits(name: str) -> None:
    lines = printing.wrapped(name, 10, 80, 2)
    assert len(lines) <= 2
    assert all(printing.width_of(line, 10) <= 80 for line in lines)
    assert lines[-1].endswith("…") == (len(name) > 10)


def test_words_are_kept_whole_where_they_fit() -> None:
    assert printing.wrapped("Air handling unit", 10, 65, 3) == ["Air handling", "unit"]


def test_the_labels_of_a_site_are_its_assets_and_its_coded_places(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        lift = register.add_asset(session, cast.site, cast.hall, "Lift 1", now=now, code="LIFT-01")
        hall = register.code_of_place(session, cast.hall, now=now)
        gone = register.add_asset(session, cast.site, cast.hall, "Old lift", now=now)
        register.retire_asset(session, gone.id, now=now)
        found = labels.of_site(session, cast.site)
    phone = "+86 21 5555 0100"
    assert found == [Label(hall, "Hall", "A/1/Hall", phone), Label(lift.code, "Lift 1", "A/1/Hall", phone)]


def test_without_a_number_of_the_site_the_crew_is_called(db: Database, now: datetime) -> None:
    with db.write_scope() as session:
        site = places.add_site(session, "River Court").id
        people.add_team(session, "A contractor", site, phone="1", is_contractor=True)
        people.add_team(session, "Own crew", site, phone="2")
        register.add_asset(session, site, places.root_of(session, site).id, "Gate", now=now)
        [label] = labels.of_site(session, site)
    assert label.phone == "2"


def test_the_chinese_font_can_be_embedded() -> None:
    assert has_outlines(chinese_font())


def _label(name: str) -> Label:
    return Label(codes.fresh(), name, "A座/2F/走廊 corridor", "0571-8888 0100")


def _pdf(
    folder: Path, sheet: list[Label], *, public_url: str = HOME, title: str = "", locale: str = "zh_CN",
    is_test: bool = False,
) -> Path:  # fmt: skip
    path = folder / "labels.pdf"
    with path.open("wb") as out:
        labels.sheet(sheet, out, public_url=public_url, title=title, locale=locale, is_test=is_test)
    return path


def _rasterised(pdf: Path, folder: Path) -> Path:
    _run("pdftoppm", "-r", "150", "-png", "-singlefile", str(pdf), str(folder / "page"))
    return folder / "page.png"


def _decoded(page: Path) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(Image.open(page))]


def _words(pdf: Path) -> str:
    return _run("pdftotext", "-layout", str(pdf), "-")


def _run(tool: str, *arguments: str) -> str:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is missing; apt-get install poppler-utils brings it")
    return subprocess.run([tool, *arguments], check=True, capture_output=True, text=True).stdout

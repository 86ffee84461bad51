"""Codes are read out of real photographs, and nothing is read where there is none."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
import zxingcpp
from PIL import Image

from assets.scan import read_codes
from core.photos import BrokenImage, NotAnImage, TooManyPixels
from tests.real_data import ABSENT, FOLDER

if TYPE_CHECKING:
    from pathlib import Path

REAL = FOLDER / "05_qr"
needs_real_data = pytest.mark.skipif(not REAL.is_dir(), reason=ABSENT)


def photographs(folder: str) -> list[Path]:
    return sorted(path for path in (REAL / folder).iterdir() if path.suffix != ".txt")


def expected(photograph: Path) -> str:
    return photograph.with_suffix(".txt").read_bytes().decode()


def label(text: str, *, scale: int = 8) -> Image.Image:
    return drawn(text, zxingcpp.BarcodeFormat.QRCode, scale)


def drawn(text: str, kind: zxingcpp.BarcodeFormat, scale: int) -> Image.Image:
    pixels: Any = zxingcpp.create_barcode(text, kind).to_image(scale=scale, add_quiet_zones=True)
    height, width = pixels.shape
    return Image.frombytes("L", (width, height), bytes(pixels))


def photograph(*labels: tuple[Image.Image, tuple[int, int]], size: tuple[int, int], kind: str = "JPEG") -> bytes:
    wall = Image.new("RGB", size, (190, 180, 170))
    for picture, at in labels:
        wall.paste(picture, at)
    out = io.BytesIO()
    wall.save(out, kind)
    return out.getvalue()


@needs_real_data
@pytest.mark.parametrize(
    ("folder", "least", "of"),
    [("qrcode-1", 8, 8), ("qrcode-3", 18, 18), ("qrcode-6", 15, 15), ("microqrcode-1", 15, 16)],
)
def test_real_photographs_are_read(folder: str, least: int, of: int) -> None:
    pictures = photographs(folder)
    read = [path for path in pictures if expected(path) in read_codes(path.read_bytes())]
    assert len(pictures) == of
    assert len(read) >= least, f"not read: {sorted({path.name for path in pictures} - {path.name for path in read})}"


@needs_real_data
def test_nothing_is_read_where_there_is_no_code() -> None:
    pictures = photographs("falsepositives-1")
    assert len(pictures) == 21
    assert {path.name: read_codes(path.read_bytes()) for path in pictures} == {path.name: [] for path in pictures}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_label_in_a_camera_photo_is_read(kind: str) -> None:
    data = photograph((label("HTTPS://EXAMPLE.ORG/Q/7K3M"), (900, 700)), size=(2400, 1800), kind=kind)
    assert read_codes(data) == ["HTTPS://EXAMPLE.ORG/Q/7K3M"]


def test_a_label_far_away_is_found_in_the_full_picture() -> None:
    far = label("7K3M-9QXZ", scale=3)
    assert read_codes(photograph((far, (2000, 1500)), size=(4000, 3000))) == ["7K3M-9QXZ"]


def test_two_labels_are_two_texts_and_the_same_label_twice_is_one() -> None:
    lift, pump = label("LIFT-01"), label("PUMP-02")
    data = photograph((lift, (50, 50)), (pump, (500, 50)), (lift, (50, 450)), size=(1000, 800))
    assert sorted(read_codes(data)) == ["LIFT-01", "PUMP-02"]


def test_a_chinese_text_is_read_as_written() -> None:
    assert read_codes(photograph((label("3号楼电梯"), (50, 50)), size=(600, 600))) == ["3号楼电梯"]


def test_a_code_on_a_transparent_picture_is_read() -> None:
    black = label("CLEAR").point(lambda value: 255 - value)
    ink = Image.new("RGBA", black.size, (0, 0, 0, 0))
    ink.putalpha(black)
    out = io.BytesIO()
    ink.save(out, "PNG")
    assert read_codes(out.getvalue()) == ["CLEAR"]


def test_a_photo_without_a_code_gives_no_text() -> None:
    assert read_codes(photograph(size=(3000, 2000))) == []


def test_a_code_of_another_kind_is_not_ours() -> None:
    bars = drawn("4006381333931", zxingcpp.BarcodeFormat.EAN13, 3)
    assert read_codes(photograph((bars, (50, 50)), size=(800, 600))) == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", NotAnImage),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", NotAnImage),
        (photograph(size=(300, 300))[:200], BrokenImage),
        (photograph(size=(300, 300))[:-400], BrokenImage),
    ],
    ids=["empty", "svg", "header cut", "end cut"],
)
def test_what_is_no_photo_is_refused_with_a_reason(data: bytes, reason: type[Exception]) -> None:
    with pytest.raises(reason):
        read_codes(data)


def test_a_picture_over_the_limit_is_refused() -> None:
    out = io.BytesIO()
    Image.new("1", (8000, 8000)).save(out, "PNG")
    with pytest.raises(TooManyPixels):
        read_codes(out.getvalue())

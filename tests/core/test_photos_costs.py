"""What a photo may cost: pixels by kind, and a queue of decoders that fills no other."""

from __future__ import annotations

import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from PIL import Image

from assets.scan import read_codes
from core import photos
from core.photos import PhotosBusy, TooManyPixels, clean_photo, decoding, open_photo
from tests.pictures import REAL, RED, corners, encoded, needs_real_data


@pytest.mark.parametrize(("kind", "options"), [("WEBP", {"lossless": True}), ("PNG", {})])
def test_a_flat_picture_of_a_few_kilobytes_costs_little(kind: str, options: dict[str, bool]) -> None:
    flat = encoded(Image.new("RGB", (8160, 6120), RED), kind, **options)
    started = time.thread_time()
    with pytest.raises(TooManyPixels):
        clean_photo(flat, keep_evidence=False)
    with pytest.raises(TooManyPixels):
        read_codes(flat)
    assert time.thread_time() - started < 0.3


@pytest.mark.parametrize("size", [(8000, 6000), (8160, 6120)])
def test_a_jpeg_as_large_as_phones_make_them_passes(size: tuple[int, int]) -> None:
    assert clean_photo(encoded(Image.new("RGB", size, RED), "JPEG"), keep_evidence=False).width > 3000


@needs_real_data
@pytest.mark.parametrize(("size", "kilobytes"), [((4032, 3024), 0), ((4032, 3024), 900), ((8064, 6048), 900)])
def test_a_heic_as_large_as_phones_make_them_is_let_in(size: tuple[int, int], kilobytes: int) -> None:
    with decoding():
        assert open_photo(heic_that_says(size, kilobytes)).size == size


@needs_real_data
@pytest.mark.parametrize(("size", "kilobytes"), [((8064, 6048), 0), ((8064, 6300), 900)])
def test_a_heic_that_no_camera_made_is_refused_by_its_header(size: tuple[int, int], kilobytes: int) -> None:
    with pytest.raises(TooManyPixels), decoding():
        open_photo(heic_that_says(size, kilobytes))


def heic_that_says(size: tuple[int, int], kilobytes: int) -> bytes:
    """A real one, with another size in its header and some bytes behind it."""
    data = (REAL / "avif/hopper.heif").read_bytes()
    at = data.index(b"ispe") + 8
    data = data[:at] + struct.pack(">II", *size) + data[at + 8 :]
    filling = b"\0" * (kilobytes * 1024)
    return data + struct.pack(">I", 8 + len(filling)) + b"free" + filling


def test_whoever_waits_too_long_or_behind_too_many_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "PATIENCE", timedelta(seconds=0.2))
    began, done, picture = threading.Barrier(photos.DECODERS + 1), threading.Event(), encoded(corners(), "JPEG")

    def hold() -> None:
        with decoding():
            began.wait(30)
            done.wait(30)

    def send(_: int) -> str:
        try:
            clean_photo(picture, keep_evidence=False)
        except PhotosBusy:
            return "busy"
        return "clean"

    with ThreadPoolExecutor(photos.DECODERS + 30) as pool:
        holding = [pool.submit(hold) for _ in range(photos.DECODERS)]
        began.wait(30)
        assert list(pool.map(send, range(30))) == ["busy"] * 30
        done.set()
        [one.result() for one in holding]
        assert send(0) == "clean"

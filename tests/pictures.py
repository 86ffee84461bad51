"""Pictures that tests send: with a way up, with a camera's notes, as a bomb, or real ones from beside the project."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from tests.real_data import ABSENT, FOLDER

if TYPE_CHECKING:
    from core.photos import Photo

ROOT = Path(__file__).parents[1]
REAL = FOLDER / "06_badimg"
REAL_FILES = sorted(path for path in REAL.rglob("*") if path.is_file())
needs_real_data = pytest.mark.skipif(not REAL_FILES, reason=ABSENT)

SECRET = b"Flat 1203, door code 4711"
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def corners(size: tuple[int, int] = (64, 48)) -> Image.Image:
    """A picture whose way up can be told: red top left, green top right, blue bottom left, black elsewhere."""
    width, height = size
    image = Image.new("RGB", size)
    image.paste(RED, (0, 0, width // 2, height // 2))
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    return image


def camera_exif(**changes: object) -> Image.Exif:
    exif = Image.Exif()
    exif[Base.Model] = "Pixel 9"
    exif[Base.ImageDescription] = SECRET.decode()
    details = exif.get_ifd(IFD.Exif)
    details[Base.DateTimeOriginal] = changes.get("taken", "2026:11:21 08:30:00")
    details[Base.OffsetTimeOriginal] = changes.get("offset", "+08:00")
    gps = exif.get_ifd(IFD.GPSInfo)
    gps[GPS.GPSLatitudeRef], gps[GPS.GPSLatitude] = "N", changes.get("latitude", (31.0, 13.0, 48.0))
    gps[GPS.GPSLongitudeRef], gps[GPS.GPSLongitude] = "W", (121.0, 28.0, 12.0)
    return exif


def png_header(width: int, height: int, *, rows: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * ((width // 8 + 1) * rows), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def pixel(picture: bytes, at: tuple[int, int]) -> tuple[int, ...]:
    with Image.open(io.BytesIO(picture)) as image:
        colour = image.getpixel(at)
    assert isinstance(colour, tuple)
    return colour


def size_of(picture: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(picture)) as image:
        return image.size


def jpeg_markers(data: bytes) -> set[int]:
    """The marker of every segment before the picture's data."""
    found, at = set(), 2
    while data[at + 1] != 0xDA:
        found.add(data[at + 1])
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return found


def assert_clean(photo: Photo) -> None:
    for picture in (photo.full, photo.screen, photo.thumb):
        # JFIF (E0), quantisation (DB), frame (C0), Huffman (C4): no EXIF or XMP (E1), ICC (E2), IPTC (ED), comment (FE)
        assert jpeg_markers(picture) <= {0xE0, 0xDB, 0xC0, 0xC4}
        with Image.open(io.BytesIO(picture)) as image:
            image.load()
            assert (image.format, image.mode) == ("JPEG", "RGB")
            assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"}
            assert not image.getexif()

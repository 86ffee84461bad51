"""What a camera claims about a photo: when, where, with what.

A claim, not a fact: it is shown beside the server's own time, to those who may see it. Half of all EXIF in the wild
is damaged, and a damaged note is no reason to refuse a photo, so every reader here answers None instead of raising.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from PIL.ExifTags import GPS, IFD, Base
from PIL.Image import Exif, Transpose

if TYPE_CHECKING:
    from PIL.Image import Image

MODEL_LENGTH = 64
DECIMALS = 6  # of a degree: 10 cm, beyond any camera
OFFSET = re.compile(r"([+-])(\d\d):([0-5]\d)")
TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """`taken_at` has a zone when the camera told its offset; else it is the wall clock of wherever it was."""

    taken_at: datetime | None
    latitude: float | None
    longitude: float | None
    camera: str | None


def read_evidence(image: Image) -> Evidence | None:
    """None where the file claims nothing that can be read."""
    exif = _exif_of(image)
    details, gps = _ifd(exif, IFD.Exif), _ifd(exif, IFD.GPSInfo)
    evidence = Evidence(
        taken_at=_taken_at(details),
        latitude=_degrees(gps.get(GPS.GPSLatitude), gps.get(GPS.GPSLatitudeRef), "NS", limit=90),
        longitude=_degrees(gps.get(GPS.GPSLongitude), gps.get(GPS.GPSLongitudeRef), "EW", limit=180),
        camera=_text(exif.get(Base.Model)),
    )
    return None if evidence == Evidence(None, None, None, None) else evidence


def read_orientation(image: Image) -> Transpose | None:
    """How to turn the picture upright; None when it is. A HEIC arrives turned by its decoder."""
    value = _exif_of(image).get(Base.Orientation)
    return TURNS.get(value) if isinstance(value, int) else None


def _exif_of(image: Image) -> Exif:
    try:
        return image.getexif()
    except Exception:  # noqa: BLE001 - the parser raises anything on hostile bytes; see the module's docstring
        return Exif()


def _ifd(exif: Exif, tag: int) -> dict[int, Any]:
    try:
        return exif.get_ifd(tag)
    except Exception:  # noqa: BLE001 - as above
        return {}


def _taken_at(details: dict[int, Any]) -> datetime | None:
    stamp = _text(details.get(Base.DateTimeOriginal))
    if stamp is None:
        return None
    zone = _zone(_text(details.get(Base.OffsetTimeOriginal)))
    try:
        return datetime.strptime(stamp, "%Y:%m:%d %H:%M:%S").replace(tzinfo=zone)
    except ValueError:
        return None


def _zone(text: str | None) -> timezone | None:
    match = OFFSET.fullmatch(text or "")
    if match is None:
        return None
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    if offset >= timedelta(days=1):
        return None
    return timezone(-offset if match[1] == "-" else offset)


def _degrees(value: Any, reference: Any, signs: str, *, limit: int) -> float | None:
    """Degrees, minutes and seconds with a letter, as one signed number within its limit."""
    letter = _text(reference)
    if letter not in tuple(signs):
        return None
    try:
        degrees, minutes, seconds = (float(part) for part in value)
    except (TypeError, ValueError, ArithmeticError):
        return None
    total = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(total) or not 0 <= total <= limit:
        return None
    return round(-total if letter == signs[1] else total, DECIMALS)


def _text(value: Any) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    if not isinstance(value, str):
        return None
    printable = "".join(letter for letter in value.split("\0")[0] if letter.isprintable())
    return printable.strip()[:MODEL_LENGTH] or None

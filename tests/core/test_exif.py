"""A camera's claims about time and place: read where they make sense, never a reason to refuse."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from PIL.TiffImagePlugin import IFDRational

from core.exif import Evidence
from core.photos import clean_photo
from tests.pictures import (
    REAL,
    assert_clean,
    camera_exif,
    corners,
    encoded,
    needs_real_data,
)


def test_evidence_is_read_for_a_technician() -> None:
    photo = clean_photo(encoded(corners(), "JPEG", exif=camera_exif()), keep_evidence=True)
    assert photo.evidence == Evidence(
        taken_at=datetime(2026, 11, 21, 8, 30, tzinfo=timezone(timedelta(hours=8))),
        latitude=31.23,
        longitude=-121.47,
        camera="Pixel 9",
    )


def test_evidence_is_dropped_for_a_resident() -> None:
    assert clean_photo(encoded(corners(), "JPEG", exif=camera_exif()), keep_evidence=False).evidence is None


def test_a_photo_that_claims_nothing_has_no_evidence() -> None:
    assert clean_photo(encoded(corners(), "JPEG"), keep_evidence=True).evidence is None


def test_a_time_without_an_offset_is_the_wall_clock_of_the_place() -> None:
    photo = clean_photo(encoded(corners(), "JPEG", exif=camera_exif(offset="   :  ")), keep_evidence=True)
    assert photo.evidence is not None
    assert photo.evidence.taken_at == datetime(2026, 11, 21, 8, 30)  # noqa: DTZ001 - the claim has no zone


@pytest.mark.parametrize("taken", ["0000:00:00 00:00:00", "    :  :     :  :  ", "yesterday", "2026:13:40 99:99:99"])
def test_a_senseless_time_is_no_claim_and_no_reason_to_refuse(taken: str) -> None:
    photo = clean_photo(encoded(corners(), "JPEG", exif=camera_exif(taken=taken)), keep_evidence=True)
    assert photo.evidence is not None
    assert photo.evidence.taken_at is None
    assert photo.evidence.camera == "Pixel 9"


@pytest.mark.parametrize("latitude", [(91.0, 0.0, 0.0), (31.0, 13.0), (IFDRational(0, 0), 0.0, 0.0)])
def test_a_senseless_position_is_no_claim_and_no_reason_to_refuse(latitude: tuple[float, ...]) -> None:
    photo = clean_photo(encoded(corners(), "JPEG", exif=camera_exif(latitude=latitude)), keep_evidence=True)
    assert photo.evidence is not None
    assert photo.evidence.latitude is None


@needs_real_data
@pytest.mark.parametrize(
    ("name", "latitude", "longitude"),
    [("jpg_gps_DSCN0010.jpg", 43.46745, 11.88513), ("jpg_gps_DSCN0012.jpg", 43.46716, 11.88539)],
)
def test_the_position_of_a_real_camera_is_evidence_and_in_no_picture(
    name: str, latitude: float, longitude: float
) -> None:
    photo = clean_photo((REAL / "exif-samples" / name).read_bytes(), keep_evidence=True)
    assert photo.evidence is not None
    assert photo.evidence.latitude == pytest.approx(latitude, abs=1e-4)
    assert photo.evidence.longitude == pytest.approx(longitude, abs=1e-4)
    assert photo.evidence.camera == "COOLPIX P6000"
    assert_clean(photo)

"""Photos and voice notes reach the store once, complete, and without their originals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.media import NotAVoice, check_voice, store_photo, store_voice
from core.photos import MAX_BYTES, TooLarge, clean_photo
from core.storage import open_storage
from tests.pictures import SECRET, camera_exif, corners, encoded

if TYPE_CHECKING:
    from pathlib import Path


def test_a_stored_photo_can_be_fetched_in_three_sizes(tmp_path: Path) -> None:
    storage = open_storage((tmp_path / "media").as_uri())
    photo = clean_photo(encoded(corners((2000, 1000)), "JPEG"), keep_evidence=False)
    stored = store_photo(storage, photo)
    assert storage.get(stored.full_key) == photo.full
    assert storage.get(stored.screen_key) == photo.screen
    assert storage.get(stored.thumb_key) == photo.thumb


def test_the_original_with_its_position_is_nowhere_on_the_disk(tmp_path: Path) -> None:
    original = encoded(corners(), "JPEG", exif=camera_exif())
    store_photo(open_storage(tmp_path.as_uri()), clean_photo(original, keep_evidence=True))
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(kept) == 3
    assert all(b"Exif" not in content and SECRET not in content for content in kept)


def test_the_same_photo_from_resident_and_technician_is_kept_once(tmp_path: Path) -> None:
    storage = open_storage(tmp_path.as_uri())
    original = encoded(corners(), "JPEG", exif=camera_exif())
    first = store_photo(storage, clean_photo(original, keep_evidence=False))
    written = {path: path.stat().st_ino for path in tmp_path.rglob("*.jpg")}
    second = store_photo(storage, clean_photo(original, keep_evidence=True))
    assert first.full_key == second.full_key
    assert {path: path.stat().st_ino for path in tmp_path.rglob("*.jpg")} == written


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (b"OggS\0\x02" + b"\0" * 22 + b"OpusHead\x01\x01", "audio/ogg"),
        (b"ID3\x04\0\0\0\0\0\0", "audio/mpeg"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"\xff\xf3\x40\xc0", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"\0\0\0\x20ftypM4A \0\0\0\0", "audio/mp4"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "audio/mp4"),
        (b"\0\0\0\x18ftyp3gp4\0\0\0\0", "audio/3gpp"),
        (b"#!AMR\n\x3c\x91", "audio/amr"),
        (b"#!AMR-WB\n\x24", "audio/amr-wb"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm", "audio/webm"),
    ],
)
def test_a_voice_note_is_known_by_its_first_bytes_and_kept_as_it_came(data: bytes, mime: str, tmp_path: Path) -> None:
    storage = open_storage(tmp_path.as_uri())
    stored = store_voice(storage, check_voice(data))
    assert stored.mime == mime
    assert storage.get(stored.key) == data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"\xff\xd8\xff\xe0\0\x10JFIF",
        b"\xff\xff\xff\xff",
        b"\xff\xfe<\0s\0v\0g\0",
        b"OggS\0\x02" + b"\0" * 22 + b"\x80theora",
        b"\0\0\0\x18ftypheic\0\0\0\0",
        b"\x1aE\xdf\xa3\x9fB\x82\x88matroska",
        b"RIFF\x24\0\0\0WEBPVP8 ",
        b"<script>alert(1)</script>",
        b"MZ\x90\0",
    ],
)
def test_what_is_not_a_voice_note_is_refused(data: bytes) -> None:
    with pytest.raises(NotAVoice, match="record it again"):
        check_voice(data)


def test_a_voice_note_over_20_mb_is_refused() -> None:
    with pytest.raises(TooLarge, match="20 MB"):
        check_voice(b"OggS".ljust(MAX_BYTES + 1, b"\0"))

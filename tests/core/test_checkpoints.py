"""A checkpoint is a signed note that says exactly what was signed, and a key reads only its own."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime

import pytest

from core import checkpoints
from core.checkpoints import BadCheckpoint, BadKey

KEY = checkpoints.signing_key("11" * 32)
OTHER = checkpoints.signing_key("22" * 32)
ROOT = hashlib.sha256(b"root").digest()
SEALED_AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


@pytest.fixture
def note() -> str:
    return checkpoints.sign(1234, ROOT, KEY, SEALED_AT)


def test_what_was_signed_is_read(note: str) -> None:
    stated = checkpoints.read(note, KEY.public)
    assert (stated.size, stated.root, stated.sealed_at) == (1234, ROOT, SEALED_AT)


def test_a_note_has_the_lines_of_the_standard(note: str) -> None:
    origin, size, root, sealed, empty, signature, end = note.split("\n")
    assert (size, root, sealed) == ("1234", base64.b64encode(ROOT).decode(), "sealed 2026-11-20T02:00:00Z")
    assert (empty, end) == ("", "")
    assert signature.startswith(f"— {origin} ")
    assert base64.b64decode(signature.split(" ")[2])[:4] == KEY.public.key_id


def test_every_changed_byte_is_refused(note: str) -> None:
    raw = note.encode()
    for place in range(len(raw)):
        for flip in (1, 2, 32, 128):
            changed = raw[:place] + bytes([raw[place] ^ flip]) + raw[place + 1 :]
            with pytest.raises(BadCheckpoint):
                checkpoints.read(changed.decode(errors="replace"), KEY.public)


def test_a_shortened_or_lengthened_note_is_refused(note: str) -> None:
    for wrong in [note[:length] for length in range(len(note))] + [note + "\n", "x" + note, note + note]:
        with pytest.raises(BadCheckpoint):
            checkpoints.read(wrong, KEY.public)


def test_another_key_does_not_read_it(note: str) -> None:
    with pytest.raises(BadCheckpoint):
        checkpoints.read(note, OTHER.public)


def test_another_key_that_uses_the_name_is_refused(note: str) -> None:
    forged = checkpoints.sign(1234, ROOT, OTHER, SEALED_AT).replace(OTHER.public.origin, KEY.public.origin)
    with pytest.raises(BadCheckpoint):
        checkpoints.read(forged, KEY.public)


def test_a_public_key_travels_as_text() -> None:
    assert checkpoints.public_key(KEY.public.text) == KEY.public


@pytest.mark.parametrize("text", ["", "log", "log+00000000+AQ==", KEY.public.text + "A", KEY.public.text[1:]])
def test_a_broken_public_key_is_refused(text: str) -> None:
    with pytest.raises(BadKey):
        checkpoints.public_key(text)


@pytest.mark.parametrize("text", ["", "11", "zz" * 32, "11" * 33])
def test_a_signing_key_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(BadKey):
        checkpoints.signing_key(text)


def test_the_signing_key_does_not_show_itself() -> None:
    assert "11" * 32 not in repr(KEY)
    assert "1111" not in repr(KEY)

"""What people send besides words, on its way into the store: photos as clean pictures, voice notes as they come.

Everything lies under the hash of what was sent, so the same bytes sent twice are kept once.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import Invalid
from core.photos import MAX_BYTES, TooLarge
from core.storage import key_of

if TYPE_CHECKING:
    from core.exif import Evidence
    from core.photos import Photo
    from core.storage import Storage

MP4_BRANDS = frozenset({b"M4A ", b"M4B ", b"mp41", b"mp42", b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"dash"})
PHONE_BRANDS = frozenset({b"3gp4", b"3gp5", b"3gp6", b"3g2a"})
OGG_CODECS = (b"OpusHead", b"\x01vorbis", b"Speex   ", b"\x7fFLAC")
SUFFIXES = {
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/aac": ".aac",
    "audio/mp4": ".m4a",
    "audio/3gpp": ".3gp",
    "audio/amr": ".amr",
    "audio/amr-wb": ".awb",
    "audio/wav": ".wav",
    "audio/webm": ".webm",
}


class NotAVoice(Invalid):
    """This is not a voice note that can be played. Please record it again in the chat, or write it."""


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """Where the three pictures of a photo lie (all `photos.PHOTO_MIME`) and what is known of it."""

    sha256: str
    width: int
    height: int
    full_key: str
    screen_key: str
    thumb_key: str
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class Voice:
    sha256: str
    mime: str
    data: bytes


@dataclass(frozen=True, slots=True)
class StoredVoice:
    sha256: str
    mime: str
    size: int
    key: str


def store_photo(storage: Storage, photo: Photo) -> StoredPhoto:
    """Durable when this returns; pictures that are there already are not written again."""
    return StoredPhoto(
        sha256=photo.sha256,
        width=photo.width,
        height=photo.height,
        full_key=_keep(storage, photo.sha256, ".full.jpg", photo.full),
        screen_key=_keep(storage, photo.sha256, ".screen.jpg", photo.screen),
        thumb_key=_keep(storage, photo.sha256, ".thumb.jpg", photo.thumb),
        evidence=photo.evidence,
    )


def check_voice(data: bytes) -> Voice:
    """Raises TooLarge or NotAVoice. The bytes stay as they are: no decoder of ours ever touches them."""
    if len(data) > MAX_BYTES:
        raise TooLarge(field="voice", megabytes=MAX_BYTES // 1024**2)
    mime = _voice_mime(data)
    if mime is None:
        raise NotAVoice(field="voice")
    return Voice(hashlib.sha256(data).hexdigest(), mime, data)


def store_voice(storage: Storage, voice: Voice) -> StoredVoice:
    key = _keep(storage, voice.sha256, SUFFIXES[voice.mime], voice.data)
    return StoredVoice(voice.sha256, voice.mime, len(voice.data), key)


def _keep(storage: Storage, sha256: str, suffix: str, content: bytes) -> str:
    key = key_of(sha256, suffix)
    storage.put(key, content)
    return key


def _voice_mime(data: bytes) -> str | None:
    """By magic bytes alone; a container must also say that it holds sound where it can say so early."""
    if data.startswith(b"OggS"):
        return "audio/ogg" if any(codec in data[:64] for codec in OGG_CODECS) else None
    if data.startswith(b"#!AMR-WB\n"):
        return "audio/amr-wb"
    if data.startswith(b"#!AMR\n"):
        return "audio/amr"
    if data[:4] == b"RIFF":
        return "audio/wav" if data[8:12] == b"WAVE" else None
    if data.startswith(b"\x1aE\xdf\xa3"):
        return "audio/webm" if b"webm" in data[:64] else None
    if data[4:8] == b"ftyp":
        return _brand_mime(data[8:12])
    return _mpeg_mime(data)


def _brand_mime(brand: bytes) -> str | None:
    if brand in MP4_BRANDS:
        return "audio/mp4"
    return "audio/3gpp" if brand in PHONE_BRANDS else None


def _mpeg_mime(data: bytes) -> str | None:
    """MP3 begins with an ID3 tag or a frame; AAC frames look alike, but their layer bits are zero (ADTS)."""
    if data.startswith(b"ID3"):
        return "audio/mpeg"
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
        return None
    if data[1] & 0xF6 == 0xF0:
        return "audio/aac"
    has_version, has_layer = data[1] & 0x18 != 0x08, data[1] & 0x06 != 0
    has_bitrate, has_rate = data[2] & 0xF0 not in (0x00, 0xF0), data[2] & 0x0C != 0x0C
    return "audio/mpeg" if has_version and has_layer and has_bitrate and has_rate else None

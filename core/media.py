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

PLAIN = {b"#!AMR-WB\n": "audio/amr-wb", b"#!AMR\n": "audio/amr", b"ID3": "audio/mpeg"}
MP4_BRANDS = (b"M4A ", b"M4B ", b"mp41", b"mp42", b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"dash")
PHONE_BRANDS = (b"3gp4", b"3gp5", b"3gp6", b"3g2a")
BRANDS = dict.fromkeys(MP4_BRANDS, "audio/mp4") | dict.fromkeys(PHONE_BRANDS, "audio/3gpp")
OGG_CODECS = (b"OpusHead", b"\x01vorbis", b"Speex   ", b"\x7fFLAC")
FRAME_HEAD = 3
PDF_MARK = b"%PDF-"
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


class NotADocument(Invalid):
    """This is no PDF file. Please save the document as PDF, or take a photo of it."""


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


def store_document(storage: Storage, data: bytes) -> str:
    """Keep a PDF as it is, to be given out as a file and never opened by us; returns its SHA-256."""
    if len(data) > MAX_BYTES:
        raise TooLarge(field="field.file", megabytes=MAX_BYTES // 1024**2)
    if not data[:1024].lstrip().startswith(PDF_MARK):
        raise NotADocument(field="field.file")
    sha256 = hashlib.sha256(data).hexdigest()
    _keep(storage, sha256, ".pdf", data)
    return sha256


def _keep(storage: Storage, sha256: str, suffix: str, content: bytes) -> str:
    key = key_of(sha256, suffix)
    storage.put(key, content)
    return key


def _voice_mime(data: bytes) -> str | None:
    """By magic bytes alone; a container must also say that it holds sound where it can say so early."""
    for magic, mime in PLAIN.items():
        if data.startswith(magic):
            return mime
    if data.startswith(b"OggS"):
        return "audio/ogg" if any(codec in data[:64] for codec in OGG_CODECS) else None
    if data.startswith(b"\x1aE\xdf\xa3"):
        return "audio/webm" if b"webm" in data[:64] else None
    if data[:4] == b"RIFF":
        return "audio/wav" if data[8:12] == b"WAVE" else None
    return BRANDS.get(data[8:12]) if data[4:8] == b"ftyp" else _frame_mime(data[:3])


def _frame_mime(head: bytes) -> str | None:
    """A bare MP3 or AAC stream begins with a frame: eleven bits set, then fields that must not be reserved.

    AAC (ADTS) looks like MP3 with its two layer bits at zero.
    """
    if len(head) < FRAME_HEAD or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "audio/aac"
    version, layer = head[1] >> 3 & 0b11, head[1] >> 1 & 0b11
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 0b11
    is_mp3 = version != 0b01 and layer != 0b00 and bitrate not in (0b0000, 0b1111) and rate != 0b11
    return "audio/mpeg" if is_mp3 else None

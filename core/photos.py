"""Photos are hostile until they have been redrawn.

A phone's photo carries its owner's position, and a file named .jpg may be a bomb, a script or half a picture.
Limits hold before anything is decoded; what leaves is a new JPEG painted on a fresh canvas, so nothing that the
sender wrote into the file survives except its pixels. The original is not kept, only its hash.
"""

from __future__ import annotations

import hashlib
import io
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pi_heif
from PIL import Image, ImageCms

from core.errors import Busy, GongdanError, Invalid
from core.exif import Evidence, read_evidence, read_orientation

if TYPE_CHECKING:
    from collections.abc import Iterator

PHOTO_MIME = "image/jpeg"

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 50_000_000
# What cannot be decoded at half size takes its pixels in full: a flat WEBP of 2 KB with 50 megapixels took 3 s. Phones
# photograph with up to 50 megapixels in JPEG and HEIC, and their screenshots have about 5 in PNG.
MAX_WHOLE_PIXELS = 16_000_000
# A camera's HEIC has a byte for 10 to 30 pixels, of a dark wall for 100; what has far fewer was never photographed.
MOST_PIXELS_A_BYTE = 200
MAX_FRAMES = 100
# A progressive JPEG may repeat empty scans: 400 of them on 49 megapixels take 1.5 s, a 20 MB file could hold 200,000.
# A camera writes about ten; chance finds some 300 markers in 20 MB of appended film.
MAX_SCANS = 500

FULL_SIDE, FULL_QUALITY = 4096, 85
SCREEN_SIDE, SCREEN_QUALITY = 1600, 80
THUMB_SIDE, THUMB_QUALITY = 320, 75

HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"})
TRANSPARENT_MODES = frozenset({"RGBA", "RGBa", "LA", "La", "PA"})
WHITE = (255, 255, 255)

# 50 megapixels take up to 340 MB as JPEG, so many uploads at once must wait for each other. They wait in threads of
# the web server, which has forty: some may wait for a while, the others are sent away before they take one up.
DECODERS, MOST_WAITING = 2, 8
PATIENCE = timedelta(seconds=10)
_decoders = threading.BoundedSemaphore(DECODERS)
_places = threading.BoundedSemaphore(DECODERS + MOST_WAITING)

# The side pictures of a HEIC are never looked at, so they are never parsed.
pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)


class TooLarge(Invalid):
    """This file is over {megabytes} MB. Please send a smaller one."""


class TooManyPixels(TooLarge):
    """This picture has more than {megapixels} million pixels. Please send a smaller one."""


class TooManyFrames(TooLarge):
    """This is an animation of more than {frames} pictures. Please send a single photo."""


class PhotosBusy(Busy):
    """Many photos are arriving at this moment. Please send yours again shortly."""


class NotAnImage(Invalid):
    """This is not a photo. Please send it as JPEG, PNG, WEBP or HEIC."""


class BrokenImage(Invalid):
    """This photo is damaged or did not arrive completely. Please send it again or take a new one."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A clean photo; the hash is of the bytes as they came, the three pictures are JPEG without any metadata."""

    sha256: str
    width: int
    height: int
    full: bytes
    screen: bytes
    thumb: bytes
    evidence: Evidence | None


def clean_photo(data: bytes, *, keep_evidence: bool) -> Photo:
    """Check, read the camera's claims, redraw upright.

    Evidence is kept for technicians, whose photos prove work, and dropped for residents.
    Raises TooLarge, NotAnImage, BrokenImage or PhotosBusy, and nothing else.
    """
    with decoding():
        image = open_photo(data)
        halve(image, down_to=SCREEN_SIDE)
        image.load()
        evidence = read_evidence(image) if keep_evidence else None
        full = _redraw(image)
        screen = _shrunk(full, SCREEN_SIDE)
        thumb = _shrunk(screen, THUMB_SIDE)
        return Photo(
            sha256=hashlib.sha256(data).hexdigest(),
            width=full.width,
            height=full.height,
            full=_encode(full, FULL_QUALITY),
            screen=_encode(screen, SCREEN_QUALITY),
            thumb=_encode(thumb, THUMB_QUALITY),
            evidence=evidence,
        )


def open_photo(data: bytes) -> Image.Image:
    """The first picture in `data`, its header read and within the limits, nothing decoded yet.

    To be called, like all that is done with the picture, inside `decoding()`.
    """
    if len(data) > MAX_BYTES:
        raise TooLarge(field="photo", megabytes=MAX_BYTES // 1024**2)
    kind = _kind_of(data)
    if kind == "JPEG" and data.count(b"\xff\xda") > MAX_SCANS:
        raise BrokenImage(field="photo")
    image = Image.open(io.BytesIO(data), formats=[kind])
    _check_size(image, _most_pixels(kind, len(data)))
    if getattr(image, "n_frames", 1) > MAX_FRAMES:
        raise TooManyFrames(field="photo", frames=MAX_FRAMES)
    return image


def halve(image: Image.Image, *, down_to: int) -> None:
    """Let a JPEG decode at half size where that leaves `down_to` pixels on its longest side.

    Half the work of a camera photo, and at 44 dB nobody sees it (performance.md, Photos).
    """
    if image.format in ("JPEG", "MPO") and max(image.size) >= 2 * down_to:
        image.draft(None, (max(1, image.width // 2), max(1, image.height // 2)))


def flatten(image: Image.Image) -> Image.Image:
    """RGB (or still CMYK), with white where it was transparent and 16-bit grey brought to 8."""
    if image.mode == "CMYK":
        return image
    if image.mode.startswith("I"):
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in TRANSPARENT_MODES or "transparency" in image.info:
        layer = image.convert("RGBA")
        image = Image.new("RGB", layer.size, WHITE)
        image.paste(layer, mask=layer.getchannel("A"))
    return image if image.mode == "RGB" else image.convert("RGB")


@contextmanager
def decoding() -> Iterator[None]:
    """Whatever a decoder raises on hostile bytes (OSError, SyntaxError, struct.error and others) is BrokenImage.

    Raises PhotosBusy at once when many wait already, and later when nobody made room in time.
    """
    try:
        with _turn():
            yield
    except GongdanError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixels(field="photo", megapixels=MAX_PIXELS // 1_000_000) from error
    except Exception as error:
        raise BrokenImage(field="photo") from error


@contextmanager
def _turn() -> Iterator[None]:
    if not _places.acquire(blocking=False):
        raise PhotosBusy
    try:
        if not _decoders.acquire(timeout=PATIENCE.total_seconds()):
            raise PhotosBusy
        try:
            yield
        finally:
            _decoders.release()
    finally:
        _places.release()


def _kind_of(data: bytes) -> str:
    """By magic bytes alone: a name or a declared type proves nothing."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS:
        return "HEIF"
    raise NotAnImage(field="photo")


def _most_pixels(kind: str, size: int) -> int:
    """How many pixels a picture of a kind and size may have: what it costs to decode must have cost its sender some."""
    if kind == "JPEG":
        return MAX_PIXELS
    if kind == "HEIF":
        return min(MAX_PIXELS, max(MAX_WHOLE_PIXELS, size * MOST_PIXELS_A_BYTE))
    return MAX_WHOLE_PIXELS


def _check_size(image: Image.Image, most: int = MAX_PIXELS) -> None:
    if image.width * image.height > most:
        raise TooManyPixels(field="photo", megapixels=most // 1_000_000)


def _redraw(image: Image.Image) -> Image.Image:
    """Shrink first, so that colours are converted and pictures turned when they are small."""
    _check_size(image)  # a HEIC may turn out larger than its header said
    turn = read_orientation(image)
    profile = image.info.get("icc_profile")
    picture = _to_srgb(_shrunk(flatten(image), FULL_SIDE), profile)
    if turn is not None:
        picture = picture.transpose(turn)
    canvas = Image.new("RGB", picture.size)
    canvas.paste(picture)
    return canvas


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Colours as they were meant; a profile that does not fit or cannot be read is ignored."""
    if not profile:
        return image.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        fits = source.profile.xcolor_space.strip() == image.mode
        if not fits or "sRGB" in (source.profile.profile_description or ""):
            return image.convert("RGB")
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image.convert("RGB")
    return converted or image.convert("RGB")


def _shrunk(image: Image.Image, side: int) -> Image.Image:
    """HAMMING keeps edges as BICUBIC does at the cost of BILINEAR: 24 instead of 40 ms from 2000 to 1600 pixels."""
    longest = max(image.size)
    if longest <= side:
        return image
    width, height = (max(1, round(length * side / longest)) for length in image.size)
    return image.resize((width, height), Image.Resampling.HAMMING, reducing_gap=2.0)


def _encode(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()

"""Which photos are accepted and how they come out: upright, in true colours, and with nothing of the sender's file."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageCms, PngImagePlugin
from PIL.ExifTags import Base

from core.photos import clean_photo
from tests.pictures import (
    BLUE,
    GREEN,
    REAL,
    REAL_FILES,
    RED,
    SECRET,
    assert_clean,
    camera_exif,
    corners,
    encoded,
    needs_real_data,
    pixel,
    size_of,
)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_becomes_three_clean_pictures(kind: str) -> None:
    photo = clean_photo(encoded(corners((3000, 1500)), kind), keep_evidence=False)
    sizes = [size_of(picture) for picture in (photo.full, photo.screen, photo.thumb)]
    assert sizes == [(3000, 1500), (1600, 800), (320, 160)]
    assert (photo.width, photo.height) == (3000, 1500)
    assert_clean(photo)


def test_a_camera_photo_is_decoded_at_half_its_size_and_stays_larger_than_a_screen() -> None:
    photo = clean_photo(encoded(corners((4000, 3000)), "JPEG"), keep_evidence=False)
    assert (photo.width, photo.height) == (2000, 1500)


def test_the_longest_side_is_bounded() -> None:
    photo = clean_photo(encoded(corners((6000, 300)), "PNG"), keep_evidence=False)
    assert (photo.width, photo.height) == (4096, 205)


def test_the_smallest_photo_is_a_photo() -> None:
    photo = clean_photo(encoded(Image.new("RGB", (1, 1)), "JPEG"), keep_evidence=False)
    assert (photo.width, photo.height) == (1, 1)


def test_a_strip_one_pixel_high_keeps_its_pixel() -> None:
    photo = clean_photo(encoded(Image.new("RGB", (9000, 1)), "JPEG"), keep_evidence=False)
    assert size_of(photo.thumb) == (320, 1)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_orientation_comes_out_upright(kind: str, orientation: int) -> None:
    stored = {
        1: [],
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }
    lying = corners()
    for turn in stored[orientation]:
        lying = lying.transpose(turn)
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    photo = clean_photo(encoded(lying, kind, exif=exif), keep_evidence=False)
    assert size_of(photo.full) == (64, 48)
    for at, expected in {(8, 8): RED, (56, 8): GREEN, (8, 40): BLUE}.items():
        assert all(abs(seen - meant) < 40 for seen, meant in zip(pixel(photo.full, at), expected, strict=True))


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.new("RGBA", (8, 8), (255, 0, 0, 0)), 255),
        (Image.new("LA", (8, 8), (0, 0)), 255),
        (Image.new("I;16", (8, 8), 40_000), 156),
        (Image.new("1", (8, 8), 1), 255),
        (Image.new("L", (8, 8), 77), 77),
        (Image.new("P", (8, 8), 0), 0),
    ],
    ids=lambda value: value.mode if isinstance(value, Image.Image) else "",
)
def test_transparent_deep_and_indexed_pictures_keep_their_look(image: Image.Image, expected: int) -> None:
    photo = clean_photo(encoded(image, "PNG"), keep_evidence=False)
    shown = pixel(photo.full, (4, 4))
    assert all(abs(channel - expected) <= 3 for channel in shown)


def test_a_transparent_palette_colour_becomes_white() -> None:
    image = Image.new("P", (8, 8), 0)
    image.putpalette([0, 0, 0])
    photo = clean_photo(encoded(image, "PNG", transparency=0), keep_evidence=False)
    assert pixel(photo.full, (4, 4)) == (255, 255, 255)


def test_a_print_shop_picture_in_cmyk_is_shown_in_rgb() -> None:
    photo = clean_photo(encoded(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), "JPEG"), keep_evidence=False)
    red, green, blue = pixel(photo.full, (32, 32))
    assert red > 200
    assert max(green, blue) < 60


def test_a_colour_profile_is_applied_then_dropped() -> None:
    """In a profile whose red and green are swapped, what is stored as red was meant as green."""
    srgb = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = srgb.index(b"rXYZ"), srgb.index(b"gXYZ")
    srgb[red : red + 4], srgb[green : green + 4] = b"gXYZ", b"rXYZ"
    swapped = bytes(srgb).replace("sRGB".encode("utf-16-be"), "test".encode("utf-16-be"))
    data = encoded(Image.new("RGB", (64, 64), (200, 0, 0)), "JPEG", icc_profile=swapped)
    photo = clean_photo(data, keep_evidence=False)
    shown = pixel(photo.full, (32, 32))
    assert shown[1] > 150
    assert shown[0] < 50
    assert_clean(photo)


def test_a_broken_colour_profile_is_ignored() -> None:
    data = encoded(corners(), "JPEG", icc_profile=b"not a profile" * 20)
    assert_clean(clean_photo(data, keep_evidence=False))


def test_only_the_first_picture_of_a_short_animation_is_kept() -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue", "green")]
    for kind in ("WEBP", "PNG"):
        photo = clean_photo(encoded(frames[0], kind, save_all=True, append_images=frames[1:]), keep_evidence=False)
        red, _, blue = pixel(photo.full, (16, 16))
        assert red > 200
        assert blue < 60


def test_nothing_that_the_sender_wrote_survives() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", SECRET.decode())
    xmp = b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"
    exif = camera_exif()
    originals = [
        encoded(corners(), "JPEG", exif=exif, comment=SECRET, xmp=xmp, icc_profile=SECRET) + SECRET,
        encoded(corners(), "PNG", exif=exif, pnginfo=notes) + SECRET,
        encoded(corners(), "WEBP", exif=exif, xmp=xmp) + SECRET,
    ]
    for original in originals:
        photo = clean_photo(original, keep_evidence=True)
        assert SECRET in original
        assert_clean(photo)
        for picture in (photo.full, photo.screen, photo.thumb):
            assert SECRET not in picture
            assert b"Pixel" not in picture


@needs_real_data
def test_a_real_heic_is_a_photo() -> None:
    photo = clean_photo((REAL / "avif/hopper.heif").read_bytes(), keep_evidence=False)
    assert (photo.width, photo.height) == (128, 128)
    assert_clean(photo)


@needs_real_data
@pytest.mark.parametrize("name", [path.name for path in REAL_FILES if "hopper_orientation" in path.name])
def test_a_real_turned_photo_shows_what_the_upright_one_shows(name: str) -> None:
    upright = Image.open(REAL / "hopper.jpg").convert("L").resize((16, 16))
    photo = clean_photo((REAL / name).read_bytes(), keep_evidence=False)
    shown = Image.open(io.BytesIO(photo.full)).convert("L").resize((16, 16))
    differences = [abs(a - b) for a, b in zip(upright.tobytes(), shown.tobytes(), strict=True)]
    assert sum(differences) / len(differences) < 8

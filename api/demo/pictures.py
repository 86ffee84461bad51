"""Draws the demo's photographs: plain scenes before and after a repair, so that no real picture is needed."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageDraw, ImageFilter

SIZE = (1200, 900)
WALLS = ((196, 188, 176), (176, 190, 196), (188, 198, 178), (204, 190, 170))
WATER = (86, 120, 150)
METAL = (120, 126, 132)


def draw(variant: int, *, is_repaired: bool) -> bytes:
    """A JPEG of a pipe on a wall: with a puddle and a crack before, dry and with a new joint after."""
    picture = _wall(WALLS[variant % len(WALLS)])
    canvas = ImageDraw.Draw(picture)
    x = 260 + 90 * (variant % 6)
    canvas.rectangle((x, 0, x + 74, SIZE[1]), fill=METAL)
    canvas.rectangle((x + 12, 0, x + 24, SIZE[1]), fill=(164, 170, 176))
    if is_repaired:
        canvas.rectangle((x - 22, 400, x + 96, 500), fill=(70, 130, 110))
        canvas.rectangle((x - 22, 420, x + 96, 432), fill=(120, 176, 156))
    else:
        _damage(canvas, x)
    out = BytesIO()
    picture.filter(ImageFilter.GaussianBlur(1.2)).save(out, "JPEG", quality=82)
    return out.getvalue()


def _wall(colour: tuple[int, int, int]) -> Image.Image:
    """A wall that is lit from the left, above a darker floor."""
    shade = Image.linear_gradient("L").rotate(90).resize(SIZE).point(lambda level: 120 + level // 2)
    picture = Image.composite(Image.new("RGB", SIZE, colour), Image.new("RGB", SIZE, (60, 58, 54)), shade)
    ImageDraw.Draw(picture).rectangle((0, 760, *SIZE), fill=(112, 104, 96))
    return picture


def _damage(canvas: ImageDraw.ImageDraw, x: int) -> None:
    canvas.line((x + 10, 430, x + 40, 470, x + 24, 500, x + 60, 540), fill=(30, 30, 30), width=6)
    for drop in range(14):
        left = x + 30 + (drop * 37) % 60 - 20
        canvas.ellipse((left, 540 + drop * 15, left + 12, 562 + drop * 15), fill=WATER)
    canvas.ellipse((x - 180, 770, x + 280, 868), fill=WATER)
    canvas.ellipse((x - 120, 786, x + 140, 832), fill=(122, 154, 182))

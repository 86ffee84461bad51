"""The chart of a digest as a picture: bars of what was new and done, and a line of what stayed open.

Drawn at twice the size of a narrow phone, dark on white. New is dark and done is light and hatched by an edge, so that
nobody has to tell colours apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from assets.fonts import chinese_font
from core.i18n import translate

WIDTH, HEIGHT = 720, 460
LEFT, RIGHT, TOP, BOTTOM = 24, 696, 110, 396
TEXT, SMALL = 26, 22
INK, WHITE = "#1a1a1a", "#ffffff"
NEW, DONE, OPEN = "#1f4e8c", "#9ec9a4", "#b3261e"
EDGE = "#2f6b3a"
GAP = 0.24


@dataclass(frozen=True, slots=True)
class Column:
    """What stands above one day or week."""

    label: str
    new: int
    done: int
    open: int


def draw(chart: Sequence[Sequence[Any]], title: str, locale: str) -> bytes:
    """A picture of rows of (first day, new, done, open) as PNG. Raises NoChineseFont."""
    columns = [Column(_label(first), new, done, still) for first, new, done, still in chart]
    image = Image.new("RGB", (WIDTH, HEIGHT), WHITE)
    pen = ImageDraw.Draw(image)
    font, small = (ImageFont.truetype(str(chinese_font()), size) for size in (TEXT, SMALL))
    pen.text((LEFT, 16), _fitting(pen, title, font), INK, font)
    _legend(pen, small, locale)
    pen.line((LEFT, BOTTOM, RIGHT, BOTTOM), INK, 2)
    if columns:
        _columns(pen, columns, small)
    out = BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _label(first: str) -> str:
    day = date.fromisoformat(first)
    return f"{day.month}/{day.day}"


def _fitting(pen: ImageDraw.ImageDraw, title: str, font: ImageFont.FreeTypeFont) -> str:
    """A title that is too long for the picture is cut."""
    while len(title) > 1 and pen.textlength(title, font) > RIGHT - LEFT:
        title = title[:-2] + "…"
    return title


def _legend(pen: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont, locale: str) -> None:
    x = float(LEFT)
    for name, colour in (("new", NEW), ("done", DONE), ("open", OPEN)):
        if name == "open":
            pen.line((x, 76, x + 28, 76), colour, 5)
        else:
            pen.rectangle((x, 64, x + 22, 86), colour, EDGE if name == "done" else colour)
        word = translate(f"digest.{name}", locale)
        pen.text((x + 36, 75), word, INK, font, anchor="lm")
        x += 36 + pen.textlength(word, font) + 36
    pen.text((RIGHT, 75), translate("digest.works", locale), INK, font, anchor="rm")


def _columns(pen: ImageDraw.ImageDraw, columns: Sequence[Column], font: ImageFont.FreeTypeFont) -> None:
    """Bars share one scale; the line has its own, because what is open is often ten times as much."""
    width = (RIGHT - LEFT) / len(columns)
    most = max(1, *(max(one.new, one.done) for one in columns))
    points = []
    for place, one in enumerate(columns):
        x = LEFT + place * width
        bar = width * (1 - GAP) / 2
        _bar(pen, (x + width * GAP / 2, bar), one.new, most, (NEW, NEW), font)
        _bar(pen, (x + width * GAP / 2 + bar, bar), one.done, most, (DONE, EDGE), font)
        pen.text((x + width / 2, BOTTOM + 8), one.label, INK, font, anchor="ma")
        points.append((x + width / 2, one.open))
    _line(pen, points, font)


def _bar(
    pen: ImageDraw.ImageDraw, at: tuple[float, float], value: int, most: int, colours: tuple[str, str],
    font: ImageFont.FreeTypeFont,
) -> None:  # fmt: skip
    x, width = at
    top = BOTTOM - (BOTTOM - TOP - 110) * value / most
    if value:
        pen.rectangle((x, top, x + width - 3, BOTTOM - 1), colours[0], colours[1])
    pen.text((x + width / 2, top - 4), str(value), INK, font, anchor="md")


def _line(pen: ImageDraw.ImageDraw, points: Sequence[tuple[float, int]], font: ImageFont.FreeTypeFont) -> None:
    """What is open runs in the band above the bars, with its number at each point."""
    most = max(1, *(value for _, value in points))
    shown = [(x, TOP + 62 - 30 * value / most, value) for x, value in points]
    pen.line([(x, y) for x, y, _ in shown], OPEN, 5, joint="curve")
    for x, y, value in shown:
        pen.ellipse((x - 6, y - 6, x + 6, y + 6), OPEN)
        pen.text((x, y - 9), str(value), OPEN, font, anchor="md")

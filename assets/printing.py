"""Draws labels on a page. The geometry is data; everything else is measured from it.

Codes are drawn as vectors, because rastered modules blur in the printer; their modules come from zxing-cpp, which
makes one in 0.1 ms. Names are wrapped and shortened to what fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any, BinaryIO

import zxingcpp
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from assets import codes
from assets.fonts import chinese_font
from core.errors import Invalid

# The sheet: 3 x 7 labels of 63.5 x 38.1 mm, as self-adhesive sheets are sold (Avery L7160 and its like).
COLUMNS, ROWS = 3, 7
PER_SHEET = COLUMNS * ROWS
LEFT, TOP, TITLE_TOP = 7.21 * mm, 15.15 * mm, 9 * mm
WIDTH, HEIGHT, GAP = 63.5 * mm, 38.1 * mm, 2.54 * mm

# The label, measured from its left and upper edges. The quiet zone of a code is four of its modules.
CODE_SIDE, CODE_LEFT, CODE_TOP = 24 * mm, 4 * mm, 4 * mm
TEXT_LEFT, TEXT_WIDTH = 32 * mm, 29.5 * mm
NAME_TOP, NAME_TOP_OF_TESTS, TEST_HEIGHT = 3.2 * mm, 8.6 * mm, 4.6 * mm
SCAN_BASE, LAST_BASE = 30.6 * mm, 34.6 * mm
NAME_SIZE, SMALL_SIZE = 10.5, 8
CODE_SIZE, LONG_CODE_SIZE, LONG_CODE_BASE = 9.5, 6.5, 33.6 * mm
NAME_LINES, NAME_LINES_OF_TESTS, PLACE_LINES = 3, 2, 2
LEADING = 1.25
CUT_LINE, CUT_GREY = 0.25, 0.75

FONT = "labels"
CORRECTION = "M"
MOST_MODULES = 57  # of 0.42 mm: finer ones are not read at 150 dpi
ELLIPSIS, NO_GLYPH = "…", "□"
PIECES = re.compile(r"[ -~]*?(?:[ /_-]|(?=[^ -~])|$)|.", re.DOTALL)


class AddressTooLong(Invalid):
    """The address {address} is too long to be read from a label. Please use a shorter PUBLIC_URL."""


@dataclass(frozen=True, slots=True)
class Label:
    """What one label says. `code` is canonical, `place` a path."""

    code: str
    name: str
    place: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """What stands on every label of a sheet. `test` is empty on labels that are meant to stay."""

    scan: str
    test: str
    phone: str


def new_canvas(out: BinaryIO, title: str) -> Canvas:
    canvas = Canvas(out, pagesize=A4, pageCompression=1)
    canvas.setTitle(title)
    _font()
    return canvas


@dataclass(frozen=True, slots=True)
class Page:
    """One sheet of labels."""

    canvas: Canvas
    title: str
    words: Words

    def draw(self, place: int, label: Label, payload: str) -> None:
        """Draw a label at a place of the sheet, counted from 0 along the rows."""
        if place == 0:
            _line(self.canvas, LEFT, A4[1] - TITLE_TOP, SMALL_SIZE, self.title)
        row, column = divmod(place, COLUMNS)
        self.canvas.saveState()
        self.canvas.translate(LEFT + column * (WIDTH + GAP), A4[1] - TOP - row * HEIGHT)
        _cut_line(self.canvas)
        _code(self.canvas, payload)
        _typed_code(self.canvas, codes.printed(label.code))
        _texts(self.canvas, label, self.words)
        self.canvas.restoreState()


def modules(payload: str) -> list[list[int]]:
    """The rows of a QR code: 0 is dark."""
    barcode = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode, ec_level=CORRECTION)
    image: Any = barcode.to_image(scale=1, add_quiet_zones=False)
    rows: Any = memoryview(image).tolist()
    if len(rows) > MOST_MODULES:
        raise AddressTooLong(address=payload)
    return list(rows)


def wrapped(text: str, size: float, width: float, most: int) -> list[str]:
    """A text in at most so many lines; what does not fit is cut off with an ellipsis."""
    lines = [""]
    for piece in _pieces(text, size, width):
        if width_of(lines[-1] + piece.rstrip(), size) > width:
            lines.append("")
        lines[-1] += piece
    lines = [line.strip() for line in lines]
    return lines if len(lines) <= most else [*lines[: most - 1], _cut(" ".join(lines[most - 1 :]), size, width)]


def _pieces(text: str, size: float, width: float) -> Iterator[str]:
    """What stays together: Latin words with the mark that ends them, single Chinese characters."""
    for piece in PIECES.findall(_drawable(text)):
        yield from [piece] if width_of(piece, size) <= width else piece


def _cut(text: str, size: float, width: float) -> str:
    while text and width_of(text + ELLIPSIS, size) > width:
        text = text[:-1]
    return text.rstrip() + ELLIPSIS


def _texts(canvas: Canvas, label: Label, words: Words) -> None:
    top, most = (NAME_TOP_OF_TESTS, NAME_LINES_OF_TESTS) if words.test else (NAME_TOP, NAME_LINES)
    if words.test:
        _test_mark(canvas, words.test)
    top = _paragraph(canvas, top, NAME_SIZE, wrapped(label.name, NAME_SIZE, TEXT_WIDTH, most))
    _paragraph(canvas, top, SMALL_SIZE, wrapped(label.place, SMALL_SIZE, TEXT_WIDTH, PLACE_LINES))
    _fitted(canvas, SCAN_BASE if label.phone else LAST_BASE, words.scan)
    if label.phone:
        _fitted(canvas, LAST_BASE, words.phone.format(phone=label.phone))


def _paragraph(canvas: Canvas, top: float, size: float, lines: list[str]) -> float:
    """Draw lines below each other; returns where the next paragraph begins."""
    for line in lines:
        top += size * LEADING
        _line(canvas, TEXT_LEFT, -top, size, line)
    return top + size * (LEADING - 1)


def _fitted(canvas: Canvas, base: float, text: str) -> None:
    text = _drawable(text)
    _line(canvas, TEXT_LEFT, -base, min(SMALL_SIZE, SMALL_SIZE * TEXT_WIDTH / width_of(text, SMALL_SIZE)), text)


def _typed_code(canvas: Canvas, code: str) -> None:
    """Draw the code to type below the one to scan: one line, or two smaller ones for a customer's long code."""
    room, size, base = CODE_SIDE + CODE_LEFT, CODE_SIZE, LAST_BASE
    if width_of(code, size) > room:
        size, base = LONG_CODE_SIZE, LONG_CODE_BASE
    for line in wrapped(code, size, room, 2):
        _line(canvas, CODE_LEFT + (CODE_SIDE - width_of(line, size)) / 2, -base, size, line)
        base += size * LEADING


def _test_mark(canvas: Canvas, test: str) -> None:
    bottom = -NAME_TOP - TEST_HEIGHT
    canvas.rect(TEXT_LEFT, bottom, TEXT_WIDTH, TEST_HEIGHT, stroke=0, fill=1)
    canvas.setFillGray(1)
    middle = TEXT_LEFT + (TEXT_WIDTH - width_of(test, NAME_SIZE)) / 2
    _line(canvas, middle, bottom + (TEST_HEIGHT - NAME_SIZE * 0.7) / 2, NAME_SIZE, test)
    canvas.setFillGray(0)


def _cut_line(canvas: Canvas) -> None:
    canvas.setStrokeGray(CUT_GREY)
    canvas.setLineWidth(CUT_LINE)
    canvas.rect(0, -HEIGHT, WIDTH, HEIGHT)


def _code(canvas: Canvas, payload: str) -> None:
    """Draw a code as one path in units of its modules: the runs of dark ones in each row.

    The path is written as PDF operators, because reportlab takes longer to format a rectangle than to draw all else.
    """
    rows = modules(payload)
    canvas.saveState()
    canvas.translate(CODE_LEFT, -CODE_TOP)
    canvas.scale(CODE_SIDE / len(rows), -CODE_SIDE / len(rows))
    runs = ((across, down, length) for down, row in enumerate(rows) for across, length in _dark_runs(row))
    canvas.addLiteral("".join(f"{across} {down} {length} 1 re " for across, down, length in runs) + "f")
    canvas.restoreState()


def _dark_runs(row: list[int]) -> Iterator[tuple[int, int]]:
    across = 0
    for shade, run in groupby(row):
        length = len(list(run))
        if shade == 0:
            yield across, length
        across += length


def _line(canvas: Canvas, left: float, base: float, size: float, text: str) -> None:
    canvas.setFont(FONT, size)
    canvas.drawString(left, base, _drawable(text))


def _drawable(text: str) -> str:
    """The text with a box for every character that the font lacks."""
    glyphs = _font().face.charToGlyph
    return "".join(character if ord(character) in glyphs else NO_GLYPH for character in text)


def width_of(text: str, size: float) -> float:
    return float(pdfmetrics.stringWidth(text, FONT, size))


@cache
def _font() -> TTFont:
    font = TTFont(FONT, str(chinese_font()))
    pdfmetrics.registerFont(font)
    return font

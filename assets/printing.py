"""Draws labels on a page. The geometry is data; everything else is measured from it.

A label is drawn in the frame of a label of 63.5 x 38.1 mm, enlarged or reduced as a whole; what a format is wider or
higher than that goes to its texts.

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
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from assets import codes
from assets.fonts import chinese_font
from assets.formats import Format
from core.errors import Invalid

REFERENCE_WIDTH, REFERENCE_HEIGHT, TITLE_TOP = 63.5 * mm, 38.1 * mm, 9 * mm

# The label, measured from its left and upper edges. The quiet zone of a code is four of its modules.
CODE_SIDE, CODE_LEFT, CODE_TOP = 24 * mm, 4 * mm, 4 * mm
TEXT_LEFT, TEXT_RIGHT = 32 * mm, 2 * mm
NAME_TOP, NAME_TOP_OF_TESTS, TEST_HEIGHT = 3.2 * mm, 8.6 * mm, 4.6 * mm
SCAN_BASE, LAST_BASE = 7.5 * mm, 3.5 * mm  # above the lower edge
NAME_SIZE, SMALL_SIZE = 10.5, 8
CODE_SIZE, LONG_CODE_SIZE, LONG_CODE_BASE = 9.5, 6.5, 4.5 * mm
NAME_LINES, NAME_LINES_OF_TESTS, PLACE_LINES = 3, 2, 2
LEADING = 1.25
CUT_LINE, CUT_GREY = 0.25, 0.75

FONT = "labels"
CORRECTION = "M"
MOST_MODULES = 57
FINEST_MODULE = 0.42 * mm  # finer ones are not read at 150 dpi
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


@dataclass(frozen=True, slots=True)
class Frame:
    """The label that is drawn on: its size in the frame of the reference, and how much that is scaled."""

    width: float
    height: float
    scale: float

    @property
    def text_width(self) -> float:
        return self.width - TEXT_LEFT - TEXT_RIGHT

    @property
    def most_modules(self) -> int:
        return int(CODE_SIDE * self.scale / FINEST_MODULE)


def frame_of(form: Format) -> Frame:
    scale = min(form.width / REFERENCE_WIDTH, form.height / REFERENCE_HEIGHT)
    return Frame(form.width / scale, form.height / scale, scale)


def new_canvas(out: BinaryIO, title: str, form: Format) -> Canvas:
    canvas = Canvas(out, pagesize=form.page, pageCompression=1)
    canvas.setTitle(title)
    _font()
    return canvas


@dataclass(frozen=True, slots=True)
class Page:
    """One page of labels."""

    canvas: Canvas
    title: str
    words: Words
    form: Format

    def draw(self, place: int, label: Label, payload: str) -> None:
        """Draw a label at a place of the page, counted from 0 along the rows."""
        canvas, form, frame = self.canvas, self.form, frame_of(self.form)
        if place == 0 and form.is_sheet:
            _line(canvas, form.left, form.page[1] - TITLE_TOP, SMALL_SIZE, self.title)
        row, column = divmod(place, form.columns)
        canvas.saveState()
        canvas.translate(
            form.left + column * (form.width + form.gap_x), form.page[1] - form.top - row * (form.height + form.gap_y)
        )
        canvas.scale(frame.scale, frame.scale)
        if form.is_sheet:
            _cut_line(canvas, frame)
        _code(canvas, payload, frame)
        _typed_code(canvas, codes.printed(label.code), frame)
        _texts(canvas, label, self.words, frame)
        canvas.restoreState()


def modules(payload: str, most: int = MOST_MODULES) -> list[list[int]]:
    """The rows of a QR code: 0 is dark. Errors: AddressTooLong for one of more modules than can be read."""
    barcode = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode, ec_level=CORRECTION)
    image: Any = barcode.to_image(scale=1, add_quiet_zones=False)
    rows: Any = memoryview(image).tolist()
    if len(rows) > most:
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


def _texts(canvas: Canvas, label: Label, words: Words, frame: Frame) -> None:
    top, most = (NAME_TOP_OF_TESTS, NAME_LINES_OF_TESTS) if words.test else (NAME_TOP, NAME_LINES)
    if words.test:
        _test_mark(canvas, words.test, frame)
    top = _paragraph(canvas, top, NAME_SIZE, wrapped(label.name, NAME_SIZE, frame.text_width, most))
    _paragraph(canvas, top, SMALL_SIZE, wrapped(label.place, SMALL_SIZE, frame.text_width, PLACE_LINES))
    _fitted(canvas, SCAN_BASE if label.phone else LAST_BASE, words.scan, frame)
    if label.phone:
        _fitted(canvas, LAST_BASE, words.phone.format(phone=label.phone), frame)


def _paragraph(canvas: Canvas, top: float, size: float, lines: list[str]) -> float:
    """Draw lines below each other; returns where the next paragraph begins."""
    for line in lines:
        top += size * LEADING
        _line(canvas, TEXT_LEFT, -top, size, line)
    return top + size * (LEADING - 1)


def _fitted(canvas: Canvas, above: float, text: str, frame: Frame) -> None:
    text = _drawable(text)
    size = min(SMALL_SIZE, SMALL_SIZE * frame.text_width / width_of(text, SMALL_SIZE))
    _line(canvas, TEXT_LEFT, above - frame.height, size, text)


def _typed_code(canvas: Canvas, code: str, frame: Frame) -> None:
    """Draw the code to type below the one to scan: one line, or two smaller ones for a customer's long code."""
    room, size, base = CODE_SIDE + CODE_LEFT, CODE_SIZE, frame.height - LAST_BASE
    if width_of(code, size) > room:
        size, base = LONG_CODE_SIZE, frame.height - LONG_CODE_BASE
    for line in wrapped(code, size, room, 2):
        _line(canvas, CODE_LEFT + (CODE_SIDE - width_of(line, size)) / 2, -base, size, line)
        base += size * LEADING


def _test_mark(canvas: Canvas, test: str, frame: Frame) -> None:
    bottom = -NAME_TOP - TEST_HEIGHT
    canvas.rect(TEXT_LEFT, bottom, frame.text_width, TEST_HEIGHT, stroke=0, fill=1)
    canvas.setFillGray(1)
    middle = TEXT_LEFT + (frame.text_width - width_of(test, NAME_SIZE)) / 2
    _line(canvas, middle, bottom + (TEST_HEIGHT - NAME_SIZE * 0.7) / 2, NAME_SIZE, test)
    canvas.setFillGray(0)


def _cut_line(canvas: Canvas, frame: Frame) -> None:
    canvas.setStrokeGray(CUT_GREY)
    canvas.setLineWidth(CUT_LINE)
    canvas.rect(0, -frame.height, frame.width, frame.height)


def _code(canvas: Canvas, payload: str, frame: Frame) -> None:
    """Draw a code as one path in units of its modules: the runs of dark ones in each row.

    The path is written as PDF operators, because reportlab takes longer to format a rectangle than to draw all else.
    """
    rows = modules(payload, frame.most_modules)
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

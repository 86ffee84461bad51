"""A font file with Chinese glyphs for what is printed: the system's, else the one that comes with our packages.

Only TrueType outlines can be embedded, so the Noto CJK fonts of most systems, which hold PostScript outlines, are
passed over. The package mpl-font is never imported, because importing it starts matplotlib; only its file is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from core.errors import GongdanError

FOLDERS = (
    "/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts",
    "/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts", "C:/Windows/Fonts",
)  # fmt: skip
FILES = (
    "wqy-microhei.ttc", "NotoSansSC-Regular.ttf", "msyh.ttc", "STHeiti Light.ttc", "simhei.ttf",
    "DroidSansFallbackFull.ttf", "wqy-zenhei.ttc", "Arial Unicode.ttf",
)  # fmt: skip
PACKAGE, PACKAGE_FILE = "mpl_font", "fonts/wqy/wqy-microhei.ttc"

COLLECTION = b"ttcf"
OUTLINES = b"glyf"
TAG_SIZE = 16


class NoChineseFont(GongdanError):
    """No font with Chinese glyphs was found. Please install fonts-wqy-microhei or mpl-font."""


@cache
def chinese_font() -> Path:
    """A TrueType font file, or a collection whose first font it is."""
    for path in _candidates():
        if path.is_file() and has_outlines(path):
            return path
    raise NoChineseFont


def has_outlines(path: Path) -> bool:
    """Whether the first font of a file has TrueType outlines, told by its table of contents."""
    with path.open("rb") as file:
        if file.read(4) == COLLECTION:
            file.seek(12)
            file.seek(int.from_bytes(file.read(4)) + 4)
        tables = int.from_bytes(file.read(2))
        file.seek(6, 1)
        return any(file.read(TAG_SIZE)[:4] == OUTLINES for _ in range(tables))


def _candidates() -> Iterator[Path]:
    folders = [folder for name in FOLDERS if (folder := Path(name).expanduser()).is_dir()]
    for name in FILES:
        for folder in folders:
            yield from sorted(folder.rglob(name))
    package = find_spec(PACKAGE)
    if package is not None and package.origin is not None:
        yield Path(package.origin).parent / PACKAGE_FILE

"""What every importer must do, tested on whatever is registered: a new file is tested the moment it exists."""

from __future__ import annotations

import pytest

from assets.handover import IMPORTERS, Handover, Importer, Source
from core import registry
from core.errors import GongdanError
from core.i18n import LOCALES, has_text

registry.load("assets.importers")
each = pytest.mark.parametrize("importer", [importer for _, importer in IMPORTERS.items()], ids=list(IMPORTERS))
JUNK = {
    "nothing": b"",
    "zeros": b"\x00" * 100,
    "half a zip": b"PK\x03\x04" + b"\x00" * 40,
    "not text": bytes(range(256)),
    "words": b"this is no table\nand neither is this\n",
    "brackets": b'[{"a": [[[[{"b": null}]]]]}, 1, "x"]\n{"a"\n',
    "a picture": b"\xff\xd8\xff\xe0" + b"\x10" * 200,
}
ENDINGS = ("csv", "xlsx", "txt", "json", "jsonl", "xml", "ifc", "jpg", "")


@each
@pytest.mark.parametrize("junk", JUNK)
def test_it_judges_any_file_and_refuses_junk_in_words(importer: Importer, junk: str) -> None:
    for ending in ENDINGS:
        source = Source(f"file.{ending}", JUNK[junk])
        assert importer.fits(source) in (0, 1, 2)
        try:
            found = importer.read(source)
        except GongdanError:
            continue
        assert isinstance(found, Handover)
        reasons = {refused.key for refused in found.quarantined}
        assert [key for key in reasons for locale in LOCALES if not has_text(key, locale)] == []


@each
def test_it_suits_no_picture(importer: Importer) -> None:
    assert importer.fits(Source("lift.jpg", JUNK["a picture"])) == 0


@each
def test_it_reads_the_same_file_the_same_again(importer: Importer) -> None:
    source = Source("words.txt", JUNK["words"])
    assert _outcome(importer, source) == _outcome(importer, source)


def _outcome(importer: Importer, source: Source) -> object:
    try:
        return importer.read(source)
    except GongdanError as refused:
        return type(refused)

"""A thousand labels in one go: every code is read back from the pages as a printer would put them on paper."""

from __future__ import annotations

import io
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from assets import codes, labels
from assets.formats import DEFAULT, FORMATS
from assets.printing import Label

ADDRESS = "https://gongdan.example.com"
DPI = 300
MANY, FEW = 1000, 42
PLACES = ("1号楼/2单元/地下一层/消防水泵房", "Building 3/Entrance 2/Floor 18/Corridor", "南门")
NAMES = ("生活变频给水泵组二号泵", "Air handling unit AHU-03, north wing", "客梯" * 100)


@pytest.mark.parametrize("form", [DEFAULT, "roll-50x30"])
def test_every_code_is_read_from_the_page(tmp_path: Path, full: bool, form: str) -> None:  # noqa: FBT001 - a fixture
    if shutil.which("pdftoppm") is None:
        pytest.skip("pdftoppm is missing; apt-get install poppler-utils brings it")
    count = MANY if full else FEW
    made = [Label(codes.fresh(), NAMES[n % 3], PLACES[n % 3], "400-000-0000") for n in range(count)]
    out, begun = io.BytesIO(), time.perf_counter()
    labels.sheet(made, out, public_url=ADDRESS, title="云栖花园", form=FORMATS[form])
    print(f"{count} labels, {form}: {time.perf_counter() - begun:.2f} s, {len(out.getvalue()) / 1024:.0f} KB")  # noqa: T201 - the figure of the proof
    (tmp_path / "labels.pdf").write_bytes(out.getvalue())
    assert sorted(_read(tmp_path)) == sorted(codes.payload(label.code, ADDRESS) for label in made)


def _read(folder: Path) -> list[str]:
    """What a reader finds on the pages, rasterised one after the other."""
    subprocess.run(["pdftoppm", "-r", str(DPI), "-gray", str(folder / "labels.pdf"), str(folder / "page")], check=True)
    found = [code.text for page in sorted(folder.glob("page-*")) for code in zxingcpp.read_barcodes(Image.open(page))]
    for page in folder.glob("page-*"):
        page.unlink()
    return found

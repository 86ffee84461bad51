"""The town of the 311 requests, set up with commands, an import and the API, as an administrator would do it."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.durability.harness import Installation
from tests.durability.nyc311 import Row

SITE = "New York"
# Words that the administrator has taught: these two kinds are known at once, the others are corrected with taps.
TAUGHT = ("Noise - Residential", "Noise - Street/Sidewalk")


@dataclass(frozen=True, slots=True)
class Town:
    """A town that is set up. `codes`: the code on each address, by its thing."""

    folder: Path
    tokens: dict[str, str]
    codes: dict[tuple[str, str], str]

    def copy_to(self, installation: Installation) -> None:
        """Give a new installation this town's data folder."""
        shutil.copytree(self.folder, installation.folder / "data", dirs_exist_ok=True)


def build(installation: Installation, rows: list[Row]) -> Town:
    """Set the town up. The server of the installation is started and stopped on the way."""
    if "GONGDAN_DATABASE_URL" in installation.settings:
        installation.run("migrate")
    installation.run("site", "add", SITE, "--timezone", "America/New_York", "--locale", "en", "--phone", "311")
    tokens = {}
    for name, role in (("Ada", "admin"), ("Tom", "technician")):
        installation.run("person", "add", name, "--role", role, "--site", SITE, "--locale", "en")
        tokens[role] = installation.run("token", "create", name).stdout.strip()
    _import(installation, rows)
    installation.start()
    try:
        _add_categories(installation, rows, tokens["admin"])
        assets = installation.all("/api/v1/assets", token=tokens["admin"])
        codes = {(asset["place"]["path"], asset["name"]): asset["code"] for asset in assets}
    finally:
        installation.stop()
    return Town(installation.folder / "data", tokens, codes)


def _import(installation: Installation, rows: list[Row]) -> None:
    """Every address is a thing in its ZIP code; boroughs without one are places of their own."""
    things = dict.fromkeys((row.area, row.address or f"{row.area} hall") for row in rows)
    table = installation.folder / "addresses.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("code", "name", "type", "place", "parent"))
        writer.writerows(("", name, "Address", area, "") for area, name in things)
    outcome: dict[str, Any] = json.loads(installation.run("import", str(table), "--site", SITE, "--json").stdout)
    assert outcome["quarantined"] == []
    assert outcome["added"]["asset"] == len(things)


def _add_categories(installation: Installation, rows: list[Row], token: str) -> None:
    for kind, key in sorted({(row.kind, row.key) for row in rows}):
        names = {"key": key, "name_en": kind, "name_zh": kind}
        installation.ask("POST", "/api/v1/categories", names, token=token)
        if kind in TAUGHT:
            installation.ask("POST", f"/api/v1/categories/{key}/terms", {"phrase": kind, "weight": 10}, token=token)

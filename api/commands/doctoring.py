"""`gongdan doctor`: what is wrong here, in words that say what to do."""

from __future__ import annotations

import json
from collections import Counter
from typing import Annotated

import typer
from rich.console import Console

from api.commands import language, root
from api.doctor import Finding, State, examine
from core import i18n
from core.errors import SettingsError
from core.settings import load_settings

COLOURS: dict[State, str] = {"ok": "green", "warning": "yellow", "broken": "red"}


@root.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Say whether everything is set up and working; exits 1 when something is broken."""
    findings = _findings()
    counts = Counter(finding.state for finding in findings)
    if as_json:
        told = [
            {"check": one.check, "state": one.state, "key": one.key, "text": one.text(language())} for one in findings
        ]
        typer.echo(json.dumps({"healthy": not counts["broken"], "findings": told}, ensure_ascii=False))
    else:
        _show(findings)
        typer.echo(i18n.translate("doctor.counts", language(), **{state: counts[state] for state in COLOURS}))
    if counts["broken"]:
        raise typer.Exit(1)


def _findings() -> list[Finding]:
    try:
        settings = load_settings()
    except SettingsError as error:
        return [Finding("settings", "settings.incomplete", {"problem": error.facts["problem"]})]
    return [Finding("settings", "settings.ok"), *examine(settings)]


def _show(findings: list[Finding]) -> None:
    console = Console(soft_wrap=True)
    for one in findings:
        console.print(f"{one.state:8}", style=COLOURS[one.state], end="")
        console.print(f"{one.check:10} {one.text(language())}", highlight=False, markup=False)

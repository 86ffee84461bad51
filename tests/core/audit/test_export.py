"""A third party checks an exported trace with the stand-alone script, which imports nothing of ours."""

from __future__ import annotations

import ast
import json
import random
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core import checkpoints
from core.audit import export
from core.database import Database
from core.seals import Seal
from tests.core.audit.tampering import PUBLIC, forge_all, tampering
from tests.core.history import KEY

SCRIPT = Path(__file__).parents[3] / "docs" / "verify_trace.py"

Check = Callable[..., tuple[int, str]]


@pytest.fixture
def exported(history: Database) -> list[str]:
    with history.read_scope() as session:
        return list(export.lines(session, PUBLIC))


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Run the script on lines. Returns exit status and output."""

    def run(lines: list[str], *, key: str = PUBLIC.text, checkpoint: str = "") -> tuple[int, str]:
        trace, kept = tmp_path / "trace.jsonl", tmp_path / "kept.txt"
        trace.write_text("".join(lines), encoding="utf-8")
        kept.write_text(checkpoint, encoding="utf-8")
        more = ["--checkpoint", str(kept)] if checkpoint else []
        command = [sys.executable, "-I", str(SCRIPT), str(trace), "--key", key, *more]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.stderr == ""
        return done.returncode, done.stdout

    return run


def test_the_script_needs_the_standard_library_only() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"))
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    found |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in found} <= sys.stdlib_module_names


def test_an_untouched_trace_is_well(exported: list[str], check: Check) -> None:
    status, said = check(exported)
    assert status == 0
    assert "5 seals, 2 events unsealed" in said


def test_a_checkpoint_that_was_kept_is_contained(exported: list[str], kept: str, check: Check) -> None:
    assert check(exported, checkpoint=kept)[0] == 0


def test_what_the_verifier_knows_it_names(exported: list[str], check: Check) -> None:
    events = [number for number, line in enumerate(exported) if "event" in json.loads(line)]
    for number in events:
        content = json.loads(exported[number])
        content["event"]["actor"] += "x"
        status, said = check([*exported[:number], json.dumps(content) + "\n", *exported[number + 1 :]])
        assert status == 1
        assert f"event {content['event']['seq']} ({content['event']['action']}) of {content['event']['stream']}" in said


def verifier() -> dict[str, Any]:
    """The script's functions, for thousands of tries without a process each."""
    space: dict[str, Any] = {"__name__": "verify_trace"}
    exec(compile(SCRIPT.read_text(encoding="utf-8"), SCRIPT, "exec"), space)  # noqa: S102
    return space


def test_no_event_that_is_changed_deleted_or_repeated_passes(exported: list[str], kept: str) -> None:
    script, chance = verifier(), random.Random(3)
    last = max(number for number, line in enumerate(exported) if '"leaf":null' not in line)
    sealed = exported[: last + 1]
    for number in range(1, len(sealed)):
        place = chance.randrange(len(sealed[number]) - 1)
        changed = sealed[number][:place] + chr(ord(sealed[number][place]) ^ 1) + sealed[number][place + 1 :]
        tried = {
            "changed": [*sealed[:number], changed, *sealed[number + 1 :]],
            "deleted": sealed[:number] + sealed[number + 1 :],
            "repeated": [*sealed[:number], sealed[number], *sealed[number:]],
        }
        passed = {name for name, lines in tried.items() if _passes(script, lines, kept)}
        # The last seal speaks for all: an earlier one may be missing, there twice, or have lost its signature.
        assert passed == set() or '"seal"' in sealed[number]


def _passes(script: dict[str, Any], lines: list[str], kept: str) -> bool:
    try:
        script["check"](lines, PUBLIC.text, kept)
    except (script["Wrong"], ValueError, KeyError, TypeError, AttributeError):
        return False
    return True


def test_another_key_is_not_believed(exported: list[str], check: Check) -> None:
    status, said = check(exported, key=checkpoints.signing_key("43" * 32).public.text)
    assert (status, said) == (1, "WRONG: the seal is one of another log.\n")


def test_a_damaged_signature_is_not_believed(exported: list[str]) -> None:
    """Bits of the signature: the pure arithmetic of the script agrees with the library that signed."""
    script = verifier()
    with_notes = [line for line in exported if '"seal"' in line]
    note = json.loads(with_notes[-1])["seal"]
    script["check_signature"](note, PUBLIC.text)
    raw = PUBLIC.raw
    message = note.rpartition("\n\n")[0].encode() + b"\n"
    signature = KEY.private.sign(message)
    assert script["is_signed"](raw, message, signature)
    for place in range(0, 64, 5):
        damaged = signature[:place] + bytes([signature[place] ^ 1]) + signature[place + 1 :]
        with pytest.raises((AssertionError, script["Wrong"])):
            assert script["is_signed"](raw, message, damaged)


def test_a_trace_forged_with_the_key_fails_against_a_kept_checkpoint(
    history: Database, now: datetime, kept: str, check: Check
) -> None:
    with tampering(history) as session:
        forge_all(session, now, KEY)
        forged = list(export.lines(session, PUBLIC))
    assert check(forged)[0] == 0
    status, said = check(forged, checkpoint=kept)
    assert status == 1
    assert "rewritten" in said


def test_a_trace_whose_end_was_cut_off_fails_against_a_kept_checkpoint(
    history: Database, exported: list[str], check: Check
) -> None:
    with history.read_scope() as session:
        newest = session.scalars(select(Seal.note).order_by(Seal.number.desc()).limit(1)).one()
    shorter = [line for line in exported if '"leaf":null' not in line and '"seal"' not in line][:6]
    status, said = check(shorter, checkpoint=newest)
    assert status == 1
    assert "cut off" in said or "missing" in said


def test_a_file_that_is_no_trace_is_said_to_be_none(check: Check) -> None:
    assert check(["what is this\n"])[0] == 2
    assert check([""], key="")[0] == 2

"""What every chat at once costs a server: its start and its memory, beside Telegram and the web chat alone.

Each start is a new process on a folder of its own; the two kinds take turns, and the medians are compared.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.durability.harness import Installation, serving
from tests.durability.hooks import Crowd, Fakes, all_fakes

STARTS = int(os.environ.get("BENCH_STARTS", "7"))
MEGABYTE = 1024 * 1024
HOOKS = {"alone": ["telegram", "web"], "together": ["telegram", "wechat", "wecom", "feishu", "web"]}
IMPORT = """
import resource, sys
from api import app
from bot.channels import open_channels
from core.database import open_database
from core.settings import load_settings
from core.storage import open_storage
settings = load_settings()
open_channels(settings, open_storage(settings.storage_url), open_database(settings.database_url))
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, len(sys.modules))
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the main job alone and of all channels."""

    name: str
    alone: float
    together: float

    @property
    def ratio(self) -> float:
        return self.together / self.alone


def bench() -> list[Figure]:
    with all_fakes() as fakes:
        stream = fakes.dingtalk.environment("stream")  # which has a library of its own, and no hook
        kinds = {"alone": fakes.telegram.environment("webhook"), "together": fakes.environment() | stream}
        found: dict[str, list[dict[str, float]]] = {kind: [] for kind in kinds}
        for _ in range(STARTS):
            for kind, settings in kinds.items():
                with tempfile.TemporaryDirectory() as folder:
                    server = Installation(Path(folder), settings)
                    found[kind].append(dict(_measured(server, fakes, HOOKS[kind])))
    names = found["alone"][0]
    middle = {kind: {name: median(one[name] for one in rows) for name in names} for kind, rows in found.items()}
    return [Figure(name, middle["alone"][name], middle["together"][name]) for name in names]


def _measured(installation: Installation, fakes: Fakes, hooks: Sequence[str]) -> Iterator[tuple[str, float]]:
    """One start; then each hook gets three messages, so that what is loaded late is loaded."""
    command = [sys.executable, "-c", IMPORT]
    told = subprocess.run(
        command, env=installation.environment(), cwd=installation.folder, capture_output=True, text=True, check=True
    )  # fmt: skip
    seconds, modules = told.stdout.split()
    yield "import and open, processor s", float(seconds)
    yield "modules after it", float(modules)
    with serving(installation):
        assert installation.process is not None
        status = Path(f"/proc/{installation.process.pid}")
        yield "ready, processor s", _spent(status)
        yield "memory when ready, MB", _memory(status)
        answers = Crowd(fakes, installation, hooks).write(3 * len(hooks), 20)
        assert all(one.is_taken for one in answers)
        yield "memory after messages, MB", _memory(status)


def _spent(process: Path) -> float:
    """Its seconds of a processor so far: unlike those of a clock they do not depend on what else runs."""
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(process: Path) -> float:
    pages = int((process / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE

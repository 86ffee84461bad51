"""`make bench`: prints every figure as a ratio against the bare handler of the same run."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench import channels, desk, intake, timing
from tests.bench.channels import Figure
from tests.postgres import running_postgres

console = Console(width=120)


def show(title: str, found: list[dict[str, Any]]) -> None:
    """A row for each subject and concurrency, with its ratio to the bare handler."""
    bare = {row["concurrency"]: row["per_second"] for row in found if row["name"] == "bare"}
    table = Table(
        "subject", "c", "per second", "of bare", "p50 ms", "p99 ms", "failed", "generator's share", title=title
    )
    for row in sorted(found, key=lambda row: (row["concurrency"], row["name"])):
        table.add_row(
            row["name"], str(row["concurrency"]), f"{row['per_second']:.0f}",
            f"{row['per_second'] / bare[row['concurrency']]:.2f}", f"{row['p50']:.1f}", f"{row['p99']:.1f}",
            f"{row['failed']:.0f}", f"{row['own_share']:.0%}",
        )  # fmt: skip
    console.print(table)


def show_desk(title: str, found: list[dict[str, Any]], live: dict[str, Any]) -> None:
    """A row for each question to the board, beside its queries run bare; then the live update."""
    table = Table("question", "p50 ms", "p99 ms", "bare p50", "bare p99", "times bare", title=title)
    for row in found:
        times = f"{row['p50'] / row['bare']:.1f}"
        table.add_row(row["name"], *(f"{row[key]:.1f}" for key in ("p50", "p99", "bare", "bare_p99")), times)
    console.print(table)
    console.print(
        f"{live['browsers']} browsers: every screen after p50 {live['p50']:.0f} ms, p99 {live['p99']:.0f} ms, the last "
        f"{live['slowest']:.0f} ms; memory {live['idle']:.0f} MB idle, {live['busy']:.0f} MB with all of them; "
        f"the browsers' own processor share {live['share']:.0%}"
    )


def show_timing(title: str, found: list[tuple[str, float]]) -> None:
    """A row for each piece of work."""
    table = Table("work", "ms", title=title)
    for name, seconds in found:
        table.add_row(name, f"{seconds * 1000:,.1f}")
    console.print(table)


def show_channels(found: list[Figure]) -> None:
    """A row for each figure, as a ratio to what the main job alone costs."""
    table = Table("of the server", "Telegram and web", "all channels", "times", title="what every chat costs")
    for figure in found:
        table.add_row(figure.name, f"{figure.alone:.2f}", f"{figure.together:.2f}", f"{figure.ratio:.2f}")
    console.print(table)


def main() -> None:
    parts = sys.argv[1:] or ["intake", "desk", "timing", "channels"]
    if "channels" in parts:
        show_channels(channels.bench())
    if parts == ["channels"]:
        return
    with tempfile.TemporaryDirectory() as folder, running_postgres(durable=True) as server:
        if "intake" in parts:
            show("SQLite, one web process", intake.bench(f"sqlite:///{folder}/bench.db", 1))
            show("PostgreSQL, two web processes", intake.bench(server.create("bench"), 2))
        if "desk" in parts:
            title = "the board with 100,000 tickets, 2,000 open"
            show_desk(f"SQLite, {title}", *desk.bench(f"sqlite:///{folder}/desk.db", Path(folder), 1))
            show_desk(f"PostgreSQL, {title}", *desk.bench(server.create("desk"), Path(folder), 2))
        if "timing" in parts:
            show_timing("SQLite, what time costs", timing.bench(lambda name: f"sqlite:///{folder}/{name}.db", folder))
            show_timing("PostgreSQL, what time costs", timing.bench(server.create, folder))


if __name__ == "__main__":
    main()

"""`make bench`: prints every figure as a ratio against the bare handler of the same run."""

from __future__ import annotations

import tempfile
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench import intake
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


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        show("SQLite, one web process", intake.bench(f"sqlite:///{folder}/bench.db", 1))
    with running_postgres(durable=True) as server:
        show("PostgreSQL, two web processes", intake.bench(server.create("bench"), 2))


if __name__ == "__main__":
    main()

"""What a proof wants to be read also when it passes, such as its seed: told at the end of the run.

A test calls `record_property("told", "seed 7, …")`; pytest-xdist carries it from its workers.
"""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [one for outcome in ("passed", "failed") for one in terminalreporter.stats.get(outcome, ())]
    for report in reports:
        for name, value in getattr(report, "user_properties", ()):
            if name == "told" and report.when == "call":
                terminalreporter.write_line(str(value))

"""What every test finds: databases, people, real input; and what no test may do: reach out, warn, or skip unseen."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

pytest_plugins = [
    "tests.databases", "tests.folders", "tests.passwords", "tests.personas", "tests.real_data", "tests.sharing",
    "tests.telling",
]  # fmt: skip
# A machine that has no real input says so by GONGDAN_REAL_DATA=none; every other skip hides a hole in the gate.
IS_CI = os.environ.get("CI") == "true"
MAY_LACK_REAL_DATA = os.environ.get("GONGDAN_REAL_DATA") == "none"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run the proofs in their long form")


@pytest.fixture(scope="session")
def full(pytestconfig: pytest.Config) -> bool:
    """Whether the long form of a proof was asked for."""
    return bool(pytestconfig.getoption("--full"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _forbid_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _forbid_skip(report)
    return report


def _forbid_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """In CI a skip is a failure."""
    reason = str(report.longrepr)
    is_accepted = hasattr(report, "wasxfail") or (MAY_LACK_REAL_DATA and "real data absent" in reason)
    if IS_CI and report.skipped and not is_accepted:
        report.outcome, report.longrepr = "failed", f"skipped in CI: {reason}"

"""Whichever worker keeps time is killed or stopped, again and again: every date of every plan comes once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from assets import register
from assets.plans import planning
from assets.plans.planning import Draft
from assets.plans.recurrence import Rhythm
from core import clock, people, places
from core.database import Session, open_database
from core.scheduler import LEASE, LEASE_LIFE
from tests.durability.harness import GONGDAN, Installation
from tests.postgres import Server, running_postgres

WORKERS = 4
ENDS, FULL_ENDS = 2, 100
PLANS, FULL_PLANS = 20, 200
DAYS = 40
WITHIN = 2 * LEASE_LIFE.total_seconds()
STOPPED = LEASE_LIFE.total_seconds() + 5
LONGEST = 600


def test_every_date_comes_once_whoever_leads(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    is_full = pytestconfig.getoption("--full")
    ends, plans = (FULL_ENDS, FULL_PLANS) if is_full else (ENDS, PLANS)
    seed = random.randrange(10**6)
    print(f"ends with seed {seed}")  # noqa: T201 - shown when the proof fails
    with running_postgres(durable=True) as server:
        settings = {"GONGDAN_DATABASE_URL": server.url("postgres"), "GONGDAN_SECRET_KEY": "k" * 40}
        installation = Installation(tmp_path, settings)
        installation.run("migrate")
        database = open_database(settings["GONGDAN_DATABASE_URL"])
        expected = database.write(lambda session: overdue(session, plans))
        with crew(installation) as workers:
            took = [end_of_leader(server, workers, random.Random(seed + n)) for n in range(ends)]
            wait_for(lambda: sum(made(server).values()) >= len(expected))
        assert made(server) == dict.fromkeys(expected, 1)
        assert max(took) < WITHIN, f"taken over after {sorted(took)} s"
        database.dispose()


def overdue(session: Session, count: int) -> list[tuple[str, date]]:
    """Daily plans that nobody has worked off for weeks; every date that has to come."""
    site = places.add_site(session, "Garden Court", timezone="Asia/Shanghai", locale="en").id
    admin = people.add_person(session, "Guo Jing", locale="en")
    people.grant(session, admin.id, "admin", site)
    hall, today = places.ensure_path(session, site, "A/Hall").id, clock.now().date()
    first = today - timedelta(days=DAYS)
    days = [first + timedelta(days=number) for number in range(DAYS)]
    for number in range(count):
        asset = register.add_asset(session, site, hall, f"Pump {number}", "Pump", now=clock.now())
        rhythm = Rhythm("FREQ=DAILY;UNTIL=" + f"{days[-1]:%Y%m%d}", first)
        draft = Draft(name=f"Pump {number}", level="general", subject="asset", asset_id=asset.id, checklist=[
            {"question": "Does it run?", "kind": "pass_fail"},
        ], rhythm=rhythm)  # fmt: skip
        planning.add(session, site, draft, admin.id, clock.now() - timedelta(days=DAYS + 1))
    return [(f"Pump {number}", day) for number in range(count) for day in days]


class Crew:
    """The workers by process id; one that was killed is replaced."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.processes: dict[int, subprocess.Popen[bytes]] = {}

    def hire(self) -> None:
        with (self.installation.folder / "workers.log").open("ab") as log:
            process = subprocess.Popen(
                [*GONGDAN, "worker"], env=self.installation.environment(), cwd=self.installation.folder, stdout=log,
                stderr=log,
            )  # fmt: skip
        self.processes[process.pid] = process

    def kill(self, pid: int) -> None:
        process = self.processes.pop(pid)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        self.hire()


@contextmanager
def crew(installation: Installation) -> Iterator[Crew]:
    workers = Crew(installation)
    try:
        for _ in range(WORKERS):
            workers.hire()
        yield workers
    finally:
        for process in workers.processes.values():
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait(30)


def end_of_leader(server: Server, workers: Crew, chance: random.Random) -> float:
    """Kill or stop whoever leads at a random moment; the seconds until another one does."""
    wait_for(lambda: leader(server) in workers.processes)
    time.sleep(chance.uniform(0, 3))
    pid, begun = leader(server), time.monotonic()
    if chance.random() < 0.5:
        workers.kill(pid)
        wait_for(lambda: leader(server) not in (0, pid))
        return time.monotonic() - begun
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_for(lambda: leader(server) not in (0, pid))
        took = time.monotonic() - begun
        time.sleep(max(0.0, STOPPED - took))
    finally:
        os.kill(pid, signal.SIGCONT)
    return took


def leader(server: Server) -> int:
    """The process that holds the scheduler's lease now; 0 for nobody."""
    with server.connect() as connection:
        row = connection.execute(
            "SELECT holder FROM leases WHERE name = %s AND expires_at > clock_timestamp()", (LEASE,)
        ).fetchone()
    return int(row[0].split(":")[1]) if row else 0


def made(server: Server) -> Counter[tuple[str, date]]:
    """How often each date of each plan has become a ticket."""
    with server.connect() as connection:
        rows = connection.execute(
            "SELECT p.name, o.on_day FROM occurrences o JOIN plans p ON p.id = o.plan_id "
            "JOIN tickets t ON t.id = o.ticket_id"
        ).fetchall()
    return Counter((name, day) for name, day in rows)


def wait_for(condition: object, seconds: float = LONGEST) -> None:
    ends = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.2)

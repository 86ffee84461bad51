"""The board with 100,000 tickets: page, filters and live update, beside the same queries run bare.

Bare is the SQL of what a page shows, counts and columns and figures, run by SQLAlchemy in this process without any
page. Live: 200 browsers wait as their script does; an action is done through the API, and the time until each of them
has its new rows is measured from the moment the action was answered.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from core import clock
from core.database import Database, open_database
from core.tickets import board
from core.tickets.board import Asked
from tests.bench import compound
from tests.bench.compound import Compound
from tests.bench.intake import servers

BROWSERS = int(os.environ.get("BENCH_BROWSERS", "200"))
TURNS = int(os.environ.get("BENCH_TURNS", "60"))
ACTIONS = int(os.environ.get("BENCH_ACTIONS", "15"))
COLUMNS = (("reported",), ("assigned",), ("accepted", "in_progress"), ("on_hold",), ("done",))
PAGE_OF_ROWS = 40


def bench(url: str, folder: Path, web_processes: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Measure on one database; returns a row for each question, and what the live update took."""
    database = open_database(url)
    made = compound.build(database)
    with servers(url, folder, web_processes) as (ports, processes):
        rows = [_asked(database, made, ports, *question) for question in _questions(made)]
        live = asyncio.run(_live(made, ports, processes))
    database.dispose()
    return rows, live


def _questions(made: Compound) -> Iterator[tuple[str, str, Asked]]:
    everything = Asked((made.site_id,), states=tuple(state for column in COLUMNS for state in column))
    yield "page", "/desk", everything
    yield "rows alone", "/desk/rows?mark={turn}", everything
    yield "category", "/desk?category=lift", replace(everything, category="lift")
    yield "building", f"/desk?place={made.building}", replace(everything, place_id=made.building)
    yield "words", "/desk?q=drips", replace(everything, words="drips")


def _asked(database: Database, made: Compound, ports: list[int], name: str, path: str, asked: Asked) -> dict[str, Any]:
    """A page and its bare queries in turn, so that both see the same machine."""
    took: list[float] = []
    bare: list[float] = []
    with httpx.Client(base_url=f"http://127.0.0.1:{ports[0]}", cookies={"gongdan_session": made.session}) as client:
        for turn in range(TURNS + 3):
            took.append(_timed(partial(client.get, path.format(turn=turn))))
            bare.append(_timed(partial(_bare, database, asked)))
    took, bare = sorted(took[3:]), sorted(bare[3:])
    return {
        "name": name, "p50": median(took), "p99": took[int(len(took) * 0.99)], "bare": median(bare),
        "bare_p99": bare[int(len(bare) * 0.99)],
    }  # fmt: skip


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def _bare(database: Database, asked: Asked) -> None:
    with database.read_scope() as session:
        board.totals(session, asked)
        board.alarms(session, asked, clock.now())
        for states in COLUMNS:
            board.column(session, replace(asked, states=states), PAGE_OF_ROWS)


async def _live(made: Compound, ports: list[int], processes: list[int]) -> dict[str, Any]:
    idle = sum(map(_memory, processes))
    async with AsyncExitStack() as ends:
        # One client each, as browsers are: in a shared one most of the time went into its own pool (measured).
        browsers = [
            await ends.enter_async_context(httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{ports[place % len(ports)]}", cookies={"gongdan_session": made.session},
                timeout=60, verify=False,  # noqa: S501 - plain HTTP, and a context of TLS for each costs a second
            ))
            for place in range(BROWSERS)
        ]  # fmt: skip
        begun, used = time.perf_counter(), time.process_time()
        delays = [await _round(browsers, made.numbers[-1 - turn]) for turn in range(ACTIONS)]
        share = (time.process_time() - used) / (time.perf_counter() - begun)
        busy = sum(map(_memory, processes))
    every = sorted(delay for one in delays[1:] for delay in one)
    return {
        "browsers": BROWSERS, "p50": median(every), "p99": every[int(len(every) * 0.99)], "slowest": every[-1],
        "idle": idle, "busy": busy, "share": share,
    }  # fmt: skip


async def _round(browsers: list[httpx.AsyncClient], number: str) -> list[float]:
    """One action, seen by everybody; milliseconds until each browser has its rows."""
    mark = (await browsers[0].get("/desk/live", params={"mark": ""})).json()["mark"]
    assert mark
    waiting = [asyncio.create_task(_browser(one, mark)) for one in browsers[1:]]
    await asyncio.sleep(2)  # until all of them wait
    said = {"text": "seen by the desk", "internal": "1"}
    answer = await browsers[0].post(f"/desk/tickets/{number}/words", data=said)
    begun = time.perf_counter()
    assert answer.status_code == 303, answer.text[:200]
    assert not any(one.done() for one in waiting), "a browser did not wait"
    return [(seen - begun) * 1000 for seen in await asyncio.gather(*waiting)]


async def _browser(client: httpx.AsyncClient, mark: str) -> float:
    news = mark
    while news == mark:
        news = (await client.get("/desk/live", params={"mark": mark})).json()["mark"]
    (await client.get("/desk/rows", params={"mark": news})).raise_for_status()
    return time.perf_counter()


def _memory(process: int) -> float:
    """The resident memory of a process, in megabytes."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))

"""A small load generator: keep-alive connections that each send one request after another for some seconds.

It runs in a process of its own and tells its own share of a processor beside what it saw.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Result:
    """Requests a second, latencies in milliseconds, failures, and the processor share of the generator itself."""

    per_second: float
    p50: float
    p99: float
    failed: int
    done: int
    own_share: float


async def _send(
    ports: list[int], place: int, requests: list[bytes], state: dict[str, int], until: float
) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", ports[place % len(ports)])
    took: list[float] = []
    while time.perf_counter() < until and state["next"] < len(requests):
        request = requests[state["next"]]
        state["next"] += 1
        begun = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(length)
        took.append((time.perf_counter() - begun) * 1000)
        if head[9:10] != b"2":
            state["failed"] += 1
    writer.close()
    return took


async def run(ports: list[int], requests: list[bytes], concurrency: int, seconds: float) -> Result:
    state = {"next": 0, "failed": 0}
    begun, spent = time.perf_counter(), time.process_time()
    until = begun + seconds
    taken = await asyncio.gather(*(_send(ports, place, requests, state, until) for place in range(concurrency)))
    wall = time.perf_counter() - begun
    share = (time.process_time() - spent) / wall
    took = sorted(value for one in taken for value in one)
    return Result(len(took) / wall, _at(took, 0.5), _at(took, 0.99), state["failed"], state["next"], share)


def _at(took: list[float], part: float) -> float:
    """The value below which that part of the sorted ones lies."""
    return took[min(len(took) - 1, int(len(took) * part))]


def main() -> None:
    """Read {ports, file, skip, concurrency, seconds} from the first argument; print the result as JSON."""
    order = json.loads(sys.argv[1])
    lines = Path(order["file"]).read_bytes().split(b"\x00")[order["skip"] :]
    result = asyncio.run(run(order["ports"], [line for line in lines if line], order["concurrency"], order["seconds"]))
    print(json.dumps(asdict(result)))


if __name__ == "__main__":
    main()

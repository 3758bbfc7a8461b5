"""500 slow connections: headers, bodies and readers that take for ever; somebody else works on."""

from __future__ import annotations

import asyncio
import resource
import statistics
import time
from contextlib import suppress
from pathlib import Path

import requests

from bench.faults.kill import children
from bench.faults.stage import Stage
from bench.faults.table import Table
from bench.live import memory_kb
from tests.system.test_bombs import large

KINDS = ("headers", "bodies", "readers")
MOST_RATIO, MOST_MB, MOST_SECONDS = 4.0, 250.0, 75.0


def run(folder: Path, url: str, *, smoke: bool) -> Table:
    """Open the slow connections, and measure a client that is not."""
    count, seconds = (60, 5.0) if smoke else (500, MOST_SECONDS)
    table = Table(f"{count} slow connections, {'PostgreSQL' if url else 'SQLite'}")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    stage = Stage(folder, url).open()
    try:
        pushed = stage.push(large(5 * 1024 * 1024), "slug=large&title=Large&visibility=published")
        if pushed.status_code != 201:
            raise SystemExit(pushed.text)
        asyncio.run(measure(stage, table, count, seconds, smoke=smoke))
        stage.finish()
        stage.check(table, but="a version that lacks sections")  # a large one has ten
    finally:
        stage.destroy()
    return table


async def measure(stage: Stage, table: Table, count: int, seconds: float, *, smoke: bool) -> None:
    """Open them in turn, and say what they cost."""
    await asyncio.to_thread(normal, stage, 1.0)
    alone = await asyncio.to_thread(normal, stage, 4.0)
    before = memory_kb(family(stage))
    slow = [Slow(stage, KINDS[n % len(KINDS)]) for n in range(count)]
    tasks = [asyncio.create_task(one.live()) for one in slow]
    opening = await asyncio.to_thread(normal, stage, 6.0)
    most = memory_kb(family(stage)) - before
    among = await asyncio.to_thread(normal, stage, 6.0)
    most = max(most, memory_kb(family(stage)) - before) / 1024
    table.note("a page alone, median", f"{1000 * alone:.1f} ms")
    table.note("while they come", f"{1000 * opening:.1f} ms, × {opening / alone:.1f}")
    told = f"{1000 * among:.1f} ms, × {among / alone:.1f}"
    table.goal(f"among them: at most × {MOST_RATIO:.0f}", told, met=among <= MOST_RATIO * alone)
    table.goal(f"memory: at most {MOST_MB:.0f} MB more", f"{most:.0f} MB", met=most <= MOST_MB)
    if not smoke:
        await asyncio.sleep(max(0.0, seconds - 12.0))
        for kind in KINDS:
            mine = [one for one in slow if one.kind == kind]
            closed = [one.took for one in mine if one.took]
            told = f"{len(closed)} of {len(mine)}, the last after {max(closed, default=0):.0f} s"
            what = f"slow {kind}: closed within {MOST_SECONDS:.0f} s"
            table.goal(what, told, met=len(closed) == len(mine))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def family(stage: Stage) -> list[int]:
    """Return the processes of the server."""
    return [stage.process.pid, *children(stage)]


def normal(stage: Stage, seconds: float) -> float:
    """Return the median of a page's latency, on a connection of its own each time."""
    took, ends = list[float](), time.monotonic() + seconds
    headers = {"Authorization": f"Bearer {stage.tokens['alice']}"}
    while time.monotonic() < ends:
        began = time.monotonic()
        answer = requests.get(f"{stage.base}/api/plans/plan-0", headers=headers, timeout=30)
        answer.raise_for_status()
        took.append(time.monotonic() - began)
        time.sleep(0.02)
    return statistics.median(took)


class Slow:
    """A connection that takes its time; `took` is when the server closed it."""

    def __init__(self, stage: Stage, kind: str) -> None:
        self.stage, self.kind, self.took = stage, kind, 0.0

    async def live(self) -> None:
        """Be slow until the server has had enough."""
        began = time.monotonic()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.stage.port, limit=1024)
        with suppress(OSError, asyncio.IncompleteReadError):
            await getattr(self, f"_{self.kind}")(reader, writer)
        self.took = time.monotonic() - began
        writer.close()

    def _head(self, line: str, *more: str) -> bytes:
        bearer = f"Authorization: Bearer {self.stage.tokens['alice']}"
        return "\r\n".join((f"{line} HTTP/1.1", "Host: x", bearer, *more)).encode()

    async def _headers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self._head("GET /dashboard"))
        while not reader.at_eof():
            writer.write(b"\r\nX-Slow: 1")
            await self._pause(reader)

    async def _bodies(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self._head("POST /api/push", "Content-Length: 100000") + b"\r\n\r\n{")
        await reader.read()

    async def _readers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self._head("GET /api/plans/large/document") + b"\r\n\r\n")
        await reader.readexactly(1000)
        while not self.took:  # it reads nothing more, and notices an end by what it sends only
            await asyncio.sleep(2)
            writer.write(b" ")
            await writer.drain()

    async def _pause(self, reader: asyncio.StreamReader) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(3):
                await reader.read(1)

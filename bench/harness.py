"""What all benches share: a server, the CPU time of its processes, taking turns, and a table.

A cost is CPU time: of all processes of the server and, with PostgreSQL, of the backends that work
for it. That is steadier than wall time. What is compared takes turns, round by round, and the
ratio is the median of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import http.client
import os
import platform
import signal
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from bench.host import CONSTANT
from planpush.accounts.sessions import BrowserSession
from planpush.accounts.tokens import Token
from planpush.database.session import commit, db
from tests.haste import own_database
from tests.people import person
from tests.system.serving import Server

SQLITE, POSTGRES = "SQLite", "PostgreSQL"
WARM = 30
CONNECTIONS = "planpush-bench"  # how PostgreSQL names the server's connections
HEADER = ("measurement", "engine", "median, ms", "p99, ms", "CPU, ms", "base, ms", "value", "goal")
WIDTHS = (44, 10, 10, 10, 10, 10, 10, 10)


def engines() -> list[str]:
    """Return the databases to measure; `PLANPUSH_TEST_POSTGRES` names a PostgreSQL server."""
    return [SQLITE, *([POSTGRES] if os.environ.get("PLANPUSH_TEST_POSTGRES") else [])]


def is_smoke() -> bool:
    """Tell whether `BENCH_SMOKE` asks for tiny sizes, and for no judgment of goals."""
    return bool(os.environ.get("BENCH_SMOKE"))


def options(module_doc: str | None) -> argparse.ArgumentParser:
    """Return a parser whose help is a bench's own docstring."""
    return argparse.ArgumentParser(
        prog="python -m bench",
        description=module_doc,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def spread(values: Iterable[float]) -> tuple[float, float]:
    """Return the median and the 99th percentile."""
    ordered = sorted(values)
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]


def figure(value: float) -> str:
    """Return a number with three digits that count."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


@dataclass
class Table:
    """A Markdown table, printed row by row; `goal` is always an upper bound."""

    missed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        processors = len(os.sched_getaffinity(0))
        load = os.getloadavg()[0]
        print(f"{processors} processors, Python {platform.python_version()}, load {load:.1f}\n")
        self._print([*HEADER, ""])
        self._print(["---"] * (len(HEADER) + 1))

    def add(
        self, name: str, value: float, goal: float | None = None, *, unit: str = "×",
        engine: str = "", median: float | None = None, p99: float | None = None,
        cpu: float | None = None, base: float | None = None,
    ) -> None:  # fmt: skip
        """Print a row; times are milliseconds."""
        met = goal is None or value <= goal
        if not met:
            self.missed.append(name)
        bound = "" if goal is None else f"≤ {goal:g} {unit}"
        times = ["" if one is None else figure(one) for one in (median, p99, cpu, base)]
        verdict = "" if goal is None else "met" if met else "**missed**"
        self._print([name, engine, *times, f"{figure(value)} {unit}".strip(), bound, verdict])

    def compare(
        self, name: str, own: Cost, base: Cost, goal: float | None = None, engine: str = ""
    ) -> None:
        """Print a row with the ratio of two costs that took turns."""
        ratio = statistics.median(a / b for a, b in zip(own.cpu, base.cpu, strict=True))
        median, p99 = spread(own.times)
        told = {"median": median, "p99": p99, "cpu": own.median, "base": base.median}
        self.add(name, ratio, goal, engine=engine, **told)

    def close(self) -> int:
        """Return the exit code of the bench: 1 if a goal was missed."""
        print(f"\n{len(self.missed)} goals missed; load {os.getloadavg()[0]:.1f}")
        return 1 if self.missed and not is_smoke() else 0

    def _print(self, cells: list[str]) -> None:
        padded = [cell.ljust(width) for cell, width in zip(cells, (*WIDTHS, 0), strict=True)]
        print(f"| {' | '.join(padded)} |", flush=True)


class Served(Server):
    """A server of one process with the test users; `folder` holds its database and log."""

    program = "bench.host"

    def __init__(self, folder: Path, engine: str = SQLITE, *, workers: int = 1, **env: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{folder / 'planpush.db'}"
        if engine == POSTGRES:
            name = f"planpush_bench_{os.getpid()}"
            url = own_database(os.environ["PLANPUSH_TEST_POSTGRES"], name)
        ours = {"DATABASE_URL": url, "WORKER": "off", "LOG_LEVEL": "INFO"}
        super().__init__(folder, workers=workers, **(ours | {"PGAPPNAME": CONNECTIONS} | env))
        self.engine = engine

    @contextmanager
    def running(self) -> Iterator[Served]:
        """Serve until the block ends, however it does."""
        self.start()
        try:
            yield self
        finally:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)
            self.close()

    def act(self, work: Callable[[], Any]) -> Any:
        """Do something in the database, and commit it."""
        with self.app.app_context():
            found = work()
            commit()
        return found

    def agent(self, name: str = "alice") -> dict[str, str]:
        """Return the headers of a person's agent."""
        token = self.act(lambda: Token.issue(person(name), name="bench"))
        return {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}

    def browser(self, name: str = "alice") -> dict[str, str]:
        """Return the headers of a person's browser."""
        secret = self.act(lambda: BrowserSession.start(person(name), provider="local"))
        return {"Cookie": f"planpush={secret}", "Accept-Encoding": "gzip"}

    def processes(self) -> list[int]:
        """Return the master and all processes that it started."""
        found = [self.process.pid]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                found += [int(child) for child in task.read_text().split()]
        return found

    def spent(self) -> float:
        """Return the CPU milliseconds so far, of the server and of its PostgreSQL backends."""
        return sum(map(cpu_time, [*self.processes(), *self._backends()]))

    def memory(self) -> dict[int, float]:
        """Return the proportional set size of each process in MB."""
        return {pid: pss(pid) for pid in self.processes()}

    def _backends(self) -> list[int]:
        if self.engine != POSTGRES:
            return []
        query = (
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            f" AND application_name = '{CONNECTIONS}'"
        )
        with self.app.app_context(), db.engine.connect() as connection:
            return list(connection.scalars(sa.text(query)))


def cpu_time(pid: int) -> float:
    """Return the CPU milliseconds of a process, all threads included."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e6


def pss(pid: int) -> float:
    """Return the memory of a process in MB, with its share of what it shares."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024 / 1e6


@dataclass(slots=True)
class Cost:
    """The CPU time of each round and the wall time of each repetition, in milliseconds."""

    cpu: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Return the median CPU time."""
        return statistics.median(self.cpu)


class Work(Protocol):
    """Anything that `measure` can repeat."""

    def run(self, served: Served, count: int) -> tuple[float, list[float]]:
        """Repeat it; return the CPU time of all in milliseconds and the wall time of each."""


@dataclass(slots=True)
class Ask:
    """A request over a kept connection; `path` and `body` may depend on its number.

    With `status` 304 it first learns the entity tag, which isn't measured.
    """

    path: str | Callable[[int], str]
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    body: Callable[[int], bytes] | None = None
    status: int = 200
    sent: int = 0

    def run(self, served: Served, count: int) -> tuple[float, list[float]]:
        """Send it; raises `AssertionError` for another status."""
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=120)
        connection.connect()
        requests, headers = [self._next() for _ in range(count)], dict(self.headers)
        if self.status == 304:
            connection.request(self.method, requests[0][0], headers=headers)
            with connection.getresponse() as answer:
                headers["If-None-Match"] = str(answer.headers["ETag"])
                answer.read()
        times, begun = [], served.spent()
        for path, body in requests:
            sent = time.perf_counter()
            connection.request(self.method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            times.append(1000 * (time.perf_counter() - sent))
            assert answer.status == self.status, (path, answer.status, content[:300])
        spent = served.spent() - begun
        connection.close()
        return spent, times

    def _next(self) -> tuple[str, bytes | None]:
        self.sent += 1
        path = self.path if isinstance(self.path, str) else self.path(self.sent)
        return path, self.body(self.sent) if self.body else None


@dataclass(slots=True)
class Local:
    """Work in this process, without a server."""

    work: Callable[[], object]

    def run(self, _served: Served, count: int) -> tuple[float, list[float]]:
        """Do it."""
        times, begun = [], time.process_time()
        for _ in range(count):
            sent = time.perf_counter()
            self.work()
            times.append(1000 * (time.perf_counter() - sent))
        return 1000 * (time.process_time() - begun), times


def constant() -> Ask:
    """Return a request for the constant view: what the server costs at least."""
    return Ask(CONSTANT)


def measure(
    served: Served, works: Mapping[str, Work], *, rounds: int = 9, each: int = 60, warm: int = WARM
) -> dict[str, Cost]:
    """Repeat all work in turn, round by round, each round in another order; return the costs."""
    found = {name: Cost() for name in works}
    for work in works.values():
        work.run(served, warm)
    names = list(works)
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            spent, times = works[name].run(served, each)
            found[name].cpu.append(spent / each)
            found[name].times += times
    return found

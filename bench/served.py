"""The production server, on loopback and on a database of its own, and what a request costs there.

A cost is processor time: of all processes of the server and, with PostgreSQL, of the backends that
work for it. It is steadier than the time of day. What is compared is asked in turn, round by round.
"""

from __future__ import annotations

import http.client
import os
import signal
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from bench.dashboard_stage import POSTGRES, SQLITE, engines
from bench.host import CONSTANT, WITHIN
from bench.table import Goal, Row, least, spread
from planpush.accounts.sessions import BrowserSession
from planpush.accounts.tokens import Token
from planpush.database.session import commit, db
from tests.haste import own_database
from tests.people import person
from tests.system.serving import Server

__all__ = ["POSTGRES", "SQLITE", "Ask", "Cost", "Served", "engines", "measure", "row"]
WARM = 30
NAME = "planpush-bench"  # by which PostgreSQL knows the connections of the server


class Served(Server):
    """A server of one process with the cast of the tests; `folder` holds its database and log."""

    program = "bench.host"

    def __init__(self, folder: Path, engine: str = SQLITE, *, workers: int = 1, **env: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{folder / 'planpush.db'}"
        if engine == POSTGRES:
            name = f"planpush_bench_{os.getpid()}"
            url = own_database(os.environ["PLANPUSH_TEST_POSTGRES"], name)
        ours = {"DATABASE_URL": url, "WORKER": "off", "LOG_LEVEL": "INFO", "PGAPPNAME": NAME}
        super().__init__(folder, workers=workers, **(ours | env))
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

    def bearer(self, name: str = "alice") -> dict[str, str]:
        """Return the headers of somebody's agent."""
        token = self.act(lambda: Token.issue(person(name), name="bench"))
        return {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}

    def signed_in(self, name: str = "alice") -> dict[str, str]:
        """Return the headers of somebody's browser."""
        secret = self.act(lambda: BrowserSession.start(person(name), provider="local"))
        return {"Cookie": f"planpush={secret}", "Accept-Encoding": "gzip"}

    def processes(self) -> list[int]:
        """Return the master and all that it started."""
        found = [self.process.pid]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                found += [int(child) for child in task.read_text().split()]
        return found

    def spent(self) -> float:
        """Return the processor time so far, in milliseconds: of the server and of its backends."""
        return sum(map(_spent, [*self.processes(), *self._backends()])) / 1e6

    def _backends(self) -> list[int]:
        if self.engine != POSTGRES:
            return []
        query = (
            "SELECT pid FROM pg_stat_activity"
            f" WHERE datname = current_database() AND application_name = '{NAME}'"
        )
        with self.app.app_context(), db.engine.connect() as connection:
            return list(connection.scalars(sa.text(query)))


def _spent(pid: int) -> int:
    """Return the nanoseconds of a process, all of its threads."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks)


@dataclass(slots=True)
class Cost:
    """What something costs: processor time of each round, and how long each time took, in ms."""

    cpu: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Return the processor time that it takes."""
        return statistics.median(self.cpu)


class Work(Protocol):
    """Anything that `measure` can do a number of times."""

    def run(self, served: Served, count: int) -> tuple[float, list[float]]:
        """Do it; return the processor time of all in milliseconds, and how long each took."""


@dataclass(slots=True)
class Ask:
    """A request over a connection that is kept; `body` and a `path` that is called vary with n."""

    path: str | Callable[[int], str]
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    body: Callable[[int], bytes] | None = None
    status: int = 200
    sent: int = 0
    size: int = 0  # bytes of the last answer's body

    def run(self, served: Served, count: int) -> tuple[float, list[float]]:
        """Send it; raises `AssertionError` for another status."""
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=120)
        connection.connect()
        asks = [self._next() for _ in range(count)]
        times, begun = [], served.spent()
        for path, body in asks:
            sent = time.perf_counter()
            connection.request(self.method, path, body, dict(self.headers))
            answer = connection.getresponse()
            told = answer.read()
            times.append(1000 * (time.perf_counter() - sent))
            assert answer.status == self.status, (path, answer.status, told[:300])
        spent = served.spent() - begun
        self.size = len(told)
        connection.close()
        return spent, times

    def _next(self) -> tuple[str, bytes | None]:
        self.sent += 1
        path = self.path if isinstance(self.path, str) else self.path(self.sent)
        return path, self.body(self.sent) if self.body else None


@dataclass(slots=True)
class Local:
    """Work in this process: a ceiling that needs no server."""

    work: Callable[[], object]

    def run(self, _served: Served, count: int) -> tuple[float, list[float]]:
        """Do it."""
        times, begun = [], time.process_time()
        for _ in range(count):
            sent = time.perf_counter()
            self.work()
            times.append(1000 * (time.perf_counter() - sent))
        return 1000 * (time.process_time() - begun), times


def ceilings() -> dict[str, Work]:
    """Return what 60 KB cost at least: by a plain Flask view, and by one within planpush."""
    return {"constant": Ask(CONSTANT), "within": Ask(WITHIN)}


def measure(
    served: Served, works: Mapping[str, Work], *, rounds: int = 9, each: int = 100, warm: int = WARM
) -> dict[str, Cost]:
    """Do all of it in turn, round by round, each round in another order; return what each costs."""
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


def row(
    section: str, name: str, own: Cost, ceiling: Cost, told: str, goal: Goal | None, **more: str
) -> Row:
    """Return a row: the ratio is the median of the rounds', each with its own ceiling."""
    pairs: Sequence[tuple[float, float]] = list(zip(own.cpu, ceiling.cpu, strict=True))
    ratio = statistics.median((goal or least(0)).ratio(*pair) for pair in pairs)
    median, p99 = spread(own.times)
    return Row(
        section,
        name,
        ratio,
        goal,
        median=median,
        p99=p99,
        cpu=own.median,
        ceiling=told,
        ceiling_cpu=ceiling.median,
        **more,
    )

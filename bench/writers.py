"""What it costs when many people comment at once: `python -m bench writers [--seconds N]`.

One client posts replies, in turn with the constant view. Then 16 clients reply at once for
`--seconds` (default: 30), after which the server is killed: no request may fail, and every
acknowledged comment must be in the database.
"""

from __future__ import annotations

import http.client
import json
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import sqlalchemy as sa

from bench.harness import (
    Ask,
    Served,
    Table,
    constant,
    engines,
    is_smoke,
    measure,
    options,
    spread,
)  # fmt: skip
from bench.plans import discuss, parts, plant
from planpush.comments.comment import Comment
from planpush.database.session import db

CLIENTS = 16
THREADS = 40  # of each plan


def main(given: Sequence[str] | None = None) -> int:
    """Measure each engine; return 1 if a goal is missed."""
    parser = options(__doc__)
    parser.add_argument("--seconds", type=float, default=0.5 if is_smoke() else 30.0)
    seconds, table = parser.parse_args(given).seconds, Table()
    for engine in engines():
        with tempfile.TemporaryDirectory() as folder:
            served = Served(Path(folder), engine, workers=2)
            crowd = Crowd(served, plans=4 if is_smoke() else CLIENTS)
            with served.running():
                alone(table, crowd)
                together(table, crowd, seconds)
    return table.close()


@dataclass(slots=True)
class Posted:
    """What clients posted: wall times and CPU time in milliseconds."""

    seconds: float = 0.0
    spent: float = 0.0
    times: list[float] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    failed: int = 0


class Crowd:
    """Clients that reply in the threads of several plans, each over a kept connection."""

    def __init__(self, served: Served, plans: int) -> None:
        self.served, self.numbers = served, count(1)
        threads = list[list[int]]()
        for number in range(plans):
            slug = f"plan-{number}"
            served.act(lambda slug=slug: plant(slug, parts(1)))
            threads.append(served.act(lambda slug=slug: discuss(slug, THREADS, sections=1)))
        # Plan by plan in turn, so that few clients meet on one plan.
        self.threads = [thread for turn in zip(*threads, strict=True) for thread in turn]
        self.headers = served.agent("bob") | {"Content-Type": "application/json"}

    def path(self, number: int) -> str:
        """Return where a reply goes."""
        return f"/api/threads/{self.threads[number % len(self.threads)]}/comments"

    def ask(self) -> Ask:
        """Return a reply, for `measure`."""
        return Ask(
            lambda _: self.path(next(self.numbers)), self.headers, "POST",
            lambda n: json.dumps({"body": f"reply {n}"}).encode(), status=201,
        )  # fmt: skip

    def run(self, clients: int, seconds: float) -> Posted:
        """Let the clients post for so long."""
        ready, found = threading.Barrier(clients + 1), Posted()
        with ThreadPoolExecutor(clients) as pool:
            jobs = [pool.submit(self._client, ready, seconds, found) for _ in range(clients)]
            spent = self.served.spent()
            ready.wait()
            begun = time.perf_counter()
            for job in jobs:
                job.result()
            found.seconds = time.perf_counter() - begun
        found.spent = self.served.spent() - spent
        return found

    def _client(self, ready: threading.Barrier, seconds: float, found: Posted) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.served.port, timeout=60)
        connection.connect()
        ready.wait()
        ends = time.perf_counter() + seconds
        while (begun := time.perf_counter()) < ends:
            number = next(self.numbers)
            body = f"comment {number}"
            if self._post(connection, number, body):
                found.times.append(1000 * (time.perf_counter() - begun))
                found.bodies.append(body)
            else:
                found.failed += 1
        connection.close()

    def _post(self, connection: http.client.HTTPConnection, number: int, body: str) -> bool:
        try:
            sent = json.dumps({"body": body})
            connection.request("POST", self.path(number), sent, self.headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status == 201
        except (OSError, http.client.HTTPException):
            connection.close()
            return False


def alone(table: Table, crowd: Crowd) -> None:
    """Compare a durable comment with the constant view."""
    rounds, each = (1, 2) if is_smoke() else (7, 30)
    works = {"comment": crowd.ask(), "constant": constant()}
    found = measure(crowd.served, works, rounds=rounds, each=each, warm=each)
    engine = crowd.served.engine
    table.compare("post a comment, durable", found["comment"], found["constant"], 5, engine)


def together(table: Table, crowd: Crowd, seconds: float) -> None:
    """Let many clients comment at once, kill the server, and count what is lost."""
    clients, engine = 4 if is_smoke() else CLIENTS, crowd.served.engine
    found = crowd.run(clients, seconds)
    crowd.served.kill()
    stored = crowd.served.act(lambda: db.session.scalars(sa.select(Comment.kept)).all())
    median, p99 = spread(found.times)
    name, rate = f"{clients} clients, {seconds:g} s", len(found.times) / found.seconds
    times = {"engine": engine, "median": median, "p99": p99}
    cpu = found.spent / len(found.times)
    table.add(f"{name}: comments a second", rate, unit="", cpu=cpu, **times)
    table.add(f"{name}: p99", p99, 25, unit="ms", **times)
    for what, number in (
        ("failed", found.failed),
        ("“locked” in the log", locked(crowd.served)),
        ("acknowledged and lost", len(set(found.bodies) - set(stored))),
    ):
        table.add(f"{name}: {what}", number, 0, unit="", engine=engine)


def locked(served: Served) -> int:
    """Return how often the server's log mentions a lock that wasn't given."""
    log = (served.folder / "server.log").read_text(errors="replace").lower()
    return log.count("is locked") + log.count("deadlock")


if __name__ == "__main__":
    sys.exit(main())

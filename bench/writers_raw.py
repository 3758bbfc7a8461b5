"""The ceiling of `bench.writers`: what a comment writes, sent by the bare driver in a loop."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

from bench.dashboard_costs import noted
from bench.served import SQLITE
from bench.writers_crowd import Posted, Town
from planpush.database.session import db

Statement = tuple[str, Any]
_FREE = 1 << 40  # the first id of passages that the server does not come to meanwhile


class Raw:
    """Threads that write what a comment writes, each in its transaction, over its connection."""

    def __init__(self, town: Town, clients: int) -> None:
        self.town, self.turn, self.free = town, threading.Lock(), count(_FREE)
        self.sent = [self._statements(number) for number in range(clients)]
        self.connections = [self._connect() for _ in range(clients)]

    def _statements(self, number: int) -> list[Statement]:
        """Return what the app writes for a comment."""
        client = self.town.served.app.test_client()
        with noted(self.town.served) as sent:  # type: ignore[arg-type]
            answer = client.post(
                self.town.path(number), json={"body": "said so"}, headers=self.town.headers
            )
        assert answer.status_code == 201, answer.text
        return [one for one in sent if one[0].startswith(("INSERT", "UPDATE", "DELETE"))]

    def _connect(self) -> Any:
        with self.town.served.app.app_context():
            url = db.engine.url
        if self.town.served.engine != SQLITE:
            import psycopg

            plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
            return psycopg.connect(plain)
        made = sqlite3.connect(
            str(url.database), timeout=15, isolation_level=None, check_same_thread=False
        )
        for pragma in (
            "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", "cache_size=-16384",
        ):  # fmt: skip
            made.execute(f"PRAGMA {pragma}")
        return made

    def run(self, each: int) -> Posted:
        """Let each write so often."""
        found, served = Posted(0.0, 0.0), self.town.served
        servers, here = served.spent(), time.process_time()
        begun = time.perf_counter()
        with ThreadPoolExecutor(len(self.sent)) as pool:
            jobs = zip(self.connections, self.sent, strict=True)
            for times in pool.map(lambda job: self._client(*job, each), jobs):
                found.times += times
        found.seconds = time.perf_counter() - begun
        found.spent = 1000 * (time.process_time() - here) + served.spent() - servers
        return found

    def _client(self, connection: Any, sent: Sequence[Statement], each: int) -> list[float]:
        times = []
        for _ in range(each):
            begun = time.perf_counter()
            if self.town.served.engine == SQLITE:
                with self.turn:  # in turn, as the app does: SQLite's own waiting is far slower
                    connection.execute("BEGIN IMMEDIATE")
                    self._write(connection, sent)
                    connection.execute("COMMIT")
            else:
                self._write(connection, sent)
                connection.commit()
            times.append(1000 * (time.perf_counter() - begun))
        return times

    def _write(self, connection: Any, sent: Sequence[Statement]) -> None:
        for statement, values in sent:
            given = values
            if statement.startswith("INSERT INTO passages"):
                given = self._elsewhere(values)
            connection.execute(statement, given)

    def _elsewhere(self, values: Any) -> Any:
        """Return the values of a passage with an id that is free."""
        if isinstance(values, dict):
            return values | {"id": next(self.free)}
        return (next(self.free), *values[1:])

    def close(self) -> None:
        """Close the connections."""
        for one in self.connections:
            one.close()

"""Counting: what each request, push and delivery adds to the measures of this process."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import wraps
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

from flask import Flask, current_app, g, has_app_context, request
from sqlalchemy import Engine, event

from planpush.config import Config
from planpush.content.problem import Problem
from planpush.db import db
from planpush.web.access import UNKNOWN
from planpush.web.board import Board
from planpush.web.exposition import exposed
from planpush.web.measures import BYTES, CLASSES, SECONDS, SHORT, families
from planpush.web.meter import Meter

log = logging.getLogger("planpush")
Act = TypeVar("Act", bound=Callable[..., Any])

_EVERY = 0.5  # seconds between two times that others are told
_STATM = Path("/proc/self/statm")
_FILES = Path("/proc/self/fd")


def init_metrics(app: Flask) -> None:
    """Make the meter: after every route is known."""
    app.extensions["planpush_metrics"] = Metrics(app)


def metrics() -> Metrics:
    """Return the running app's."""
    found: Metrics = current_app.extensions["planpush_metrics"]
    return found


class Metrics:
    """What this process counts; once it serves or works, all processes of one DATA_DIR together."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.meter = Meter(families(app))
        self.at = self.meter.at
        self.board: Board | None = None
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        counted = self.at["planpush_http_requests_total"]
        self._answered = {
            (route, method): (counted[route, method, CLASSES[0]], timed)
            for (route, method), timed in self.at["planpush_http_request_duration_seconds"].items()
        }

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request."""
        cells = self._answered.get((route, method))
        if cells is None:  # HEAD is as GET; what Flask answers by itself is of no route
            known = method == "HEAD" and (route, "GET") in self._answered
            cells = self._answered[(route, "GET") if known else (UNKNOWN, method)]
        self.meter.add(cells[0] + min(status // 100, 5) - 1)
        self.meter.observe(cells[1], SECONDS, seconds)

    def pushed(self, result: str, seconds: float, size: int) -> None:
        """Count a push."""
        self.meter.add(self.at["planpush_pushes_total"][result,])
        self.meter.observe(self.at["planpush_push_duration_seconds"][()], SECONDS, seconds)
        self.meter.observe(self.at["planpush_push_bytes"][()], BYTES, size)

    def placed(self, threads: Mapping[str, int]) -> None:
        """Count where a push found its threads again."""
        cells = self.at["planpush_placements_total"]
        for state, count in threads.items():
            if count and (state,) in cells:
                self.meter.add(cells[state,], count)

    def tried(self, channel: str, outcome: str) -> None:
        """Count a message that was sent, or not; a row may name a channel that nobody knows."""
        cells = self.at["planpush_delivery_attempts_total"]
        if (channel, outcome) in cells:
            self.meter.add(cells[channel, outcome])

    def start(self, kind: str, **gauges: Callable[[], float]) -> None:
        """Count together with the other processes from now on; `kind` is web or worker."""
        config: Config = self.app.extensions["planpush_config"]
        with self.app.app_context():
            engine = db.engine
        _watch(engine, self.meter)
        gauges[f"planpush_database_connections_in_use {kind}"] = _in_use(engine)
        try:
            self.board = Board(config.data_dir, self.meter)
        except OSError as error:  # no such folder, or one without locks: it counts for itself
            log.warning("metrics of several processes cannot be added up: %s", error.strerror)
        self._over.clear()
        self._thread = threading.Thread(
            target=self._tell, args=(kind, gauges), name="metrics", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye to the other processes."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(_EVERY)
        board, self.board = self.board, None
        if board is not None:
            board.leave()

    def lines(self) -> Iterator[str]:
        """Return what all processes counted, as Prometheus reads it."""
        board = self.board
        others = [] if board is None else list(board.others())
        return exposed(self.meter, [(True, self.meter.copy()), *others])

    def _tell(self, kind: str, gauges: Mapping[str, Callable[[], float]]) -> None:
        used = 0.0
        while True:
            used = self._say_own(kind, gauges, used)
            with suppress(OSError):  # the disk is full: next time
                if self.board is not None:
                    self.board.write()
            if self._over.wait(_EVERY):
                return

    def _say_own(self, kind: str, gauges: Mapping[str, Callable[[], float]], used: float) -> float:
        now = time.process_time()
        self.meter.add(self.at["planpush_process_cpu_seconds_total"][kind,], now - used)
        self.meter.set(self.at["planpush_processes"][kind,], 1.0)
        with suppress(OSError, ValueError):
            pages = int(_STATM.read_bytes().split()[1])
            size = pages * os.sysconf("SC_PAGE_SIZE")
            self.meter.set(self.at["planpush_process_resident_bytes"][kind,], size)
            files = len(os.listdir(_FILES))  # noqa: PTH208 (in a tenth of the time)
            self.meter.set(self.at["planpush_process_open_files"][kind,], files)
        for name, gauge in gauges.items():
            family, *labels = name.split(" ")
            self.meter.set(self.at[family][tuple(labels)], gauge())
        return now


def counts_pushes(act: Act) -> Act:
    """Count what becomes of the pushes that a function does: it returns an answer and a status."""

    @wraps(act)
    def counted(*args: Any, **told: Any) -> Any:
        began, result = perf_counter(), "failed"
        try:
            found = act(*args, **told)
            result = "created" if found[1] == 201 else "unchanged"
        except Problem as problem:
            result = "refused" if problem.status < 500 else "failed"
            raise
        finally:
            metrics().pushed(result, perf_counter() - began, request.content_length or 0)
        return found

    return counted  # type: ignore[return-value]


def _in_use(engine: Engine) -> Callable[[], float]:
    count: Callable[[], int] = getattr(engine.pool, "checkedout", lambda: 0)
    return lambda: float(count())


def _watch(engine: Engine, meter: Meter) -> None:
    """Note how long transactions take, and what those that write wait for their turn."""
    waits = meter.at["planpush_database_write_wait_seconds"][()]
    modes = meter.at["planpush_database_transaction_seconds"]
    lasts = {False: modes["read",], True: modes["write",]}
    sqlite = engine.dialect.name == "sqlite"

    def before(connection: Any) -> None:
        writes = bool(g.get("writes", True)) if has_app_context() else True
        connection.info["begun"] = perf_counter(), writes

    def after(connection: Any) -> None:
        began, writes = connection.info["begun"]
        if writes and sqlite:
            meter.observe(waits, SHORT, perf_counter() - began)

    def over(_connection: object, record: Any) -> None:
        begun = record.info.pop("begun", None)
        if begun is not None:
            meter.observe(lasts[begun[1]], SHORT, perf_counter() - begun[0])

    event.listen(engine, "begin", before, insert=True)
    event.listen(engine, "begin", after)
    event.listen(engine, "checkin", over)


PYTHON = ".".join(map(str, sys.version_info[:3]))

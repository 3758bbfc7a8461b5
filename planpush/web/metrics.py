"""Prometheus metrics, added up over all processes that share a DATA_DIR.

prometheus_client keeps a process's numbers in files that it maps into memory. They are named for a
place, not for a process id, which two containers may share: a process takes the first place that
nobody holds and goes on counting there, so no count is lost and no file is left behind.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import wraps
from importlib.metadata import version
from itertools import count, product
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

from flask import Flask, current_app, g, has_app_context, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, values
from prometheus_client.metrics import disable_created_metrics
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from sqlalchemy import Engine, event

from planpush.config import Config, share_metrics_in
from planpush.database.session import db
from planpush.errors import Problem
from planpush.web.access_log import UNKNOWN

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
SHORT = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
BYTES = (4096.0, 16384.0, 65536.0, 262144.0, 1048576.0, 4194304.0, 16777216.0)
KINDS = ("web", "worker")
MODES = ("read", "write")
RESULTS = ("created", "unchanged", "refused", "failed")
STATES = ("exact", "moved", "edited", "outdated", "orphaned")
CHANNELS = ("channel", "person", "webhook")
OUTCOMES = ("sent", "failed", "dropped")

# Bytes of each file, more than all series need. They are written in advance: a file that has to
# grow on a full disk fails a request, and memory mapped to a hole in it ends the process.
RESERVED = {"counter": 256 * 1024, "histogram": 1024 * 1024, "gauge_livesum": 64 * 1024}

_EVERY = 0.5  # seconds between two updates of the gauges
_STATM = Path("/proc/self/statm")
_FILES = Path("/proc/self/fd")

log = logging.getLogger("planpush")
View = TypeVar("View", bound=Callable[..., Any])

disable_created_metrics()


def init_metrics(app: Flask) -> None:
    """Create the app's metrics."""
    app.extensions["planpush_metrics"] = Metrics(app)


def metrics() -> Metrics:
    """Return the running app's metrics."""
    found: Metrics = current_app.extensions["planpush_metrics"]
    return found


class Metrics:
    """The metrics of this process, and of all others once it shares them."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.folder: Path | None = None  # where the processes keep their numbers
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._define()

    def _define(self) -> None:
        self.registry = CollectorRegistry()
        here: dict[str, Any] = {"namespace": "planpush", "registry": self.registry}
        summed = {**here, "multiprocess_mode": "livesum"}
        by_route, by_kind = ("route", "method"), ("kind",)

        self.requests = Counter(
            "http_requests_total", "Requests answered.", (*by_route, "status"), **here
        )
        self.request_seconds = Histogram(
            "http_request_duration_seconds",
            "Time from the whole request to its answer.",
            by_route,
            buckets=SECONDS,
            **here,
        )
        self.pushes = Counter("pushes_total", "Pushes by result.", ("result",), **here)
        self.push_seconds = Histogram(
            "push_duration_seconds",
            "Duration of a push without its commit.",
            buckets=SECONDS,
            **here,
        )
        self.push_bytes = Histogram("push_bytes", "Size of a push.", buckets=BYTES, **here)
        self.placements = Counter(
            "placements_total", "Threads that pushes re-anchored, by state.", ("state",), **here
        )
        self.attempts = Counter(
            "delivery_attempts_total",
            "Attempts to deliver a message.",
            ("channel", "outcome"),
            **here,
        )
        self.transaction_seconds = Histogram(
            "database_transaction_seconds",
            "Duration of a transaction.",
            ("mode",),
            buckets=SHORT,
            **here,
        )
        self.write_wait_seconds = Histogram(
            "database_write_wait_seconds",
            "Time that a write transaction waited to begin (SQLite).",
            buckets=SHORT,
            **here,
        )
        self.connections = Gauge(
            "database_connections_in_use", "Database connections in use.", by_kind, **summed
        )
        self.cpu_seconds = Counter("process_cpu_seconds_total", "CPU time.", by_kind, **here)
        self.processes = Gauge("processes", "Running processes.", by_kind, **summed)
        self.resident_bytes = Gauge("process_resident_bytes", "Memory in use.", by_kind, **summed)
        self.open_files = Gauge("process_open_files", "Files and connections.", by_kind, **summed)
        self.gauges = {
            "planpush_live_streams_open": Gauge(
                "live_streams_open", "Open pages that receive live updates.", **summed
            ),
            "planpush_requests_waiting": Gauge(
                "requests_waiting", "Requests that wait for a thread.", **summed
            ),
        }

        # Shown before their first event, so that an alert sees the count increase.
        for result in RESULTS:
            self.pushes.labels(result)
        for state in STATES:
            self.placements.labels(state)
        for channel, outcome in product(CHANNELS, OUTCOMES):
            self.attempts.labels(channel, outcome)
        for mode in MODES:
            self.transaction_seconds.labels(mode)
        for kind in KINDS:
            self.cpu_seconds.labels(kind)
            for gauge in (self.processes, self.resident_bytes, self.open_files, self.connections):
                gauge.labels(kind)

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request. HEAD counts as GET, and Flask's own answer to OPTIONS has no route."""
        if method == "HEAD" and route != UNKNOWN:
            method = "GET"
        elif method == "OPTIONS":
            route = UNKNOWN
        self.requests.labels(route, method, f"{min(status // 100, 5)}xx").inc()
        self.request_seconds.labels(route, method).observe(seconds)

    def pushed(self, result: str, seconds: float, size: int) -> None:
        """Count a push."""
        self.pushes.labels(result).inc()
        self.push_seconds.observe(seconds)
        self.push_bytes.observe(size)

    def placed(self, threads: Mapping[str, int]) -> None:
        """Count the threads that a push re-anchored, by state."""
        for state in STATES:
            self.placements.labels(state).inc(threads.get(state, 0))

    def tried(self, channel: str, outcome: str) -> None:
        """Count an attempt to deliver; a row may name a channel that this release doesn't know."""
        if channel in CHANNELS:
            self.attempts.labels(channel, outcome).inc()

    def share(self) -> None:
        """Count together with the other processes; call it after a fork, before any thread."""
        config: Config = self.app.extensions["planpush_config"]
        name = f"metrics-{version('planpush')}"
        try:
            for other in config.data_dir.glob("metrics-*"):  # of another release
                if other.is_file():
                    other.unlink(missing_ok=True)
                elif other.name != name:
                    shutil.rmtree(other, ignore_errors=True)
            folder = config.data_dir / name
            folder.mkdir(mode=0o700, exist_ok=True)
            place = _take_place(folder)
        except OSError as error:  # no such folder, one without locks, or a full disk
            log.warning("metrics of several processes cannot be added up: %s", error.strerror)
            return
        self.folder = folder
        share_metrics_in(folder)
        values.ValueClass = values.MultiProcessValue(lambda: place)
        self._define()

    def start(self, kind: str, **gauges: Callable[[], float]) -> None:
        """Measure the database and this process, a `kind` of web or worker, until `stop`."""
        with self.app.app_context():
            engine = db.engine
        self._watch(engine)
        in_use: Callable[[], float] = getattr(engine.pool, "checkedout", lambda: 0)
        updates = [(self.connections.labels(kind), in_use)]
        updates += [(self.gauges[name], read) for name, read in gauges.items()]
        self._over.clear()
        self._thread = threading.Thread(
            target=self._update, args=(kind, updates), name="metrics", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop measuring. The process keeps its place until it ends: threads may still count."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(_EVERY)

    def collect(self) -> Iterable[Metric]:
        """Return what all processes counted, for a registry of prometheus_client."""
        if self.folder is None or not self.folder.is_dir():  # another release removed it
            return self.registry.collect()
        for lock in self.folder.glob("*.lock"):
            held = _lock(lock)
            if held is not None:  # its process has ended
                mark_process_dead(lock.stem, self.folder)
                os.close(held)
        found: Iterable[Metric] = MultiProcessCollector(None, self.folder).collect()
        return found

    def _update(self, kind: str, gauges: Iterable[tuple[Gauge, Callable[[], float]]]) -> None:
        used = 0.0
        self.processes.labels(kind).set(1)
        while True:
            now = time.process_time()
            self.cpu_seconds.labels(kind).inc(now - used)
            used = now
            with suppress(OSError, ValueError):  # there is no /proc
                pages = int(_STATM.read_bytes().split()[1])
                self.resident_bytes.labels(kind).set(pages * os.sysconf("SC_PAGE_SIZE"))
                files = len(os.listdir(_FILES))  # noqa: PTH208 (in a tenth of the time)
                self.open_files.labels(kind).set(files)
            for gauge, read in gauges:
                gauge.set(read())
            if self._over.wait(_EVERY):
                return

    def _watch(self, engine: Engine) -> None:
        """Measure transactions, and how long those that write wait to begin."""
        sqlite = engine.dialect.name == "sqlite"

        def before(connection: Any) -> None:
            writes = bool(g.get("writes", True)) if has_app_context() else True
            connection.info["begun"] = perf_counter(), writes

        def after(connection: Any) -> None:
            began, writes = connection.info["begun"]
            if writes and sqlite:
                self.write_wait_seconds.observe(perf_counter() - began)

        def over(_connection: object, record: Any) -> None:
            begun = record.info.pop("begun", None)
            if begun is not None:
                mode = "write" if begun[1] else "read"
                self.transaction_seconds.labels(mode).observe(perf_counter() - begun[0])

        event.listen(engine, "begin", before, insert=True)
        event.listen(engine, "begin", after)
        event.listen(engine, "checkin", over)


def _take_place(folder: Path) -> str:
    """Take the first place that no process holds, until this one ends. Raises `OSError`."""
    for number in count(1):
        place = str(number)
        if _lock(folder / f"{place}.lock") is not None:
            break
    mark_process_dead(place, folder)
    for name, size in RESERVED.items():
        path = folder / f"{name}_{place}.db"
        if not path.exists():
            part = path.with_suffix(".part")
            part.write_bytes(bytes(size))
            part.rename(path)
    return place


def _lock(path: Path) -> int | None:
    """Return the open file of a lock that nobody held, else None. The kernel ends it with us."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    return file


def counts_pushes(view: View) -> View:
    """Count pushes by result; `view` returns an answer and a status."""

    @wraps(view)
    def counted(*args: Any, **named: Any) -> Any:
        began, result = perf_counter(), "failed"
        try:
            found = view(*args, **named)
            result = "created" if found[1] == 201 else "unchanged"
        except Problem as problem:
            result = "refused" if problem.status < 500 else "failed"
            raise
        finally:
            metrics().pushed(result, perf_counter() - began, request.content_length or 0)
        return found

    return counted  # type: ignore[return-value]

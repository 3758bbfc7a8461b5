"""Prometheus metrics of all processes.

Each has a place of its own, which it holds by a lock that ends with it; whoever comes next goes on
counting there. Written, not mapped into memory: on a full disk a write fails, and a mapping kills.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import sys
import threading
import time
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from itertools import product
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import Any, TypeVar

from flask import Flask, current_app, g, has_app_context, request
from sqlalchemy import Engine, event

from planpush.config import Config
from planpush.database.session import db
from planpush.errors import Problem
from planpush.web.access_log import METHODS, UNKNOWN, route_of

COUNTER, GAUGE, HISTOGRAM = "counter", "gauge", "histogram"
Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """What one metric measures: every series that it may have is known from the start.

    `bounds` are the upper bounds of a histogram's buckets, in seconds or bytes.
    """

    name: str
    kind: str
    help: str
    labels: Labels = ()
    series: Sequence[Labels] = ((),)
    bounds: tuple[float, ...] = ()

    @property
    def width(self) -> int:
        """Return how many numbers a series takes: of a histogram its buckets and the sum."""
        return len(self.bounds) + 2 if self.kind == HISTOGRAM else 1


class Meter:
    """Numbers that only grow, and gauges; any thread may add to them."""

    def __init__(self, families: Iterable[Family]) -> None:
        self.families = tuple(families)
        self.at: dict[str, dict[Labels, int]] = {}
        size = 0
        for family in self.families:
            self.at[family.name] = cells = {}
            for labels in family.series:
                cells[labels] = size
                size += family.width
        self.cells = array("d", bytes(8 * size))
        self.lock = Lock()

    def add(self, cell: int, amount: float = 1.0) -> None:
        """Add to a counter."""
        with self.lock:
            self.cells[cell] += amount

    def observe(self, cell: int, bounds: tuple[float, ...], value: float) -> None:
        """Note a value in a histogram."""
        bucket = cell + bisect_left(bounds, value)
        with self.lock:
            self.cells[bucket] += 1.0
            self.cells[cell + len(bounds) + 1] += value

    def set(self, cell: int, value: float) -> None:
        """Say what a gauge shows now."""
        self.cells[cell] = value

    def go_on_from(self, before: array[float]) -> None:
        """Add what a process counted that had this one's place before; its gauges are over."""
        with self.lock:
            for family in self.families:
                if family.kind != GAUGE:
                    for first in self.at[family.name].values():
                        for cell in range(first, first + family.width):
                            self.cells[cell] += before[cell]

    def copy(self) -> array[float]:
        """Return the numbers as they are at this moment."""
        with self.lock:
            return self.cells[:]


_PLACES = 160  # processes that can be there at one time
_HEAD = 8  # bytes before the numbers: when they were written; 0 once the process has ended
_ALIVE = 10.0  # seconds that a process may say nothing


class Board:
    """One process's place on the board. Raises `OSError` where there cannot be one."""

    def __init__(self, folder: Path, meter: Meter) -> None:
        self.meter = meter
        self.size = _HEAD + 8 * len(meter.cells)
        layout = repr([(one.name, one.series, one.bounds) for one in meter.families])
        name = f"metrics-{hashlib.sha256(layout.encode()).hexdigest()[:12]}"
        for other in folder.glob("metrics-*"):  # of another release
            if other.name != name:
                other.unlink(missing_ok=True)
        self.file = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self.place = self._taken()
        except OSError:
            os.close(self.file)
            raise
        before = self._read(self.place)
        if before is not None:
            meter.go_on_from(before[1])

    def _taken(self) -> int:
        for place in range(_PLACES):
            with suppress(BlockingIOError, PermissionError):
                flags = fcntl.LOCK_EX | fcntl.LOCK_NB
                fcntl.lockf(self.file, flags, self.size, place * self.size)
                return place
        raise OSError("every place on the board is taken")

    def write(self) -> None:
        """Let the others see what this process counted."""
        self._put(time.time(), self.meter.copy())

    def leave(self) -> None:
        """Say that this process ends; what it counted stays."""
        with suppress(OSError):
            self._put(0.0, self.meter.copy())
        os.close(self.file)

    def _put(self, at: float, cells: array[float]) -> None:
        os.pwrite(self.file, array("d", [at]).tobytes() + cells.tobytes(), self.place * self.size)

    def others(self) -> Iterator[tuple[bool, array[float]]]:
        """Return what the others counted, and whether each of them is there still."""
        for place in range(_PLACES):
            found = self._read(place) if place != self.place else None
            if found is not None:
                yield time.time() - found[0] < _ALIVE, found[1]
            elif place * self.size > os.fstat(self.file).st_size:
                return

    def _read(self, place: int) -> tuple[float, array[float]] | None:
        raw = os.pread(self.file, self.size, place * self.size)
        if len(raw) < self.size:
            return None
        row = array("d", raw)
        return row[0], row[1:]


MIMETYPE = "text/plain; version=0.0.4; charset=utf-8"
Sample = tuple[Labels, float]


def head(name: str, kind: str, told: str) -> str:
    """Return the two lines before a metric's values."""
    return f"# HELP {name} {told}\n# TYPE {name} {kind}"


def line(name: str, labels: Sequence[tuple[str, str]], value: float) -> str:
    """Return one value's line."""
    told = ",".join(f'{key}="{_escaped(one)}"' for key, one in labels)
    return f"{name}{{{told}}} {_number(value)}" if told else f"{name} {_number(value)}"


def exposed(meter: Meter, rows: Iterable[tuple[bool, array[float]]]) -> Iterator[str]:
    """Return the lines of what all processes counted: of who has gone only what adds up."""
    ended = list(rows)
    alive = [row for here, row in ended if here]
    total = _summed([row for _, row in ended])
    now = _summed(alive) if len(alive) < len(ended) else total
    for family in meter.families:
        lines = list(_family(family, meter, now if family.kind == GAUGE else total))
        if lines:
            yield head(family.name, family.kind, family.help)
            yield from lines


def _summed(rows: Sequence[array[float]]) -> Sequence[float]:
    return rows[0] if len(rows) == 1 else list(map(sum, zip(*rows, strict=True)))


def _family(family: Family, meter: Meter, cells: Sequence[float]) -> Iterator[str]:
    for values, first in meter.at[family.name].items():
        labels = list(zip(family.labels, values, strict=True))
        if family.kind == HISTOGRAM:
            yield from _histogram(family, labels, cells[first : first + family.width])
        elif cells[first] or family.kind == GAUGE or len(family.series) < _FEW:
            yield line(family.name, labels, cells[first])


_FEW = 40  # series of a metric that are told from the start; of more only those that are in use


def _histogram(
    family: Family, labels: list[tuple[str, str]], cells: Sequence[float]
) -> Iterator[str]:
    *buckets, total = cells
    count = 0.0
    if not any(buckets) and len(family.series) >= _FEW:
        return
    for bound, each in zip((*family.bounds, float("inf")), buckets, strict=True):
        count += each
        bounded = [*labels, ("le", "+Inf" if bound == float("inf") else _number(bound))]
        yield line(f"{family.name}_bucket", bounded, count)
    yield line(f"{family.name}_sum", labels, total)
    yield line(f"{family.name}_count", labels, count)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else repr(value)


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
SHORT = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
BYTES = (4096.0, 16384.0, 65536.0, 262144.0, 1048576.0, 4194304.0, 16777216.0)
CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
KINDS = ("web", "worker")
_AUTOMATIC = {"HEAD", "OPTIONS"}
RESULTS = ("created", "unchanged", "refused", "failed")
PLACES = ("exact", "moved", "edited", "outdated", "orphaned")
CHANNELS = ("channel", "person", "webhook")
OUTCOMES = ("sent", "failed", "dropped")


def routes(app: Flask) -> list[Labels]:
    """Return every route with each of its methods, and one for whatever has no route."""
    found = {
        (route_of(rule.rule), method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - _AUTOMATIC
    }
    return [*sorted(found), *((UNKNOWN, one) for one in (*METHODS, "OTHER"))]


def families(app: Flask) -> list[Family]:
    """Return them all."""
    there = routes(app)
    answered = [(*one, status) for one in there for status in CLASSES]
    return [
        Family("planpush_http_requests_total", COUNTER, "Requests answered.",
               ("route", "method", "status"), answered),
        Family("planpush_http_request_duration_seconds", HISTOGRAM,
               "From when a request was here, as a whole, to when its answer was made.",
               ("route", "method"), there, SECONDS),
        Family("planpush_pushes_total", COUNTER, "Pushes by what became of them.",
               ("result",), [(one,) for one in RESULTS]),
        Family("planpush_push_duration_seconds", HISTOGRAM, "What a push took, without the commit.",
               (), ((),), SECONDS),
        Family("planpush_push_bytes", HISTOGRAM, "What a push brought.", (), ((),), BYTES),
        Family("planpush_placements_total", COUNTER,
               "Threads that a push found on its version again, by how sure that is.",
               ("state",), [(one,) for one in PLACES]),
        Family("planpush_delivery_attempts_total", COUNTER, "Messages tried, by what came of it.",
               ("channel", "outcome"), list(product(CHANNELS, OUTCOMES))),
        *_inside(),
    ]  # fmt: skip


def _inside() -> list[Family]:
    """Return what processes say of themselves."""
    kinds = [(one,) for one in KINDS]
    return [
        Family("planpush_database_transaction_seconds", HISTOGRAM,
               "What a transaction took, from its begin until its connection was given back.",
               ("mode",), [("read",), ("write",)], SHORT),
        Family("planpush_database_write_wait_seconds", HISTOGRAM,
               "What a transaction that writes waited for its turn (SQLite).", (), ((),), SHORT),
        Family("planpush_database_connections_in_use", GAUGE, "Connections that are in use.",
               ("kind",), kinds),
        Family("planpush_live_streams_open", GAUGE, "Pages that follow what happens."),
        Family("planpush_requests_waiting", GAUGE, "Requests that wait for a thread."),
        Family("planpush_processes", GAUGE, "Processes that are there.", ("kind",), kinds),
        Family("planpush_process_resident_bytes", GAUGE, "Memory of all processes.",
               ("kind",), kinds),
        Family("planpush_process_cpu_seconds_total", COUNTER, "Processor time of all processes.",
               ("kind",), kinds),
        Family("planpush_process_open_files", GAUGE, "Files and connections that are open.",
               ("kind",), kinds),
    ]  # fmt: skip


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

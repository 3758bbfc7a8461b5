"""SQLite: durable commits and a fair queue for writers."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
import weakref
from datetime import datetime
from typing import Any

from flask import g, has_app_context
from sqlalchemy import Boolean, ColumnElement, Engine, String, cast, event, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

OPTIONS = {"connect_args": {"timeout": 15}}  # seconds
# SQLite lets writers try again after ever longer pauses, so that under load some never get through.
_PATIENCE = 10.0  # seconds; after it SQLite's own way is tried, which ends with "locked"
_GLANCE = 0.001  # seconds between two looks whether another process has finished


class Turns:
    """Who may write to a file now: one thread of this process, one process of this machine.

    That is for order only. SQLite keeps two writers apart by itself, whatever becomes of this.
    """

    def __init__(self, path: str) -> None:
        self.path = f"{path}-turns"
        self.pid, self.file = 0, -1
        self.lock, self.opening = threading.Lock(), threading.Lock()

    def take(self) -> bool:
        """Wait for the turn; False if it takes too long."""
        self._be_this_process()
        ends = time.monotonic() + _PATIENCE
        if not self.lock.acquire(timeout=_PATIENCE):
            return False
        while not self._is_free():
            if time.monotonic() > ends:
                self.lock.release()
                return False
            time.sleep(_GLANCE)
        return True

    def give(self) -> None:
        """Let the next one write."""
        fcntl.flock(self.file, fcntl.LOCK_UN)
        self.lock.release()

    def _is_free(self) -> bool:
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without such locks: order among threads is something, too
            return True
        return True

    def _be_this_process(self) -> None:
        """Open the file anew after a fork: parent and child would share one lock."""
        with self.opening:
            if self.pid != os.getpid():
                self.file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                weakref.finalize(self, os.close, self.file)
                self.pid, self.lock = os.getpid(), threading.Lock()


_CACHE = 16_384  # KiB of pages that a connection keeps, once it has read so many


def teach(engine: Engine) -> None:
    """Let an engine of SQLite begin and commit as planpush needs it."""
    event.listen(engine, "connect", _prepare)
    path = engine.url.database
    turns = Turns(path) if path and path != ":memory:" else None

    def begin(connection: Any) -> None:
        # A deferred transaction that turns into a write fails with "locked" instead of waiting.
        writes = g.get("writes", True) if has_app_context() else True
        if writes and turns is not None and not connection.info.get("turn"):
            connection.info["turn"] = turns.take()
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN DEFERRED")

    def checkin(_connection: object, record: Any) -> None:
        # Not at the commit, which is told of before it is done: when the connection is given back.
        if record.info.pop("turn", False) and turns is not None:
            turns.give()

    event.listen(engine, "begin", begin)
    event.listen(engine, "checkin", checkin)


def read_time(told: str | None) -> datetime | None:
    """Return a stored time, aware; some are held with their zone, most without."""
    if not told:
        return None
    # To read a zone takes a third of what it takes to replace one.
    return datetime.fromisoformat(told if told.endswith("+00:00") else f"{told}+00:00")


class quiet(FunctionElement[Any]):
    """A column that SQLite chooses no index by: it cannot tell how few rows a value has."""

    inherit_cache = True

    def __init__(self, column: Any) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(quiet)
def _plainly(element: quiet, compiler: Any, **told: Any) -> str:
    return str(compiler.process(element.clauses, **told))


@compiles(quiet, "sqlite")
def _quietly(element: quiet, compiler: Any, **told: Any) -> str:
    return f"+{compiler.process(element.clauses, **told)}"


class asked(FunctionElement[Any]):
    """A condition that PostgreSQL asks of each row of a walk, instead of looking up what it names.

    SQLite does so where the column is `quiet`.
    """

    inherit_cache = True
    type = Boolean()


@compiles(asked)
def _each(element: asked, compiler: Any, **told: Any) -> str:
    return f"(({compiler.process(element.clauses, **told)}) IS TRUE)"


@compiles(asked, "sqlite")
def _each_plainly(element: asked, compiler: Any, **told: Any) -> str:
    return f"({compiler.process(element.clauses, **told)})"


def lists(column: Any, word: str) -> ColumnElement[bool]:
    """Return the condition that a JSON list holds one of our own words."""
    # Not as a parameter: with one behind LIKE, SQLite makes the whole statement anew each time.
    return cast(column, String).like(literal_column(f"'%\"{word}\"%'"))


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin by itself: see teach
    # What is deleted is overwritten: a secret that was pushed and purged must be nowhere.
    # The rows of a page lie far apart: with SQLite's own 2 MB all of them are read anew each time.
    for pragma in (
        "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON",
        f"cache_size=-{_CACHE}",
    ):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}")

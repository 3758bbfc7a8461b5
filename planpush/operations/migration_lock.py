"""Lets one process at a time change the schema."""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from planpush.database.session import db

log = logging.getLogger("planpush")

_GLANCE = 0.1  # seconds between two tries
_KEY = 7521843001  # the same in every release
_TRY = text("SELECT pg_try_advisory_xact_lock(:key)")


@contextmanager
def alone() -> Iterator[None]:
    """Hold the database's lock for changes of its schema; whoever waits for it says so once.

    A process that dies gives it back. It holds back nobody who reads or writes rows.
    """
    engine = db.engine
    if engine.dialect.name == "postgresql":
        # A connection of its own: a migration may commit in between. In a transaction, for a pooler
        # lends a server's session for no longer; tried again and again, for a server's
        # lock_timeout would end a wait, and a statement that waits holds a snapshot.
        options = {"isolation_level": "READ COMMITTED"}
        with engine.connect().execution_options(**options) as connection:
            _wait(lambda: _take(connection))
            yield
    elif engine.url.database in (None, "", ":memory:"):
        yield
    else:
        # Not the database itself: to close it again would take away SQLite's own locks on it.
        path = f"{engine.url.database}-migration"
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _wait(lambda: _lock(file))
            yield
        finally:
            os.close(file)


def _wait(take: Callable[[], bool]) -> None:
    told = False
    while not take():
        if not told:
            log.info("another process migrates this database: waiting until it is done")
        told = True
        time.sleep(_GLANCE)


def _take(connection: Connection) -> bool:
    # It says nothing while others work: a server may end transactions that are silent too long.
    connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
    if connection.scalar(_TRY, {"key": _KEY}):
        return True
    connection.rollback()
    return False


def _lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without such locks: SQLite lets one write at a time
        return True
    return True

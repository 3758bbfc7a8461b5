"""Classifies database failures and explains them.

Whoever asked is told the sentence, which names no host, path or statement; the log has the rest.
"""

from __future__ import annotations

import errno
import sqlite3
import time

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

GONE, FULL, READ_ONLY, BROKEN, BUSY = "gone", "full", "read_only", "broken", "busy"
SENTENCES = {
    GONE: "The database cannot be reached.",
    FULL: "The disk is full: nothing can be saved.",
    READ_ONLY: "The database can only be read: nothing can be saved.",
    BROKEN: "The database's disk reports errors.",
    BUSY: "The database is busy.",
}
RETRY_AFTER = {GONE: 5, FULL: 30, READ_ONLY: 30, BROKEN: 30, BUSY: 2}
"""Seconds after which it makes sense to try again."""
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_SQLITE = {  # primary result codes
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: GONE,
    sqlite3.SQLITE_IOERR: BROKEN,
    sqlite3.SQLITE_CORRUPT: BROKEN,
    sqlite3.SQLITE_NOTADB: BROKEN,
}
# Codes or classes of PostgreSQL's SQLSTATE, the longest that fits wins.
_POSTGRES = {
    "53100": FULL,
    "53": BUSY,
    "25006": READ_ONLY,
    "57014": BUSY,
    "57P": GONE,
    "08": GONE,
    "58": BROKEN,
    "XX001": BROKEN,
    "XX002": BROKEN,
    "55P03": BUSY,
    "40": BUSY,
}


def outage(error: BaseException) -> str:
    """Return the word for what is wrong with the database, or its disk; "" if that is not it."""
    if isinstance(error, PoolTimeout):
        return BUSY
    if isinstance(error, OSError):
        words = {errno.EROFS: READ_ONLY} | dict.fromkeys(NO_SPACE, FULL)
        return words.get(error.errno or 0, "")
    if not isinstance(error, DBAPIError):
        return ""
    found = _of_driver(error.orig)
    if not found and error.connection_invalidated:
        return GONE
    return found or (BUSY if isinstance(error, OperationalError) else "")


def _of_driver(error: BaseException | None) -> str:
    """Return the word for a driver's own exception."""
    if isinstance(error, sqlite3.Error):
        return _SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, "")
    state = getattr(error, "sqlstate", None)
    if state is None:  # the server said nothing: the connection is what failed
        return GONE if type(error).__name__ in ("OperationalError", "InterfaceError") else ""
    fits = [code for code in _POSTGRES if str(state).startswith(code)]
    return _POSTGRES[max(fits, key=len)] if fits else ""


class Outages:
    """What failed in this process, and when."""

    def __init__(self, engine: Engine) -> None:
        self._last: dict[str, float] = {}
        event.listen(engine, "handle_error", self._note)

    def seen(self, kind: str, seconds: float) -> bool:
        """Tell whether something failed like that within the last `seconds`."""
        return time.monotonic() - self._last.get(kind, float("-inf")) < seconds

    def _note(self, context: ExceptionContext) -> None:
        kind = _of_driver(context.original_exception)
        if kind:
            self._last[kind] = time.monotonic()

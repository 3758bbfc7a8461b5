"""planpush by another clock: `python -m bench.faults.elsewhen …` is `python -m planpush …`.

The file that ELSEWHEN names holds eight bytes: by how many seconds all processes are wrong, from
now on. Their monotonic clocks go on, and so do the clocks of SQLite, PostgreSQL and OpenSSL.
A file and not a call, as processes come and go; mapped, as it is read with every look at the time.
"""

from __future__ import annotations

import datetime
import mmap
import os
import runpy
import sqlite3
import struct
import time
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy

_BEFORE = psycopg, sqlalchemy, sqlite3  # they look kinds up by their class: the usual one
_SHAPE = struct.Struct("d")
_time, _time_ns, _datetime = time.time, time.time_ns, datetime.datetime


def tell(file: Path, seconds: float) -> None:
    """Set the clock of those who are started with this file, at once."""
    with file.open("r+b" if file.exists() else "w+b") as opened:
        opened.write(_SHAPE.pack(seconds))


class _Kind(type):
    """Any time is one of `Datetime`: those that C makes are of the class that this replaces."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, _datetime)

    def __subclasscheck__(cls, kind: type) -> bool:
        return issubclass(kind, _datetime)


class Datetime(_datetime, metaclass=_Kind):
    """What `datetime.datetime` is from now on; it makes times of the usual class."""

    def __new__(cls, *args: Any, **named: Any) -> Any:
        """Make a time of the usual class."""
        return _datetime(*args, **named)

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        """Return the time by the wrong clock."""
        return _datetime.fromtimestamp(time.time(), tz)

    @classmethod
    def utcnow(cls) -> Any:
        """Return it as `datetime` does, without its zone."""
        return cls.now(datetime.UTC).replace(tzinfo=None)


def put_on(file: Path) -> None:
    """Replace the clocks of this process, and of those that it forks."""
    with file.open("rb") as opened:
        told = mmap.mmap(opened.fileno(), _SHAPE.size, access=mmap.ACCESS_READ)
    time.time = lambda: _time() + _SHAPE.unpack_from(told)[0]
    time.time_ns = lambda: _time_ns() + int(_SHAPE.unpack_from(told)[0]) * 10**9
    datetime.datetime = Datetime  # type: ignore[misc]


if __name__ == "__main__":
    put_on(Path(os.environ["ELSEWHEN"]))
    runpy.run_module("planpush", run_name="__main__", alter_sys=True)

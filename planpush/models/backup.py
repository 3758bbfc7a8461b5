"""A backup: everything that is worth keeping, as it was at one moment, while the server goes on.

Rows, not pages: so it may be restored on the other database, and what was purged is not in it.
"""

from __future__ import annotations

import base64
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

from flask import g
from sqlalchemy import JSON, Boolean, Connection, DateTime, LargeBinary, inspect
from sqlalchemy.types import TypeEngine

from planpush.content.problem import Problem
from planpush.db import Base, db, iso, now
from planpush.models.backup_file import Head, Writer
from planpush.models.schema import known_revisions, revision

LEFT_OUT = frozenset({
    # Whoever signed out, or used a link or a code, must not be signed in again by a restore.
    "browser_sessions", "sign_in_links", "device_codes", "authorization_codes",
    # Of this minute only.
    "rate_limits", "viewers",
    "alembic_version",  # the head says it
})  # fmt: skip
_INDEX = "passage_words"  # SQLite's index of words, and the tables that it makes for itself
# What each database makes by itself.
_DERIVED = {("passages", "words")}
# A worker's hold on a message ends with the database that it was taken in.
_VOID = {("deliveries", "claimed_by"): "''", ("deliveries", "claimed_until"): "NULL"}
_KINDS: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (LargeBinary, "bytes"), (DateTime, "time"), (Boolean, "flag"), (JSON, "json"),
)  # fmt: skip
_TIME = "YYYY-MM-DD HH24:MI:SS.US"  # as SQLite keeps it
_EVERY = 5.0  # seconds between two lines of progress
Tell = Callable[[str], object]


class Progress:
    """Tells how far something has come, now and then."""

    def __init__(self, tell: Tell) -> None:
        self.tell, self.begun = tell, time.monotonic()
        self.next = self.begun + _EVERY

    def rows(self, name: str, rows: Iterator[Any], count: int) -> Iterator[Any]:
        """Yield rows and tell of them."""
        for done, row in enumerate(rows, 1):
            yield row
            if not done % 256 and time.monotonic() > self.next:
                self.next = time.monotonic() + _EVERY
                self(f"{name}: {done:,} of {count:,}")

    def __call__(self, done: str) -> None:
        """Tell what was done."""
        self.tell(f"{time.monotonic() - self.begun:6.1f} s  {done}")


@dataclass(frozen=True, slots=True)
class Table:
    """A table as the database has it, and the kind of each of its columns that is kept."""

    name: str
    columns: dict[str, str]

    def query(self, *, postgres: bool) -> str:
        """Return the statement that reads it."""
        parts = []
        for name, kind in self.columns.items():
            plain = f'"{name}"'
            if postgres and kind in ("time", "json"):
                plain = f"to_char({plain}, '{_TIME}')" if kind == "time" else f"{plain}::text"
            parts.append(_VOID.get((self.name, name), plain))
        return f'SELECT {", ".join(parts)} FROM "{self.name}"'  # noqa: S608 - our own names


def back_up(path: Path | None, *, force: bool = False, tell: Tell = print) -> Head:
    """Write a backup to `path`, or to standard output. Return what it says of itself.

    Raises `Problem` if the file is there already, unless told by `force`; if it cannot be written;
    if there is no database.
    """
    progress = Progress(tell)
    with _snapshot() as connection:
        try:
            if path is None:
                return _write(connection, sys.stdout.buffer, progress)
            with _new_file(path, force=force) as file:
                return _write(connection, file, progress)
        except OSError as error:
            raise Problem(f"{path or 'standard output'}: {error.strerror}") from None


def tables(connection: Connection) -> list[Table]:
    """Return the tables that are kept: each after those that it refers to.

    The database says which, for it may be at an older migration; at the newest one, tables that
    are not planpush's are left alone.
    """
    found, newest = inspect(connection), known_revisions()[-1]
    names = [name for name, _ in found.get_sorted_table_and_fkc_names() if name]
    foreign = set(names) - Base.metadata.tables.keys() if revision(connection) == newest else set()
    return [
        Table(name, _columns(name, found.get_columns(name)))
        for name in names
        if name not in LEFT_OUT | foreign and not name.startswith(_INDEX)
    ]


def raw(connection: Connection) -> Any:
    """Return the driver's own connection: hundreds of thousands of rows go by the short way."""
    return connection.connection.dbapi_connection


def _columns(table: str, found: Sequence[Any]) -> dict[str, str]:
    named = {str(one["name"]): one["type"] for one in found}
    return {name: _kind(kind) for name, kind in named.items() if (table, name) not in _DERIVED}


def _kind(found: TypeEngine[Any]) -> str:
    return next((kind for base, kind in _KINDS if isinstance(found, base)), "plain")


@contextmanager
def _snapshot() -> Iterator[Connection]:
    """Open one reading transaction: it sees one moment, keeps nobody waiting, and waits for none.

    SQLite's own way to copy pages begins anew whenever another process writes.
    """
    if db.engine.dialect.name == "sqlite" and not Path(db.engine.url.database or "").is_file():
        raise Problem(f"there is no database at {db.engine.url.database}: see DATABASE_URL")
    g.writes = False
    try:
        with db.engine.connect() as connection:
            if db.engine.dialect.name == "postgresql":
                connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
                connection.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")
            yield connection
    finally:
        g.pop("writes")


def _write(connection: Connection, file: BinaryIO, progress: Progress) -> Head:
    postgres = connection.dialect.name == "postgresql"
    at = revision(connection)
    if at is None:
        raise Problem("this database has no tables of planpush: see DATABASE_URL")
    kept = tables(connection)
    counts = {table.name: _count(connection, table.name) for table in kept}
    head = Head(at, connection.dialect.name, version("planpush"), iso(now()), counts)
    writer = Writer(file, head)
    for table in kept:
        writer.line({"table": table.name, "columns": table.columns})
        rows = _rows(connection, table, postgres=postgres)
        for row in progress.rows(table.name, rows, counts[table.name]):
            writer.line(row)
    writer.seal()
    file.flush()
    progress(f"{sum(counts.values()):,} rows of {len(counts)} tables, {writer.size:,} bytes")
    return head


def _count(connection: Connection, name: str) -> int:
    found = connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar()  # noqa: S608
    return int(found or 0)


def _rows(connection: Connection, table: Table, *, postgres: bool) -> Iterator[Sequence[Any]]:
    """Yield the rows of a table; the database hands out few at a time."""
    cursor = raw(connection).cursor(*(("planpush_backup",) if postgres else ()))
    kinds = list(table.columns.values())
    odd = [(n, kind) for n, kind in enumerate(kinds) if kind in ("bytes", "flag")]
    cursor.execute(table.query(postgres=postgres))
    for row in cursor:
        yield _plain(row, odd) if odd else row
    cursor.close()


def _plain(row: Sequence[Any], odd: Sequence[tuple[int, str]]) -> list[Any]:
    """Return a row as JSON can say it."""
    said = list(row)
    for n, kind in odd:
        if said[n] is not None:
            said[n] = bool(said[n]) if kind == "flag" else base64.b64encode(said[n]).decode()
    return said


@contextmanager
def _new_file(path: Path, *, force: bool) -> Iterator[BinaryIO]:
    """Open a file that only its owner may read, and that gets its name once it is whole."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        _refuse_existing(path, force=force)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _refuse_existing(path, force=force)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _refuse_existing(path: Path, *, force: bool) -> None:
    if path.exists() and not force:
        raise Problem(f"{path} is there already: say --force to replace it")

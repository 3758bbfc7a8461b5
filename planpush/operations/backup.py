"""Consistent backups while the server runs, with a checksum over every byte.

The seal is a gzip member of its own, so that `zcat FILE | head -1` shows what a backup is, with no
planpush at hand. It tells accidents, not forgery: there is no key in it.

Rows, not pages: so it may be restored on the other database, and what was purged is not in it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import struct
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

from flask import g
from isal import igzip, isal_zlib
from sqlalchemy import JSON, Boolean, Connection, DateTime, LargeBinary, inspect
from sqlalchemy.types import TypeEngine

from planpush.database.session import Base, db, iso, now
from planpush.errors import Problem
from planpush.operations.migrations import known_revisions, revision

FORMAT, NUMBER = "planpush backup", 1
_MAGIC = b"\x1f\x8b\x08"
_LEVEL = 3  # of isal: the smallest, and no slower than the others
_GZIP = 31
_BLOCK = 1 << 18  # bytes that are packed, or read, at a time
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Head:
    """What a backup says of itself in its first line. `tables` says how many rows each has."""

    revision: str
    engine: str
    planpush: str
    made_at: str
    tables: dict[str, int] = field(default_factory=dict)


class Writer:
    """Writes a backup, line by line."""

    def __init__(self, file: BinaryIO, head: Head) -> None:
        self.file, self.sum, self.size = file, hashlib.sha256(), 0
        self.packer = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _GZIP)
        self.held = bytearray()
        said = {name: getattr(head, name) for name in Head.__slots__}
        self.line({"format": FORMAT, "number": NUMBER, **said})

    def line(self, value: Any) -> None:
        """Add a line."""
        self.held += _encode(value).encode()
        self.held += b"\n"
        if len(self.held) >= _BLOCK:
            self._put(self.packer.compress(bytes(self.held)))
            self.held.clear()

    def seal(self) -> None:
        """End the file: what comes before is all of it."""
        self._put(self.packer.compress(bytes(self.held)) + self.packer.flush())
        end = _seal(self.sum.hexdigest())
        self.file.write(end)
        self.size += len(end)

    def _put(self, data: bytes) -> None:
        self.sum.update(data)
        self.file.write(data)
        self.size += len(data)


class Reader:
    """A backup that is whole: nothing of it was cut off or altered since it was written."""

    def __init__(self, path: Path) -> None:
        """Read all of the file once. Raises `Problem` in words for what is no whole backup."""
        self.path = path
        try:
            with path.open("rb") as file:
                check_whole(file, path)
        except OSError as error:
            raise Problem(f"{path}: {error.strerror}") from None
        self.head = _head(path, next(self._lines(), None))

    def tables(self) -> Iterator[tuple[str, dict[str, str], Iterator[list[Any]]]]:
        """Yield each table: its name, the kind of each of its columns, and its rows, to be read."""
        lines = self._lines()
        next(lines)
        for name, count in self.head.tables.items():
            begun = next(lines, None)
            if not isinstance(begun, dict) or begun.get("table") != name:
                raise Problem(f"{self.path}: the table {name} is not where it should be")
            yield name, begun["columns"], _some(lines, count)

    def _lines(self) -> Iterator[Any]:
        with igzip.open(self.path, "rb") as file:  # type: ignore[no-untyped-call]
            for line in file:
                yield json.loads(line)


def _some(lines: Iterator[Any], count: int) -> Iterator[list[Any]]:
    for _ in range(count):
        row = next(lines, None)
        if not isinstance(row, list):
            raise Problem("the backup has fewer rows than it says")
        yield row


def check_whole(file: BinaryIO, path: Path) -> None:
    """Raise `Problem` unless the seal at the end is that of all before it."""
    if file.read(len(_MAGIC)) != _MAGIC:
        raise Problem(f"{path} is not a planpush backup")
    end = len(_seal("0" * 64))
    left = file.seek(0, 2) - end
    file.seek(0)
    found = hashlib.sha256()
    while left > 0 and (data := file.read(min(_BLOCK, left))):
        found.update(data)
        left -= len(data)
    if left or file.read() != _seal(found.hexdigest()):
        raise Problem(
            f"{path} is not whole: it was cut off or altered since it was written, "
            "or is something else. Nothing was changed; take another backup"
        )


def _head(path: Path, said: Any) -> Head:
    """Return what the first line says. Raises `Problem` for a format that this release lacks."""
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise Problem(f"{path} is not a planpush backup")
    if said.get("number") != NUMBER:
        raise Problem(
            f"{path} has format {said.get('number')}, and this release reads format {NUMBER}: "
            f"install planpush {said.get('planpush')} or newer"
        )
    with suppress(KeyError):
        return Head(**{name: said[name] for name in Head.__slots__})
    raise Problem(f"{path} does not say what it holds")


def _seal(digest: str) -> bytes:
    """Return the last member: one line, not packed, made by hand so that each byte is known."""
    line = _encode({"sha256": digest}).encode() + b"\n"
    size = len(line)
    begin = _MAGIC + b"\0\0\0\0\0\0\xff" + struct.pack("<BHH", 1, size, size ^ 0xFFFF)
    return begin + line + struct.pack("<II", zlib.crc32(line), size)


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

"""Restores a backup into an empty database, completely or not at all."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, inspect

from planpush.database.encryption import unseal
from planpush.database.session import db, storable
from planpush.document.search_terms import tsvector
from planpush.errors import Problem
from planpush.operations import migrations
from planpush.operations.backup import LEFT_OUT, Head, Progress, Reader, Table, Tell, raw, tables
from planpush.operations.migration_lock import alone
from planpush.paths import MIGRATIONS

# What a server that nobody has used yet writes by itself.
_OF_NOBODY = LEFT_OUT | {"events", "outlets", "checks", "spent_messages", "clients"}
_TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'passages'"
_REBUILD = "INSERT INTO passage_words(passage_words) VALUES ('rebuild')"


def restore(backup: Reader, *, tell: Tell = print) -> list[str]:
    """Restore a backup into this database, and bring it up to this release.

    Returns which tables hold something sealed that SECRET_KEY does not open. Raises `Problem` for
    a database that is not empty, and for a backup of a newer release.
    """
    progress = Progress(tell)
    known = migrations.known_revisions()
    _refuse_newer(backup, known)
    with alone():  # a server that starts meanwhile must not migrate what is half there
        _begin_at(backup.head.revision, known)
        with db.engine.begin() as connection:
            _lock(connection)
            _refuse_used(connection)
            _fill(connection, backup, progress)
        progress("Every row is there.")
        migrations.bring_up()
    migrations.index(progress)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    progress("Done.")
    return _closed()


def _refuse_newer(backup: Reader, known: Sequence[str]) -> None:
    head: Head = backup.head
    if head.revision not in known:
        raise Problem(
            f"{backup.path} was made at migration {head.revision}, which this release does not "
            f"know: install planpush {head.planpush} or newer"
        )


def _begin_at(wanted: str, known: Sequence[str]) -> None:
    """Make an empty database as it was at the migration that a backup was made at."""
    from flask_migrate import downgrade, upgrade

    with db.engine.begin() as connection:
        at = migrations.revision(connection)
        if at is None and inspect(connection).get_table_names():
            raise Problem("this database holds other tables: name an empty one with DATABASE_URL")
        if at is not None and at not in known:
            raise Problem("this database belongs to a newer release of planpush: name an empty one")
        if at is not None:
            _refuse_used(connection)
            _forget_nobody(connection)
    if at is not None:  # what is left goes with its table: events cannot be deleted
        downgrade(directory=str(MIGRATIONS), revision="base")
    upgrade(directory=str(MIGRATIONS), revision=wanted)


def _forget_nobody(connection: Connection) -> None:
    """Delete what a server wrote that nobody has used yet; older migrations have no room for it."""
    found = set(inspect(connection).get_table_names()) & LEFT_OUT
    for name in sorted(found - {"alembic_version"}):
        connection.exec_driver_sql(f'DELETE FROM "{name}"')  # noqa: S608 - our own names


def _refuse_used(connection: Connection) -> None:
    for table in tables(connection):
        query = f'SELECT 1 FROM "{table.name}" LIMIT 1'  # noqa: S608 - our own names
        if table.name not in _OF_NOBODY and connection.exec_driver_sql(query).scalar():
            raise Problem(
                f"there is something in this database ({table.name}), and a backup is restored "
                "into an empty one only. Name a new one with DATABASE_URL or DATA_DIR, or move "
                "this one out of the way"
            )


def _lock(connection: Connection) -> None:
    """Let nobody else write meanwhile; on SQLite the transaction does that by itself."""
    if connection.dialect.name == "postgresql":
        names = ", ".join(f'"{table.name}"' for table in tables(connection))
        connection.exec_driver_sql(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")
        connection.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")


def _fill(connection: Connection, backup: Reader, progress: Progress) -> None:
    here = {table.name: table for table in tables(connection)}
    for name, columns, rows in backup.tables():
        if name not in here or here[name].columns.keys() != columns.keys():
            raise Problem(
                f"{backup.path}: {name} is not as migration {backup.head.revision} has it"
            )
        told = progress.rows(name, rows, backup.head.tables[name])
        try:
            with _words_aside(connection, name):
                _put(connection, Table(name, columns), told)
        except connection.dialect.dbapi.Error as error:  # type: ignore[union-attr]
            raise Problem(f"{name} cannot be restored, so nothing was: {error}") from None
    if connection.dialect.name == "postgresql":
        _settle_ids(connection, list(here.values()))


@contextmanager
def _words_aside(connection: Connection, table: str) -> Iterator[None]:
    """Let SQLite make its index of words of all passages at once: a quarter of the time."""
    if connection.dialect.name != "sqlite" or table != "passages":
        yield
        return
    found = connection.exec_driver_sql(_TRIGGERS).all()
    for name, _ in found:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    for sql in (_REBUILD, *(sql for _, sql in found)):
        connection.exec_driver_sql(sql)


def _put(connection: Connection, table: Table, rows: Iterator[list[Any]]) -> None:
    """Store rows as they come, by the shortest way that the database has."""
    names = ", ".join(f'"{name}"' for name in table.columns)
    packed = [n for n, kind in enumerate(table.columns.values()) if kind == "bytes"]
    cursor = raw(connection).cursor()
    rows = _unpacked(rows, packed) if packed else rows
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(table.columns))
        cursor.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', rows)  # noqa: S608
        return
    if table.name == "passages":
        names, rows = f"{names}, words", _with_words(rows, list(table.columns).index("body"))
    with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row([storable(one) if isinstance(one, str) else one for one in row])


def _unpacked(rows: Iterator[list[Any]], packed: Sequence[int]) -> Iterator[list[Any]]:
    for row in rows:
        for n in packed:
            if row[n] is not None:
                row[n] = base64.b64decode(row[n])
        yield row


def _with_words(rows: Iterator[list[Any]], body: int) -> Iterator[list[Any]]:
    for row in rows:
        yield [*row, tsvector(row[body])]


def _settle_ids(connection: Connection, found: Sequence[Table]) -> None:
    """Let the next id of each table come after the last one; SQLite does by itself."""
    for table in found:
        if "id" in table.columns:
            connection.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "  # noqa: S608
                f'coalesce(max(id), 1), max(id) IS NOT NULL) FROM "{table.name}"'
            )


def _closed() -> list[str]:
    """Return which tables hold something sealed that none of the keys in force opens."""
    closed = []
    with db.engine.connect() as connection:
        for table in tables(connection):
            for name in (name for name in table.columns if name.startswith("sealed")):
                query = f'SELECT "{name}" FROM "{table.name}" WHERE "{name}" <> \'\''  # noqa: S608
                found = connection.exec_driver_sql(query).scalars()
                if any(unseal(one) is None for one in found) and table.name not in closed:
                    closed.append(table.name)
    return closed

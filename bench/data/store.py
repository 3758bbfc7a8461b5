"""Storing many rows: indexes and triggers step aside meanwhile and come back as they were."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, func, select, text

from planpush.database.session import Base, db

DAY = 86_400
Row = tuple[Any, ...]


@cache
def _day(number: int) -> str:
    return datetime.fromtimestamp(number * DAY, UTC).strftime("%Y-%m-%d ")


@cache
def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.000000"


def stamp(seconds: int) -> str:
    """Return a time, in seconds since 1970, as both databases read it."""
    return _day(seconds // DAY) + _clock(seconds % DAY)


class Store:
    """Puts rows into tables in one transaction, by the shortest way that the database has."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.postgres = connection.dialect.name == "postgresql"
        self.tables = Base.metadata.tables

    def put(self, name: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Store rows of one table; a column that is not named gets what its model starts with."""
        if not rows:
            return
        usual = _usual(self.tables[name], columns)
        names = [*columns, *usual]
        if usual:
            rest = tuple(usual.values())
            rows = [(*row, *rest) for row in rows]
        quoted = ", ".join(f'"{column}"' for column in names)
        cursor = self._cursor()
        if self.postgres:
            with cursor.copy(f"COPY {name} ({quoted}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join("?" * len(names))
            cursor.executemany(f"INSERT INTO {name} ({quoted}) VALUES ({marks})", rows)

    def _cursor(self) -> Any:
        raw: Any = self.connection.connection.dbapi_connection
        return raw.cursor()

    def last_id(self, name: str) -> int:
        """Return the greatest id of a table, 0 if it has none."""
        greatest = func.max(self.tables[name].columns["id"])
        return self.connection.scalar(select(greatest)) or 0

    @contextmanager
    def unindexed(self, names: Sequence[str]) -> Iterator[None]:
        """Let some tables be without indexes, triggers and foreign keys until the end."""
        if self.postgres:
            self._run(["SET LOCAL TIME ZONE 'UTC'", "SET LOCAL maintenance_work_mem = '256MB'"])
        else:
            self.connection.exec_driver_sql("PRAGMA cache_size = -262144")
        out, back = self._aside_postgres(names) if self.postgres else self._aside_sqlite(names)
        self._run(out)
        yield
        if not self.postgres:
            # In one part, as the worker would leave it.
            for how in ("rebuild", "optimize"):
                self._run([f"INSERT INTO passage_words(passage_words) VALUES ('{how}')"])
        self._run(back)

    def _run(self, statements: Sequence[str]) -> None:
        for statement in statements:
            self.connection.exec_driver_sql(statement)

    def _aside_sqlite(self, names: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return what takes indexes and triggers away, and what makes them again."""
        found = self.connection.execute(
            text("SELECT type, name, sql, tbl_name FROM sqlite_master WHERE sql IS NOT NULL")
        ).all()
        rows = [row for row in found if row.type in ("index", "trigger") and row.tbl_name in names]
        return [f"DROP {row.type} {row.name}" for row in rows], [row.sql for row in rows]

    def _aside_postgres(self, names: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return what takes indexes and foreign keys away, and what makes them again."""
        indexes = self.connection.execute(
            text(
                "SELECT i.indexname AS name, i.indexdef AS sql FROM pg_indexes i "
                "WHERE i.schemaname = current_schema() AND i.tablename = ANY(:names) "
                "AND i.indexname NOT IN (SELECT conname FROM pg_constraint)"
            ),
            {"names": list(names)},
        ).all()
        keys = self.connection.execute(
            text(
                "SELECT conrelid::regclass::text AS held, conname AS name, "
                "pg_get_constraintdef(oid) AS sql FROM pg_constraint WHERE contype = 'f' "
                "AND conrelid::regclass::text = ANY(:names)"
            ),
            {"names": list(names)},
        ).all()
        out = [f"DROP INDEX {row.name}" for row in indexes]
        out += [f"ALTER TABLE {row.held} DROP CONSTRAINT {row.name}" for row in keys]
        back = [row.sql for row in indexes]
        back += [f"ALTER TABLE {row.held} ADD CONSTRAINT {row.name} {row.sql}" for row in keys]
        return out, back

    def settle_ids(self, names: Sequence[str]) -> None:
        """Let the next id of each table come after the last one; SQLite does by itself."""
        for name in names if self.postgres else ():
            found = self.connection.execute(
                text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": name}
            ).scalar()
            if found:
                last = max(self.last_id(name), 1)
                self.connection.execute(
                    text("SELECT setval(:found, :last)"), {"found": found, "last": last}
                )


def analyse() -> None:
    """Let the database learn what its tables hold: after the transaction."""
    postgres = db.engine.dialect.name == "postgresql"
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE" if postgres else "ANALYZE")


def _usual(table: Table, given: Sequence[str]) -> dict[str, Any]:
    """Return what the columns that are not `given` start with, as the database takes it."""
    usual = {}
    for column in table.columns:
        start: Any = column.default
        if column.name not in given and start is not None:
            usual[column.name] = _plain(start.arg if start.is_scalar else start.arg(None))
    return usual


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return stamp(int(value.timestamp()))
    return json.dumps(value) if isinstance(value, dict | list) else value

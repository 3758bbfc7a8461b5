"""What makes thousands of tests quick: databases emptied, and all that is compiled only once."""

from __future__ import annotations

import functools
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pydantic._internal._docs_extraction as pydantic_docs
import pytest
import sqlalchemy as sa
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from psycopg.pq import TransactionStatus
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

from tests.starting import register_once

# Faster by far than TRUNCATE, which makes the files of every table and index anew.
EMPTY = """
SET LOCAL session_replication_role = replica;
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT tablename FROM pg_tables
             WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE format('DELETE FROM %I', one.tablename);
  END LOOP;
  PERFORM setval(format('%I', sequencename)::regclass, 1, false) FROM pg_sequences
  WHERE schemaname = 'public' AND last_value IS NOT NULL;
END $$;
"""


def own_database(server: str, name: str) -> str:
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


# A new connection costs more than most tests ask of it: its process has to learn all tables first.
@contextmanager
def kept_connections(url: str) -> Iterator[None]:
    """Hand connections to one PostgreSQL database from one app on to the next."""
    name, idle = sa.make_url(url).database, list[Any]()
    connect_anew, close = PGDialect_psycopg.connect, PGDialect_psycopg.do_close

    def connect(self: Any, *args: Any, **options: Any) -> Any:
        while options.get("dbname") == name and idle:
            with suppress(psycopg.OperationalError):  # a test ended it
                return reset(idle.pop())
        return connect_anew(self, *args, **options)

    def keep(self: Any, connection: Any) -> None:
        # One in the middle of something would hold its locks until somebody takes it again.
        free = connection.info.transaction_status == TransactionStatus.IDLE
        if free and connection.info.dbname == name:
            idle.append(connection)
        else:
            close(self, connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PGDialect_psycopg, "connect", connect)
        patch.setattr(PGDialect_psycopg, "do_close", keep)
        yield
    for connection in idle:
        connection.close()


def reset(connection: Any) -> Any:
    """Take back what a session was told."""
    for statement in ("RESET ALL", "UNLISTEN *", "SELECT pg_advisory_unlock_all()"):
        connection.execute(statement)
    connection.commit()
    return connection


def empty(url: str) -> None:
    """Leave a PostgreSQL database as it was after its migrations."""
    run(url, EMPTY)


def run(url: str, statement: str) -> None:
    with engine_of(url).begin() as connection:
        connection.execute(sa.text(statement))


@functools.cache
def engine_of(url: str) -> sa.Engine:
    return sa.create_engine(url, poolclass=sa.NullPool)


def hasten() -> None:
    """Do all of it, before the first test is read."""
    keep_bytecode()
    work_in_memory()
    compile_once()
    read_no_sources()


def keep_bytecode() -> None:
    """Let what a test starts find everything compiled, and the next run all tests rewritten."""
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def work_in_memory(memory: Path = Path("/dev/shm")) -> None:
    """Put temporary folders where nothing waits for a disk, if there is room, and programs may run.

    Every commit is synced to the disk: as long a wait as most tests take otherwise.
    """
    with suppress(OSError):
        roomy = shutil.disk_usage(memory).free > 4 * 1024**3 and os.access(memory, os.W_OK)
        if roomy and not os.statvfs(memory).f_flag & os.ST_NOEXEC:
            os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))


def compile_once() -> None:
    """Let every app of the run share what an earlier one compiled."""
    register_once()
    compile_templates_once()
    compile_statements_once()


def read_no_sources() -> None:
    """Leave out what Pydantic reads of SCIM's sources to describe attributes: half a second."""
    pydantic_docs._extract_source_from_frame = lambda cls: None


class Compiled(BytecodeCache):
    """Templates as code objects, found by their source: every app has the same filters."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key, bucket.checksum] = bucket.code


def compile_templates_once() -> None:
    """Keep what Jinja compiles: a third of what pages cost in tests."""
    made, kept = Environment.__init__, Compiled()

    def init(self: Environment, *args: Any, **options: Any) -> None:
        made(self, *args, **{"bytecode_cache": kept} | options)

    Environment.__init__ = init  # type: ignore[method-assign]


def compile_statements_once() -> None:
    """Keep what SQLAlchemy compiles: another third.

    Its cache tells dialects apart as objects; those of one kind are configured alike here.
    """
    kept = LRUCache(2_000)
    sa.Engine._compiled_cache = property(lambda self: kept, lambda self, cache: None)  # type: ignore[assignment]
    for kind in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        kind.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign]
        kind.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]

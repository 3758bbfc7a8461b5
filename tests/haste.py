"""What makes thousands of tests quick: databases emptied, and all that is compiled only once."""

from __future__ import annotations

import functools
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from psycopg.pq import TransactionStatus
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

import planpush
from planpush.models import copy
from planpush.web import metrics

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
# What blueprints fill.
LEFT = (
    "view_functions", "blueprints", "before_request_funcs", "after_request_funcs",
    "teardown_request_funcs", "template_context_processors", "url_default_functions",
    "url_value_preprocessors",
)  # fmt: skip


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
    prepare_once()


def register_once() -> None:
    """Keep what registering the blueprints leaves in an app: all but a fifth of its start.

    No view, hook or rule of a blueprint knows the app; one map of routes serves all of them, until
    one adds a route of its own.
    """
    register, made = planpush.init_views, list[Flask]()

    def init_views(app: Flask) -> None:
        if not made:
            made.append(registered(app, register))
        app.url_map = made[0].url_map
        app.add_url_rule = partial(add_to_own, app)  # type: ignore[method-assign]
        for name in LEFT:
            ours = getattr(app, name)
            for key, left in getattr(made[0], name).items():
                ours[key] = [*ours.get(key, ()), *left] if isinstance(left, list) else left

    planpush.init_views = init_views  # type: ignore[assignment]
    add = Flask.add_url_rule

    def add_url_rule(app: Flask, rule: str, endpoint: Any = None, *told: Any, **more: Any) -> None:
        # What comes before the blueprints stands in the map that the app is about to be given.
        if made and app.name == made[0].name and not app.blueprints:
            app.view_functions[endpoint] = more["view_func"] if more else told[0]
        else:
            add(app, rule, endpoint, *told, **more)

    Flask.add_url_rule = add_url_rule  # type: ignore[method-assign]


def add_to_own(app: Flask, *args: Any, **options: Any) -> None:
    """Add a route to a map that is this app's alone, from its first one on."""
    del app.add_url_rule  # type: ignore[method-assign]
    shared = app.url_map
    app.url_map = type(shared)(
        [rule.empty() for rule in shared.iter_rules()],
        converters=shared.converters,
        merge_slashes=shared.merge_slashes,
    )
    app.add_url_rule(*args, **options)


def registered(like: Flask, register: Callable[[Flask], None]) -> Flask:
    """An app with nothing but its blueprints."""
    made = Flask(like.name, static_folder=None)
    made.extensions, made.url_map = like.extensions, like.url_map
    for name in LEFT:
        getattr(made, name).clear()
    register(made)
    assert not made.error_handler_spec and not made.shell_context_processors
    return made


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


def prepare_once() -> None:
    """Keep what starting apps say to their dialect and count of their routes: half of a start.

    Both are only read, and alike: statements as texts, and the measures of the map of all routes.
    """
    prepared: dict[Any, Any] = {}
    make, measured = copy._Prepared.__init__, metrics.families

    def init(self: copy._Prepared, engine: sa.Engine, query: sa.Select[Any]) -> None:
        if (engine.dialect, query) not in prepared:
            make(self, engine, query)
            prepared[engine.dialect, query] = vars(self).copy()
        vars(self).update(prepared[engine.dialect, query], engine=engine)

    for name in ("_search", "_stored"):
        setattr(copy, name, functools.cache(getattr(copy, name)))
    copy._Prepared.__init__ = init  # type: ignore[method-assign]
    kept: list[Any] = []
    metrics.families = lambda app: kept or kept.extend(measured(app)) or kept

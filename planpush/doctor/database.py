"""Checks the database."""

from __future__ import annotations

import multiprocessing
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, NullPool, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from planpush.config import Config
from planpush.doctor.line import Line, fail, ok, warn
from planpush.logs import scrubbed
from planpush.operations.migrations import known_revisions, number, oldest_reader, revision

NAME, _PATIENCE = "database", 5
_MIGRATE = "planpush migrate"
_RESTORE = "Restore a backup: docs/backup.md."
_LARGE_LOG = 512 * 1024 * 1024  # bytes
_OLDEST, _POOL, _OTHERS = 140000, 30, 3  # version; connections of a process; kept for superusers
_DRIFT = 2.0  # seconds


def database(config: Config, *, thorough: bool) -> Iterator[Line]:
    """Look at the database; nothing is made, and nothing migrated."""
    if config.database_url.startswith("sqlite"):
        yield from _sqlite(config, thorough)
    else:
        yield from _postgres(config)


def _sqlite(config: Config, thorough: bool) -> Iterator[Line]:
    path = Path(make_url(config.database_url).database or "")
    if not path.is_file():
        yield fail(NAME, f"there is no file {path}", f"{_MIGRATE} makes it; or check DATA_DIR.")
        return
    try:
        yield from _opened(path, thorough)
    except sqlite3.Error as error:
        told = getattr(error, "sqlite_errorname", type(error).__name__)
        yield fail(NAME, f"{path} cannot be read ({told})", _RESTORE)
        return
    log = path.with_name(f"{path.name}-wal")
    size = log.stat().st_size if log.is_file() else 0
    if size > _LARGE_LOG:
        yield warn(NAME, f"its log has {size // 1024**2} MB: something reads for long",
                   "Look for a program that keeps the file open, or restart.")  # fmt: skip


def _opened(path: Path, thorough: bool) -> Iterator[Line]:
    check = "integrity_check" if thorough else "quick_check"
    # For reading only, with a connection of its own: what is not there is not made.
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as opened:
        count = opened.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        yield ok(NAME, f"SQLite {sqlite3.sqlite_version}, {path.stat().st_size // 1024**2} MB")
        found = [row[0] for row in opened.execute(f"PRAGMA {check}(5)")]
        if found == ["ok"]:
            yield ok("integrity", f"PRAGMA {check}: ok")
        else:
            yield fail("integrity", f"PRAGMA {check}: {len(found)} pages or rows are damaged",
                       f"Stop the server. {_RESTORE}")  # fmt: skip
        if thorough and opened.execute("PRAGMA foreign_key_check").fetchone() is not None:
            yield fail("integrity", "a row refers to one that is not there", _RESTORE)
        row = None
        if count:
            query = "SELECT version_num FROM alembic_version"
            row = opened.execute(query).fetchone() if _has_versions(opened) else None
    yield _migration(row[0] if row else None)


def _has_versions(opened: sqlite3.Connection) -> bool:
    query = "SELECT 1 FROM sqlite_schema WHERE name = 'alembic_version'"
    return opened.execute(query).fetchone() is not None


def _migration(revision: str | None) -> Line:
    known = known_revisions()
    if revision == known[-1]:
        return ok("migrations", f"at {revision}, this release's newest")
    if revision is None:
        return fail("migrations", "the database is empty", f"{_MIGRATE}, or restore a backup.")
    if revision not in known and oldest_reader(revision) <= number(known[-1]):
        return ok("migrations", f"at {revision}, of a newer release; this one can serve it, too")
    if revision not in known:
        return fail("migrations", f"at {revision}: a newer release was here, and what this one "
                    "needs is gone", "Install that release again.")  # fmt: skip
    return fail("migrations", f"at {revision}, an older release's", f"{_MIGRATE} (after a backup)")


def _postgres(config: Config) -> Iterator[Line]:
    try:
        arguments = {"connect_timeout": _PATIENCE}
        engine = create_engine(config.database_url, poolclass=NullPool, hide_parameters=True,
                               connect_args=arguments)  # fmt: skip
        with engine.connect() as connection:
            yield from _asked(connection, config)
    except ModuleNotFoundError:
        yield fail(NAME, "the driver is not installed", "pip install 'psycopg[binary]==3.3.9'")
    except SQLAlchemyError as error:
        inner = error.orig if isinstance(error, DBAPIError) else error
        said = " ".join(scrubbed(str(inner)).split())[:300] or type(error).__name__
        yield fail(NAME, f"it cannot be reached: {said}",
                   "Check DATABASE_URL, and that the server runs and lets you in.")  # fmt: skip


def _asked(connection: Connection, config: Config) -> Iterator[Line]:
    def show(name: str) -> str:
        return str(connection.scalar(text(f"SHOW {name}")))

    number = int(show("server_version_num"))
    told = f"PostgreSQL {show('server_version')}"
    if number < _OLDEST:
        yield warn(NAME, f"{told}, which nobody mends any more", "Move to a newer release of it.")
    else:
        yield ok(NAME, told)
    if show("server_encoding") != "UTF8":
        yield fail("encoding", f"{show('server_encoding')}, not UTF8: some texts do not fit",
                   "Restore a backup into a database with ENCODING 'UTF8'.")  # fmt: skip
    yield _room(int(show("max_connections")), config)
    drift = float(connection.scalar(text("SELECT extract(epoch FROM clock_timestamp())")) or 0)
    drift = abs(drift - time.time())
    if drift > _DRIFT:
        yield warn("clock", f"the database's differs by {drift:.0f} s",
                   "Let both machines set their clocks by NTP.")  # fmt: skip
    else:
        yield ok("clock", "the database's is the same")
    yield _migration(revision(connection))


def _room(most: int, config: Config) -> Line:
    """Tell whether all processes get the connections that they may want at one time."""
    processes = config.web_workers or min(4, multiprocessing.cpu_count())
    each = (
        min(config.web_threads + 3, _POOL) + 1
    )  # its threads, those beside them, one that listens
    wanted = processes * each + _POOL * config.worker + _OTHERS
    told = f"{wanted} may be wanted of {most} that there are"
    if wanted > most:
        fix = "Raise max_connections, or lower WEB_WORKERS or WEB_THREADS."
        return warn("connections", told, fix)
    return ok("connections", told)

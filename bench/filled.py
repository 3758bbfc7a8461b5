"""Apps on large databases.

SQLite files are filled once and kept in `BENCH_DATA` (default: a folder of the temporary directory)
until the migrations or the generator change. A PostgreSQL database is filled for each run.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from werkzeug.test import EnvironBuilder

from bench.data import Sizes, fill
from bench.harness import POSTGRES, SQLITE, cpu_time
from planpush import create_app
from planpush.accounts.sessions import SignInLink
from planpush.accounts.user import User
from planpush.config import Config
from planpush.database.session import commit, db
from planpush.operations.migrations import migrate
from planpush.paths import MIGRATIONS, ROOT
from planpush.web.auth import cookie_name
from tests.haste import own_database

USERS = {"admin": "person-1@example.com", "developer": "person-4@example.com"}
FOLDER = Path(os.environ.get("BENCH_DATA") or Path(tempfile.gettempdir()) / "planpush-bench")


class Filled:
    """An app on a filled database, with two people who are signed in."""

    def __init__(self, engine: str, sizes: Sizes) -> None:
        self.engine, self.sizes = engine, sizes
        FOLDER.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.app = make_app(sqlite_url(sizes) if engine == SQLITE else postgres_url(sizes))
        self.people = {name: Person(self.app, email) for name, email in USERS.items()}
        self.backends = self._backends() if engine == POSTGRES else []

    def _backends(self) -> list[int]:
        with self.app.app_context(), db.engine.connect() as connection:
            query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            return list(connection.scalars(sa.text(query)))

    def spent(self) -> float:
        """Return the CPU milliseconds of this process and of its PostgreSQL backends."""
        return 1000 * time.process_time() + sum(map(cpu_time, self.backends))

    @contextmanager
    def statements(self) -> Iterator[list[tuple[str, Any]]]:
        """Record the SQL statements that are sent meanwhile."""
        sent: list[tuple[str, Any]] = []

        def note(*call: Any) -> None:
            if not call[2].startswith("BEGIN"):
                sent.append((call[2], call[3]))

        with self.app.app_context():
            engine = db.engine
        sa.event.listen(engine, "before_cursor_execute", note)
        yield sent
        sa.event.remove(engine, "before_cursor_execute", note)

    def close(self) -> None:
        """Close the connections to the database."""
        with self.app.app_context():
            db.engine.dispose()


class Person:
    """A person's browser, whose requests cost no more than a server's would."""

    def __init__(self, app: Flask, email: str) -> None:
        self.app, client = app, app.test_client()
        with app.app_context():
            secret = SignInLink.issue(User.by_email(email))
            commit()
        client.get(f"/sign-in/local?token={secret}")
        with app.app_context():
            cookie = client.get_cookie(cookie_name())
        assert cookie is not None, f"{email} is not signed in"
        self.headers = {"Cookie": f"{cookie.key}={cookie.value}", "Accept-Encoding": "gzip"}

    def environ(self, path: str, **headers: str) -> Any:
        """Return a GET request for `ask`."""
        return EnvironBuilder(path, headers=self.headers | headers).get_environ()

    def ask(self, environ: Any) -> None:
        """Send a request and read the answer, which must be 200."""
        found: list[str] = []
        answer = self.app(dict(environ), lambda status, _headers, _error=None: found.append(status))
        b"".join(answer)
        answer.close()
        assert found == ["200 OK"], (environ["PATH_INFO"], found)


def make_app(url: str) -> Flask:
    """Return an app on the database at `url`."""
    told = {"secret_keys": ("b" * 40,), "base_url": "http://localhost", "rate_limits": False}
    return create_app(Config(database_url=url, data_dir=FOLDER, **told))


def fill_at(url: str, sizes: Sizes) -> None:
    """Migrate and fill the database at `url`."""
    print(f"filling {sa.make_url(url).database}", flush=True)
    app = make_app(url)
    with app.app_context():
        migrate()
        fill(sizes, tell=lambda line: print(f"  {line}", flush=True))
        db.session.remove()
        db.engine.dispose()


def sqlite_url(sizes: Sizes) -> str:
    """Return the URL of a filled file, made if it is missing."""
    path = FOLDER / f"plans-{sizes.plans}-{version(sizes)}.db"
    if not path.is_file():
        for old in FOLDER.glob(f"plans-{sizes.plans}-*"):
            old.unlink()
        begun = path.with_suffix(".part")
        fill_at(f"sqlite:///{begun}", sizes)
        begun.rename(path)
    return f"sqlite:///{path}"


def postgres_url(sizes: Sizes) -> str:
    """Return the URL of a PostgreSQL database, filled for this run."""
    server = os.environ["PLANPUSH_TEST_POSTGRES"]
    url = own_database(server, f"planpush_bench_{sizes.plans}")
    fill_at(url, sizes)
    return url


def version(sizes: Sizes) -> str:
    """Return a digest of what the database depends on."""
    made = hashlib.sha256(repr(sizes).encode())
    for folder in (MIGRATIONS / "versions", ROOT / "bench/data"):
        for path in sorted(folder.glob("*.py")):
            made.update(path.read_bytes())
    return made.hexdigest()[:12]

"""Databases for `bench.dashboard`: filled once, kept in a folder or beside PostgreSQL's own.

A database is made anew when the migrations, or what fills it, have changed since.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response
from jinja2 import BaseLoader, Environment
from werkzeug.test import EnvironBuilder

from planpush import create_app
from planpush.accounts.sessions import SignInLink
from planpush.accounts.user import User
from planpush.config import Config
from planpush.database.session import commit, db
from planpush.filling import Sizes, fill
from planpush.operations.migrations import migrate
from planpush.paths import MIGRATIONS, ROOT
from planpush.web.auth import cookie_name, public

SQLITE, POSTGRES = "SQLite", "PostgreSQL"
WHO = {"admin": "person-1@example.com", "developer": "person-4@example.com"}
FROM_MEMORY = "/bench/from-memory"
LIST, FILLED = "dashboard/_list.html", "{{ row_of(plan) -}}"
INCLUDED = '{% include "dashboard/_plan.html" %}'
FOLDER = Path(os.environ.get("BENCH_DATA") or Path(tempfile.gettempdir()) / "planpush-bench")


def engines() -> list[str]:
    """Return which databases there are: PostgreSQL where `PLANPUSH_TEST_POSTGRES` names one."""
    return [SQLITE, *([POSTGRES] if os.environ.get("PLANPUSH_TEST_POSTGRES") else [])]


class Stage:
    """An app on a filled database, with people who are signed in."""

    def __init__(self, engine: str, sizes: Sizes) -> None:
        self.engine, self.sizes = engine, sizes
        FOLDER.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.url = sqlite_of(sizes) if engine == SQLITE else _postgres(sizes)
        self.app = make_app(self.url)
        self.plain = self.app.jinja_env.overlay(loader=Plain(self.app.jinja_env.loader))
        self.text = ""  # what `FROM_MEMORY` answers, to who brings no cookie
        self.app.add_url_rule(FROM_MEMORY, "from_memory", public(partial(_from_memory, self)))
        self.people = {name: Person(self.app, email) for name, email in WHO.items()}
        self.clock = Clock(self)

    def close(self) -> None:
        """Close the connections to the database."""
        with self.app.app_context():
            db.engine.dispose()

    @contextmanager
    def session(self) -> Iterator[Any]:
        """Yield a session that is rolled back in the end."""
        with self.app.app_context():
            yield db.session
            db.session.rollback()


class Plain(BaseLoader):
    """The app's templates, but a list's rows are included in it, not filled into stencils.

    Nothing else differs, so this is what Jinja takes for the page as it stands in the templates.
    """

    def __init__(self, ours: BaseLoader | None) -> None:
        assert ours is not None
        self.ours = ours

    def get_source(self, environment: Environment, template: str) -> Any:
        """Return a template's text, its file, and whether that is as it was."""
        text, *rest = self.ours.get_source(environment, template)
        if template == LIST:
            assert text.count(FILLED) == 1, "where the rows are"
            text = text.replace(FILLED, INCLUDED)
        return text, *rest


def _from_memory(stage: Stage) -> Response:
    return Response(stage.text, mimetype="text/html")


class Person:
    """Somebody signed in, whose requests cost no more than a server's would."""

    def __init__(self, app: Flask, email: str) -> None:
        self.app, client = app, app.test_client()
        with app.app_context():
            user = User.by_email(email)
            assert user is not None, email
            secret = SignInLink.issue(user)
            commit()
        client.get(f"/sign-in/local?token={secret}")
        with app.app_context():
            cookie = client.get_cookie(cookie_name())
        assert cookie is not None, "signed in"
        self.headers = {"Cookie": f"{cookie.key}={cookie.value}", "Accept-Encoding": "gzip"}

    def environ(self, path: str, **headers: str) -> Any:
        """Return a GET request for `ask`."""
        return EnvironBuilder(path, headers=self.headers | headers).get_environ()

    def ask(self, environ: Any) -> int:
        """Send a request and read the answer; return its status."""
        found: list[str] = []
        answer = self.app(dict(environ), lambda status, _headers, _error=None: found.append(status))
        b"".join(answer)
        answer.close()
        return int(found[0][:3])


class Clock:
    """Processor time of this process and, with PostgreSQL, of the server's that work for it.

    That is steadier than the time of day. Where the server is not on this machine, or does not
    tell, the time of day has to do.
    """

    def __init__(self, stage: Stage) -> None:
        self.exact, self.servers = True, list[Path]()
        if stage.engine == POSTGRES:
            stage.people["admin"].ask(stage.people["admin"].environ("/dashboard"))
            query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            with stage.session() as session:
                pids = session.scalars(sa.text(query)).all()
            self.servers = [Path(f"/proc/{pid}/schedstat") for pid in pids]
            self.exact = all(
                path.is_file() and b"postgres" in _named(path) for path in self.servers
            )

    def now(self) -> float:
        """Return seconds since some moment."""
        if not self.exact:
            return time.perf_counter()
        spent = sum(int(path.read_bytes().split()[0]) for path in self.servers)
        return spent / 1e9 + time.process_time()


def _named(path: Path) -> bytes:
    return path.with_name("comm").read_bytes()


def make_app(url: str, **changes: Any) -> Flask:
    """Return an app on the database at `url`."""
    told = {"secret_keys": ("b" * 40,), "base_url": "http://localhost", "rate_limits": False}
    return create_app(Config(database_url=url, data_dir=FOLDER, **(told | changes)))


def _key(sizes: Sizes) -> str:
    """Return what tells a database from one that was made otherwise."""
    made = hashlib.sha256(repr(sizes).encode())
    for folder in (MIGRATIONS / "versions", ROOT / "planpush/filling"):
        for path in sorted(folder.glob("*.py")):
            made.update(path.read_bytes())
    return made.hexdigest()[:12]


def fill_at(url: str, sizes: Sizes) -> None:
    """Migrate and fill the database at `url`."""
    print(f"filling {sa.make_url(url).database}", flush=True)
    app = make_app(url)
    with app.app_context():
        migrate()
        fill(sizes, tell=lambda line: print(f"  {line}", flush=True))
        db.session.remove()
        db.engine.dispose()


def sqlite_of(sizes: Sizes) -> str:
    """Return the URL of a filled database, made if it is not there."""
    path = FOLDER / f"plans-{sizes.plans}-{_key(sizes)}.db"
    if not path.is_file():
        for old in FOLDER.glob(f"plans-{sizes.plans}-*"):
            old.unlink()
        begun = path.with_suffix(".part")
        fill_at(f"sqlite:///{begun}", sizes)
        begun.rename(path)
    return f"sqlite:///{path}"


def _postgres(sizes: Sizes) -> str:
    server = sa.make_url(os.environ["PLANPUSH_TEST_POSTGRES"])
    stem, name = f"planpush_bench_{sizes.plans}_", f"planpush_bench_{sizes.plans}_{_key(sizes)}"
    address = server.set(database=name).render_as_string(hide_password=False)
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        query = sa.text("SELECT datname FROM pg_database WHERE starts_with(datname, :stem)")
        known = connection.scalars(query, {"stem": stem}).all()
        if name not in known:
            for old in known:
                connection.exec_driver_sql(f"DROP DATABASE {old} WITH (FORCE)")
            connection.exec_driver_sql(f"CREATE DATABASE {stem}part")
            fill_at(server.set(database=f"{stem}part").render_as_string(hide_password=False), sizes)
            connection.exec_driver_sql(f"ALTER DATABASE {stem}part RENAME TO {name}")
    engine.dispose()
    return address

"""The cast and the stage: alice owns, bob reviews, charlie must see nothing, ada is admin."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from planpush import create_app
from planpush.config import Config
from planpush.db import commit, db
from planpush.models.plan import EDITOR, REVIEWER, Member, Plan
from planpush.models.schema import migrate
from planpush.models.token import Token
from planpush.settings import SPECS
from tests.haste import BRING_BACK, KEEP, empty, hasten, kept_connections, own_database, run
from tests.people import Browser, add_cast, person

ON_POSTGRES = os.environ.get("PLANPUSH_TEST_DATABASE", "sqlite") == "postgres"
DOCUMENT = (
    '<section data-anchor="intro"><h2>Intro</h2><p>Tokens rotate on every use.</p></section>'
    '<section data-anchor="data"><h2>Data model</h2><table><thead><tr><th>Column</th><th>Type</th>'
    "</tr></thead><tbody><tr><td>id</td><td>uuid</td></tr><tr><td>name</td><td>text</td></tr>"
    "</tbody></table></section>"
)


def pytest_configure(config: pytest.Config) -> None:
    if ON_POSTGRES and not os.environ.get("PLANPUSH_TEST_POSTGRES"):
        pytest.exit("PLANPUSH_TEST_POSTGRES names no server", returncode=2)
    hasten()


def pytest_collection_finish() -> None:
    # Modules and tests stay to the end: each look through them for garbage took half a second.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """The URL of a migrated database: a file to copy, or a database of this worker's own."""
    if not ON_POSTGRES:
        path = tmp_path_factory.mktemp("database") / "template.db"
        url = f"sqlite:///{path}"
    else:
        url = own_database(os.environ["PLANPUSH_TEST_POSTGRES"], f"planpush_{worker_id}")
    with make_app(url, tmp_path_factory.mktemp("data")).app_context():
        migrate()
        db.engine.dispose()
    with kept_connections(url):
        yield url


@pytest.fixture(scope="session")
def peopled(migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cast, set aside once for every test: in a file to copy, or within the database."""
    path = tmp_path_factory.mktemp("peopled") / "template.db"
    url = renewed(migrated, path)
    made = make_app(url, path.parent)
    with made.app_context():
        add_cast()
        db.session.remove()
        db.engine.dispose()
    if ON_POSTGRES:
        run(url, KEEP)
        empty(url)
    return path


def make_app(url: str, data_dir: Path, **changes: Any) -> Flask:
    settings = {"secret_keys": ("k" * 40,), "base_url": "http://localhost", "rate_limits": False}
    fixed = {name: changes.pop(name) for name in list(changes) if name in SPECS}
    given = settings | changes
    return create_app(Config(database_url=url, data_dir=data_dir, fixed=fixed, **given))


@pytest.fixture
def database_url(migrated: str, tmp_path: Path) -> str:
    """A database as it is after the migrations: empty."""
    return renewed(migrated, tmp_path / "planpush.db")


def renewed(migrated: str, path: Path) -> str:
    """The URL of the empty database: a copy at `path`, or the one of this worker."""
    if not ON_POSTGRES:
        shutil.copy(migrated.removeprefix("sqlite:///"), path)
        return f"sqlite:///{path}"
    empty(migrated)
    return migrated


@pytest.fixture
def app(database_url: str, peopled: Path, tmp_path: Path) -> Iterator[Flask]:
    if ON_POSTGRES:
        run(database_url, BRING_BACK)
    else:
        shutil.copy(peopled, tmp_path / "planpush.db")
    made = make_app(database_url, tmp_path)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def browser(app: Flask) -> Callable[[str], Browser]:
    return lambda name: Browser(app, name)


@pytest.fixture
def agent(app: Flask) -> Callable[..., Any]:
    """Call the API as somebody's agent: agent("alice", "GET", "/api/plans")."""

    def call(name: str, method: str, path: str, scopes: Any = None, **options: Any) -> Any:
        with app.app_context():
            token = Token.issue(person(name), name="test", **({"scopes": scopes} if scopes else {}))
            commit()
        headers = {"Authorization": f"Bearer {token}"} | options.pop("headers", {})
        return app.test_client().open(path, method=method, headers=headers, **options)

    return call


@pytest.fixture
def plan(app: Flask, agent: Callable[..., Any]) -> str:
    """The address of alice's private plan, two sections, with bob as reviewer."""
    pushed = agent(
        "alice", "POST", "/api/push?slug=auth&title=Auth", data=DOCUMENT, content_type="text/html"
    )
    invite(app, "auth", "bob", REVIEWER)
    return pushed.json["plan"]


def invite(app: Flask, slug: str, name: str, kind: str = EDITOR) -> None:
    with app.app_context():
        found = db.session.scalars(sa.select(Plan).where(Plan.slug == slug)).one()
        db.session.add(Member(plan_id=found.id, user_id=person(name).id, kind=kind))
        commit()

"""The cast and the stage: alice owns, bob reviews, charlie must see nothing, ada is admin."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from planpush import create_app
from planpush.cli_app import entered
from planpush.config import Config
from planpush.db import commit, db
from planpush.models import readiness
from planpush.models.plan import EDITOR, REVIEWER, Member, Plan
from planpush.models.schema import migrate
from planpush.settings import SPECS
from tests.haste import hasten, kept_connections, own_database
from tests.keeping import Kept, beginning, refresh, renewed
from tests.order import turn_around
from tests.people import Browser, add_cast, call, person

ON_POSTGRES = os.environ.get("PLANPUSH_TEST_DATABASE", "sqlite") == "postgres"
KEPT: dict[str, Kept] = {}  # what tests begin with
PUSH = "/api/push?slug=auth&title=Auth"
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
    turn_around()
    readiness.PATIENCE = 60.0  # the database of a busy machine is not silent


def pytest_collection_finish() -> None:
    # Modules and tests stay to the end: each look through them for garbage took half a second.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    # Before the test's own fixtures: what one patches must not be seen by the next.
    names = getattr(item, "fixturenames", ())
    if "app" in names:
        refresh(KEPT.get(beginning(names)))


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """The URL of a migrated database: a file to copy, or a database of this worker's own."""
    if not ON_POSTGRES:
        url = f"sqlite:///{tmp_path_factory.mktemp('database')}/template.db"
    else:
        url = own_database(os.environ["PLANPUSH_TEST_POSTGRES"], f"planpush_{worker_id}")
    with fleeting(url, tmp_path_factory):
        migrate()
    with kept_connections(url):
        yield url


@pytest.fixture(scope="session")
def peopled(migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """The cast, set aside once for every test."""

    def make(url: str) -> None:
        with fleeting(url, tmp_path_factory):
            add_cast()

    return Kept(migrated, tmp_path_factory.mktemp("peopled"), make).among(KEPT, "peopled")


@pytest.fixture(scope="session")
def planned(migrated: str, peopled: Kept, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """The cast, and alice's private plan, two sections, with bob as reviewer."""

    def make(url: str) -> None:
        with fleeting(url, tmp_path_factory) as made:
            answer = call(made, "alice", "POST", PUSH, data=DOCUMENT, content_type="text/html")
            assert answer.json["plan"] == "auth", answer.text
            invite(made, "auth", "bob", REVIEWER)

    return Kept(migrated, tmp_path_factory.mktemp("planned"), make, peopled).among(KEPT, "planned")


@contextmanager
def fleeting(url: str, folders: pytest.TempPathFactory) -> Iterator[Flask]:
    """An app, within its context, to fill a database with."""
    made = make_app(url, folders.mktemp("data"))
    with entered(made):
        yield made


def make_app(url: str, data_dir: Path, **changes: Any) -> Flask:
    given = {"secret_keys": ("k" * 40,), "base_url": "http://localhost", "rate_limits": False}
    fixed = {name: changes.pop(name) for name in list(changes) if name in SPECS}
    return create_app(Config(database_url=url, data_dir=data_dir, fixed=fixed, **given | changes))


@pytest.fixture
def database_url(migrated: str, tmp_path: Path) -> str:
    """A database as it is after the migrations: empty."""
    return renewed(migrated, tmp_path / "planpush.db")


@pytest.fixture
def app(request: Any, database_url: str, peopled: Kept, tmp_path: Path) -> Iterator[Flask]:
    request.getfixturevalue(beginning(request.fixturenames)).bring_back(database_url)
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
    return lambda *asked, **told: call(app, *asked, **told)


@pytest.fixture
def plan(planned: Kept, app: Flask) -> str:
    """The address of alice's private plan: `app` brought it with the cast."""
    return "auth"


def invite(app: Flask, slug: str, name: str, kind: str = EDITOR) -> None:
    with app.app_context():
        found = db.session.scalars(sa.select(Plan).where(Plan.slug == slug)).one()
        db.session.add(Member(plan_id=found.id, user_id=person(name).id, kind=kind))
        commit()

"""The cast and the stage: alice owns, bob reviews, charlie must see nothing, ada is admin."""

from __future__ import annotations

import gc
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule

from planpush import create_app
from planpush.cli.app import entered
from planpush.comments.thread import Thread
from planpush.config import Config
from planpush.database.session import commit, db
from planpush.operations import readiness
from planpush.operations.migrations import migrate
from planpush.plans.plan import EDITOR, REVIEWER, Member, Plan
from planpush.setting_specs import SPECS
from planpush.versions.push import Pushed, push_new, push_version
from planpush.versions.request import Push, SectionPush
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
    gc.disable()  # until all tests are read: nothing of them is garbage
    hasten()
    turn_around()
    readiness.PATIENCE = 60.0  # the database of a busy machine is not silent


def pytest_collection_finish() -> None:
    # Modules and tests stay to the end: each look through them for garbage took half a second.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)
    gc.enable()


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


@pytest.fixture
def empty(tmp_path: Path, worker_id: str) -> Iterator[Flask]:
    """An app on a database of its own, that nothing has migrated yet."""
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    if ON_POSTGRES:
        url = own_database(os.environ["PLANPUSH_TEST_POSTGRES"], f"planpush_empty_{worker_id}")
    made = make_app(url, tmp_path)
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def database(app: Flask) -> Iterator[Any]:
    """An open session, as a request has one."""
    with app.app_context():
        yield db.session
        db.session.rollback()


@pytest.fixture
def pushed(database: Any) -> Callable[..., Pushed]:
    """Push as alice: pushed({"intro": "<p>…</p>"}, plan=plan); the base is the newest version."""

    def push(sections: dict[str, str | None], plan: Plan | None = None, **told: Any) -> Pushed:
        parts = [SectionPush(anchor, html) for anchor, html in sections.items()]
        if plan is None:
            done = push_new(Push(parts, title="Plan", **told), by=person("alice"))
        else:
            base = told.pop("base_version", plan.newest)
            done = push_version(plan, Push(parts, base_version=base, **told), by=person("alice"))
        commit()
        return done

    return push


@pytest.fixture
def dump(database: Any) -> Callable[[], str]:
    """Read the whole database as one text."""

    def read() -> str:
        tables = db.metadata.sorted_tables
        rows = [tuple(row) for table in tables for row in database.execute(sa.select(table))]
        return repr(rows)

    return read


def at_once(count: int, action: Callable[[int], Any]) -> list[Any]:
    """What `action` returns for 0, 1, 2 …, each in a thread of its own."""
    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(action, range(count)))


MUTATIONS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# Routes that serve programs: they have an audience and an authentication of their own.
FOR_PROGRAMS = ("/api/", "/mcp", "/scim/", "/oauth/token", "/oauth/revoke", "/oauth/register",
                "/oauth/device_authorization", "/.well-known/")  # fmt: skip


def address(rule: Rule, **values: Any) -> str:
    """An address of a route: known values, and 1 for every other converter."""
    return re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda part: str(values.get(part[1], 1)), rule.rule)


def routes(app: Flask, methods: frozenset[str]) -> Iterator[tuple[str, Rule]]:
    """Every method of `methods` of every route."""
    for rule in app.url_map.iter_rules():
        for method in sorted(methods & (rule.methods or set())):
            yield method, rule


def for_browsers(rule: Rule) -> bool:
    """Whether people use a route, not programs."""
    return not rule.rule.startswith(FOR_PROGRAMS)


def piece(anchor: str, words: str = "Words.", /, **changes: Any) -> dict[str, Any]:
    """A section as a push sends it."""
    html = f'<section data-anchor="{anchor}"><h2>{anchor.title()}</h2><p>{words}</p></section>'
    sha256 = hashlib.sha256(html.encode()).hexdigest()
    return {"anchor": anchor, "html": html, "sha256": sha256} | changes


@pytest.fixture
def push(agent: Callable[..., Any]) -> Callable[..., Any]:
    """Push as somebody's agent: push("alice", [piece("intro")], plan="auth", base_version=1)."""

    def send(name: str, sections: Any, headers: Any = None, **body: Any) -> Any:
        given = {"sections": sections} | body
        return agent(name, "POST", "/api/push", json=given, headers=headers or {})

    return send


@pytest.fixture
def stored(app: Flask) -> Callable[..., dict[str, list[str]]]:
    """Read every row of every table, but of those that are left out by name."""

    def read(*left_out: str) -> dict[str, list[str]]:
        with app.app_context():
            return {
                table.name: sorted(repr(tuple(row)) for row in db.session.execute(sa.select(table)))
                for table in db.metadata.sorted_tables
                if table.name not in left_out
            }

    return read


def code(answer: Any) -> str:
    """The stable word of a problem+json answer, checked for its form."""
    assert answer.mimetype == "application/problem+json", answer.text
    assert answer.json["status"] == answer.status_code
    assert answer.json["title"] and answer.json["detail"]
    return re.split("[#:/]", answer.json["type"])[-1]


def fields(answer: Any) -> list[str]:
    """The fields that a problem names."""
    return [error["field"] for error in answer.json.get("errors", [])]


@pytest.fixture
def sql(app: Flask) -> Callable[..., None]:
    """Run a statement behind the app's back: it stands for time that passed, or an operator."""

    def run(statement: str, **values: Any) -> None:
        with app.app_context():
            db.session.execute(sa.text(statement), values)
            db.session.commit()

    return run


@pytest.fixture
def another(app: Flask, database_url: str, tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Make a second app on the same data, with other settings."""
    made: list[Flask] = []

    def make(**changes: Any) -> Flask:
        made.append(make_app(database_url, tmp_path, **changes))
        return made[-1]

    yield make
    for one in made:
        with one.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def count(app: Flask) -> Iterator[Callable[..., int]]:
    """Count the statements that a call asks the database."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    with app.app_context():
        sa.event.listen(db.engine, "before_cursor_execute", note)
        yield lambda call: (statements.clear(), call(), len(statements))[2]
        sa.event.remove(db.engine, "before_cursor_execute", note)


@pytest.fixture(scope="session")
def talked(migrated: str, planned: Kept, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """What `planned` is, and a thread that bob opened on the word "rotate"."""

    def make(url: str) -> None:
        with fleeting(url, tmp_path_factory) as made:
            place = {"anchor": "intro", "quote": "rotate", "body": "How often?"}
            answer = Browser(made, "bob").send("POST", "/p/auth/threads", place, htmx=False)
            assert "thread=" in answer.location

    return Kept(migrated, tmp_path_factory.mktemp("talked"), make, planned).among(KEPT, "talked")


@pytest.fixture
def thread(talked: Kept, app: Flask, plan: str) -> str:
    """The id of the thread that bob opened on alice's private plan: `app` brought it, too."""
    with app.app_context():
        return str(db.session.scalars(sa.select(Thread.id)).one())

"""What the tests of the views share: routes as addresses, pushes as JSON, what is stored."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule

from planpush.db import db, now
from tests.conftest import make_app
from tests.views.talking import talked as talked
from tests.views.talking import thread as thread

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
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the minute that a plan's times speak of: what comes before it is not in the future."""
    at = now()
    monkeypatch.setattr("planpush.views.plans.now", lambda: at)


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


def plain(answer: Any) -> str:
    """What an answer says, without the nonce and the tokens that are new in each."""
    nonce = re.search(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"])[1]
    token = re.search(r'name="csrf-token" content="(\w*)"', answer.text)
    text = answer.text.replace(nonce, "NONCE")
    return text.replace(token[1], "TOKEN") if token and token[1] else text


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

"""What the tests of the models share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from planpush.db import commit, db
from planpush.models.manifest import Push, SectionPush
from planpush.models.plan import Plan
from planpush.models.push import Pushed, push_new, push_version
from tests.conftest import ON_POSTGRES, make_app, own_database
from tests.people import person


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

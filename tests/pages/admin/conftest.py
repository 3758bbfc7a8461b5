"""What the tests of the admin pages share: ada, who is admin, and what the log says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from planpush.accounts.user import User
from planpush.database.session import db
from planpush.events.event import Event
from tests.people import Browser, person


@pytest.fixture
def ada(browser: Callable[..., Browser]) -> Browser:
    return browser("ada")


@pytest.fixture
def logged(app: Flask) -> Callable[..., list[Any]]:
    """Read the events of a kind: who did it, to whom or what."""

    def read(kind: str) -> list[Any]:
        with app.app_context():
            query = (
                sa.select(User.name, Event.target)
                .select_from(Event)
                .outerjoin(User, User.id == Event.actor_id)
                .where(Event.kind == kind)
                .order_by(Event.id)
            )
            return [tuple(row) for row in db.session.execute(query)]

    return read


@pytest.fixture
def member(app: Flask) -> Callable[..., str]:
    """The address of somebody's row, and of what hangs below it."""

    def find(name: str, below: str = "") -> str:
        with app.app_context():
            return f"/admin/members/{person(name).id}{below}"

    return find

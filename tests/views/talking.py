"""A plan that is talked about: what most tests of threads begin with."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from planpush.db import db
from planpush.models.thread import Thread
from tests.conftest import KEPT, fleeting
from tests.keeping import Kept
from tests.people import Browser


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

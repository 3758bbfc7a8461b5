"""Several processes start at once on a database that lacks migrations, and one is killed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest
import sqlalchemy as sa

from planpush.database.session import db
from planpush.operations.migrations import is_current, known_revisions
from planpush.paths import MIGRATIONS
from tests import launching
from tests.conftest import ON_POSTGRES, make_app, own_database
from tests.launching import Started

HANGS = """
import os, sys, time
import sqlalchemy as sa
from alembic import op
revision, down_revision = "9999", "{before}"
def upgrade():
    op.create_table("half", sa.Column("id", sa.Integer(), primary_key=True))
    print("in the middle", flush=True)
    time.sleep(600)
"""
RUN = """
import sys
from pathlib import Path
from planpush import create_app
from planpush.config import Config
from planpush.operations import migrations
migrations.MIGRATIONS = Path(sys.argv[1])
with create_app(Config.from_env()).app_context():
    migrations.migrate()
"""
WAITING = "another process migrates this database: waiting until it is done"


@dataclass
class Migrating:
    """A process that migrates, and what it says."""

    process: subprocess.Popen[bytes] | Started
    said: IO[str]


def migrating(env: dict[str, str], *scripts: str) -> Migrating:
    """Start one; it migrates by the scripts of a folder of its own if one is given."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as out:
        if scripts:
            words = [sys.executable, "-c", RUN, *scripts]
            process = subprocess.Popen(words, env=env, stdout=out, stderr=out)
        else:
            process = launching.start("migrate", env=env, out=out)
    return Migrating(process, os.fdopen(reading))


@pytest.fixture
def start(tmp_path: Path, worker_id: str) -> Any:
    """Start it on a database that nothing has migrated; what still runs ends with the test."""
    url = f"sqlite:///{tmp_path / 'planpush.db'}"
    if ON_POSTGRES:
        url = own_database(os.environ["PLANPUSH_TEST_POSTGRES"], f"planpush_start_{worker_id}")
    ours = {"SECRET_KEY": "s" * 40, "DATA_DIR": str(tmp_path), "DATABASE_URL": url}
    env, started = os.environ | ours | {"BASE_URL": "http://localhost"}, []

    def run(*scripts: str) -> Migrating:
        started.append(migrating(env, *scripts))
        return started[-1]

    run.url = url
    yield run
    for one in started:
        one.process.kill()
        one.process.wait(60)
        one.said.close()


@pytest.mark.long
def test_one_of_many_migrates_when_another_was_killed_in_the_middle(start: Any, tmp_path: Path):
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions/9999_hangs.py").write_text(HANGS.format(before=known_revisions()[-1]))
    killed = start(str(folder))
    assert "in the middle" in killed.said.readline()
    others = [start() for _ in range(4)]
    first = [one.said.readline() for one in others]
    assert all(WAITING in line for line in first), first
    killed.process.kill()
    said = [one.said.read() for one in others]
    assert [one.process.wait(120) for one in others] == [0] * 4, said
    assert sum("the database was migrated from nothing" in one for one in said) == 1, said
    assert all("The database is up to date." in one and WAITING not in one for one in said), said
    with make_app(start.url, tmp_path).app_context():
        assert is_current() and "half" not in sa.inspect(db.engine).get_table_names()
        db.engine.dispose()

"""The schema: all steps or none, newer releases, a way back, one process at a time."""

import logging
import os
import shutil
import subprocess
import sys
import threading

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask_migrate import downgrade

from planpush.cli.main import cli
from planpush.database.session import db
from planpush.errors import Problem
from planpush.operations import migration_lock as lock
from planpush.operations import migrations, readiness
from planpush.operations.migration_lock import alone
from planpush.operations.migrations import is_current, migrate
from planpush.paths import MIGRATIONS
from tests.conftest import ON_POSTGRES

STEP = '''"""A step."""
import sqlalchemy as sa
from alembic import op
revision = "{name}"
down_revision = "{before}"
def upgrade():
    {up}
def downgrade():
    {down}
'''
ADDS = 'op.add_column("users", sa.Column("shoe", sa.Integer(), nullable=True))'
DROPS = 'op.drop_column("users", "shoe")'
FILLS = "op.execute(\"INSERT INTO rate_limits VALUES ('x', '2026-01-01', 1)\")"


@pytest.mark.long
def test_who_only_serves_imports_no_alembic(tmp_path):
    code = "import sys; from planpush import cli, create_app; create_app(); "
    code += "print([name for name in ('alembic', 'flask_migrate', 'mako') if name in sys.modules])"
    told = {"SECRET_KEY": "k" * 40, "BASE_URL": "http://localhost", "DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | told, check=True, capture_output=True
    )
    assert done.stdout == b"[]\n"


@pytest.fixture
def release(tmp_path, monkeypatch):
    """Be another release: one with these steps after the newest. release() is this one."""

    def become(*steps):
        folder = MIGRATIONS
        if steps:
            folder = tmp_path / f"release-{len(list(tmp_path.iterdir()))}"
            ours = shutil.ignore_patterns("__pycache__")
            shutil.copytree(MIGRATIONS, folder, ignore=ours)
        before = migrations._revisions(str(MIGRATIONS))[-1]
        for name, up, down in steps:
            text = STEP.format(name=name, before=before, up=up, down=down)
            (folder / "versions" / f"{name}_step.py").write_text(text)
            before = name
        monkeypatch.setattr(migrations, "MIGRATIONS", folder)

    return become


def after(steps):
    """The name of a migration that many steps after the newest one."""
    return f"{migrations.number(migrations.known_revisions()[-1]) + steps:04}"


def columns(table="users"):
    db.engine.dispose()
    return {column["name"] for column in sa.inspect(db.engine).get_columns(table)}


def test_a_step_that_fails_leaves_the_schema_and_the_rows_as_they_were(empty, release):
    migrate()
    downgrade(directory=str(MIGRATIONS), revision="0007")
    before = columns(), columns("sign_offs")
    one, two = after(1), after(2)
    release(
        (one, f"{ADDS}; {FILLS}", "pass"), (two, f"{ADDS.replace('shoe', 'hat')}; 1 / 0", "pass")
    )
    with pytest.raises(ZeroDivisionError):
        migrate()
    assert (columns(), columns("sign_offs")) == before and not is_current()
    with db.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM rate_limits")) == 0
        assert ON_POSTGRES or connection.scalar(sa.text("PRAGMA foreign_keys")) == 1
    release((one, ADDS, DROPS))
    migrate()  # the lock was given back
    assert "shoe" in columns() and "given_on" in columns("sign_offs")


def test_the_release_before_serves_what_a_newer_one_has_migrated(empty, release, caplog):
    migrate()
    release((after(1), ADDS, DROPS))
    assert not is_current()
    migrate()
    release()
    migrations._note_newer.cache_clear()
    client = empty.test_client()
    assert [client.get("/readyz").status_code for _ in range(3)] == [200] * 3
    migrate()
    assert "shoe" in columns() and not migrations.is_newest()
    assert [one.getMessage() for one in caplog.records if "newer" in one.getMessage()] == [
        f"the database is at {after(1)}, of a newer release; this one knows {after(0)}"
    ]


def test_a_release_whose_tables_are_gone_refuses(empty, release, monkeypatch):
    monkeypatch.setattr(readiness, "_FRESH", -1.0)
    migrate()
    assert empty.test_client().get("/readyz").status_code == 200
    release((after(1), ADDS, DROPS), (f"{after(2)}_from_{after(1)}", "pass", "pass"))
    migrate()
    assert is_current()
    release()
    assert not is_current() and empty.test_client().get("/readyz").status_code == 503
    with pytest.raises(Problem, match="a newer release has migrated this database to"):
        migrate()


@pytest.fixture
def run(empty, tmp_path):
    """A command of the operator's on that database."""
    url = empty.config["SQLALCHEMY_DATABASE_URI"]
    env = {"SECRET_KEY": "k" * 40, "DATABASE_URL": url, "DATA_DIR": str(tmp_path)}
    return lambda *words: CliRunner().invoke(cli, words, env=env | {"BASE_URL": "http://a.test"})


def test_the_way_back_and_up_again(empty, run, release):
    assert run("migrate").output == "The database is up to date.\n"
    release((after(1), ADDS, DROPS))
    assert run("migrate").exit_code == 0 and "shoe" in columns()
    release()
    assert run("migrate").output.startswith("A newer release has migrated the database")
    refused = run("downgrade", "0010", "--yes").exception
    assert "use the release that migrated it" in str(refused)
    release((after(1), ADDS, DROPS))
    assert "--yes" in str(run("downgrade", "0010").exception) and "shoe" in columns()
    assert "back to one of these: 0001, 0002" in str(run("downgrade", "9", "--yes").exception)
    assert run("downgrade", "0010", "--yes").exit_code == 0 and "shoe" not in columns()


def test_whoever_waits_says_so_once_and_finds_it_done(empty, caplog, monkeypatch):
    caplog.set_level(logging.INFO, "planpush")
    waited = threading.Event()
    monkeypatch.setattr(lock, "_GLANCE", 0.01)
    waiting = lock.time.sleep
    monkeypatch.setattr(lock.time, "sleep", lambda pause: (waited.set(), waiting(pause)))

    def other():
        with empty.app_context():
            migrate()
            db.session.remove()

    with alone():
        thread = threading.Thread(target=other)
        thread.start()
        assert waited.wait(60)
        migrations.bring_up()
    thread.join(60)
    told = [one.getMessage() for one in caplog.records if one.name == "planpush"]
    assert sorted(told) == [
        "another process migrates this database: waiting until it is done",
        f"the database was migrated from nothing to {after(0)}",
    ]


def test_a_table_in_use_is_waited_for_without_holding_up_others(empty, release, monkeypatch):
    migrate()
    release((after(1), ADDS, DROPS))
    environment, paused = migrations.MIGRATIONS / "env.py", []
    environment.write_text(environment.read_text().replace("'5s'", "'20ms'"))
    reader = db.engine.connect()
    if ON_POSTGRES:
        reader.exec_driver_sql("SELECT * FROM users")
    monkeypatch.setattr(migrations.time, "sleep", lambda _: (paused.append(1), reader.close()))
    migrate()
    reader.close()
    assert "shoe" in columns() and bool(paused) == ON_POSTGRES

"""`planpush doctor`: names what is wrong and what to do, changes nothing, and tells no secret."""

import json
import re
import resource
import shutil

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from planpush.cli.main import cli
from planpush.database.session import commit, db
from planpush.doctor.configuration import VARIABLES
from planpush.document.diagrams import renderer
from planpush.operations.statistics import counted, note
from planpush.paths import ROOT
from planpush.setting_specs import SPECS
from tests.conftest import ON_POSTGRES, make_app
from tests.peers import slack

KEY = "0f8a1c5be7d24936a1b2c3d4e5f60718"
ASKED = {"configuration", "SECRET_KEY", "BASE_URL", "DATA_DIR", "database", "migrations", "assets",
         "diagrams", "open files", "backups", "worker", "github", "okta", "slack"}  # fmt: skip
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def doctor(database_url, tmp_path):
    """Run it on a migrated database; return its exit code and its lines by name."""
    tmp_path.chmod(0o700)
    for path in tmp_path.iterdir():
        path.chmod(0o600)
    given = {"SECRET_KEY": KEY, "DATA_DIR": str(tmp_path), "DATABASE_URL": database_url}

    def run(*words, **env):
        done = CliRunner().invoke(cli, ["doctor", "--json", *words], env=given | env)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.output
        told = json.loads(done.stdout)
        assert told["ok"] is (done.exit_code == 0)
        assert all(one["fix"] or one["state"] == "ok" for one in told["checks"])
        return done.exit_code, {one["name"]: one for one in reversed(told["checks"])}, done.output

    return run


def states(lines, *names):
    return [lines[name]["state"] for name in names]


def test_all_is_well(doctor, database_url, tmp_path):
    app = make_app(database_url, tmp_path)
    with app.app_context():
        note(counted())
        commit()
        db.engine.dispose()
    code, lines, _ = doctor("--thorough")
    assert code == 0 and {one["state"] for one in lines.values()} == {"ok"}, lines
    assert set(lines) - ASKED == ({"connections", "clock"} if ON_POSTGRES else {"integrity"})


def test_people_read_it_as_text(database_url, tmp_path):
    env = {"SECRET_KEY": "short", "DATA_DIR": str(tmp_path), "DATABASE_URL": database_url}
    done = CliRunner().invoke(cli, ["doctor", "--offline"], env=env)
    assert done.exit_code == 1
    assert "fail  configuration: SECRET_KEY: every key needs at least 32" in done.output
    assert "\n      → Set SECRET_KEY to a value" in done.output
    assert "\nok    migrations: at " in done.output


def test_a_broken_configuration_is_named_variable_by_variable(doctor):
    wrong = {"PORT": "0", "BASE_URL": "plans", "SECRET_KEY": "hunter2-short", "LOG_FORMAT": "xml",
             "DATABASE_URL": "mysql://u:hunter2@x", "METRICS_TOKEN": "hunter2"}  # fmt: skip
    code, lines, output = doctor(**wrong)
    assert code == 1 and "hunter2" not in output and "database" not in lines
    assert all(f'"{name}: ' in output for name in wrong)
    assert states(lines, "assets", "diagrams", "integrations") == ["ok", "ok", "fail"]


HARDLY_MEANT = [
    ({"BASE_URL": "http://plans.example.com"}, "BASE_URL", "no https"),
    ({"BASE_URL": "https://plans.example.com"}, "TRUSTED_PROXIES", "none is trusted"),
    ({"SECRET_KEY": "changeme" * 4}, "SECRET_KEY", "not look random"),
    ({"SECRET_KEY": f"{KEY},{'a' * 32}"}, "SECRET_KEY", "key 2 does not"),
    ({"METRICS_TOKENS": "x"}, "configuration", "not read"),
    ({"PLANPUSH_SLACK_CHANNEL": "x"}, "configuration", "not read"),
    ({"BASE_URL": "https://x.example.com", "RATE_LIMITS": "off"}, "RATE_LIMITS", "off"),
]


def test_what_is_hardly_meant_is_a_warning(doctor):
    for env, name, said in HARDLY_MEANT:
        code, lines, output = doctor("--offline", **env)
        assert code == 0 and said in output, env
        assert name == "configuration" or lines[name]["state"] == "warn"


def test_a_database_that_is_gone_is_one_line_and_is_not_made(doctor, tmp_path):
    gone = f"sqlite:///{tmp_path / 'gone.db'}"
    if ON_POSTGRES:
        gone = "postgresql://planpush:hunter2@127.0.0.1:9/planpush"
    code, lines, output = doctor(DATABASE_URL=gone)
    assert code == 1 and lines["database"]["state"] == "fail" and "hunter2" not in output
    assert not (tmp_path / "gone.db").exists() and states(lines, "slack") == ["ok"]


def test_a_file_that_is_no_database_and_a_damaged_one_are_told(doctor, database_url, tmp_path):
    page = b"x" * 4096
    (tmp_path / "text.db").write_bytes(page * 4)
    code, lines, _ = doctor("--offline", DATABASE_URL=f"sqlite:///{tmp_path / 'text.db'}")
    assert code == 1 and "SQLITE_NOTADB" in lines["database"]["detail"]
    whole = tmp_path / "whole.db"
    make_app(f"sqlite:///{whole}", tmp_path)
    with sa.create_engine(f"sqlite:///{whole}", poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")
        connection.exec_driver_sql("CREATE INDEX i ON t (x)")
        for _ in range(400):
            connection.exec_driver_sql("INSERT INTO t VALUES (hex(randomblob(60)))")
    with whole.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(page)
    code, lines, _ = doctor("--offline", DATABASE_URL=f"sqlite:///{whole}")
    assert code == 1 and "damaged" in lines["integrity"]["detail"]


@pytest.mark.parametrize(("revision", "said"), [("0001", "an older release's"), ("9x", "newer")])
def test_another_releases_database_is_told(doctor, database_url, revision, said):
    made = sa.create_engine(database_url)
    with made.begin() as connection:
        before = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        connection.execute(sa.text(f"UPDATE alembic_version SET version_num = '{revision}'"))
    code, lines, _ = doctor("--offline")
    with made.begin() as connection:
        connection.execute(sa.text(f"UPDATE alembic_version SET version_num = '{before}'"))
    made.dispose()
    assert code == 1 and said in lines["migrations"]["detail"]


def test_slack_is_asked_and_its_address_is_not_told(doctor):
    secret = f"{NOWHERE}/services/T0/B0/hunter2hunter2"
    code, lines, output = doctor(SLACK_WEBHOOK_URL=secret)
    assert code == 1 and lines["slack"]["state"] == "fail" and "hunter2" not in output
    with slack.serving() as chat:
        code, lines, _ = doctor(SLACK_WEBHOOK_URL=chat.base + slack.HOOK)
    assert states(lines, "slack") == ["ok"], lines["slack"]


def test_what_the_machine_lacks_is_told(doctor, tmp_path, monkeypatch):
    monkeypatch.setattr(renderer, "is_installed", lambda: False)
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (256, 1024))
    monkeypatch.setattr(
        shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(2**40, 0, 2**20)
    )
    (tmp_path / "planpush.db-old").write_text("")
    (tmp_path / "planpush.db-old").chmod(0o644)
    code, lines, output = doctor("--offline")
    assert states(lines, "diagrams", "open files") == ["warn", "warn"] and code == 1
    assert "others on this machine" in output and "0.0 GB are free" in output


def test_every_variable_that_is_read_is_known_to_it():
    read = set(re.findall(r'read\(\s*"([A-Z_]+)"', (ROOT / "planpush/config.py").read_text()))
    assert read | {spec.variable for spec in SPECS.values()} == set(VARIABLES)

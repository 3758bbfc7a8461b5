"""`planpush backup` and `planpush restore` as an operator types them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from planpush.cli.main import cli
from planpush.database.session import db
from planpush.errors import Problem
from tests.conftest import make_app
from tests.people import person


@pytest.fixture
def run(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Result]]:
    """Run a command on the database of the cast, or on another that `env` names."""
    monkeypatch.setattr("os.umask", lambda mask: mask)
    ours = {"SECRET_KEY": "k" * 40, "DATA_DIR": str(tmp_path), "LOG_LEVEL": "WARNING"}
    ours |= {"DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"], "BASE_URL": "http://plans.test"}
    yield lambda *words, **env: CliRunner().invoke(cli, [*map(str, words)], env=ours | env)


def elsewhere(folder: Path, **env: str) -> dict[str, Any]:
    return {"DATABASE_URL": "", "DATA_DIR": str(folder)} | env


def test_from_one_database_to_another(run: Any, tmp_path: Path) -> None:
    made = run("backup", tmp_path / "one")
    assert made.exit_code == 0 and not made.stdout and "rows of" in made.stderr
    done = run("restore", tmp_path / "one", **elsewhere(tmp_path / "new"))
    assert done.exit_code == 0 and not done.stdout and "Every row is there." in done.stderr
    copy = make_app(f"sqlite:///{tmp_path / 'new' / 'planpush.db'}", tmp_path)
    with copy.app_context():
        assert person("ada").roles == ["admin"]
        db.session.remove()
        db.engine.dispose()


def test_quiet_says_nothing_and_a_dash_is_standard_output(run: Any, tmp_path: Path) -> None:
    made = run("backup", "--quiet", "-")
    assert made.exit_code == 0 and not made.stderr
    (tmp_path / "one").write_bytes(made.stdout_bytes)
    told = run("restore", "--check", tmp_path / "one", **elsewhere(tmp_path / "new"))
    assert "It is whole." in told.stdout and "5  users" in told.stdout
    assert not (tmp_path / "new").exists()


def test_one_that_is_there_is_replaced_only_when_told(run: Any, tmp_path: Path) -> None:
    (tmp_path / "one").write_text("dear")
    assert isinstance(run("backup", tmp_path / "one").exception, Problem)
    assert (tmp_path / "one").read_text() == "dear"
    assert run("backup", "--force", tmp_path / "one").exit_code == 0
    assert run("restore", "--check", tmp_path / "one").exit_code == 0

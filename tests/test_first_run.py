"""The command line of a first run: what `serve` prints, and people who are added by hand."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from planpush.accounts.user import User
from planpush.cli.main import cli
from planpush.database.session import db
from tests.conftest import make_app
from tests.pages.test_setup import sent

LINK = re.compile(r"http://plans\.test/sign-in/local\?token=(\S+)")


@pytest.fixture
def run(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Result]]:
    """Run a command on an empty database; `serve` returns instead of serving."""
    monkeypatch.setattr("planpush.cli.main.serve_app", lambda *_args, **_options: None)
    ours = {"SECRET_KEY": "k" * 40, "DATABASE_URL": database_url, "DATA_DIR": str(tmp_path)}
    env: dict[str, Any] = ours | {"BASE_URL": "http://plans.test", "LOG_LEVEL": "WARNING"}
    mask = os.umask(0o077)
    yield lambda *words, **more: CliRunner().invoke(cli, words, env=env | more)
    os.umask(mask)


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Any]:
    """The same data, served."""
    made = make_app(database_url, tmp_path, auth_providers=("github",))
    yield made
    with made.app_context():
        db.engine.dispose()


def printed(result: Result) -> str:
    found = LINK.findall(result.output)
    assert result.exit_code == 0 and len(found) == 1, result.output
    return str(found[0])


def test_40_serve_prints_a_setup_link_while_there_is_nobody(run: Any, server: Any) -> None:
    first, second = printed(run("serve")), printed(run("serve", AUTH_PROVIDERS="github"))
    assert sent(server, first).status_code == 403
    assert sent(server, second).status_code == 303
    assert not LINK.search(run("serve").output)


def test_40_who_is_added_by_hand_has_exactly_that_role(run: Any, server: Any) -> None:
    secret = printed(run("serve"))
    named = {"INITIAL_ADMIN_EMAILS": "dev@example.com"}
    added = run("user", "add", "Dev@example.com", "--name", "Dev", "--role", "developer", **named)
    assert added.exit_code == 0, added.output
    with server.app_context():
        assert [user.roles for user in db.session.scalars(User.people())] == [["developer"]]
    assert not LINK.search(run("serve").output)
    assert sent(server, secret).status_code == 403


@pytest.mark.parametrize(("providers", "warned"), [("github", True), ("local,okta", False)])
def test_40_a_link_that_would_be_refused_comes_with_a_warning(
    run: Any, providers: str, warned: bool
) -> None:
    run("user", "add", "dev@example.com", "--name", "Dev", "--role", "developer")
    result = run("sign-in-link", "dev@example.com", AUTH_PROVIDERS=providers)
    assert LINK.fullmatch(result.stdout.strip())
    assert ("switched off" in result.stderr) is warned

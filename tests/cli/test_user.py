"""`planpush user`: add, export, erase, as an operator types it."""

from __future__ import annotations

import json
import stat
import zipfile

import pytest
from click.testing import CliRunner

from planpush.cli.main import cli


@pytest.fixture
def typed(database_url, peopled, app, tmp_path, monkeypatch):
    """Type a command where the cast is; return what it ended with and what it said."""
    for name, value in {
        "DATABASE_URL": database_url, "DATA_DIR": str(tmp_path), "SECRET_KEY": "k" * 40,
        "PUBLIC_URL": "http://localhost", "BASE_URL": "http://localhost",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)

    def type_(*words, typing=""):
        ended = CliRunner().invoke(cli, words, input=typing)
        return ended.exit_code, ended.output + str(ended.exception or "")

    return type_


def test_export_writes_a_file_for_its_owner_only(typed, tmp_path):
    file = tmp_path / "bob.zip"
    assert typed("user", "export", "bob@example.com", str(file))[0] == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as packed:
        assert json.loads(packed.read("profile.json"))["email"] == "bob@example.com"
    code, said = typed("user", "export", "bob@example.com", str(file))
    assert code == 1 and "there already" in said
    assert typed("user", "export", "bob@example.com", str(file), "--force")[0] == 0


def test_erase_asks_first_and_says_what_comes(typed):
    code, said = typed("user", "erase", "bob@example.com", typing="n\n")
    assert code == 1 and "Erase for good?" in said
    code, said = typed("user", "erase", "bob@example.com", "--yes")
    assert code == 0 and "“Deleted person" in said and "Backups" in said
    assert "nobody with the address" in typed("user", "erase", "bob@example.com", "--yes")[1]

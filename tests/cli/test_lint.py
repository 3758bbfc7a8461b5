"""`planpush lint FILE`: places in the file, exit codes, and no need of a database."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from planpush.cli.main import cli

PAGE = """<!doctype html>
<main>
<section data-anchor="a"><h2>A</h2>
<p class="pp-calout">x</p></section>
<section data-anchor="b"><h2>B</h2>
  <p>x <img src="x.png" alt="x"></p></section>
</main>
"""
WARNED = """4:1 unknown_class The class “pp-calout” is not in the vocabulary. \
→ Did you mean “pp-callout”?
6:8 remote_image An image from elsewhere is not kept. → Embed it as data:image/png;base64,…
"""
REFUSED = PAGE.replace('data-anchor="b"', 'data-anchor="a"')


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Run the command in an empty folder, in this process."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, stdin: bytes = b"") -> tuple[int, str]:
        done = CliRunner().invoke(cli, ["lint", *arguments], input=stdin)
        return done.exit_code, done.stdout

    return run


def start(folder: Path, *arguments: str, stdin: bytes = b"") -> tuple[int, str]:
    """Run the command as an operator does, in an empty folder, with nothing set."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, "-m", "planpush", "lint", *arguments]
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(command, input=stdin, capture_output=True, cwd=folder, timeout=60,
                          env=kept | {"PYTHONPATH": root, "PYTHONUTF8": "1"})  # fmt: skip
    return done.returncode, done.stdout.decode()


@pytest.mark.parametrize(
    ("page", "options", "code", "said"),
    [
        (PAGE, [], 1, WARNED),
        (PAGE.replace("\n", "\r\n"), [], 1, WARNED),
        (PAGE, ["--allow-warnings"], 0, WARNED),
        (REFUSED, ["--allow-warnings"], 1,
         "5:10 duplicate_anchor The anchor “a” is used twice. → Rename one of them.\n"),
        ("<section data-anchor=a><h2>A</h2><p>x</p></section>", [], 0, ""),
    ],
    ids=["warnings", "line ends", "allowed", "errors", "clean"],
)  # fmt: skip
def test_findings_are_told_with_their_place_in_the_file(run, tmp_path, page, options, code, said):
    (tmp_path / "plan.html").write_bytes(page.encode())
    assert run("plan.html", *options) == (code, said)
    assert run("-", *options, stdin=page.encode()) == (code, said)
    assert [path.name for path in tmp_path.iterdir()] == ["plan.html"]


def test_what_cannot_be_read_is_2(run, tmp_path):
    (tmp_path / "latin.html").write_bytes(b"<p>\xff")
    assert run("nothing.html") == (2, "")
    assert run("latin.html") == (2, "")
    assert run(".") == (2, "")


@pytest.mark.long
def test_it_needs_no_configuration_and_no_database(tmp_path):
    (tmp_path / "plan.html").write_bytes(PAGE.encode())
    assert start(tmp_path, "plan.html") == (1, WARNED)
    assert start(tmp_path, "-", stdin=b"<p>\xff") == (2, "")
    assert [path.name for path in tmp_path.iterdir()] == ["plan.html"]

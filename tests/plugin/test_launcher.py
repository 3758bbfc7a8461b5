"""The launcher finds a Python that runs, and the helper runs on the oldest one it accepts."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugin.conftest import LAUNCHER, SCRIPTS, section


def program(folder: Path, name: str, lines: str) -> None:
    """Put a small sh program into a folder."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)


def launch(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run the launcher with nothing but this folder on PATH."""
    folder.mkdir(exist_ok=True)
    return subprocess.run(
        [str(LAUNCHER), *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        env={"PATH": str(folder), "HOME": str(folder), "PLANPUSH_SERVER": "http://127.0.0.1:1"},
    )


@pytest.mark.parametrize(("name", "shift"), [("python", ""), ("py", '[ "$1" = -3 ] && shift; ')])
def test_a_stub_is_passed_over_and_reads_nothing(tmp_path: Path, name: str, shift: str) -> None:
    program(tmp_path / "bin", "python3", "read -r line; exit 49")
    program(tmp_path / "bin", name, f'{shift}exec "{sys.executable}" "$@"')
    done = launch(tmp_path / "bin", "put", "risks", stdin=section("risks", "Words."))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("risks: ")
    version = launch(tmp_path / "bin", "version").stdout
    assert version.startswith("planpush helper 1.0.0, Python 3.")


def test_no_python_is_a_sentence_and_2(tmp_path: Path) -> None:
    done = launch(tmp_path / "empty", "status")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("planpush needs Python 3.8 or newer, and none of")
    assert "fix: install Python 3" in done.stderr


def test_a_path_with_spaces(tmp_path: Path) -> None:
    folder = tmp_path / "my plugins"
    shutil.copytree(SCRIPTS, folder)
    assert os.access(LAUNCHER, os.X_OK)
    done = subprocess.run([str(folder / "planpush"), "version"], capture_output=True)
    assert done.returncode == 0


def test_the_helper_is_python_3_8_and_standard_library() -> None:
    for path in SCRIPTS.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
        sources = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and not n.level]
        names = {alias.name for node in imports for alias in node.names}
        names |= {node.module for node in sources if node.module}
        tops = {name.split(".")[0] for name in names}
        own = {other.stem for other in SCRIPTS.glob("*.py")} - {"planpush"}
        assert tops <= set(sys.stdlib_module_names) | own


def test_the_helper_calls_nothing_that_python_3_8_lacks(tmp_path: Path) -> None:
    """No package registry has a Python 3.8 for CI: its library's history is looked up instead."""
    newer = tmp_path / "newer.py"
    newer.write_text('print("x".removeprefix("y"))')
    command = [str(Path(sys.executable).with_name("vermin")), "-t=3.8-", "--no-tips"]
    files = [str(path) for path in SCRIPTS.rglob("*.py")]
    found = [subprocess.run([*command, *each], capture_output=True) for each in (files, [newer])]
    assert [one.returncode for one in found] == [0, 1], found[0].stdout.decode()

"""The plugin as hosts see it: manifests, front matter, and the host's own check."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.plugin.conftest import ROOT, SCRIPTS

MARKETPLACE = json.loads((ROOT / ".claude-plugin" / "marketplace.json").read_text())
PLUGIN = json.loads((ROOT / "plugin" / ".claude-plugin" / "plugin.json").read_text())
SKILL = (SCRIPTS.parent / "SKILL.md").read_text(encoding="utf-8")
HELPER = '"${CLAUDE_SKILL_DIR}/scripts/planpush"'


def test_marketplace_and_plugin_have_one_name_and_version() -> None:
    (entry,) = MARKETPLACE["plugins"]
    assert MARKETPLACE["name"] == entry["name"] == PLUGIN["name"] == "planpush"
    assert entry["source"] == "./plugin"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert PLUGIN["version"] == entry["version"] == project["version"]
    assert f'VERSION = "{PLUGIN["version"]}"' in (SCRIPTS / "client.py").read_text()


def test_front_matter_grants_the_helper_and_nothing_else() -> None:
    front = SKILL.split("---\n")[1].splitlines()
    assert "name: planpush" in front
    bare = HELPER.strip('"')
    assert f"allowed-tools: Bash({HELPER} *) Bash({bare} *)" in front
    assert any(line.startswith("argument-hint: ") for line in front)


def test_the_skill_is_short_and_runs_nothing_by_itself() -> None:
    assert len(SKILL.splitlines()) <= 350
    assert "$ARGUMENTS" in SKILL
    assert not re.search(r"(^|\s)!`", SKILL)


def test_verbs_and_options_that_the_skill_names_exist() -> None:
    source = (SCRIPTS / "planpush.py").read_text(encoding="utf-8")
    for option in set(re.findall(r"--([a-z][a-z-]+)", SKILL)):
        assert f'"--{option}"' in source or f'"{option}"' in source
    for verb in ("status", "plans", "use", "put", "rm", "order", "outline", "lint", "push"):
        assert f'"{verb}"' in source and f"`{verb}" in SKILL


def test_the_host_accepts_the_plugin(tmp_path: Path) -> None:
    claude = os.environ.get("CLAUDE_BIN") or shutil.which("claude")
    if not claude:
        pytest.skip("no claude CLI: set CLAUDE_BIN, or put claude on PATH")
    environment = os.environ | {"HOME": str(tmp_path), "DISABLE_AUTOUPDATER": "1"}
    for folder in (ROOT, ROOT / "plugin"):
        command = [claude, "plugin", "validate", "--strict", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stdout + done.stderr

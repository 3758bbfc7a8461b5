"""The real host: the skill's helper runs without a prompt, in plan mode too."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.plugin.conftest import LAUNCHER, ROOT, section
from tests.plugin.fake_server import TOKEN, FakeServer

RUNNER = ROOT.parent / "shared" / "tools" / "claude" / "run"
CLAUDE = os.environ.get("CLAUDE_BIN") or shutil.which("claude")


def turns() -> list[dict[str, Any]]:
    """Return what the stand-in for the model does: a whole first push."""
    sent = section(
        "data-model", "It's `one` $table.</p><ul><li>" + "word " * 1500 + "</li></ul><p>End."
    )
    commands = [
        f'"{LAUNCHER}" status',
        f"\"{LAUNCHER}\" put data-model <<'SECTION'\n{sent}SECTION",
        f"{LAUNCHER} outline",
        f'"{LAUNCHER}" push --title "Tokens" --direction "focus on the data model"',
    ]
    called = [{"tool": "Bash", "input": {"command": one, "description": "x"}} for one in commands]
    return [*called, {"text": "done"}]


def results(path: Path) -> list[dict[str, Any]]:
    """Return the results of the tools as the model got them."""
    said = [json.loads(line) for line in path.read_text().splitlines()]
    contents = [one["message"]["content"] for one in said if one["type"] == "user"]
    blocks = [block for content in contents if isinstance(content, list) for block in content]
    return [block for block in blocks if block["type"] == "tool_result"]


@pytest.fixture
def claude(tmp_path: Path, server: FakeServer) -> dict[str, str]:
    """A home folder with the plugin installed; the environment to run the CLI in."""
    if not CLAUDE or not RUNNER.exists():
        pytest.skip("no claude CLI (CLAUDE_BIN or PATH), or no ../shared/tools/claude/run")
    own = {"HOME": str(tmp_path), "CLAUDE_HOME": str(tmp_path), "CLAUDE_BIN": CLAUDE}
    own |= {"PLANPUSH_SERVER": server.address, "PLANPUSH_TOKEN": TOKEN}
    environment = os.environ | own | {"DISABLE_AUTOUPDATER": "1"}
    for words in (["marketplace", "add", str(ROOT)], ["install", "planpush@planpush"]):
        command = [CLAUDE, "plugin", *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    return environment


@pytest.mark.parametrize("mode", ["default", "plan"])
def test_a_first_push_without_a_prompt(
    claude: dict[str, str], tmp_path: Path, server: FakeServer, mode: str
) -> None:
    script = tmp_path / "turns.json"
    script.write_text(json.dumps(turns()))
    prompt = "/planpush focus on the data model"
    command = [str(RUNNER), str(tmp_path / "out"), prompt, str(script), "--permission-mode", mode]
    done = subprocess.run(command, env=claude, capture_output=True, text=True)
    assert done.returncode == 0
    found = results(tmp_path / "out" / "out.jsonl")
    assert [bool(one.get("is_error")) for one in found] == [False] * 4
    body = server.pushes()[0].body
    assert body["direction"] == "focus on the data model"
    assert body["source"]["agent"] == "claude-code"
    assert "It's `one` $table." in body["sections"][0]["html"]

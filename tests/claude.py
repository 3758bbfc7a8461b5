"""The real Claude Code CLI for tests: a home of its own, plugins, and scripted conversations."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from planpush.paths import ROOT

RUNNER = ROOT.parent / "shared" / "tools" / "claude" / "run"
CLAUDE = os.environ.get("CLAUDE_BIN") or shutil.which("claude")


def bash(command: str) -> dict[str, Any]:
    """Return a turn of the scripted model: one command."""
    return {"tool": "Bash", "input": {"command": command, "description": "x"}}


@dataclass
class Host:
    """A machine with the CLI; `environment` is what is set there besides."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __enter__(self) -> Host:
        return self

    def __exit__(self, *_: object) -> None:
        """End what a failed test left running: the CLI, its helper, and the model's stand-in."""
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)

    def __post_init__(self) -> None:
        if not CLAUDE or not RUNNER.exists():
            pytest.skip("no claude CLI (CLAUDE_BIN or PATH), or no ../shared/tools/claude/run")
        own = {"HOME": str(self.home), "CLAUDE_HOME": str(self.home), "CLAUDE_BIN": str(CLAUDE)}
        quiet = {"DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}
        outer = {name: value for name, value in os.environ.items() if "PROXY" not in name.upper()}
        self.environment = outer | own | quiet | self.environment
        (self.home / "work").mkdir(parents=True, exist_ok=True)
        self.environment["WORK_DIR"] = str(self.home / "work")

    def plugin(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `claude plugin …`."""
        command = [str(CLAUDE), "plugin", *words]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=120
        )

    def install(self, marketplace: str) -> subprocess.CompletedProcess[str]:
        """Add a marketplace and install planpush from it; return how the latter ended."""
        added = self.plugin("marketplace", "add", marketplace)
        assert added.returncode == 0, added.stdout + added.stderr
        return self.plugin("install", "planpush@planpush")

    def begin(self, name: str, prompt: str, turns: list[Any], *options: str) -> Conversation:
        """Start a conversation in which the scripted model does `turns`."""
        out = self.home / name
        out.mkdir()
        (out / "turns.json").write_text(json.dumps([*turns, {"text": "done"}]))
        command = [str(RUNNER), str(out), prompt, str(out / "turns.json"), *options]
        apart = {"stdout": subprocess.DEVNULL, "start_new_session": True}
        self.started.append(subprocess.Popen(command, env=self.environment, **apart))
        return Conversation(out, self.started[-1])


@dataclass
class Conversation:
    """One conversation: what the tools answered, and what the model was sent."""

    out: Path
    process: subprocess.Popen[bytes]

    def end(self) -> Conversation:
        """Wait for the end of it."""
        assert self.process.wait(150) == 0, (self.out / "err").read_text()
        return self

    def lines(self) -> Iterator[dict[str, Any]]:
        """Yield what the CLI said so far."""
        path = self.out / "out.jsonl"
        whole, _, _ = (path.read_text() if path.exists() else "").rpartition("\n")
        for line in whole.splitlines():
            yield json.loads(line)

    def results(self) -> list[str]:
        """Return what each command printed, as the model got it."""
        said = [one["message"]["content"] for one in self.lines() if one["type"] == "user"]
        blocks = [block for content in said if isinstance(content, list) for block in content]
        return [str(one["content"]) for one in blocks if one["type"] == "tool_result"]

    def denials(self) -> list[Any]:
        """Return what would have needed a person's permission."""
        (end,) = [one for one in self.lines() if one["type"] == "result"]
        found: list[Any] = end["permission_denials"]
        return found

    def sent(self) -> list[str]:
        """Return every text that reached the model's side."""
        heard = (self.out / "log.jsonl").read_text().splitlines()
        return list(_texts([json.loads(line) for line in heard]))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)

"""The helper as a subprocess, a home folder of its own, and a fake server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.plugin.fake_server import TOKEN, FakeServer, listen

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "plugin" / "skills" / "planpush" / "scripts"
LAUNCHER = SCRIPTS / "planpush"


@dataclass
class Result:
    """How a run ended; `text` is what an agent sees."""

    code: int
    text: str


@dataclass
class Planpush:
    """Runs the helper as one conversation."""

    home: Path
    server: str
    environment: dict[str, str] = field(default_factory=dict)
    python: str = sys.executable  # run with -S: without site-packages it starts faster

    def __call__(self, *arguments: str, stdin: str = "", **environment: str) -> Result:
        base = {"PATH": os.environ["PATH"], "HOME": str(self.home), "PYTHONDONTWRITEBYTECODE": "1"}
        own = {"PLANPUSH_SERVER": self.server, "PLANPUSH_TOKEN": TOKEN}
        done = subprocess.run(
            [self.python, "-S", str(SCRIPTS / "planpush.py"), *arguments],
            input=stdin.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=base | own | self.environment | environment,
            timeout=60,
        )
        return Result(done.returncode, done.stdout.decode())

    def put(self, anchor: str, text: str = "Words.", *arguments: str) -> Result:
        """Put a section with a heading and a paragraph."""
        return self("put", anchor, *arguments, stdin=section(anchor, text))


def section(anchor: str, text: str) -> str:
    """Return a small valid section."""
    return (
        f'<section class="pp-section" data-anchor="{anchor}"><h2>{anchor}</h2>\n'
        f"<p>{text}</p></section>\n"
    )


@pytest.fixture
def server() -> Iterator[FakeServer]:
    """A fake server on a free port."""
    fake = FakeServer()
    end = listen(fake)
    yield fake
    end()


@pytest.fixture
def planpush(server: FakeServer, tmp_path: Path) -> Planpush:
    """The helper, signed in to the fake server, with no drafts."""
    return Planpush(tmp_path, server.address)


@pytest.fixture
def pushed(planpush: Planpush) -> Planpush:
    """The helper after a first push of two sections."""
    planpush.put("summary")
    planpush.put("data-model")
    assert planpush("push", "--title", "Tokens").code == 0
    return planpush

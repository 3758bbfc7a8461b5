"""The helper, a home folder of its own, and a fake server."""

from __future__ import annotations

import functools
import importlib.util
import io
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

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
    """Runs the helper as one conversation, in this process unless `python` is set."""

    home: Path
    server: str
    environment: dict[str, str] = field(default_factory=dict)
    before: Sequence[str] = ()  # a command that starts that process
    python: str = ""  # the interpreter of a process of its own; none: in this process

    def __call__(self, *arguments: str, stdin: str = "", **environment: str) -> Result:
        own = {"PLANPUSH_SERVER": self.server, "PLANPUSH_TOKEN": TOKEN}
        told = {"HOME": str(self.home)} | own | self.environment | environment
        if self.python:
            return self.process(arguments, stdin, told)
        return inside(arguments, stdin, told)

    def process(self, arguments: Sequence[str], stdin: str, told: dict[str, str]) -> Result:
        """Run it as a program of its own; -S: without site-packages it starts faster."""
        program = [self.python, "-S", str(SCRIPTS / "planpush.py")]
        done = subprocess.run(
            [*self.before, *program, *arguments],
            input=stdin.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"} | told,
            timeout=60,
        )
        return Result(done.returncode, done.stdout.decode())

    def put(self, anchor: str, text: str = "Words.", *arguments: str) -> Result:
        """Put a section with a heading and a paragraph."""
        return self("put", anchor, *arguments, stdin=section(anchor, text))


@functools.cache
def helper() -> ModuleType:
    """The program as a module, with those beside it; its name is one of the server's, too."""
    spec = importlib.util.spec_from_file_location("planpush_helper", SCRIPTS / "planpush.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", sys.path.copy())
        spec.loader.exec_module(module)
    return module


def inside(arguments: Sequence[str], stdin: str, told: dict[str, str]) -> Result:
    """Run the helper's main here, with streams and an environment of its own."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    given = io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("PLANPUSH_", "CLAUDE"))]:
            patch.delenv(name)
        for name, value in told.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["planpush", *arguments])
        for name, stream in (("stdin", given), ("stdout", out), ("stderr", out)):
            patch.setattr(sys, name, stream)
        try:
            code = helper().main()
        except SystemExit as end:  # argparse
            code = int(end.code or 0)
    return Result(code, out.buffer.getvalue().decode())  # type: ignore[attr-defined]


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


@pytest.fixture
def terminal(planpush: Planpush) -> Planpush:
    """A helper without a token."""
    planpush.environment["PLANPUSH_TOKEN"] = ""
    return planpush

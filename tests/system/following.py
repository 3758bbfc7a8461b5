"""A first-time operator, who knows what docs/ says and nothing else."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from planpush.paths import ROOT
from tests.system.serving import free_port, wait_for

PORT = "8075"  # the one that the pages name; another one is taken in its place


class Operator:
    """Somebody with `planpush` on the PATH; `knows` is all that is not in docs/."""

    def __init__(self, folder: Path, **knows: str) -> None:
        self.folder, self.port = folder, str(free_port())
        self.base = f"http://127.0.0.1:{self.port}"
        programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.env = {"PATH": programs, "HOME": str(folder), "PYTHONPATH": str(ROOT)}
        self.env |= {"PORT": self.port, "PYTHONUNBUFFERED": "1", "LANG": "C.UTF-8"} | knows

    def read(self, page: str, name: str) -> str:
        """Return the commands of `page` below `<!-- walk: name -->`, for the port that is free."""
        text = (ROOT / "docs" / page).read_text()
        mark = re.escape(f"<!-- walk: {name} -->")
        found = re.findall(rf"^{mark}\n```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
        assert len(found) == 1, f"docs/{page} has {len(found)} blocks named {name}"
        return found[0].replace(PORT, self.port)

    def follow(self, page: str, name: str) -> str:
        """Do as the page says; return what was printed."""
        done = subprocess.run(
            ["bash", "-euc", self.read(page, name)], cwd=self.folder, env=self.env, text=True,
            capture_output=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, f"docs/{page}, {name}: {done.stdout}{done.stderr}"
        return done.stdout

    @contextmanager
    def serving(self) -> Iterator[Path]:
        """Start the server as docs/install.md says, until the block ends; give what it prints."""
        printed = self.folder / "printed"
        command = ["bash", "-euc", self.read("install.md", "serve")]
        with printed.open("wb") as out:
            process = subprocess.Popen(
                command, cwd=self.folder, env=self.env, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip
        try:
            wait_for(f"{self.base}/healthz", process, 120)
            yield printed
        finally:
            with suppress(ProcessLookupError):  # it never served
                os.killpg(process.pid, signal.SIGINT)
            process.wait(60)

    def settings(self) -> dict[str, str]:
        """Return what stands in .env by now, as a shell reads it."""
        lines = (self.folder / ".env").read_text().splitlines()
        pairs = (line.partition("=") for line in lines)
        return {name: "".join(shlex.split(value)) for name, _, value in pairs}


def told(page: str, field: str) -> str:
    """Return what a table of `page` says to enter into a field."""
    text = (ROOT / "docs" / page).read_text()
    (found,) = re.findall(rf"^ *\| {re.escape(field)} \| `([^`]+)` \|$", text, re.MULTILINE)
    return found


def scopes() -> str:
    """Return the scopes that docs/slack.md says a bot needs."""
    text = (ROOT / "docs" / "slack.md").read_text().split("## A bot")[1].split("\n## ")[0]
    rows = re.findall(r"^ *\| (`[^|]+`) \|", text, re.MULTILINE)
    return " ".join(name for row in rows for name in re.findall(r"`([^`]+)`", row))

"""A PostgreSQL of the bench's own, which can be stopped, frozen and started again."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).parents[2]
_START = """
set -euo pipefail
scratch=$1; cd "$2"; source .ci/postgres.sh
start_postgres >/dev/null 2>&1
printf %s "$PLANPUSH_TEST_POSTGRES"
"""


class Postgres:
    """Made by .ci/postgres.sh, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "pg"
        self.folder.mkdir()
        folder.chmod(0o711)

    def __enter__(self) -> Postgres:
        command = ["bash", "-c", _START, "start", str(self.folder), str(ROOT)]
        started = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
        )
        self.url = started.stdout.decode()
        self.known()
        self.stop()  # as tests like it, it may lose what it has acknowledged
        self.start()
        while not self.answers():
            time.sleep(0.1)
        return self

    def known(self) -> Postgres:
        """Read how it was started."""
        self.data = self.folder / "postgres" / "data"
        told = (self.data / "postmaster.opts").read_text()
        self.command = [one.replace("=off", "=on") for one in shlex.split(told)]
        return self

    def __exit__(self, *_: Any) -> None:
        self.signal(signal.SIGCONT)
        self.stop()

    @property
    def pid(self) -> int:
        """Return the process id of its master, 0 if it is stopped."""
        path = self.data / "postmaster.pid"
        return int(path.read_text().splitlines()[0]) if path.exists() else 0

    def family(self) -> list[int]:
        """Return all its processes."""
        if not self.pid:
            return []
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [self.pid, *map(int, children.split())]

    def signal(self, number: int) -> None:
        """Send a signal to all its processes."""
        for one in self.family():
            try:
                os.kill(one, number)
            except ProcessLookupError:
                continue

    def stop(self) -> None:
        """Stop it at once, in the middle of whatever is asked."""
        pid = self.pid
        if pid:
            os.kill(pid, signal.SIGQUIT)
        while pid and Path(f"/proc/{pid}").exists():
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                break
            time.sleep(0.05)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def start(self) -> None:
        """Start it again, on the same port."""
        owner = self.data.stat()
        log = (self.folder / "again.log").open("ab")
        subprocess.Popen(
            self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/",
            user=owner.st_uid, group=owner.st_gid, extra_groups=[],
        )  # fmt: skip

    def answers(self) -> bool:
        """Tell whether it can be asked."""
        try:
            with psycopg.connect(self.url.replace("+psycopg", ""), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

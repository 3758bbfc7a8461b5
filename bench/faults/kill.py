"""`kill -9` in the middle of a write storm: of one that serves, of the worker, of the master."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

from bench.faults.stage import Stage, stormy
from bench.faults.table import Table


def run(folder: Path, url: str, *, smoke: bool) -> Table:
    """Kill each of them, several times over."""
    table = Table(f"kill -9, {'PostgreSQL' if url else 'SQLite'}")
    stage = Stage(folder, url).open()
    with stormy(stage, table) as watch:
        for _ in range(1 if smoke else 3):
            for whom, found in VICTIMS.items():
                stage.wait_for_more()
                time.sleep(random.uniform(0.2, 1.0))
                os.kill(found(stage), signal.SIGKILL)
                back = stage.wait_for_more()
                table.goal(
                    f"{whom} is killed: writes go on by themselves", f"{back:.1f} s", met=back < 30
                )
                if found is master:
                    watch.until("ready")
        table.goal("/readyz: ready at the end", f"{watch.until('ready'):.1f} s", met=True)
    return table


def master(stage: Stage) -> int:
    """Return the process id of gunicorn's master."""
    return stage.process.pid


def server(stage: Stage) -> int:
    """Return one that serves: it has the listening socket."""
    return random.choice(_some(stage, listening=True))


def worker(stage: Stage) -> int:
    """Return the one that works beside those that serve."""
    return _some(stage, listening=False)[0]


def _some(stage: Stage, *, listening: bool) -> list[int]:
    """Return processes of the master; one that was started a moment ago may not be there yet."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = [one for one in children(stage) if listens(one, stage.port) == listening]
        if found:
            return found
        time.sleep(0.1)
    raise RuntimeError("there is no such process")


def children(stage: Stage) -> list[int]:
    """Return the processes of the master."""
    path = Path(f"/proc/{stage.process.pid}/task/{stage.process.pid}/children")
    return [int(one) for one in path.read_text().split()]


def listens(process: int, port: int) -> bool:
    """Tell whether a process has the socket that listens on `port`."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    nodes = {row[9] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")}
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        try:
            if descriptor.readlink().name.removeprefix("socket:[").rstrip("]") in nodes:
                return True
        except OSError:
            continue
    return False


VICTIMS = {"one that serves": server, "the worker": worker, "the master": master}

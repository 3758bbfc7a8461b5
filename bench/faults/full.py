"""The disk fills up in a write storm, and somebody makes room again."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import requests

from bench.faults.stage import Stage, Watch, stormy
from bench.faults.table import Table
from planpush.database.outages import FULL, SENTENCES


def run(folder: Path, _url: str, *, smoke: bool) -> Table:
    """Fill a small disk under SQLite."""
    table = Table("disk full, SQLite on a tmpfs of 48 MB")
    with small_disk(folder) as disk:
        stage = Stage(folder / "disk").open()
        with stormy(stage, table) as watch:
            fill_up(disk, stage, watch, table, 2 if smoke else 15)
    return table


def fill_up(disk: Path, stage: Stage, watch: Watch, table: Table, seconds: float) -> None:
    """Fill the disk, look what the server does, and make room."""
    since = time.monotonic()
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(65536))
    said = watch.until(SENTENCES[FULL])
    table.goal(f"/readyz says “{SENTENCES[FULL]}”", f"after {said:.1f} s", met=said < 30)
    time.sleep(seconds)
    page = requests.get(f"{stage.base}/healthz", timeout=20).status_code
    read = stage.api("alice", "GET", "/api/plans").status_code
    table.goal(
        "what needs no room is answered meanwhile", (page, read), met=(page, read) == (200, 200)
    )
    ballast.unlink()
    back, ready = stage.wait_for_more(), watch.until("ready")
    table.goal("there is room: writes go on by themselves", f"{back:.1f} s", met=back < 30)
    table.goal("/readyz is ready again", f"{ready:.1f} s", met=ready < 30)
    table.note("what /readyz said", watch.words(since))
    table.goal("/readyz answers within 3 s", f"{watch.slowest:.2f} s", met=watch.slowest < 3)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a disk of 48 MB in memory."""
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(disk)], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)

"""The disk reports an error in a write storm: ext4 makes itself read-only, as it does on servers.

Somebody repairs it; the server is started again by whatever starts it.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.faults.stage import Stage, Watch, stormy
from bench.faults.table import Table
from planpush.database.outages import READ_ONLY, SENTENCES


def run(folder: Path, _url: str, *, smoke: bool) -> Table:
    """Let a small ext4 of a loop device become read-only."""
    table = Table("disk read-only after an error, SQLite on ext4")
    with ext4(folder) as (disk, device):
        stage = Stage(disk / "data").open()
        with stormy(stage, table) as watch:
            break_down(device, stage, watch, table, 2 if smoke else 15)
            stage.kept_up.clear()
            stage.kill()
            stage.let_go()
            unmount(disk)
            subprocess.run(
                ["e2fsck", "-fy", device],
                check=False,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            command("mount", device, str(disk))
            stage.kept_up.set()
            back, ready = stage.wait_for_more(), watch.until("ready")
            table.goal("repaired: it starts, and writes go on", f"{back:.1f} s", met=back < 60)
            table.goal("/readyz is ready again", f"{ready:.1f} s", met=ready < 60)
    return table


def break_down(device: str, stage: Stage, watch: Watch, table: Table, seconds: float) -> None:
    """Tell the file system that there was an error, and look what the server does."""
    since = time.monotonic()
    Path(f"/sys/fs/ext4/{Path(device).name}/trigger_fs_error").write_text("1")
    said = watch.until(SENTENCES[READ_ONLY], 40)
    table.goal(f"/readyz says “{SENTENCES[READ_ONLY]}”", f"after {said:.1f} s", met=said < 30)
    time.sleep(seconds)
    read = stage.api("alice", "GET", "/api/plans").status_code
    table.goal("what is only read is answered meanwhile", read, met=read == 200)
    table.note("what /readyz said", watch.words(since))
    table.goal("/readyz answers within 3 s", f"{watch.slowest:.2f} s", met=watch.slowest < 3)


@contextmanager
def ext4(folder: Path) -> Iterator[tuple[Path, str]]:
    """Mount a file as a disk of its own."""
    image, disk = folder / "image", folder / "disk"
    disk.mkdir()
    with image.open("wb") as file:
        file.truncate(128 * 1024 * 1024)
    command("mkfs.ext4", "-q", str(image))
    device = command("losetup", "--find", "--show", str(image))
    try:
        command("mount", "-o", "errors=remount-ro", device, str(disk))
        (disk / "data").mkdir()
        yield disk, device
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=False)
        command("losetup", "--detach", device)


def unmount(disk: Path) -> None:
    """Take the disk away once those who were killed are gone."""
    for _ in range(100):
        if (
            subprocess.run(["umount", str(disk)], check=False, stderr=subprocess.DEVNULL).returncode
            == 0
        ):
            return
        time.sleep(0.1)
    command("umount", str(disk))


def command(*words: str) -> str:
    """Run a command and return what it prints."""
    return subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout.decode().strip()

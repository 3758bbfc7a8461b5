"""The machine: a container's quota counts, not the processors of its host."""

import os

import pytest

from planpush.server import gunicorn
from planpush.server.gunicorn import default_workers, restart_command
from planpush.server.resources import memory, processors

MB = 1024 * 1024


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with 16 processors, all of them allowed, and 64 GB."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(16)), raising=False)
    write(tmp_path, {"proc/meminfo": f"MemTotal: {64 * 1024 * 1024} kB\nMemFree: 1 kB\n"})
    return tmp_path


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_without_control_groups_the_affinity_counts(machine):
    assert processors(machine) == 16 and memory(machine) == 64 * 1024 * MB


@pytest.mark.parametrize(
    ("quota", "count"),
    [("200000 100000", 2), ("150000 100000", 2), ("50000 100000", 1), ("max 100000", 16)],
)
def test_a_quota_of_the_group_or_of_one_above_it_counts(machine, quota, count):
    write(machine, {"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/cpu.max": quota})
    assert processors(machine) == count


def test_in_a_container_only_the_top_is_there(machine):
    files = {"proc/self/cgroup": "0::/docker/123\n", "sys/fs/cgroup/cpu.max": "300000 100000\n"}
    write(machine, files | {"sys/fs/cgroup/memory.max": f"{512 * MB}\n"})
    assert processors(machine) == 3 and memory(machine) == 512 * MB


def test_the_first_version_of_control_groups_counts_as_well(machine):
    groups = "5:memory:/m\n2:cpu,cpuacct:/c\n1:name=systemd:/\n0::/\n"
    cpu, limit = "sys/fs/cgroup/cpu/c/cpu.cfs_", "sys/fs/cgroup/memory/m/memory.limit_in_bytes"
    write(machine, {"proc/self/cgroup": groups, f"{cpu}quota_us": "400000\n"})
    write(machine, {f"{cpu}period_us": "100000\n", limit: f"{1024 * MB}\n"})
    assert processors(machine) == 4 and memory(machine) == 1024 * MB


def test_what_limits_nothing_counts_for_nothing(machine):
    groups = "5:memory:/\n2:cpu:/\n"
    write(machine, {"proc/self/cgroup": groups, "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n"})
    write(machine, {"sys/fs/cgroup/memory/memory.limit_in_bytes": str(2**63 - 4096)})
    assert processors(machine) == 16 and memory(machine) == 64 * 1024 * MB


@pytest.mark.parametrize(
    ("count", "megabytes", "fit"),
    [(16, 65536, 8), (4, 65536, 4), (4, 600, 2), (4, 100, 1), (2, 0, 2)],
)
def test_one_process_for_each_processor_if_memory_is_enough(monkeypatch, count, megabytes, fit):
    monkeypatch.setattr(gunicorn, "processors", lambda: count)
    monkeypatch.setattr(gunicorn, "memory", lambda: megabytes * MB)
    assert default_workers() == fit


def test_a_server_starts_anew_by_the_path_it_was_called_by(tmp_path):
    script = tmp_path / "planpush"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    assert restart_command(["/old/bin/python", str(script), "serve"]) == [str(script), "serve"]
    started = restart_command(["python", "-m", "planpush", "serve"])
    assert started[1:] == ["-m", "planpush", "serve"] and os.access(started[0], os.X_OK)

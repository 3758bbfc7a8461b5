"""The machine: a container's quota counts, not the processors of its host."""

import os

import pytest

from planpush.server import gunicorn
from planpush.server.gunicorn import default_workers
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


@pytest.mark.parametrize(
    ("count", "megabytes", "fit"),
    [(16, 65536, 8), (4, 65536, 4), (4, 600, 2), (4, 100, 1), (2, 0, 2)],
)
def test_one_process_for_each_processor_if_memory_is_enough(monkeypatch, count, megabytes, fit):
    monkeypatch.setattr(gunicorn, "processors", lambda: count)
    monkeypatch.setattr(gunicorn, "memory", lambda: megabytes * MB)
    assert default_workers() == fit

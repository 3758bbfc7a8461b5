"""Processors and memory that this process may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path("/")
_UNLIMITED = 2**60  # what a control group says that limits nothing is about this or more


def processors(root: Path = _ROOT) -> int:
    """Return how many processors this process may keep busy: at least one.

    A container's share of them is a quota of its control group, or of one above it; half of a
    processor counts as one.
    """
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    quotas = [_quota(folder) for folder in _groups(root, "cpu")]
    return max(1, min([count, *(-(-allowed // period) for allowed, period in quotas if period)]))


def memory(root: Path = _ROOT) -> int:
    """Return how many bytes this process and those beside it may take; 0 if that is not known."""
    names = ("memory.max", "memory.limit_in_bytes")
    limits = [_number(folder / name) for folder in _groups(root, "memory") for name in names]
    for line in _read(root / "proc/meminfo").splitlines():
        if line.startswith("MemTotal:"):
            limits.append(int(line.split()[1]) * 1024)
    return min((limit for limit in limits if 0 < limit < _UNLIMITED), default=0)


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Return the folders of this process's control group and of all above it, version 2 and 1.

    In a container the path may be the one on its host: then only the top is there.
    """
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            tops = [root / "sys/fs/cgroup"]
        elif controller in controllers.split(","):
            tops = [root / "sys/fs/cgroup" / controller, root / "sys/fs/cgroup" / controllers]
        else:
            continue
        here = Path(path.lstrip("/"))
        for top in tops:
            yield from (top / folder for folder in (here, *here.parents))


def _quota(folder: Path) -> tuple[int, int]:
    """Return the time that a group may run, and in which; (0, 0) if it is not limited."""
    new = _read(folder / "cpu.max").split()
    if len(new) == 2 and new[0].isdecimal():
        return int(new[0]), int(new[1])
    allowed, period = (_number(folder / f"cpu.cfs_{name}_us") for name in ("quota", "period"))
    return (allowed, period) if allowed > 0 and period > 0 else (0, 0)


def _number(path: Path) -> int:
    text = _read(path).strip()
    return int(text) if text.isdecimal() else 0


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # no Linux, or no such limit
        return ""

"""Starting, and having nothing to do: `python -m bench.cold [--json FILE]`.

Cold start, in fresh processes, byte-compiled, in turn: from nothing to an app that could answer,
and from nothing to the first answer of `planpush serve`, against importing what these import of
other people's modules, and nothing else. Memory: what all processes of `planpush serve --workers 1`
hold once they have nothing to do, what they share counted once. Fails when a goal is missed. With
`BENCH_SMOKE=1` everything is done once and no goal is judged.
"""

from __future__ import annotations

import compileall
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

from bench.served import Cost, Served, row
from bench.table import Row, Table, is_smoke, main, most
from planpush.paths import ROOT

SECTION = "cold"
ORIGINAL = 106  # MB that the original holds, idle
MEMORY = most(1.3 * ORIGINAL, "MB")
ROUNDS, SETTLED = 9, 4.0  # seconds
CEILING = "import of the same modules"
# What is made for one request is gone again: the modules that stay are what an app needs.
APP = "from planpush.cli.main import cli; from planpush import create_app; create_app()"
TELL = """
import sys, sysconfig
home = sysconfig.get_paths()["purelib"]
print(*(name for name, one in sys.modules.items()
        if (getattr(one, "__file__", None) or "").startswith(home)
        and getattr(one, "__spec__", None) and one.__spec__.name == name))
"""
SHARED = (
    "pages that other programs of the machine have open, too, count in part: the same server takes"
    " 135 MB beside others of its kind and 144 alone; next: the API's models when it is first"
    " asked"
)
WHY = (
    "to make 48 mapped classes, 240 dataclasses, 58 models of the API and our regular expressions,"
    " and to compile 180 routes; next: the API's models when it is first asked"
)


def run(table: Table) -> None:
    """Measure starting, then memory."""
    with tempfile.TemporaryDirectory() as folder:
        served = Served(Path(folder), WORKER="on")
        compileall.compile_dir(ROOT / "planpush", quiet=2)
        names = modules(served.env)
        imported, app, first = (Cost() for _ in range(3))
        for number in range(1 if is_smoke() else ROUNDS + 1):
            pairs = (alone(served.env, names), started(served.env, APP), answered(served))
            if number or is_smoke():  # the first time files are read from the disk
                for cost, (cpu, took) in zip((imported, app, first), pairs, strict=True):
                    cost.cpu.append(cpu)
                    cost.times.append(took)
        for name, own in (
            ("an app, from nothing", app),
            ("planpush serve, to the first answer", first),
        ):
            table.add(row(SECTION, name, own, imported, CEILING, most(1.5), reason=WHY))
        held(served, table)


def modules(env: dict[str, str]) -> list[str]:
    """Return other people's modules that an app imports, in the order in which they were there."""
    command = [sys.executable, "-c", f"{APP}\n{TELL}"]
    told = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    return told.stdout.split()


def alone(env: dict[str, str], names: list[str]) -> tuple[float, float]:
    """Import modules and nothing else."""
    return started(env, f"import importlib\nfor one in {names}: importlib.import_module(one)")


def started(env: dict[str, str], code: str) -> tuple[float, float]:
    """Run code in a fresh process; return its processor time and how long it took, in ms."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-c", code], env=env, check=True)
    took, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return 1000 * used, 1000 * took


def answered(served: Served) -> tuple[float, float]:
    """Serve up to the first answer; return the same of all processes."""
    served.program, begun = "planpush", time.perf_counter()
    with served.running():
        requests.get(f"{served.base}/readyz", timeout=60).raise_for_status()
        return served.spent(), 1000 * (time.perf_counter() - begun)


def held(served: Served, table: Table) -> None:
    """Say what the processes of an idle server hold."""
    with served.running():
        requests.get(f"{served.base}/readyz", timeout=60).raise_for_status()
        time.sleep(0.5 if is_smoke() else SETTLED)
        sizes = {role(pid, served.process.pid): pss(pid) for pid in served.processes()}
    for name, size in sizes.items():
        table.add(Row(SECTION, f"idle memory: {name}", size, unit="MB"))
    whole = sum(sizes.values())
    table.add(Row(SECTION, "idle memory, one worker, all processes", whole, MEMORY, reason=SHARED))


def role(pid: int, master: int) -> str:
    """Return what a process of a server is for."""
    if pid == master:
        return "the master"
    files = Path(f"/proc/{pid}/fd").iterdir()
    listens = any("socket" in str(one.readlink()) for one in files)
    return "the one that serves" if listens else "the one that works"


def pss(pid: int) -> float:
    """Return the memory of a process in MB, its share of what it shares."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024 / 1e6


if __name__ == "__main__":
    sys.exit(main(SECTION, __doc__ or "", run))

"""What a cold start and an idle server cost: `python -m bench cold`.

Starts `planpush serve`, byte-compiled, up to its first answer. Then measures the memory (PSS) of
the idle server with one worker process and the background worker.
"""

from __future__ import annotations

import compileall
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import requests

from bench.harness import Served, Table, is_smoke, options
from planpush.paths import ROOT

MEMORY = 120.0  # MB
ROUNDS, SETTLED = 9, 4.0  # seconds


def main(given: Sequence[str] | None = None) -> int:
    """Measure the start, then memory; return 1 if a goal is missed."""
    options(__doc__).parse_args(given)
    table = Table()
    with tempfile.TemporaryDirectory() as folder:
        served = Served(Path(folder), WORKER="on")
        served.program = "planpush"
        compileall.compile_dir(ROOT / "planpush", quiet=2)
        starts = [answered(served) for _ in range(1 if is_smoke() else ROUNDS)]
        cpu, wall = (statistics.median(side) for side in zip(*starts, strict=True))
        table.add("cold start to the first answer", wall / 1000, unit="s", cpu=cpu)
        with served.running():
            time.sleep(0.5 if is_smoke() else SETTLED)
            table.add("idle memory", sum(served.memory().values()), MEMORY, unit="MB")
    return table.close()


def answered(served: Served) -> tuple[float, float]:
    """Serve up to the first answer; return CPU time and wall time of all processes."""
    begun = time.perf_counter()
    with served.running():
        requests.get(f"{served.base}/readyz", timeout=60).raise_for_status()
        return served.spent(), 1000 * (time.perf_counter() - begun)


if __name__ == "__main__":
    sys.exit(main())

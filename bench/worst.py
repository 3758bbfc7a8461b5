"""The worst that one request can cost: `python -m bench.worst [--rounds N] [--only WORD]`.

Sends what is made to cost, each as large as it may be, and tells the processor time of the request,
with that of the program which draws diagrams: the median of a few rounds. No request may take more
than two seconds, nor be answered with a 5xx; it ends with those that do, and then not with 0.
With `--smoke` it sends a few of them, small, and only the answers count.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bench import (
    worst_crowd,
    worst_filled,
    worst_history,
    worst_neighbours,
    worst_scim,
    worst_wire,
)
from bench.worst_cases import cases
from bench.worst_stage import Case, Stage

GOAL = 2.0
SMALL, SAMPLE = 0.002, 14
FAMILIES = (
    cases,
    worst_neighbours.cases,
    worst_crowd.cases,
    worst_wire.cases,
    worst_scim.cases,
    worst_history.cases,
    worst_filled.cases,
)


def main(args: Sequence[str] | None = None) -> None:
    """Measure, print, and fail if a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.worst")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--smoke", action="store_true", help="everything small, nothing judged")
    told = parser.parse_args(args)
    every = itertools.chain.from_iterable(family() for family in FAMILIES)
    wanted = [case for case in every if told.only in case.name]
    wanted = wanted[::SAMPLE] if told.smoke else wanted
    share, rounds = (SMALL, 1) if told.smoke else (1.0, told.rounds)
    missed, costs = [], list[tuple[float, str]]()
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        gc.collect()
        gc.freeze()  # what stays to the end is not looked through before each case
        for case, seconds, status in measured(stage, wanted, share, rounds):
            bad = status >= 500 or (seconds > GOAL and not told.smoke)
            print(
                f"{case.name:60}{seconds:8.2f} s{status:6}{'  MISSED' if bad else ''}", flush=True
            )
            missed += [case.name] if bad else []
            costs.append((seconds, case.name))
    print(f"{sum(cost for cost, _ in costs):.1f} s together; the dearest:")
    print(*(f"{cost:8.2f} s  {name}" for cost, name in sorted(costs)[:-11:-1]), sep="\n")
    print(f"{len(wanted)} cases, {len(missed)} missed the goal of {GOAL:g} s")
    sys.exit(1 if missed or not wanted else 0)


def measured(
    stage: Stage, wanted: Sequence[Case], share: float, rounds: int
) -> Iterator[tuple[Case, float, int]]:
    """Yield each case, its processor time and its answer's status."""
    stage.rounds = rounds
    for case in wanted:
        send = case.prepare(stage, share)
        gc.collect()
        found = [spent(send) for _ in range(rounds)]
        yield case, statistics.median(cost for cost, _ in found), max(code for _, code in found)


def spent(send: Callable[[], Any]) -> tuple[float, int]:
    """Return the processor time of a request, with its programs', and the answer's status."""
    before = sum(os.times()[:4])
    answer = send()
    answer.get_data()  # what is sent while it is made costs, too
    return sum(os.times()[:4]) - before, answer.status_code


if __name__ == "__main__":
    main()

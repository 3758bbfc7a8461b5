"""What a bench found: a row for each measurement, with its ceiling and its goal.

A ceiling is what the same work costs at least, measured in the same run. `ratio` says how far the
measurement is from it: a share of the ceiling's rate where the goal is a least one, a multiple of
the ceiling's cost where it is a most one. A row without a ceiling has a value of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

HEAD = (
    f"{'':50}{'engine':11}{'median':>9}{'p99':>9}{'CPU':>9}{'ceiling':>9}{'ratio':>9}  goal"
    "  (milliseconds; CPU per request)"
)


@dataclass(frozen=True, slots=True)
class Goal:
    """What a ratio, or a value with a unit, has to be: at most a bound, or at least."""

    bound: float
    least: bool = False
    unit: str = ""

    def ratio(self, own: float, ceiling: float) -> float:
        """Return a share of the ceiling's rate, or a multiple of its cost."""
        return ceiling / own if self.least else own / ceiling

    def is_met(self, value: float) -> bool:
        """Tell whether a value is good enough."""
        return value >= self.bound if self.least else value <= self.bound

    def __str__(self) -> str:
        return f"{'≥' if self.least else '≤'} {self.bound:g}{self.unit and ' '}{self.unit}"


def least(bound: float) -> Goal:
    """Return the goal of a share of the ceiling's rate."""
    return Goal(bound, least=True)


def most(bound: float, unit: str = "") -> Goal:
    """Return the goal of a multiple of the ceiling's cost, or of a value in a unit."""
    return Goal(bound, unit=unit)


@dataclass(frozen=True, slots=True)
class Row:
    """A measurement; times in milliseconds. `reason` says why a goal is missed, and what next."""

    section: str
    name: str
    value: float
    goal: Goal | None = None
    engine: str = ""
    median: float | None = None
    p99: float | None = None
    cpu: float | None = None
    ceiling: str = ""
    ceiling_cpu: float | None = None
    reason: str = ""
    unit: str = ""  # of a value without a goal

    @property
    def met(self) -> bool | None:
        """Tell whether the goal is met; None: there is none."""
        return None if self.goal is None else self.goal.is_met(self.value)

    @property
    def verdict(self) -> str:
        """Return that in a word."""
        return {None: "", True: "met", False: "MISSED"}[self.met]

    def cells(self) -> list[str]:
        """Return what stands in the columns, from the engine on."""
        unit = self.goal.unit if self.goal else self.unit
        value = f"{self.value:.4g}{unit and ' '}{unit}"
        goal = str(self.goal) if self.goal else ""
        times = (self.median, self.p99, self.cpu, self.ceiling_cpu)
        return [self.engine, *map(_ms, times), value, goal]

    def line(self) -> str:
        """Return a line of the table."""
        engine, *figures, goal = self.cells()
        told = "".join(f" {figure:>8}" for figure in figures)
        return f"{self.name[:49]:50}{engine:11}{told}  {goal:10} {self.verdict}".rstrip()

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        goal = str(self.goal) if self.goal else ""
        return asdict(self) | {"goal": goal, "met": self.met, "cells": self.cells()}


@dataclass
class Table:
    """The rows of one section or of several; each is printed as it comes."""

    rows: list[Row] = field(default_factory=list)
    quiet: bool = False

    def add(self, row: Row) -> Row:
        """Add a row, and print it."""
        if not self.quiet:
            if not self.rows:
                print(HEAD)
            print(row.line(), flush=True)
            if row.met is False and row.reason:
                print(f"    {row.reason}")
        self.rows.append(row)
        return row

    @property
    def missed(self) -> list[Row]:
        """Return the rows whose goal is missed."""
        return [row for row in self.rows if row.met is False]

    def write(self, path: Path) -> None:
        """Write everything as JSON, with what it was measured on."""
        told = {"machine": machine(), "rows": [row.as_dict() for row in self.rows]}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    return {
        "processors": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
    }


def is_smoke() -> bool:
    """Tell whether this run only shows that it works: little of everything, no goal judged."""
    return bool(os.environ.get("BENCH_SMOKE"))


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}" if value < 100 else f"{value:.0f}"


def spread(values: Iterable[float]) -> tuple[float, float]:
    """Return the median and what 99 of 100 are at most."""
    ordered = sorted(values)
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]


def main(
    section: str, about: str, measure: Callable[[Table], None], given: Sequence[str] | None = None
) -> int:
    """Run a section from the command line; 1 when a goal is missed."""
    asked = argparse.ArgumentParser(
        prog=f"bench.{section}",
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    asked.add_argument("--json", type=Path, help="write the figures to this file")
    told, table = asked.parse_args(given), Table()
    measure(table)
    if told.json:
        table.write(told.json)
    print(
        f"\n{len(table.rows)} rows, {len(table.missed)} goals missed; load {os.getloadavg()[0]:.1f}"
    )
    sys.stdout.flush()
    return 1 if table.missed and not is_smoke() else 0

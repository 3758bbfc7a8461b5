"""Compare the CPU of pages with another checkout's: `python -m bench pages --base PATH`.

Starts one child process per checkout (`bench/checkout.py`, with the checkout's own
`.venv/bin/python`). Each child builds the same small SQLite database through its own code: the
demo's plans, a plan with 200 open threads, and 50 plans more. Then both answer requests in turn,
in the process and without a server. Prints the median CPU of a request, the ratio, and the number
of SQL statements. Without `--base` it measures this checkout alone.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from planpush.paths import ROOT

PAGES = {"plan page": 0.45, "panel": 0.25, "dashboard": None}  # the goal: at most this share
STATEMENTS = 10  # of a plan's page, at most
WARM, EACH = 20, 5


class Checkout:
    """A child process that answers requests with a checkout's code."""

    def __init__(self, root: Path, folder: str) -> None:
        env = os.environ | {
            "DATA_DIR": folder,
            "DATABASE_URL": f"sqlite:///{folder}/planpush.db",
            "SECRET_KEY": "k" * 40,
            "BASE_URL": "http://localhost",
            "RATE_LIMITS": "off",
            "LOG_LEVEL": "ERROR",
            "PYTHONPATH": str(root),
        }
        script = Path(__file__).with_name("checkout.py")
        command = [root / ".venv/bin/python", "-P", script]
        pipe = subprocess.PIPE
        self.child = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, text=True, cwd=root, env=env
        )

    def answer(self) -> Any:
        """Return the next answer."""
        assert self.child.stdout is not None
        line = self.child.stdout.readline()
        if not line:
            sys.exit(f"bench pages: the child process ended with {self.child.wait()}")
        return json.loads(line)

    def ask(self, **command: object) -> Any:
        """Send a command and return its answer."""
        assert self.child.stdin is not None
        self.child.stdin.write(json.dumps(command) + "\n")
        self.child.stdin.flush()
        return self.answer()


@contextmanager
def started(root: Path) -> Iterator[Checkout]:
    """Start a checkout's child process; end it with the block."""
    with tempfile.TemporaryDirectory() as folder:
        checkout = Checkout(root, folder)
        try:
            yield checkout
        finally:
            checkout.child.terminate()
            checkout.child.wait()


def compare(new: Checkout, old: Checkout | None, rounds: int) -> int:
    """Print a line for each page; return how many goals are missed."""
    missed = 0
    print(
        f"{'':10}{'base, ms':>10}{'here, ms':>10}{'ratio':>8}{'goal':>8}{'base, SQL':>11}{'SQL':>5}"
    )
    for page, goal in PAGES.items():
        costs = measured([new, *([old] if old else [])], page, rounds)
        statements = new.ask(do="count", page=page)
        ratio = base = before = None
        if old:
            base, before = statistics.median(costs[1]), old.ask(do="count", page=page)
            ratio = statistics.median(
                here / there for here, there in zip(*map(by_round, costs), strict=True)
            )
        late = goal is not None and ratio is not None and ratio > goal
        many = page == "plan page" and statements > STATEMENTS
        missed += late + many
        cells = [shown(base), shown(statistics.median(costs[0])), shown(ratio), goal or ""]
        line = f"{page:10}{cells[0]:>10}{cells[1]:>10}{cells[2]:>8}{cells[3]:>8}"
        line += f"{'' if before is None else before:>11}{statements:>5}"
        told = ["ratio missed"] * late + [f"more than {STATEMENTS} statements"] * many
        print(f"{line}  {', '.join(told)}".rstrip(), flush=True)
    return missed


def measured(checkouts: Sequence[Checkout], page: str, rounds: int) -> list[list[float]]:
    """Ask the checkouts in turn; return the CPU times of each checkout's requests."""
    for checkout in checkouts:
        checkout.ask(do="run", page=page, times=WARM)
    costs: list[list[float]] = [[] for _ in checkouts]
    for number in range(rounds):
        turn = list(enumerate(checkouts))
        for which, checkout in turn if number % 2 else reversed(turn):
            costs[which] += checkout.ask(do="run", page=page, times=EACH)
    return costs


def by_round(costs: Sequence[float]) -> list[float]:
    """Return the median of each round."""
    return [statistics.median(costs[n : n + EACH]) for n in range(0, len(costs), EACH)]


def shown(value: float | None) -> str:
    """Return a figure, or nothing where there is none."""
    return "" if value is None else f"{value:.2f}"


def main(given: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(
        prog="python -m bench pages",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--base", type=Path, help="the other checkout, with a .venv of its own")
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args(given)
    with ExitStack() as stack:
        new = stack.enter_context(started(ROOT))
        old = stack.enter_context(started(options.base.resolve())) if options.base else None
        threads = [one.answer()["threads"] for one in (new, old) if one]
        print(f"threads in the panel: {' · '.join(map(str, threads))}")
        return 1 if compare(new, old, options.rounds) else 0


if __name__ == "__main__":
    sys.exit(main())

"""Compare the CPU of pages with another checkout's: `python -m bench pages --base PATH`.

Starts one child process per checkout (`bench/checkout.py`, with the checkout's own
`.venv/bin/python`). Each child builds the same small SQLite database through its own code: the
demo's plans, a plan with 200 open threads, and 50 plans more. Then both answer requests in turn,
in the process and without a server. Prints the median CPU of a request, the ratio, and the number
of SQL statements.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.harness import options
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

    def ask(self, **command: object) -> Any:
        """Send a command and return its answer."""
        self.child.stdin.write(json.dumps(command) + "\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        if not line:
            sys.exit(f"bench pages: the child process ended with {self.child.wait()}")
        return json.loads(line)


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


def compare(new: Checkout, old: Checkout, rounds: int) -> int:
    """Print a line for each page; return how many goals are missed."""
    missed = 0
    print("| page       | base, ms | here, ms | ratio | goal | base, SQL | SQL | |")
    print(f"|{'---|' * 8}")
    for page, goal in PAGES.items():
        costs = measured([new, old], page, rounds)
        here, base = map(statistics.median, costs)
        pairs = zip(*map(by_round, costs), strict=True)
        ratio = statistics.median(here / base for here, base in pairs)
        statements, before = (side.ask(do="count", page=page) for side in (new, old))
        late = goal is not None and ratio > goal
        many = page == "plan page" and statements > STATEMENTS
        verdict = ["ratio missed"] * late + [f"more than {STATEMENTS} statements"] * many
        cells = f"{page:10} | {base:8.2f} | {here:8.2f} | {ratio:5.2f} | {goal or '':4}"
        print(f"| {cells} | {before:9} | {statements:3} | {', '.join(verdict)} |", flush=True)
        missed += late + many
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


def main(given: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; return 1 if a goal is missed."""
    parser = options(__doc__)
    parser.add_argument("--base", type=Path, required=True, help="a checkout with a .venv")
    parser.add_argument("--rounds", type=int, default=30)
    asked = parser.parse_args(given)
    with started(ROOT) as new, started(asked.base.resolve()) as old:
        return 1 if compare(new, old, asked.rounds) else 0


if __name__ == "__main__":
    sys.exit(main())

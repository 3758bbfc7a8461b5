"""A history of 500 versions against one of 5, and of a full page: `python -m bench.history`.

Pushes plans of 30 sections, one of which changes each time, and asks for the list of versions, for
the plan's page and for a comparison in turn, in one process, several rounds: processor time, the
median of each round's best. The same rows must not cost more where there are more versions, nor may
they ask the database more. Fails when a goal is missed. `BENCH_VERSIONS` stands for the 500.
"""

from __future__ import annotations

import gc
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from planpush.database.session import commit, db
from planpush.operations.migrations import migrate
from planpush.versions.history import PAGE
from planpush.versions.push import push_new, push_version
from planpush.versions.request import Push, SectionPush
from tests.conftest import make_app
from tests.people import Browser, add_cast, person

MANY = int(os.environ.get("BENCH_VERSIONS", "500"))
FEW, SECTIONS, ROUNDS, ASKED = 5, 30, 7, 12
MOST = 1.15
WORDS = (
    "<p>" + "What stands here is as long as a paragraph of a plan is, more or less. " * 6 + "</p>"
)


def main() -> None:
    """Measure, print, and fail if a goal is missed."""
    with tempfile.TemporaryDirectory() as folder:
        app = make_app(f"sqlite:///{folder}/bench.db", Path(folder))
        with app.app_context():
            migrate()
            add_cast()
            for slug, number in (("few", FEW), ("page", PAGE + 1), ("many", MANY)):
                grow(slug, number)
        sys.exit(0 if measure(app) else 1)


def grow(slug: str, number: int) -> None:
    """Push a plan until it has so many versions."""
    plan = None
    for version in range(number):
        here = version % SECTIONS
        parts = [
            SectionPush(f"s{n}", f"<h2>No. {n}</h2>{WORDS}<p>{version * (n == here)}</p>")
            for n in range(SECTIONS)
        ]
        told = Push(parts, message=f"Round {version}", base_version=version or None)
        if plan is None:
            plan = push_new(Push(parts, title=slug, wish=slug), by=person("alice")).plan
        else:
            push_version(plan, told, by=person("alice"))
        commit()


def measure(app: Flask) -> bool:
    """Print what each pair costs; tell whether the goals are kept."""
    alice = Browser(app, "alice")
    pairs = {
        "the 5 oldest versions": ("/p/few/versions", f"/p/many/versions?before={FEW + 1}"),
        "a full page of versions": ("/p/page/versions", "/p/many/versions"),
        "the page of a full history": ("/p/page/history", "/p/many/history"),
        "the plan's page, newest": ("/p/few", "/p/many"),
        "the plan's page, ?v=2": ("/p/few?v=2", "/p/many?v=2"),
        "the two newest, compared": (compared("few", FEW), compared("many", MANY)),
    }
    print(f"{'':30}{'few':>9}{MANY:>9}{'ratio':>8}{'queries':>12}")
    missed = [name for name, paths in pairs.items() if not judged(app, alice, name, *paths)]
    return not missed


def compared(slug: str, newest: int) -> str:
    """Return where the newest version is compared with the one before."""
    return f"/p/{slug}/compare?from={newest - 1}&to={newest}"


def judged(app: Flask, alice: Browser, name: str, few: str, many: str) -> bool:
    """Print one pair; tell whether its goal is kept."""
    costs: dict[str, list[float]] = {few: [], many: []}
    for _ in range(ROUNDS):
        gc.collect()
        best = dict.fromkeys(costs, 1e9)
        for _ in range(ASKED):
            for path in costs:
                best[path] = min(best[path], spent(lambda path=path: alice.get(path)))  # type: ignore[misc]
        for path, cost in best.items():
            costs[path].append(cost)
    small, large = (statistics.median(costs[path]) * 1000 for path in (few, many))
    asked = [questions(app, lambda path=path: alice.get(path)) for path in (few, many)]  # type: ignore[misc]
    kept = large / small <= MOST and asked[1] <= asked[0]
    told = f"{asked[0]} and {asked[1]}"
    missed = "" if kept else "  MISSED"
    print(f"{name:30}{small:6.2f} ms{large:6.2f} ms{large / small:8.2f}{told:>12}{missed}")
    return kept


def spent(call: Callable[[], Any]) -> float:
    """Return the processor time of a call."""
    start = time.process_time()
    assert call().status_code == 200
    return time.process_time() - start


def questions(app: Flask, call: Callable[[], Any]) -> int:
    """Return how many statements a call asks the database."""
    asked: list[str] = []

    def note(*told: Any) -> None:
        asked.append(told[2])

    with app.app_context():
        sa.event.listen(db.engine, "before_cursor_execute", note)
        call()
        sa.event.remove(db.engine, "before_cursor_execute", note)
    return len(asked)


if __name__ == "__main__":
    main()

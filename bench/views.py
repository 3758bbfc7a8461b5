"""What a page view costs, compared with a constant view: `python -m bench views`.

Asks `planpush serve` for a plan's page, the same page unchanged (304), a panel with 200 threads,
the dashboard, and a document through the API, in turn with a plain Flask view that returns a
constant 60 KB on the same server. On SQLite and, if `PLANPUSH_TEST_POSTGRES` names a server, on
PostgreSQL.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.harness import Ask, Served, Table, Work, constant, engines, is_smoke, measure, options
from bench.plans import discuss, parts, plant

HTMX = {"HX-Request": "true"}
ROWS = {  # what is measured, and at most how many times the constant view it may cost
    "page": ("plan page, signed in, nine threads", 5.0),
    "304": ("plan page, unchanged: 304", 1.6),
    "panel": ("panel, 200 threads", 12.0),
    "dashboard": ("dashboard, 50 rows", 4.0),
    "api": ("document through the API", None),
}


def main(given: Sequence[str] | None = None) -> int:
    """Measure each engine; return 1 if a goal is missed."""
    options(__doc__).parse_args(given)
    rounds, each = (2, 5) if is_smoke() else (9, 60)
    table = Table()
    for engine in engines():
        with tempfile.TemporaryDirectory() as folder:
            served = Served(Path(folder), engine)
            prepare(served)
            with served.running():
                found = measure(served, works(served), rounds=rounds, each=each)
            for key, (name, goal) in ROWS.items():
                table.compare(name, found[key], found["constant"], goal, engine)
    return table.close()


def prepare(served: Served) -> None:
    """Push the plans."""
    nine, many, plans = (3, 5, 3) if is_smoke() else (9, 200, 50)
    for slug, threads in (("nine", nine), ("many", many)):
        served.act(lambda slug=slug: plant(slug, parts()))
        served.act(lambda slug=slug, threads=threads: discuss(slug, threads))
    for number in range(plans):
        served.act(lambda number=number: plant(f"plan-{number}", parts(1)))


def works(served: Served) -> dict[str, Work]:
    """Return the requests."""
    browser = served.browser()
    return {
        "constant": constant(),
        "page": Ask("/p/nine", browser),
        "304": Ask("/p/nine", browser, status=304),
        "panel": Ask("/p/many/threads", browser | HTMX),
        "dashboard": Ask("/dashboard", browser),
        "api": Ask("/api/plans/nine/document", served.agent()),
    }


if __name__ == "__main__":
    sys.exit(main())

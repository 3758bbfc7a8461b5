"""What it costs to look: `python -m bench.views [--json FILE]`.

Asks the production server for a document's bytes, an unchanged document, a plan's page and a panel
with 200 threads, in turn with the ceiling: a plain Flask view on the same server that returns a
constant 60 KB. Fails when a goal is missed. On SQLite and, where `PLANPUSH_TEST_POSTGRES` names a
server, on PostgreSQL. With `BENCH_SMOKE=1` all is tiny and no goal is judged.

A document's bytes are a miss the first time that a process is asked for a version, and a hit from
then on. So there are as many versions as the bench asks for: none of the misses is asked for twice.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bench import planted
from bench.served import WARM, Ask, Cost, Served, Work, ceilings, engines, measure, row
from bench.table import Goal, Table, is_smoke, least, main

SECTION = "views"
CEILING = "a Flask view, 60 KB"
HTMX = {"HX-Request": "true"}
_SOCKET = (
    "on PostgreSQL a question and its answer cross a socket, and the process that answers counts,"
    " too: half a millisecond here, as long as half a bare view. Next: one question for both, who"
    " may have it and the bytes."
)
REASONS = {
    "miss": _SOCKET,
    "hit": _SOCKET,
    "304": _SOCKET,
    "plan": "half is 15 statements and their objects (7 of 14 ms), which cost SQLAlchemy more than"
    " the database; most of the rest is Jinja, for bars, menus and cards (6 ms). Next: person, plan"
    " and version in one Core statement, and the page's frame from a stencil.",
    "panel": "to read 200 threads takes a quarter (10 of 41 ms), to fill the cards another (11 ms,"
    " 55 µs each); pins, tabs, groups and gzip share the rest. Next: fewer bytes for each card.",
}


def run(table: Table) -> None:
    """Measure each engine."""
    rounds, each = (2, 5) if is_smoke() else (9, 60)
    versions = WARM + rounds * each
    for engine in engines():
        with tempfile.TemporaryDirectory() as folder:
            served = Served(Path(folder), engine)
            stock(served, versions)
            with served.running():
                found = measure(served, works(served), rounds=rounds, each=each)
            report(table, engine, found)


def stock(served: Served, versions: int) -> None:
    """Make what is looked at."""
    threads = (3, 5) if is_smoke() else (20, 200)
    served.act(lambda: planted.plant("document", planted.parts(), versions=versions))
    for slug, count in zip(("talked-about", "discussed"), threads, strict=True):
        served.act(lambda slug=slug: planted.plant(slug, planted.parts()))
        served.act(lambda slug=slug, count=count: planted.discuss(slug, count))


def works(served: Served) -> dict[str, Work]:
    """Return what is asked for."""
    path = "/api/plans/document/document"
    known = served.api("alice", "GET", path).headers["ETag"]
    agent, browser = served.bearer(), served.signed_in()
    return ceilings() | {
        "miss": Ask(lambda n: f"{path}?v={n}", agent),
        "hit": Ask(path, agent),
        "304": Ask(path, agent | {"If-None-Match": known}, status=304),
        "plan": Ask("/p/talked-about", browser),
        "panel": Ask("/p/discussed/threads", browser | HTMX),
    }


def report(table: Table, engine: str, found: Mapping[str, Cost]) -> None:
    """Add the rows of an engine."""
    goals: dict[str, tuple[str, Goal | None]] = {
        "within": ("the constant view, as a route of planpush", None),
        "miss": ("a document's bytes, not asked for before", least(0.5)),
        "hit": ("a document's bytes, again", least(0.85)),
        "304": ("a document that is unchanged: 304", least(0.75)),
        "plan": ("a plan's page, signed in, 20 threads", least(0.2)),
        "panel": ("the panel, 200 threads", least(0.025)),
    }
    for key, (name, goal) in goals.items():
        told = {"engine": engine, "reason": REASONS.get(key, "")}
        table.add(row(SECTION, name, found[key], found["constant"], CEILING, goal, **told))


if __name__ == "__main__":
    sys.exit(main(SECTION, __doc__ or "", run))

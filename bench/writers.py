"""What many who write at once cost: `python -m bench.writers [--seconds N] [--json FILE]`.

Sixteen clients reply in threads, over connections that they keep, against as many threads that send
the same statements by the bare driver in a loop, each transaction durable. Then from one to 32
writers; then 32 of them for `--seconds` (default: 60), after which the server is killed: nothing
may fail, and what was acknowledged has to be there. On PostgreSQL too where there is one. With
`BENCH_SMOKE=1` all is tiny, and no goal is judged.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import median

import sqlalchemy as sa

from bench.served import Served, engines
from bench.table import Row, Table, is_smoke, least, main, most, spread
from bench.writers_crowd import Crowd, Posted, Town
from bench.writers_raw import Raw
from planpush.comments.comment import Comment
from planpush.database.session import db

CLIENTS, MANY = 16, 32
NODE = 0.56  # ms of the processor that the original, in Node, takes for a comment; not durable
MS25 = (
    "on a machine that does nothing else; the clients, the server and the disk share this one."
    " Next: fewer statements, of which each costs a millisecond here"
)
CROWDED = (
    "SQLite takes one writer at a time, and one of two processors is the clients': as many comments"
    " a second, each waits longer. Next: fewer statements while the lock is held"
)


def few(writers: int) -> int:
    """Return how many write: four where it is only shown that this works."""
    return min(writers, 4) if is_smoke() else writers


def against_raw(table: Table, town: Town) -> None:
    """Compare sixteen clients with the same transaction in a loop of the bare driver."""
    rounds, each = (1, 1) if is_smoke() else (5, 30)
    raw, crowd = Raw(town, few(CLIENTS)), Crowd(town, few(CLIENTS))
    crowd.run(each), raw.run(each)
    pairs = [(crowd.run(each), raw.run(4 * each)) for _ in range(rounds)]
    raw.close()
    ratio = median(ours.rate / theirs.rate for ours, theirs in pairs)
    ours, theirs = (Posted.of(some) for some in zip(*pairs, strict=True))
    middle, last = spread(ours.times)
    told = f"raw loop, {theirs.rate:,.0f} a second"
    section, engine = "writers", town.served.engine
    row = partial(Row, section, engine=engine, median=middle, p99=last, cpu=ours.each)
    row = partial(row, ceiling=told, ceiling_cpu=theirs.each)
    name = f"a comment, {CLIENTS} clients, durable"
    why = "its 27 statements cost SQLAlchemy thirty times what they cost the driver; next: one kept"
    why += " statement for whose turn it is, and one for who is to be told"
    table.add(row(f"{name}: share of the rate", ratio, least(0.25), reason=why))
    cpu = median(one.each / other.each for one, other in pairs)
    table.add(row(f"{name}: processor", 1 / cpu, least(0.25), reason=why))
    table.add(row(f"{name}: p99", last, most(25, "ms"), reason=MS25))
    table.add(row(f"{name}: not taken", float(ours.failed), most(0)))
    table.add(row("a comment against the original in Node", ours.each / NODE, most(1), reason=why))


def growing(table: Table, town: Town) -> None:
    """Show what becomes of the rate from one writer to 32."""
    rates = {}
    for writers in (1, 4, CLIENTS, MANY):
        crowd = Crowd(town, few(writers))
        each, rounds = (1, 1) if is_smoke() else (320 // writers, 3)
        found = Posted.of(crowd.run(each) for _ in range(rounds))
        rates[writers] = found.rate
        middle, last = spread(found.times)
        name = f"writers: {writers:2}, comments a second"
        table.add(
            Row("writers", name, found.rate, None, town.served.engine, middle, last, found.each)
        )
    growth, name = rates[MANY] / rates[1], f"the rate of {MANY} writers against that of one"
    table.add(Row("writers", name, growth, least(1), town.served.engine, reason=CROWDED))


def storm(table: Table, town: Town, seconds: float) -> None:
    """Let 32 write for long, kill the server, and look whether all is there that it took."""
    found = Crowd(town, few(MANY)).run(seconds=seconds)
    town.served.kill()
    middle, last = spread(found.times)
    name = f"{MANY} writers for {seconds:g} s"
    row = partial(Row, "writers", engine=town.served.engine, median=middle, p99=last)
    row = partial(row, cpu=found.each)
    table.add(row(f"{name}: comments a second", found.rate))
    table.add(row(f"{name}: not taken", float(found.failed), most(0)))
    table.add(row(f"{name}: “locked” in the log", float(town.locked()), most(0)))
    table.add(row(f"{name}: p99 against the median", last / middle, most(20, "x")))
    lost = set(found.said) - bodies(town.served)
    table.add(row(f"{name}: acknowledged and lost", float(len(lost)), most(0)))


def bodies(served: Served) -> set[str]:
    """Return what all comments say that are there."""
    return set(served.act(lambda: db.session.scalars(sa.select(Comment.kept)).all()))


def measured(seconds: float, table: Table) -> None:
    """Measure everything, on each database that there is."""
    for engine in engines():
        with tempfile.TemporaryDirectory() as folder:
            served = Served(Path(folder), engine, workers=2)
            town = Town(served, plans=4 if is_smoke() else CLIENTS, threads=2 if is_smoke() else 40)
            with served.running():
                against_raw(table, town)
                growing(table, town)
                storm(table, town, seconds)


def command(given: Sequence[str] | None = None) -> int:
    """Run what the command line asks for."""
    asked = argparse.ArgumentParser(add_help=False)
    asked.add_argument("--seconds", type=float, default=0.5 if is_smoke() else 60.0)
    told, rest = asked.parse_known_args(given)
    return main("writers", str(__doc__), partial(measured, told.seconds), rest)


if __name__ == "__main__":
    sys.exit(command())

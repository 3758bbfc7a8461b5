"""The dashboard at 1,000 and 100,000 plans: `python -m bench.dashboard [browser]`.

Asks for every filter, sort, search and kind of page, as an admin and as a developer, in one
process, several rounds, each page in turn with what it is compared to: the best of a round counts,
and of the rounds' ratios the one in the middle. Costs are processor time, PostgreSQL's included.
For each page: what it costs at 100,000 plans, how much of the web process's part of that a view
takes that renders the same rows from memory, what it costs against 1,000 plans (of which few rows
are compared as if they were as many), what its statements take, and how many these are. Their goal
is in milliseconds, so it is as many times longer as this machine is slower than the one it was set
on: see `dashboard_machine`. `browser` types into the search field and switches versions in Chromium
instead. Fails when a goal is missed.

The databases are filled once and kept in `BENCH_DATA`; those of PostgreSQL, for which
`PLANPUSH_TEST_POSTGRES` names a server, on that server. With `BENCH_SMOKE=1` all is tiny and only
shows that it works.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench import dashboard_browser
from bench.dashboard_cases import Case, cases
from bench.dashboard_costs import Figures, explained, measure, prepare
from bench.dashboard_machine import THERE, Machine
from bench.dashboard_stage import WHO, Stage, engines
from planpush.filling import Sizes

SMALL, LARGE = Sizes(1_000, 10_000, 5), Sizes(100_000, 1_000_000, 500)
TINY = Sizes(60, 300, 5), Sizes(120, 600, 10)
LEAST_SHARE, MOST_RATIO, MOST_SQL, MOST_QUERIES = 0.45, 1.3, 20.0, 15
MOST_EVER = 1_000.0  # of what hits few, or asks for what is not there
FULL = 50  # rows of a page
FEW = 2
HEAD = f"{'':46}{'rows':>5}{'ms':>8}{'Jinja':>7}{'x small':>8}{'SQL':>7}{'p99':>7}{'queries':>8}"


@dataclass(frozen=True, slots=True)
class Judged:
    """A case on the large stage with the same on the small one.

    `full` is Jinja's full page, and this machine so many times `slower` than the goals'.
    """

    large: Figures
    small: Figures
    full: float
    slower: float = 1.0

    @property
    def missed(self) -> list[str]:
        """Return which goals are missed."""
        large, found = self.large, []
        if large.status != 200:
            return []
        most_sql = MOST_SQL * self.slower if large.case.everywhere else MOST_EVER
        if large.sql_p99 >= most_sql:
            found.append("SQL")
        if large.case.group != "search" or large.case.name == "rare word":
            if not self._has_share:
                found.append("Jinja")
            if large.against(self.small) > MOST_RATIO:
                found.append("small")
        # A word that few plans have is looked up by other statements than one that many have.
        most = MOST_QUERIES if large.case.group == "search" else self.small.queries
        if large.queries > most:
            found.append("queries")
        return found

    @property
    def _has_share(self) -> bool:
        """Tell whether Jinja has its share; of fewer rows the rest may cost what it may of all."""
        large = self.large
        if large.rows >= FULL:
            return large.share >= LEAST_SHARE
        return large.rest <= (1 / LEAST_SHARE - 1) * self.full

    def line(self) -> str:
        """Return a row of the table."""
        large, small = self.large, self.small
        begin = f"{large.case.name[:35]:36}{large.who:10}"
        if large.status != 200:
            return f"{begin}  not built: {large.status}"
        told = f"{large.rows:5}{large.median('cost'):8.2f}{large.share:7.2f}"
        told += f"{large.against(small):7.2f}{' ' if small.rows == large.rows else '~'}"
        told += f"{large.median('sql'):7.2f}{large.sql_p99:7.2f}{small.queries:5} {large.queries:2}"
        return (
            f"{begin}{told}  {'MISSED ' + ', '.join(self.missed) if self.missed else ''}".rstrip()
        )

    def as_dict(self) -> dict[str, object]:
        """Return the figures by name."""
        large, told = self.large, {"group": self.large.case.group, "case": self.large.case.name}
        told |= {"engine": large.stage.engine, "who": large.who}
        if large.status != 200:
            return {**told, "status": large.status}
        names = ("cost", "jinja", "sql")
        sizes = {"large": large, "small": self.small}
        figures = {f"{n}_{s}": one.median(n) for s, one in sizes.items() for n in names}
        counts = {
            f"{n}_{s}": getattr(one, n) for s, one in sizes.items() for n in ("rows", "queries")
        }
        judged = {"sql_p99": large.sql_p99, "ratio": large.against(self.small)}
        return {**told, **figures, **counts, **judged, "missed": self.missed}


def run(engine: str, sizes: Sequence[Sizes], asked: argparse.Namespace) -> list[Judged]:
    """Measure one database engine and print its table."""
    with closing(Stage(engine, sizes[0])) as small, closing(Stage(engine, sizes[1])) as large:
        return compared(small, large, asked)


def compared(small: Stage, large: Stage, asked: argparse.Namespace) -> list[Judged]:
    """Print and return what the same pages cost of many plans and of few."""
    pairs = [
        (prepare(case, who, large), prepare(case, who, small))
        for case in chosen(asked)
        for who in WHO
    ]
    machine = Machine()
    measure(pairs, asked.rounds, machine)
    known = [one.median("jinja") for one, _ in pairs if one.rows >= FULL]
    full, slower = max(known, default=0.0), machine.slower
    judged = [Judged(*pair, full=full, slower=slower) for pair in pairs]
    # Of so many rows some are far off by chance: what is too dear is so once more.
    again = [(one.large, one.small) for one in judged if one.missed]
    for figures in (one for pair in again for one in pair):
        figures.forget()
    for figures, _ in again:
        print(f"measured once more: {figures.case.name}, {figures.who}")
    measure(again, 2 * asked.rounds, machine)
    clock = "processor time" if large.clock.exact else "time of day"
    both = f"{large.sizes.plans:,} against {small.sizes.plans:,} plans"
    print(f"\n{large.engine}, {both}, {clock}\n{HEAD}")
    for one in judged:
        print(one.line())
    told = f"{1000 * slower * THERE:.0f} µs here, {1000 * THERE:.0f} there: {slower:.2f} times"
    print(f"a constant view takes {told}, so {MOST_SQL:.0f} ms are {MOST_SQL * slower:.0f} ms here")
    if asked.explain:
        for one in judged:
            if one.missed or asked.only:
                print(f"\n{one.large.case.name}, {one.large.who}\n{explained(one.large)}")
    return judged


def chosen(asked: argparse.Namespace) -> Iterator[Case]:
    """Yield the cases that were asked for; to show that it works, a few of each group."""
    seen = Counter[str]()
    for case in cases():
        if asked.only in f"{case.group} {case.name}":
            seen[case.group] += 1
            if seen[case.group] <= FEW or not is_smoke():
                yield case


def is_smoke() -> bool:
    """Tell whether this only shows that it works."""
    return bool(os.environ.get("BENCH_SMOKE"))


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Return what the command line asks for."""
    asked = argparse.ArgumentParser(prog="bench.dashboard", description=__doc__)
    asked.add_argument("part", nargs="?", choices=("costs", "browser"), default="costs")
    asked.add_argument("--only", default="", help="cases whose group and name have this")
    asked.add_argument("--rounds", type=int, default=7)
    asked.add_argument("--engine", choices=engines(), help="this one only")
    asked.add_argument("--explain", action="store_true", help="the slowest statement of each miss")
    asked.add_argument("--json", type=Path, help="write the figures to this file")
    return asked.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Print the figures; 1 when a goal is missed."""
    asked = arguments(given)
    sizes = TINY if is_smoke() else (SMALL, LARGE)
    if asked.part == "browser":
        return dashboard_browser.main(sizes[1], few=is_smoke())
    judged = [
        one
        for engine in ([asked.engine] if asked.engine else engines())
        for one in run(engine, sizes, asked)
    ]
    if asked.json:
        asked.json.write_text(json.dumps([one.as_dict() for one in judged], indent=1))
    missed = [one for one in judged if one.missed]
    unbuilt = [one for one in judged if one.large.status != 200]
    print(f"\n{len(judged)} pages, {len(missed)} miss a goal, {len(unbuilt)} are not built")
    return 1 if missed or unbuilt else 0


if __name__ == "__main__":
    sys.exit(main())

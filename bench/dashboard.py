"""The dashboard at 1,000 and at 100,000 plans: `python -m bench dashboard [--only TEXT]`.

Asks for filters, sorts and searches as an admin and as a developer, in this process, each
page in turn at both sizes. A page with as many rows may cost at most 1.3 times as much at 100,000
plans, and must take as many SQL statements. The statements of a search for a word that every plan
has must take less than 20 ms (99th percentile) when the bare driver sends them again.
"""

from __future__ import annotations

import gc
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any
from urllib.parse import urlencode

from bench.data import Sizes
from bench.data.words import COMMON, COMMON_TOO, LONG_PREFIX, NOWHERE, PHRASE, RARE, Vocabulary
from bench.filled import USERS, Filled
from bench.harness import engines, is_smoke, options, spread
from planpush.database.session import db, now

SMALL, LARGE = Sizes(1_000, 10_000, 5), Sizes(100_000, 1_000_000, 500)
TINY = Sizes(60, 300, 5), Sizes(120, 600, 10)
MOST_RATIO, MOST_SQL, MOST_ANY_SQL, MOST_STATEMENTS = 1.3, 20.0, 1_000.0, 15
EACH, ROUNDS, PAGE = 5, 7, 50
FREQUENT = Vocabulary(Random(1)).words
FILTERS = (
    "", "is:archived", "is:private", "is:approved", "author:me", "involves:me", "mentions:me",
    "turn:me", "reviewer:me", "has:open-threads", "has:blocking", "review:needed",
    "review:changes", "-author:me", "is:published has:open-threads turn:me",
)  # fmt: skip
SORTS = ("updated", "updated-asc", "created", "comments", "title", "version")
SEARCHES = {  # the words, and whether every plan has them
    "rare word": (RARE, False),
    "word in some": (FREQUENT[300], False),
    "word in many": (FREQUENT[0], False),
    "word that is nowhere": (NOWHERE, False),
    "rare and common word": (f"{RARE} {COMMON}", False),
    "phrase": (f'"{PHRASE}"', False),
    "word in every plan": (COMMON, True),
    "two words in every plan": (f"{COMMON} {COMMON_TOO}", True),
    "phrase in every plan": (f'"of this {COMMON_TOO}"', True),
    "prefix of 1 letter": (COMMON[0], True),
    "prefix of 3 letters": (COMMON[:3], True),
    "long prefix": (LONG_PREFIX, True),
    "every plan's word, mine": (f"{COMMON} author:me", True),
    "every plan's word, by title": (f"{COMMON} sort:title", True),
}


@dataclass(frozen=True, slots=True)
class Case:
    """A page to ask for; `path` finds it in a database, `everywhere` means that every plan hits."""

    group: str
    name: str
    path: Callable[[Filled], str]
    everywhere: bool = False


def cases() -> Iterator[Case]:
    """Yield every case."""
    yield Case("page", "whole page", lambda _: "/dashboard")
    for q in FILTERS:
        yield Case("filter", q or "all", listed(q=q))
    month_ago = (now() - timedelta(days=30)).date().isoformat()
    yield Case("filter", "updated:>30 days ago", listed(q=f"updated:>{month_ago}"))
    for sort in SORTS:
        yield Case("sort", sort, listed(q="", sort=sort))
    yield Case("sort", "mine by title", listed(q="involves:me", sort="title"))
    for name, (q, everywhere) in SEARCHES.items():
        yield Case("search", name, listed(q=q), everywhere)


def listed(**query: str) -> Callable[[Filled], str]:
    """Return where a list is."""
    return lambda _: f"/dashboard/plans?{urlencode(query)}"


@dataclass(slots=True)
class Page:
    """A case for one person in one database; times are milliseconds."""

    case: Case
    who: str
    filled: Filled
    environ: Any = None
    statements: list[tuple[str, Any]] = field(default_factory=list)
    rows: int = 0
    cost: list[float] = field(default_factory=list)
    sql: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        path, person = self.case.path(self.filled), self.filled.people[self.who]
        htmx = {} if path == "/dashboard" else {"HX-Request": "true"}
        self.environ = person.environ(path, **htmx)
        person.ask(self.environ)
        with self.filled.statements() as self.statements:
            person.ask(self.environ)
        client = self.filled.app.test_client(use_cookies=False)
        headers = {"Cookie": person.headers["Cookie"]} | htmx
        self.rows = client.get(path, headers=headers).text.count('id="pp-plan-')

    def ask(self) -> float:
        """Ask once; return the CPU time."""
        begun = self.filled.spent()
        self.filled.people[self.who].ask(self.environ)
        return self.filled.spent() - begun

    def replay(self) -> None:
        """Send the page's statements by the bare driver, and read the rows to the end."""
        with self.filled.app.app_context():
            raw = db.engine.raw_connection()
        try:
            cursor, begun = raw.cursor(), self.filled.spent()
            for statement, values in self.statements:
                if statement.lstrip().startswith(("SELECT", "WITH")):
                    cursor.execute(statement, values)
                    cursor.fetchall()
            self.sql.append(self.filled.spent() - begun)
            raw.rollback()
        finally:
            raw.close()


def measure(pairs: Sequence[tuple[Page, Page]], rounds: int) -> None:
    """Ask for both pages of each pair in turn; the least of a round counts."""
    for _ in range(rounds):
        gc.collect()
        for pair in pairs:
            taken = [[page.ask() for page in pair] for _ in range(EACH)]
            for page, costs in zip(pair, zip(*taken, strict=True), strict=True):
                page.cost.append(min(costs))
                page.replay()


def judged(small: Page, large: Page) -> list[str]:
    """Print a row; return which goals are missed."""
    case, missed = large.case, []
    ratio = statistics.median(a / b for a, b in zip(large.cost, small.cost, strict=True))
    sql, counts = spread(large.sql)[1], (len(small.statements), len(large.statements))
    if sql >= (MOST_SQL if case.everywhere else MOST_ANY_SQL):
        missed.append("SQL")
    if small.rows == large.rows and case.group != "search" and ratio > MOST_RATIO:
        missed.append("ratio")
    if counts[1] > (MOST_STATEMENTS if case.group == "search" else counts[0]):
        missed.append("statements")
    cells = (
        f"{case.name:38} | {large.who:9} | {large.rows:4} | {statistics.median(large.cost):7.2f}"
        f" | {ratio:7.2f} | {sql:11.2f} | {counts[0]:3}, {counts[1]:3}"
    )
    verdict = f"**missed**: {', '.join(missed)}" if missed else ""
    print(f"| {cells} | {verdict} |", flush=True)
    return missed


def main(given: Sequence[str] | None = None) -> int:
    """Measure each engine; return 1 if a goal is missed."""
    parser = options(__doc__)
    parser.add_argument("--only", default="", help="cases whose group or name contains this")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked, missed = parser.parse_args(given), 0
    wanted = [case for case in cases() if asked.only in f"{case.group} {case.name}"]
    for engine in engines():
        sizes = TINY if is_smoke() else (SMALL, LARGE)
        with closing(Filled(engine, sizes[0])) as small, closing(Filled(engine, sizes[1])) as large:
            pairs = [
                (Page(case, who, small), Page(case, who, large)) for case in wanted for who in USERS
            ]
            measure(pairs, asked.rounds)
            print(f"\n{engine}, {sizes[1].plans:,} plans and {sizes[0].plans:,}\n")
            heads = f"{'page':38} | who       | rows | CPU, ms | ratio   | SQL p99, ms | statements"
            print(f"| {heads} | |\n|{'---|' * 8}")
            missed += sum(bool(judged(*pair)) for pair in pairs)
    print(f"\n{missed} pages miss a goal")
    return 1 if missed and not is_smoke() else 0


if __name__ == "__main__":
    sys.exit(main())

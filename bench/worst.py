"""The most that one request can cost: `python -m bench worst [--rounds N] [--only TEXT]`.

Sends documents and comments that are made to cost, each as large as it may be, to the app in this
process. Prints the CPU time of each request, the drawing process included. A request
may take two seconds at most and must not be answered with a 5xx.
"""

from __future__ import annotations

import gc
import itertools
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench import worst_documents as documents
from bench.harness import is_smoke, options
from bench.worst_documents import hostile_comments
from planpush.accounts.tokens import Token
from planpush.database.session import commit
from planpush.document.sections import MOST_SECTIONS
from planpush.operations.migrations import migrate
from tests.conftest import make_app
from tests.people import Browser, add_cast, person

GOAL = 2.0  # seconds
SMALL, SAMPLE = 0.002, 14  # a smoke run sends every 14th case, small
Send = Callable[[], Any]


class Site:
    """The app on a database of its own, with the test users; Alice pushes."""

    def __init__(self, folder: Path) -> None:
        self.app = make_app(f"sqlite:///{folder}/bench.db", folder)
        with self.app.app_context():
            migrate()
            add_cast()
            self.token = Token.issue(person("alice"), name="bench")
            commit()
        self.alice = Browser(self.app, "alice")
        self.numbers = itertools.count(1)

    def api(self, method: str, path: str, **options: Any) -> Any:
        """Send a request as Alice's agent."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.app.test_client().open(path, method=method, headers=headers, **options)

    def page(self, path: str, html: str) -> Any:
        """Send a whole page; a new word at its end makes it unknown each time."""
        body = f"{html}<p>{next(self.numbers)}</p>".encode()
        return self.api("POST", path, data=body, content_type="text/html")

    def plan(self, *versions: list[str]) -> str:
        """Push the versions of a plan, each a list of sections; return the plan's slug."""
        slug = f"plan-{next(self.numbers)}"
        for base, bodies in enumerate(versions):
            parts = [{"anchor": f"s{n}", "html": f"<h2>S</h2>{s}"} for n, s in enumerate(bodies)]
            about = {"plan": slug, "base_version": base} if base else {"slug": slug, "title": slug}
            answer = self.api("POST", "/api/push", json={"sections": parts} | about)
            assert answer.status_code in (200, 201), answer.text[:500]
        return slug


@dataclass(frozen=True)
class Case:
    """A request; `prepare` makes what it needs, of a share of the full size, and returns it."""

    name: str
    prepare: Callable[[Site, float], Send]


def cases() -> Iterator[Case]:
    """Yield every case."""
    for name, make in documents.every():
        yield Case(f"push: {name}", partial(push_page, make, "/api/push?title=A"))
    for name, shape in documents.LINTED.items():
        yield Case(f"lint: {name}", partial(push_page, shape.small, "/api/lint"))
    yield Case(f"push: {MOST_SECTIONS} sections", push_sections)
    for name in documents.COLUMNS:
        yield Case(f"push over: {name}", partial(push_over, name))
        yield Case(f"compare: {name}", partial(compare, name))
    for number, body in enumerate(hostile_comments()):
        yield Case(f"comment: {body[:12]!r}", partial(comment, number))


def push_page(make: Callable[[float], str], path: str, site: Site, share: float) -> Send:
    """Send a page to a push or to the linter."""
    html = make(share)
    return lambda: site.page(path, html)


def push_sections(site: Site, share: float) -> Send:
    """Push as many sections as a plan may have."""
    count = max(2, int(MOST_SECTIONS * share))
    parts = [{"anchor": f"s{n}", "html": f"<h2>S</h2>{'<p>a</p>' * 56}"} for n in range(count)]

    def send() -> Any:
        parts[0]["html"] += f"<p>{next(site.numbers)}</p>"
        return site.api("POST", "/api/push", json={"title": "A", "sections": parts})

    return send


def columns(name: str, share: float) -> list[list[str]]:
    """Return two versions of one section of up to 16,000 paragraphs."""
    sides = documents.COLUMNS[name](max(60, int(16_000 * share)))
    return [["".join(f"<p>{text}</p>" for text in side)] for side in sides]


def push_over(name: str, site: Site, share: float) -> Send:
    """Push one of two versions over the other in turn, with threads that need a place."""
    sides = columns(name, share)
    slug, turns = site.plan(sides[0]), itertools.count(1)
    for key in range(1, 31):
        body = {"anchor": "s0", "block": key, "body": "Why?"}
        answer = site.api("POST", f"/api/plans/{slug}/threads", json=body)
        assert answer.status_code in (201, 422), answer.text

    def send() -> Any:
        base = next(turns)
        parts = [{"anchor": "s0", "html": f"<h2>S</h2>{sides[base % 2][0]}<p>{base}</p>"}]
        body = {"plan": slug, "base_version": base, "sections": parts}
        return site.api("POST", "/api/push", json=body)

    return send


def compare(name: str, site: Site, share: float) -> Send:
    """Compare two versions."""
    slug = site.plan(*columns(name, share))
    return lambda: site.alice.get(f"/p/{slug}/compare?from=1&to=2")


def comment(number: int, site: Site, share: float) -> Send:
    """Post a comment that is hard to read as Markdown."""
    slug = site.plan(["<p>Words.</p>"])
    body = hostile_comments(max(300, int(documents.MOST_COMMENT * share)))[number]
    fields = {"anchor": "s0", "v": "1", "body": body}
    return lambda: site.alice.send("POST", f"/p/{slug}/threads", fields)


def spent(send: Send) -> tuple[float, int]:
    """Return the CPU seconds of a request, child processes included, and its status."""
    before = sum(os.times()[:4])
    answer = send()
    answer.get_data()  # a streamed answer is made while it is read
    return sum(os.times()[:4]) - before, answer.status_code


def main(given: Sequence[str] | None = None) -> int:
    """Send every case; return 1 if one costs too much or fails."""
    parser = options(__doc__)
    parser.add_argument("--rounds", type=int, default=1 if is_smoke() else 3)
    parser.add_argument("--only", default="", help="cases whose name contains this")
    asked, costs, missed = parser.parse_args(given), list[tuple[float, str]](), 0
    wanted = [case for case in cases() if asked.only in case.name]
    wanted = wanted[::SAMPLE] if is_smoke() else wanted
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder))
        gc.collect()
        gc.freeze()  # what stays to the end isn't collected before each case
        print("| request | CPU, s | status | |\n|---|--:|--:|---|")
        for case in wanted:
            send = case.prepare(site, SMALL if is_smoke() else 1.0)
            gc.collect()
            found = [spent(send) for _ in range(asked.rounds)]
            seconds, status = statistics.median(cost for cost, _ in found), max(s for _, s in found)
            bad = status >= 500 or (seconds > GOAL and not is_smoke())
            print(
                f"| {case.name:56} | {seconds:5.2f} | {status} | {'**missed**' * bad} |", flush=True
            )
            costs.append((seconds, case.name))
            missed += bad
    print("\nThe most expensive:")
    print(*(f"{cost:8.2f} s  {name}" for cost, name in sorted(costs)[:-6:-1]), sep="\n")
    print(f"{len(costs)} requests, {missed} missed the goal of {GOAL:g} s")
    return 1 if missed or not costs else 0


if __name__ == "__main__":
    sys.exit(main())

"""What a push costs: `python -m bench.push [--json FILE]`, on PostgreSQL too where there is one.

A document of 60 KB whole, and one of its twelve sections, and one of 5 MB: against sanitising and
compressing the same alone, in processor time. How long other people wait for a page meanwhile, and
what it takes to find the places of 500 threads in a new version of 1 MB, against parsing both.
With `BENCH_SMOKE=1` all is tiny, and no goal is judged.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench import anchors_costs
from bench.compare import SEED, Author
from bench.growth import SECTIONS, section
from bench.served import Ask, Local, Served, Work, engines, measure, row
from bench.table import Row, Table, is_smoke, main, most, spread
from planpush.document.sanitizer.sanitizer import clean
from planpush.plans.section import compress

KB60, MB5 = 60_000, 5_000_000
NODE = 9.9 / 1.7
"""How many times the ceiling the original, in Node, takes for a push of 60 KB: both were measured
on one machine once, and this one may be slower."""
REASONS = {
    "node": "every word is indexed (the original finds titles only), each block kept for comments;"
    " next: as for a push of 60 KB",
    "whole": "blocks, in Python, cost twice the ceiling, and 35 statements of SQLAlchemy another"
    " two or three times; next: fewer steps for a block, and one statement for all that is known",
    "large": "the index of words and the blocks cost twice the ceiling each; next: the words by the"
    " worker, blocks by fewer steps of Python",
}
Sections = Sequence[dict[str, str]]


def document(size: int) -> Sections:
    """Return twelve sections of prose, lists and tables, as many elements as a plan has."""
    each = size // SECTIONS
    return [{"anchor": f"part-{n}", "html": section(n, 0, each)} for n in range(SECTIONS)]


def large(size: int) -> Sections:
    """Return 60 sections, mostly of long paragraphs: 5 MB have fewer than 30,000 elements."""
    author, count, found = Author(SEED), 60, []
    for n in range(count):
        parts = author.blocks(size // count // 4)
        while sum(map(len, parts)) < size // count:
            parts.append(f"<p>{' '.join(author.text() for _ in range(5))}</p>")
        opening = f'<section class="pp-section" data-anchor="part-{n}"><h2>Part</h2>'
        found.append({"anchor": f"part-{n}", "html": f"{opening}{''.join(parts)}</section>"})
    return found


def alone(sections: Sections) -> Local:
    """Return what has to be done at least: sanitise and compress."""
    return Local(lambda: [compress(clean(one["html"]).encode()) for one in sections])


@dataclass
class Pushing:
    """Pushes of one document: each as a plan of its own."""

    served: Served
    sections: Sections
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.headers = self.served.bearer() | {"Content-Type": "application/json"}

    def whole(self) -> Ask:
        """Return a push of all of it."""
        return Ask("/api/push", self.headers, "POST", self._whole, status=201)

    def _whole(self, number: int) -> bytes:
        # A word of its own: nothing of it is known from the push before.
        return json.dumps({"title": f"Plan {number}", "sections": self.sections}).encode()

    def one(self) -> Ask:
        """Return a push that changes one section of twelve."""
        slug = self.start("Growing")

        def body(number: int) -> bytes:
            changed = number % SECTIONS
            parts = [{"anchor": one["anchor"]} for one in self.sections]
            html = self.sections[changed]["html"]
            told = f"<p>Edition {number}.</p></section>"
            parts[changed]["html"] = html.removesuffix("</section>") + told
            return json.dumps({"plan": slug, "base_version": number, "sections": parts}).encode()

        return Ask("/api/push", self.headers, "POST", body, status=201)

    def start(self, title: str) -> str:
        """Push a first version that everybody may see; return the plan's address."""
        told = {"title": title, "visibility": "published", "sections": self.sections}
        answer = self.served.api("alice", "POST", "/api/push", json=told)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["plan"])


def small(table: Table, served: Served) -> None:
    """Measure a push of 60 KB, whole and one section of it."""
    pushing = Pushing(served, document(KB60 // (10 if is_smoke() else 1)))
    works: dict[str, Work] = {"alone": alone(pushing.sections), "whole": pushing.whole()}
    works["one"] = pushing.one()
    rounds, each = (1, 2) if is_smoke() else (7, 15)
    found = measure(served, works, rounds=rounds, each=each, warm=each)
    told, goal = "sanitise + compress", most(2.5)
    more = {"engine": served.engine, "reason": REASONS["whole"]}
    whole, one = found["whole"], found["one"]
    table.add(row("push", "push 60 KB, whole", whole, found["alone"], told, goal, **more))
    more["reason"] = "what a push costs at least weighs more where less is sent"
    table.add(row("push", "push one section of 12", one, whole, "whole push", most(0.6), **more))
    name, original = "push 60 KB against the original in Node", found["alone"].median * NODE
    table.add(
        Row("push", name, whole.median / original, most(1), served.engine, cpu=whole.median,
            ceiling="5.8 times sanitise + compress", ceiling_cpu=original, reason=REASONS["node"])
    )  # fmt: skip


def big(table: Table, served: Served) -> None:
    """Measure a push of 5 MB, and how long a page takes meanwhile."""
    pushing = Pushing(served, large(MB5 // (200 if is_smoke() else 1)))
    works: dict[str, Work] = {"alone": alone(pushing.sections), "whole": pushing.whole()}
    found = measure(served, works, rounds=1 if is_smoke() else 5, each=1, warm=1)
    more = {"engine": served.engine, "reason": REASONS["large"]}
    told = "sanitise + compress"
    table.add(row("push", "push 5 MB", found["whole"], found["alone"], told, most(1.6), **more))
    table.add(meanwhile(served, pushing))


def meanwhile(served: Served, pushing: Pushing) -> Row:
    """Return how long 99 of 100 views of a plan take at most while 5 MB are pushed."""
    slug = Pushing(served, document(6_000)).start("Read")
    view = Ask(f"/p/{slug}", served.signed_in("bob"))
    rounds, count = (1, 5) if is_smoke() else (5, 300)
    view.run(served, count // 5)
    quiet, busy = [], []
    for _ in range(rounds):
        quiet.append(view.run(served, count)[1])
        with pushed(served, pushing):
            busy.append(view.run(served, count)[1])
    pairs = [(spread(a)[1], spread(b)[1]) for a, b in zip(quiet, busy, strict=True)]
    return Row(
        "push", "p99 of a page while 5 MB are pushed", median(b / a for a, b in pairs), most(3),
        served.engine, median(spread(one)[0] for one in busy), median(b for _, b in pairs),
        ceiling="its own p99", ceiling_cpu=median(a for a, _ in pairs),
        reason="two processes on two cores: a page waits for the interpreter of a push beside it;"
        " next: prepare a large push in a process of its own",
    )  # fmt: skip


@contextmanager
def pushed(served: Served, pushing: Pushing) -> Iterator[None]:
    """Push without a pause until the block ends."""
    over, ask, failed = threading.Event(), pushing.whole(), list[BaseException]()

    def work() -> None:
        try:
            while not over.is_set():
                ask.run(served, 1)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if failed:
        raise failed[0]


def threads(table: Table) -> None:
    """Measure how the places of 500 threads are found in a new version of 1 MB."""
    pairs = [anchors_costs.megabyte(*((20_000, 20) if is_smoke() else ())) for _ in range(3)]
    ratio = median(placing / parsing for placing, parsing in pairs)
    placing, parsing = (1000 * median(one) for one in zip(*pairs, strict=True))
    name, goal = "places of 500 threads, 1 MB", most(1.5)
    table.add(
        Row("push", name, ratio, goal, cpu=placing, ceiling="parse both", ceiling_cpu=parsing)
    )


def measured(table: Table) -> None:
    """Measure everything, on each database that there is."""
    for engine in engines():
        with tempfile.TemporaryDirectory() as folder, _served(folder, engine) as served:
            small(table, served)
            big(table, served)
    threads(table)


def _served(folder: str, engine: str) -> AbstractContextManager[Served]:
    return Served(Path(folder), engine, workers=2).running()


def command(given: Sequence[str] | None = None) -> int:
    """Run what the command line asks for."""
    return main("push", str(__doc__), measured, given)


if __name__ == "__main__":
    sys.exit(command())

"""What a push costs, compared with sanitizing and compressing alone: `python -m bench push`.

Pushes a document of 60 KB whole, one of its twelve sections (compared with the constant view), and
5 MB. Then compares re-anchoring 500 threads in 1 MB with parsing both versions.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.growth import SECTIONS, section
from bench.harness import (
    Ask,
    Local,
    Served,
    Table,
    Work,
    constant,
    engines,
    is_smoke,
    measure,
    options,
)  # fmt: skip
from bench.plans import long_sections
from planpush.document.anchoring.reanchor import place_all
from planpush.document.anchoring.target import Origin, Place, locate
from planpush.document.blocks import Block
from planpush.document.sanitizer.sanitizer import clean
from planpush.document.sections import build
from planpush.plans.section import compress

KB60, MB5 = 60_000, 5_000_000
Sections = Sequence[dict[str, str]]


def main(given: Sequence[str] | None = None) -> int:
    """Measure each engine, then re-anchoring; return 1 if a goal is missed."""
    options(__doc__).parse_args(given)
    table = Table()
    for engine in engines():
        with tempfile.TemporaryDirectory() as folder:
            served = Served(Path(folder), engine, workers=2)
            with served.running():
                small(table, served)
                large(table, served)
    reanchor(table)
    return table.close()


def small(table: Table, served: Served) -> None:
    """Measure a push of 60 KB, whole and one section of it."""
    each = KB60 // SECTIONS // (10 if is_smoke() else 1)
    sections = [{"anchor": f"part-{n}", "html": section(n, 0, each)} for n in range(SECTIONS)]
    works: dict[str, Work] = {
        "alone": alone(sections),
        "constant": constant(),
        "whole": whole(served, sections),
        "one": one(served, sections),
    }
    rounds, each = (1, 2) if is_smoke() else (7, 15)
    found = measure(served, works, rounds=rounds, each=each, warm=each)
    name = "push 60 KB whole / sanitize + compress"
    table.compare(name, found["whole"], found["alone"], 2.5, served.engine)
    name = f"push one section of {SECTIONS} / constant view"
    table.compare(name, found["one"], found["constant"], 8, served.engine)


def large(table: Table, served: Served) -> None:
    """Measure a push of 5 MB."""
    sections = long_sections(MB5 // (200 if is_smoke() else 1))
    works: dict[str, Work] = {"alone": alone(sections), "whole": whole(served, sections)}
    found = measure(served, works, rounds=1 if is_smoke() else 5, each=1, warm=1)
    name = "push 5 MB / sanitize + compress"
    table.compare(name, found["whole"], found["alone"], 1.6, served.engine)


def alone(sections: Sections) -> Local:
    """Return the least that a push must do: sanitize and compress."""
    return Local(lambda: [compress(clean(one["html"]).encode()) for one in sections])


def whole(served: Served, sections: Sections) -> Ask:
    """Return a push of a new plan."""

    def body(number: int) -> bytes:
        return json.dumps({"title": f"Plan {number}", "sections": sections}).encode()

    return asking(served, body)


def one(served: Served, sections: Sections) -> Ask:
    """Return a push that changes one section."""
    slug = start(served, sections, "Growing")

    def body(number: int) -> bytes:
        changed = number % len(sections)
        parts = [{"anchor": part["anchor"]} for part in sections]
        html = sections[changed]["html"].removesuffix("</section>")
        parts[changed]["html"] = f"{html}<p>Edition {number}.</p></section>"
        return json.dumps({"plan": slug, "base_version": number, "sections": parts}).encode()

    return asking(served, body)


def asking(served: Served, body: Callable[[int], bytes]) -> Ask:
    """Return a push whose body depends on its number."""
    headers = served.agent() | {"Content-Type": "application/json"}
    return Ask("/api/push", headers, "POST", body, status=201)


def start(served: Served, sections: Sections, title: str) -> str:
    """Push the first version of a published plan; return the plan's slug."""
    body = {"title": title, "visibility": "published", "sections": sections}
    answer = served.api("alice", "POST", "/api/push", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["plan"])


def reanchor(table: Table) -> None:
    """Measure how the places of 500 threads are found in a new version of 1 MB."""
    size, count = (20_000, 20) if is_smoke() else (1_000_000, 500)
    old = [section["html"] for section in long_sections(size, 12)]
    new = [html.replace("the", "that", 40).replace("<p>", "<p>New. ", 20) for html in old]
    before, after, origins = parsed(old), parsed(new), dict[int, Origin]()
    leaves = [block for block in before if len(block.text) > 60]
    for n in range(count):
        block = leaves[n * len(leaves) // count]
        quote = block.text[:30].strip()
        place = Place(block.section, block.key, quote, start=0, end=len(quote))
        origins[n] = locate(before, 1, place)
    pairs = [
        (seconds(lambda: place_all(origins, {1: before}, after)),
         seconds(lambda: (parsed(old), parsed(new))))
        for _ in range(5)
    ]  # fmt: skip
    ratio = statistics.median(placing / parsing for placing, parsing in pairs)
    placing, parsing = (1000 * statistics.median(side) for side in zip(*pairs, strict=True))
    name = "re-anchor 500 threads, 1 MB / parse both"
    table.add(name, ratio, 1.5, cpu=placing, base=parsing)


def parsed(sections: list[str]) -> list[Block]:
    """Parse the sections of a version."""
    return [block for n, html in enumerate(sections) for block in build(f"part-{n}", html).blocks]


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU time of some work."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


if __name__ == "__main__":
    sys.exit(main())

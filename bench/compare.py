"""What a comparison costs that is shown: `python -m bench.compare [--seed N]`.

Of two versions it prints the processor time of finding what changed, of rendering it and of its
stops, and how many times parsing both versions that is, measured in the same run. Ordinary edits
first, then the worst that a push can hold. It ends with the goals that were missed, and then not
with 0. With `BENCH_SMOKE=1` all is tiny and no goal is judged.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path

from bench.anchors_documents import sentences
from planpush.document.diff.comparison import Compared, Part, compare
from planpush.document.diff.navigation import Shown
from planpush.document.diff.render import redline
from planpush.document.sanitizer.sanitizer import clean
from planpush.document.sections import Section, build, cut

SEED = 20_261
ROUNDS = 3
WORST = 2.0
PAIRS = Path(__file__).resolve().parents[2] / "shared" / "tools" / "anchors" / "pairs"
Version = Mapping[str, str]


@dataclass(frozen=True)
class Case:
    """Two versions, given as sections; `seconds` of the processor are the goal."""

    name: str
    old: Version
    new: Version
    seconds: float


class Author:
    """Writes sections of paragraphs, lists, tables and code, and edits them."""

    def __init__(self, seed: int) -> None:
        self.chance, self.known = random.Random(seed), sentences()
        self.words = sorted({word for text in self.known for word in text.split()})

    def text(self) -> str:
        """Return two sentences."""
        return escape(" ".join(self.chance.sample(self.known, 2)))

    def blocks(self, size: int) -> list[str]:
        """Return blocks of about `size` bytes in all."""
        made, left = [self.block()], size
        while (left := left - len(made[-1])) > 0:
            made.append(self.block())
        return made

    def block(self) -> str:
        """Return a paragraph, mostly."""
        kind = self.chance.random()
        if kind < 0.75:
            return f"<p>{self.text()} {self.text()}</p>"
        if kind < 0.92:
            return f"<ul>{''.join(f'<li>{self.text()}</li>' for _ in range(4))}</ul>"
        if kind < 0.96:
            return self.table(5)
        lines = "\n".join(self.chance.choice(self.known) for _ in range(8))
        return f"<pre><code>{escape(lines)}</code></pre>"

    def table(self, rows: int) -> str:
        """Return a table."""
        cells = "".join(
            f"<tr><td>row {n}</td><td>{self.chance.choice(self.words)}</td>"
            f"<td>{escape(self.chance.choice(self.known))}</td></tr>"
            for n in range(rows)
        )
        head = "<tr><th>Key</th><th>Type</th><th>Note</th></tr>"
        return f"<table><thead>{head}</thead><tbody>{cells}</tbody></table>"

    def edited(self, html: str, share: float) -> str:
        """Return `html` with that share of its sentences reworded in one word."""
        pieces = html.split(" ")
        for at in range(10, len(pieces), 20):
            if self.chance.random() < share and not set("<>&") & set(pieces[at]):
                pieces[at] = self.chance.choice(self.words)
        return " ".join(pieces)

    def version(self, size: int, share: float) -> tuple[Version, Version]:
        """Return a version of `size` bytes and the next, in which a share of it is reworded."""
        old, new = {}, {}
        count = max(1, min(120, size // 8_000))
        for n in range(count):
            blocks = self.blocks(size // count)
            after = [self.edited(block, share) for block in blocks]
            for _ in range(len(after) // 40 + 1):
                after.insert(self.chance.randrange(len(after)), after.pop())
                del after[self.chance.randrange(len(after))]
            old[f"part-{n}"], new[f"part-{n}"] = "".join(blocks), "".join(after)
        return old, new


def real(most: int) -> Case | None:
    """Return revisions of real documents as one of at most so many bytes, if they are there."""
    old: dict[str, str] = {}
    new: dict[str, str] = {}
    for path in sorted(PAIRS.glob("*.json.gz")):
        pair = json.loads(gzip.decompress(path.read_bytes()))
        if most < len(pair["old_html"]):
            break
        most -= len(pair["old_html"])
        for side, html in ((old, pair["old_html"]), (new, pair["new_html"])):
            side |= {f"{path.name[:7]}-{one.anchor}"[:64]: one.html for one in cut(html).pieces}
    return Case("1 MB of real revisions", old, new, 0.5) if old else None


def cases(seed: int, scale: int) -> Iterator[Case]:
    """Yield what is measured; `scale` divides all sizes."""
    author = Author(seed)
    yield Case("60 KB, edited", *author.version(60_000 // scale, 0.1), 0.05)
    yield Case("1 MB, edited", *author.version(1_000_000 // scale, 0.1), 0.5)
    yield from filter(None, [real(1_000_000 // scale)])
    yield Case("5 MB, every sentence reworded", *author.version(5_000_000 // scale, 1), WORST)
    olds, news = author.blocks(5_000_000 // scale), author.blocks(5_000_000 // scale)
    yield Case("5 MB, nothing in common", *map(_sections, (olds, news)), WORST)
    rows = 7_000 // scale  # 30,000 elements is the most of a push
    table = author.table(rows)
    yield Case("7,000 rows, edited", {"a": table}, {"a": author.edited(table, 0.5)}, WORST)
    yield Case("7,000 rows, shuffled", {"a": table}, {"a": _shuffled(author, table)}, WORST)
    words = [author.chance.choice(author.words) for _ in range(150_000 // scale)]
    others = author.chance.sample(words, len(words))
    one, other = (f"<p>{escape(' '.join(text))}</p>" for text in (words, others))
    yield Case("one block of 1 MB", {"a": one}, {"a": other}, WORST)
    code, text = (f"<pre>{html[3:-4].replace(' ', chr(10))}</pre>" for html in (one, other))
    yield Case("one code of 1 MB", {"a": code}, {"a": text}, WORST)


def _sections(blocks: list[str]) -> Version:
    return {f"part-{n}": "".join(blocks[n::100]) for n in range(100)}


def _shuffled(author: Author, table: str) -> str:
    head, _, rest = table.partition("<tbody>")
    rows = rest.removesuffix("</tbody></table>").split("</tr>")[:-1]
    author.chance.shuffle(rows)
    return f"{head}<tbody>{''.join(row + '</tr>' for row in rows)}</tbody></table>"


def measure(case: Case) -> tuple[float, float, float, float]:
    """Return the seconds of parsing, comparing, rendering and of the stops, the best of each."""
    sides = [_pushed(side) for side in (case.old, case.new)]
    parts = [[Part(a, s.title, s.html, s.blocks) for a, s in side.items()] for side in sides]
    stored = [{a: s.html.decode() for a, s in side.items()} for side in sides]
    found: list[Compared] = compare(*parts, worded=False)
    shown = redline(found, *stored, list(stored[0]))
    works: list[Callable[[], object]] = [
        lambda: [build(a, html) for side in stored for a, html in side.items()],
        partial(compare, *parts, worded=False),
        partial(redline, found, *stored, list(stored[0])),
        partial(Shown.all, shown),
    ]
    rounds = [[_seconds(work) for work in works] for _ in range(ROUNDS)]
    best = [min(times) for times in zip(*rounds, strict=True)]
    return best[0], best[1], best[2], best[3]


def _pushed(side: Version) -> dict[str, Section]:
    made = {
        a: html if "data-anchor" in html[:300] else f'<section data-anchor="{a}">{html}</section>'
        for a, html in side.items()
    }
    return {anchor: build(anchor, clean(html)) for anchor, html in made.items()}


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def main(arguments: list[str] | None = None) -> int:
    """Print the figures, and which goals are missed."""
    asked = argparse.ArgumentParser(prog="bench.compare", description=__doc__)
    asked.add_argument("--seed", type=int, default=SEED, help="of the documents")
    asked.add_argument("--only", default="", help="cases whose name has this in it")
    told = asked.parse_args(arguments)
    smoke = bool(os.environ.get("BENCH_SMOKE"))
    gc.collect()
    gc.freeze()  # as a process does that serves
    columns = ("parse both", "compare", "render", "stops", "together", "x parse")
    print(f"{'seconds of the processor':32}", *(f"{name:>11}" for name in columns))
    missed = []
    for case in cases(told.seed, 100 if smoke else 1):
        if told.only in case.name:
            parse, *works = measure(case)
            spent = sum(works)
            times = "".join(f"{one:12.4f}" for one in (parse, *works, spent))
            print(f"{case.name:32}{times}{spent / parse:12.2f}", flush=True)
            if spent > case.seconds:
                missed.append(f"MISSED {case.name}: {spent:.3f} s, the goal is {case.seconds} s")
    print("\n".join([] if smoke else missed or ["every goal is met"]))
    return 1 if missed and not smoke else 0


if __name__ == "__main__":
    sys.exit(main())

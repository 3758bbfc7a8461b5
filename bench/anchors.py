"""How well comments keep their place over real revisions: `python -m bench anchors`.

Runs the scorer of `../shared/tools/anchors` over its pairs of revisions with our anchoring. Without
that folder there is nothing to measure, and the bench says so.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from bench.harness import is_smoke, options
from planpush.document.anchoring.reanchor import place
from planpush.document.anchoring.target import Origin, Place, locate
from planpush.document.diff.blocks import map_blocks
from planpush.document.sanitizer.sanitizer import clean
from planpush.document.sections import build

TOOLS = Path(__file__).resolve().parents[2] / "shared" / "tools" / "anchors"
KEPT = ("same", "same_dup", "same_ctx_changed", "edited", "moved")
sources: dict[str, str] = {}


class Model:
    """A document in our blocks, and where each of their characters is in the scorer's text."""

    def __init__(self, text: str) -> None:
        from lxml import html as parser

        html = sources.get(text) or "".join(f"<p>{escape(line)}</p>" for line in text.split("\n"))
        section = build("document", clean(html))
        tree = parser.fromstring(section.html.decode())
        self.text, self.blocks = text, section.blocks
        self.keys = [key for key, run in _runs(tree, 0) for c in run if not c.isspace()]
        self.flat = [at for at, c in enumerate(text) if not c.isspace()]
        if len(self.keys) != len(self.flat):
            raise ValueError(f"{len(self.keys)} characters of ours, {len(self.flat)} of the scorer")
        self.offsets: dict[int, list[int]] = {}
        self.globals: dict[int, list[int]] = {}
        for block in self.blocks:
            if not block.element:
                self.offsets[block.key] = [n for n, c in enumerate(block.text) if not c.isspace()]
        for at, key in enumerate(self.keys):
            self.globals.setdefault(key, []).append(at)

    def ours(self, start: int, end: int) -> Place:
        """Return the span `start:end` of the scorer's text as a place in one of our blocks."""
        first, last = bisect_right(self.flat, start - 1), bisect_right(self.flat, end - 1) - 1
        key = self.keys[first]
        chars = [n for n, at in enumerate(self.globals[key]) if first <= at <= last]
        offsets = self.offsets[key]
        begin, finish = offsets[chars[0]], offsets[chars[-1]] + 1
        block = next(b for b in self.blocks if b.key == key)
        return Place("document", key, block.text[begin:finish], start=begin, end=finish)

    def theirs(self, key: int, start: int, end: int) -> tuple[int, int]:
        """Return `start:end` of one of our blocks in the scorer's text."""
        at = self.globals[key]
        chars = [n for n, o in enumerate(self.offsets[key]) if start <= o < end]
        return self.flat[at[chars[0]]], self.flat[at[chars[-1]]] + 1


def _runs(element: Any, key: int) -> Iterator[tuple[int, str]]:
    """Yield (block key, text) of every text in an lxml tree, SVG left out."""
    if element.tag == "svg" or not isinstance(element.tag, str):
        return
    key = int(element.get("data-block", key))
    yield key, element.text or ""
    for child in element:
        yield from _runs(child, key)
        yield key, child.tail or ""


@lru_cache(maxsize=4)
def model(text: str) -> Model:
    """Return the model of a document known by its flat text."""
    return Model(text)


@lru_cache(maxsize=2)
def mapped(old: str, new: str) -> Any:
    """Return the block map of a pair."""
    return map_blocks(model(old).blocks, model(new).blocks)


def make_selector(flat: Any, start: int, end: int) -> dict[str, Any]:
    """Return the origin of a span, and the old text that names its document."""
    old = model(flat.text)
    return {"old": flat.text, **locate(old.blocks, 1, old.ours(start, end)).as_dict()}


def resolve(selector: dict[str, Any], flat: Any) -> tuple[str, int, int] | None:
    """Return where the origin is in the new document, in the scorer's terms."""
    selector = dict(selector)
    pair = mapped(selector.pop("old"), flat.text)
    found = place(Origin.from_dict(selector), pair, pair.new)
    new = model(flat.text)
    if found.start is not None and found.end is not None and found.block is not None:
        return ("quote", *new.theirs(found.block, found.start, found.end))
    if found.confidence >= 0.5 and found.block in new.globals:
        start, _ = new.theirs(found.block, 0, 1)
        run = next(b for b in reversed(flat.blocks) if b.start <= start)
        return "block", run.start, run.end
    return None


def table() -> dict[str, Counter[str]]:
    """Print what the scorer says of all pairs; return its counts by kind of change."""
    sys.path.insert(0, str(TOOLS))
    sys.dont_write_bytecode = True
    import score

    flatten = score.flatten

    def remember(html: str) -> Any:
        flat = flatten(html)
        sources[flat.text] = html
        return flat

    score.flatten = remember
    found, natural, seconds = score.run(make_selector, resolve, "dev" if is_smoke() else "all")
    score.report(found, natural, seconds, "planpush")
    return dict(found)


def shares(found: dict[str, Counter[str]]) -> Iterator[tuple[str, float, bool]]:
    """Yield each share, and whether it meets its goal."""
    kept = sum((found.get(kind, Counter()) for kind in KEPT), Counter[str]())
    same, gone = found["same"], found["gone"]
    total = kept["right"] + kept["near"] + kept["wrong"] + kept["lost"] + kept["orphan"] or 1
    right = (kept["right"] + kept["near"]) / total
    yield (
        "unchanged text, exactly right: 100 %",
        same["right"] / same.total(),
        (same["right"] == same.total()),
    )
    yield "right or near: at least 98 %", right, right >= 0.98
    for name, share in (
        ("wrong", kept["wrong"] / total),
        ("lost", (kept["lost"] + kept["orphan"]) / total),
        ("falsely placed", gone["wrong"] / (gone.total() or 1)),
    ):
        yield f"{name}: at most 1 %", share, share <= 0.01


def main(given: Sequence[str] | None = None) -> int:
    """Score the pairs; return 1 if a goal is missed."""
    options(__doc__).parse_args(given)
    if not TOOLS.is_dir():
        print("There are no pairs of real revisions at ../shared/tools/anchors.")
        return 0
    found, missed = table(), 0
    print("\n| score | share | |\n|---|--:|---|")
    for name, share, met in shares(found):
        print(f"| {name:40} | {share:.2%} | {'met' if met else '**missed**'} |")
        missed += not met
    return 1 if missed and not is_smoke() else 0


if __name__ == "__main__":
    sys.exit(main())

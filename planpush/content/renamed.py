"""Sections that go by another key now, told by what they say."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from planpush.content.alignment import unique
from planpush.content.blocks import Block
from planpush.content.equals import MARGIN, TELLING

_SHARED = 0.25


def renamed(old: Sequence[Block], new: Sequence[Block], known: Mapping[str, str]) -> dict[str, str]:
    """Return which vanished section keys are which new ones, those that are `known` left out.

    Two sections are one if they share a quarter of what tells them, and clearly more of it than
    either shares with any other.
    """
    before, there = {block.section for block in old}, {block.section for block in new}
    gone = {key for key in before if known.get(key, key) not in there}
    come = there - before - {known.get(key, key) for key in before}
    if not gone or not come:
        return {}
    olds, news = _marks(old, gone), _marks(new, come)
    sizes = _sizes(olds), _sizes(news)
    shared: Counter[tuple[str, str]] = Counter()
    after = unique(news)
    for mark, section in unique(olds).items():
        if mark in after:
            shared[section, after[mark]] += len(mark)
    likeness = {pair: n / max(sizes[0][pair[0]], sizes[1][pair[1]]) for pair, n in shared.items()}
    return dict(_clear(likeness))


def _marks(blocks: Sequence[Block], sections: set[str]) -> list[tuple[str, str]]:
    """Return what tells a section, each with the section: texts, names of cells and elements."""
    found = []
    for block in blocks:
        if block.section in sections and block.key:
            mark = block.anchors[0] if block.element else block.text
            mark = f"{block.row} × {block.column}" if block.row and block.column else mark
            if block.element or len(mark) >= TELLING:
                found.append((mark, block.section))
    return found


def _sizes(marks: Iterable[tuple[str, str]]) -> Counter[str]:
    sizes: Counter[str] = Counter()
    for mark, section in marks:
        sizes[section] += len(mark)
    return sizes


def _clear(likeness: Mapping[tuple[str, str], float]) -> Iterable[tuple[str, str]]:
    """Yield the pairs that are each other's best by a margin."""
    sides: dict[tuple[int, str], list[float]] = defaultdict(list)
    for pair, value in likeness.items():
        for side in (0, 1):
            sides[side, pair[side]].append(value)
    for values in sides.values():
        values.sort(reverse=True)
    for (a, b), value in likeness.items():
        rivals = [*sides[0, a][1:2], *sides[1, b][1:2]]
        best = value == sides[0, a][0] == sides[1, b][0]
        if value >= _SHARED and best and value - max(rivals, default=0.0) >= MARGIN:
            yield a, b

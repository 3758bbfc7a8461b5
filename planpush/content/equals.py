"""Blocks with the very same text, told apart by what stands around them, or not at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from planpush.content.blocks import Block
from planpush.content.words import ratio

MARGIN = 0.10
"""By how much the best of several like places must win."""

_MOST = 900
_ALIKE = 0.70
_NEIGHBOURS = ((-1, 0.3), (1, 0.3), (-2, 0.2), (2, 0.2))


def told_apart(
    old: Sequence[Block], new: Sequence[Block], doubts: Sequence[int], free: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Yield pairs of equal blocks that fit each other clearly better than any other."""
    groups: dict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for i in doubts:
        groups[old[i].text][0].append(i)
    for j in free:
        if new[j].text in groups:
            groups[new[j].text][1].append(j)
    for before, after in groups.values():
        if len(before) * len(after) <= _MOST:
            yield from _clear(old, new, before, after)


def _clear(
    old: Sequence[Block], new: Sequence[Block], before: list[int], after: list[int]
) -> Iterator[tuple[int, int]]:
    fit = {(i, j): _surroundings(old, new, i, j) for i in before for j in after}
    rows = {i: sorted((fit[i, j] for j in after), reverse=True) for i in before}
    columns = {j: sorted((fit[i, j] for i in before), reverse=True) for j in after}
    for (i, j), score in fit.items():
        best = score == rows[i][0] == columns[j][0]
        rivals = rows[i][1:2] + columns[j][1:2]
        if best and score - max(rivals, default=0.0) >= MARGIN:
            yield i, j


def _surroundings(old: Sequence[Block], new: Sequence[Block], i: int, j: int) -> float:
    """Return how alike the neighbours of two blocks are; the nearest weigh most."""
    score = 0.0
    for step, weight in _NEIGHBOURS:
        score += weight * ratio(_text(old, i + step), _text(new, j + step), _ALIKE)
    return score


def _text(blocks: Sequence[Block], at: int) -> str:
    """Return a block's text; before the first and behind the last one there is nothing."""
    return blocks[at].text if 0 <= at < len(blocks) else ""

"""Tells blocks with identical text apart by what surrounds them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence

from planpush.document.blocks import Block
from planpush.document.diff.words import ratio

MARGIN = 0.10
"""By how much the best of several like places must win."""

TELLING = 20
"""Characters of a text that is seldom there twice by accident."""

_MOST = 900
_ALIKE = 0.70
_NEIGHBOURS = ((-1, 0.3), (1, 0.3), (-2, 0.2), (2, 0.2))


def is_short(block: Block) -> bool:
    """Tell whether only row and column tell a block from others: a cell with few words."""
    return bool(block.row and block.column) and len(block.text) < TELLING


def said(block: Block) -> Hashable:
    """Return what has to be equal for two blocks to say the same."""
    return (block.text, block.row, block.column) if is_short(block) else block.text


def told_apart(
    old: Sequence[Block], new: Sequence[Block], doubts: Sequence[int], free: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Yield pairs of equal blocks that fit each other clearly better than any other."""
    groups: dict[Hashable, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for i in doubts:
        groups[said(old[i])][0].append(i)
    for j in free:
        if said(new[j]) in groups:
            groups[said(new[j])][1].append(j)
    sides = _Surroundings(old), _Surroundings(new)
    for before, after in groups.values():
        if len(before) * len(after) <= _MOST:
            yield from _clear(*sides, before, after)


def _clear(
    old: _Surroundings, new: _Surroundings, before: list[int], after: list[int]
) -> Iterator[tuple[int, int]]:
    fit = {(i, j): old.like(i, new, j) for i in before for j in after}
    rows = {i: sorted((fit[i, j] for j in after), reverse=True) for i in before}
    columns = {j: sorted((fit[i, j] for i in before), reverse=True) for j in after}
    for (i, j), score in fit.items():
        best = score == rows[i][0] == columns[j][0]
        rivals = rows[i][1:2] + columns[j][1:2]
        if best and score - max(rivals, default=0.0) >= MARGIN:
            yield i, j


class _Surroundings:
    """The leaves of a document in order; before the first and behind the last there is nothing."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        leaves = [at for at, block in enumerate(blocks) if not block.element]
        self.texts = ["", "", *(blocks[at].text for at in leaves), "", ""]
        self.places = {at: n for n, at in enumerate(leaves, 2)}

    def like(self, i: int, other: _Surroundings, j: int) -> float:
        """Return how alike the neighbours of two blocks are; the nearest weigh most."""
        n, m = self.places[i], other.places[j]
        return sum(
            weight * ratio(self.texts[n + step], other.texts[m + step], _ALIKE)
            for step, weight in _NEIGHBOURS
        )

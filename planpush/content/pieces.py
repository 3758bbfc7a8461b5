"""Blocks that were split or joined: one is a part of the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from planpush.content.blocks import Block

_TELLING = 24
_MOST = 10_000


def pieces(
    old: Sequence[Block], new: Sequence[Block], before: Sequence[int], after: Sequence[int]
) -> Iterator[tuple[float, int, int]]:
    """Yield (share, old, new) of blocks of which one has all words of the other in a row."""
    if len(before) * len(after) > _MOST:
        return
    for i in before:
        for j in after:
            short, long = sorted((old[i].text, new[j].text), key=len)
            if len(short) >= _TELLING and short in long:
                yield len(short) / len(long), i, j

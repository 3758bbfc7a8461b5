"""How one text became another, word by word."""

from __future__ import annotations

from typing import Literal

from planpush.content.words import runs

Word = tuple[Literal["same", "removed", "added"], str]


def words(old: str, new: str) -> tuple[Word, ...]:
    """Return how `old` becomes `new`, word by word; a space between two changes is part of them."""
    found: list[Word] = []
    taken = put = ""
    steps = runs(old, new)
    for at, (a, b, c, d, equal) in enumerate(steps):
        inside = 0 < at < len(steps) - 1 and not old[a:b].strip()
        if not equal or inside:
            taken, put = taken + old[a:b], put + new[c:d]
            continue
        found += _pair(taken, put)
        found.append(("same", old[a:b]))
        taken = put = ""
    return tuple(found + _pair(taken, put))


def _pair(taken: str, put: str) -> list[Word]:
    """Return what was taken and what was put in its place."""
    pair: list[Word] = [("removed", taken), ("added", put)]
    return [word for word in pair if word[1]]

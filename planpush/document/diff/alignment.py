"""Aligns two sequences: common elements, order and unique matches."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from itertools import pairwise
from typing import TypeVar

from rapidfuzz.distance import LCSseq

Pair = tuple[int, int]
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

_GRID = 30_000_000
_REACH = 100


def unique(pairs: Iterable[tuple[Key, Value]]) -> dict[Key, Value]:
    """Return the keys that occur once."""
    found: dict[Key, Value] = {}
    twice = set()
    for key, value in pairs:
        if key in found:
            twice.add(key)
        found[key] = value
    return {key: value for key, value in found.items() if key not in twice}


def numbers(a: Sequence[Hashable], b: Sequence[Hashable]) -> tuple[list[int], list[int]]:
    """Return both sequences as small numbers, equal ones for equal elements."""
    known: dict[Hashable, int] = {}
    one = [known.setdefault(key, len(known)) for key in a]
    return one, [known.setdefault(key, len(known)) for key in b]


def doubtful(a: list[int], b: list[int], pairs: list[Pair]) -> set[Pair]:
    """Return the pairs that an alignment from the other end would not make: equals, guessed."""
    if len(set(a)) == len(a) and len(set(b)) == len(b):
        return set()
    n, m = len(a) - 1, len(b) - 1
    back = {(n - x, m - y) for x, y in common(a[::-1], b[::-1])}
    return {pair for pair in pairs if pair not in back}


def common(a: list[int], b: list[int]) -> list[Pair]:
    """Return a longest common subsequence as pairs of places, near enough in large cases."""
    pairs: list[Pair] = []
    work = [(0, len(a), 0, len(b))]
    while work:
        lo, hi, low, high = work.pop()
        while lo < hi and low < high and a[lo] == b[low]:
            pairs.append((lo, low))
            lo, low = lo + 1, low + 1
        while lo < hi and low < high and a[hi - 1] == b[high - 1]:
            hi, high = hi - 1, high - 1
            pairs.append((hi, high))
        if lo < hi and low < high:
            fixed = _unique_chain(a, b, lo, hi, low, high)
            if fixed:
                bounds = [(lo - 1, low - 1), *fixed, (hi, high)]
                work += [(x + 1, z, y + 1, w) for (x, y), (z, w) in pairwise(bounds)]
                pairs += fixed
            else:
                pairs += _dense(a, b, lo, hi, low, high)
    return sorted(pairs)


def _unique_chain(a: list[int], b: list[int], lo: int, hi: int, low: int, high: int) -> list[Pair]:
    """Return the longest rising chain of elements that occur once in each part."""
    once = unique((key, at) for at, key in enumerate(b[low:high], low))
    mine = unique((key, at) for at, key in enumerate(a[lo:hi], lo))
    tails: list[int] = []
    chain: list[tuple[int, int, int]] = []
    heads: list[int] = []
    for key, x in mine.items():
        y = once.get(key)
        if y is None:
            continue
        at = bisect_left(tails, y)
        chain.append((x, y, heads[at - 1] if at else -1))
        tails[at : at + 1] = [y]
        heads[at : at + 1] = [len(chain) - 1]
    found: list[Pair] = []
    at = heads[-1] if heads else -1
    while at >= 0:
        x, y, at = chain[at]
        found.append((x, y))
    return found[::-1]


def _dense(a: list[int], b: list[int], lo: int, hi: int, low: int, high: int) -> list[Pair]:
    """Align a part in which everything repeats."""
    if (hi - lo) * (high - low) <= _GRID:
        blocks = LCSseq.editops(a[lo:hi], b[low:high]).as_matching_blocks()
        return [(lo + m.a + k, low + m.b + k) for m in blocks for k in range(m.size)]
    places: dict[int, list[int]] = defaultdict(list)
    for at in range(low, high):
        places[b[at]].append(at)
    found: list[Pair] = []
    last = low - 1
    for x in range(lo, hi):
        where = places.get(a[x], [])
        at = bisect_right(where, last)
        if at < len(where) and where[at] - last <= _REACH:
            last = where[at]
            found.append((x, last))
    return found

"""Compares two texts word by word."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from heapq import nsmallest
from itertools import accumulate, chain
from typing import Literal

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel

from planpush.document.diff.alignment import Pair, common, numbers

CONTEXT = 32
"""Characters before and behind a quote that tell it from its likes."""

_LONG = 4000
_NEAR = 12
_AROUND = 4
_COMMON = 40
_MATRIX = 40_000_000
_DIFFED = 20_000  # characters of a text that is compared word by word
_SEARCHED = 50_000_000  # characters of quote x text that are compared at every place
_WORD = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\\w+"
)
_PIECE = re.compile(r"\w+|\s+|[^\w\s]")


def words(text: str) -> frozenset[str]:
    """Return the distinct words of `text`; scripts without spaces count each character."""
    return frozenset(_WORD.findall(text[:_LONG].lower()))


def overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of the larger set of words that both have."""
    most = max(len(one), len(other))
    return len(one & other) / most if most else 0.0


def ratio(one: str, other: str, least: float = 0.0) -> float:
    """Return the likeness of two texts from 0 to 1, or 0 if it is below `least`."""
    return fuzz.ratio(one[:_LONG], other[:_LONG], score_cutoff=least * 100) / 100


def context_score(text: str, start: int, end: int, prefix: str, suffix: str) -> float:
    """Return how well the surroundings of `text[start:end]` fit, from 0 to 1."""
    size = len(prefix) + len(suffix)
    if not size:
        return 0.0
    before = text[max(0, start - len(prefix)) : start]
    behind = text[end : end + len(suffix)]
    fit = len(prefix) * _tail_fit(prefix, before) + len(suffix) * _tail_fit(
        suffix[::-1], behind[::-1]
    )
    return fit / size


def _tail_fit(expected: str, found: str) -> float:
    """Return the likeness of two texts that should end alike; nearer characters weigh more."""
    if not expected:
        return 0.0
    run = 0
    for one, other in zip(reversed(expected), reversed(found), strict=False):
        if one != other:
            break
        run += 1
    return (run / len(expected) + fuzz.ratio(expected, found) / 100) / 2


def occurrences(text: str, quote: str, most: int = 64) -> list[int]:
    """Return where `quote` stands in `text`, at most `most` places."""
    found: list[int] = []
    at = text.find(quote) if quote else -1
    while at >= 0 and len(found) < most:
        found.append(at)
        at = text.find(quote, at + 1)
    return found


def loosely(texts: Sequence[str], quote: str) -> list[tuple[int, int, int]]:
    """Return (text, start, end) where a quote stands if spaces do not count.

    Of a quote that runs over several texts it is the part in the first.
    """
    tight = ["".join(text.split()) for text in texts]
    starts = [0, *accumulate(map(len, tight))]
    wanted = "".join(quote.split())
    found = []
    known = -1
    for spot in occurrences("".join(tight), wanted):
        n = bisect_right(starts, spot) - 1
        if n != known:
            places = [at for at, character in enumerate(texts[n]) if character != " "]
            known = n
        first, last = spot - starts[n], min(spot + len(wanted), starts[n + 1]) - starts[n] - 1
        found.append((n, places[first], places[last] + 1))
    return found


def carried(old: str, new: str, start: int, end: int) -> tuple[int, int, float]:
    """Return where `old[start:end]` went in `new` by a diff of the words, and how much of it."""
    begin, finish, kept = -1, -1, 0
    ends, steps = _edits(old, new)
    for from_a, from_b, to_a, to_b, equal in steps[bisect_right(ends, start) :]:
        if from_a >= end:
            break
        low, high = max(start, from_a), min(end, from_b)
        if low >= high:
            continue
        first = to_a + low - from_a if equal else to_a
        begin = first if begin < 0 else begin
        finish = max(finish, first + high - low if equal else to_b)
        kept += high - low if equal else 0
    if not 0 <= begin < finish:
        return 0, 0, 0.0
    return begin, finish, kept / (end - start)


def runs(old: str, new: str) -> Sequence[tuple[int, int, int, int, bool]]:
    """Return runs `(old from, old to, new from, new to, equal)` in characters, word by word."""
    return _edits(old, new)[1]


@lru_cache(maxsize=2)
def _edits(old: str, new: str) -> tuple[list[int], list[tuple[int, int, int, int, bool]]]:
    """Return runs `(old from, old to, new from, new to, equal)` in characters, and their ends."""
    if max(len(old), len(new)) > _DIFFED:
        runs = _outer(old, new)
        return [run[1] for run in runs], runs
    a, b = _PIECE.findall(old), _PIECE.findall(new)
    ends_a, ends_b = _ends(a), _ends(b)
    if len(a) * len(b) <= _MATRIX:
        steps = [(o.src_start, o.src_end, o.dest_start, o.dest_end) for o in Indel.opcodes(a, b)]
    else:
        steps = _steps(common(*numbers(a, b)), len(a), len(b))
    runs = [(ends_a[x], ends_a[y], ends_b[z], ends_b[w], x < y and z < w) for x, y, z, w in steps]
    return [run[1] for run in runs], runs


def _outer(old: str, new: str) -> list[tuple[int, int, int, int, bool]]:
    """Return what two long texts have in common at their start and at their end as runs."""
    least, n, m = min(len(old), len(new)), len(old), len(new)
    head = bisect_right(range(1, least + 1), False, key=lambda k: old[:k] != new[:k])
    rest = range(1, least - head + 1)
    tail = bisect_right(rest, False, key=lambda k: old[n - k :] != new[m - k :])
    runs = [(0, head, 0, head, True), (head, n - tail, head, m - tail, False)]
    return [run for run in [*runs, (n - tail, n, m - tail, m, True)] if run[0] < run[1]]


def _steps(pairs: list[Pair], n: int, m: int) -> list[tuple[int, int, int, int]]:
    """Return matched pairs as steps: equal ones advance both sides, others one side."""
    steps: list[tuple[int, int, int, int]] = []
    x, y, run = 0, 0, 0
    for a, b in [*pairs, (n, m)]:
        if (a, b) == (x, y) and a < n:
            run, x, y = run + 1, x + 1, y + 1
            continue
        steps += [(x - run, x, y - run, y)] if run else []
        steps += [(x, a, y, y)] if x < a else []
        steps += [(a, a, y, b)] if y < b else []
        run, x, y = 1, a + 1, b + 1
    return steps


def _ends(pieces: list[str]) -> list[int]:
    at, ends = 0, [0]
    for piece in pieces:
        at += len(piece)
        ends.append(at)
    return ends


def window(quote: str, text: str) -> tuple[float, int, int]:
    """Return likeness, start and end of the part of `text` that is most like `quote`."""
    if len(quote) > _LONG or len(quote) * len(text) > _SEARCHED or len(text) > 64 * _LONG:
        return 0.0, 0, 0
    found = fuzz.partial_ratio_alignment(quote, text)
    if found is None or len(text) < len(quote):
        return ratio(quote, text), 0, len(text)
    return found.score / 100, found.dest_start, found.dest_end


def full_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Return `start:end` without the parts of words at its ends, or with them if it is in one."""
    low, high = start, end
    while low < high and low and text[low - 1].isalnum() and text[low].isalnum():
        low += 1
    while high > low and high < len(text) and text[high - 1].isalnum() and text[high].isalnum():
        high -= 1
    part = text[low:high]
    if not part.strip():
        return start, end
    return high - len(part.lstrip()), low + len(part.rstrip())


class Index:
    """Which of some texts share rare words with another text."""

    def __init__(self, texts: Sequence[frozenset[str]]) -> None:
        self.size = len(texts)
        self.work = 0  # how many places were looked at
        places: dict[str, list[int]] = defaultdict(list)
        for at, said in enumerate(texts):
            for word in said:
                places[word].append(at)
        self.places = {word: found for word, found in places.items() if len(found) <= _COMMON}

    def candidates(self, said: frozenset[str], near: int) -> Iterable[int]:
        """Return the texts most likely alike, and those around place `near` if it is known."""
        if self.size <= 2 * _NEAR:
            return range(self.size)
        best = self._best(found) if (found := [*filter(None, map(self.places.get, said))]) else []
        if near < 0:
            return best
        around = range(max(0, near - _AROUND), min(self.size, near + _AROUND + 1))
        return dict.fromkeys([*best, *around]) if best else around

    def _best(self, found: list[list[int]]) -> list[int]:
        """Return the texts that most of the lists tell of."""
        votes = Counter(chain.from_iterable(found))
        self.work += votes.total()
        ranks = [at - count * self.size for at, count in votes.items()]  # most votes, then order
        return [rank % self.size for rank in nsmallest(_NEAR, ranks)]


_LIKE = 0.4
_BESIDE = 32
_MOST = 240
Word = tuple[Literal["same", "removed", "added"], str]


def reworded(old: str, new: str) -> tuple[Word, ...]:
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


def change(then: str, now: str) -> tuple[Word, ...]:
    """Return how `then` became `now` for somebody who has little room: long parts are cut.

    Texts that are unlike are not mixed: one is gone, the other came.
    """
    told = reworded(then, now) if alike(then, now) else tuple(_pair(then, now))
    last = len(told) - 1
    return tuple(
        (kind, _cut(text, at > 0, at < last) if kind == "same" else _shortened(text, _MOST))
        for at, (kind, text) in enumerate(told)
    )


def alike(then: str, now: str) -> bool:
    """Tell whether one text can be read as a rewording of the other."""
    return bool(then and now and ratio(then, now, _LIKE))


def _cut(text: str, follows: bool, leads: bool) -> str:
    """Return what is left of a stretch that did not change: what stands beside changes."""
    if len(text) <= 2 * _BESIDE:
        return text
    before = text[:_BESIDE].rpartition(" ")[0] if follows else ""
    behind = text[-_BESIDE:].partition(" ")[2] if leads else ""
    return f"{before} … {behind}" if follows or leads else _shortened(text, _MOST)


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most // 2]} … {text[-most // 2 :]}"


def _pair(taken: str, put: str) -> list[Word]:
    """Return what was taken and what was put in its place."""
    pair: list[Word] = [("removed", taken), ("added", put)]
    return [word for word in pair if word[1]]

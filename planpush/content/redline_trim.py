"""What two runs of text begin and end with alike: most of a reworded block need not be read."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from planpush.content.tokens import TAG, VOID

_SILENT = re.compile(r"<svg\b.*?</svg>|<(?!img)[^<>]*>|\s+|&nbsp;", re.DOTALL)
_TRIES = 8


def trimmed(old: str, new: str) -> tuple[int, int]:
    """Return the lengths of what is the same at the start and at the end of two runs.

    Both end at a space outside of all tags, so that what is between them reads as it did before.
    """
    n, m = len(old), len(new)
    least = min(n, m)
    head = bisect_right(range(1, least + 1), False, key=lambda k: old[:k] != new[:k])
    rest = range(1, least - head + 1)
    tail = bisect_right(rest, False, key=lambda k: old[n - k :] != new[m - k :])
    return _head(old, new, head), _tail(old, new, tail)


def letters(part: str) -> int:
    """Return how many letters are in a part of a run, without its tags and spaces."""
    return len(_SILENT.sub("", part))


def _head(old: str, new: str, same: int) -> int:
    """Return where the last word of the same start begins, outside of all tags."""
    for start, end in reversed(_plain(old, 0, same, from_end=False)):
        at = end
        for _ in range(_TRIES):
            at = old.rfind(" ", start, at)
            if at < 0:
                break
            if not (old[at + 1 : at + 2].isspace() or new[at + 1 : at + 2].isspace()):
                return at + 1
    return 0


def _tail(old: str, new: str, same: int) -> int:
    """Return how far from the end the first space of the same end is, outside of all tags."""
    shift = len(new) - len(old)
    for start, end in _plain(old, len(old) - same, len(old), from_end=True):
        at = start - 1
        for _ in range(_TRIES):
            at = old.find(" ", at + 1, end)
            if at < 0:
                break
            before = old[at - 1 : at], new[at + shift - 1 : at + shift]
            if all(before) and not any(one.isspace() for one in before):
                return len(old) - at
    return 0


def _plain(run: str, start: int, end: int, *, from_end: bool) -> list[tuple[int, int]]:
    """Return where text is that no tag is around, in a part of a run at its start or its end."""
    if run.find("<", start, end) < 0 and run.find(">", start, end) < 0:
        return [(start, end)]
    found = list(_texts(run, start, end))
    outside = found[-1][2] if from_end else 0
    return [(a, b) for a, b, depth in found if depth == outside and a < b]


def _texts(run: str, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield the texts between tags and how many are open around them; halves of tags are none."""
    depth, at = 0, start
    closed, opened = run.find(">", start, end), run.find("<", start, end)
    if closed >= 0 and (opened < 0 or closed < opened):
        at = closed + 1
    for tag in TAG.finditer(run, at, end):
        yield at, tag.start(), depth
        at = tag.end()
        depth += 0 if tag[2] in VOID else -1 if tag[1] else 1
    half = run.find("<", at, end)
    yield at, half if half >= 0 else end, depth

"""How one text became another, word by word."""

from __future__ import annotations

from typing import Literal

from planpush.content.words import ratio, runs

_LIKE = 0.4
_BESIDE = 32
_MOST = 240
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


def change(then: str, now: str) -> tuple[Word, ...]:
    """Return how `then` became `now` for somebody who has little room: long parts are cut.

    Texts that are unlike are not mixed: one is gone, the other came.
    """
    told = words(then, now) if alike(then, now) else tuple(_pair(then, now))
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

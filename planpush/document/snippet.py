"""Search snippets: a few words around each match."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from planpush.document.search_terms import plain, shown, words

_WORD = re.compile(r"[^\W_]+")
_BEFORE, _AFTER = 50, 130  # characters


class Piece(NamedTuple):
    """Some characters of a text; `hit` if they were looked for."""

    text: str
    hit: bool = False


def snippet(body: str, wanted: Sequence[str]) -> list[Piece]:
    """Return the part of a text where the first word stands that was looked for, in one line."""
    pattern = _pattern(tuple(wanted))
    found = pattern.search(body) if pattern else None
    at = found.start() if found else 0
    start, end = max(0, at - _BEFORE), at + _AFTER
    if start:  # at the beginning of a word
        start = next((n + 1 for n in range(start, at) if body[n].isspace()), start)
    if end < len(body):
        end = next((n for n in range(end, at, -1) if body[n].isspace()), end)
    pieces = marked(" ".join(shown(body[start:end]).split()), wanted)
    before, after = [Piece("… ")] if start else [], [Piece(" …")] if end < len(body) else []
    return [*before, *pieces, *after]


def marked(text: str, wanted: Sequence[str]) -> list[Piece]:
    """Return a text in pieces, those hits that were looked for."""
    pattern = _pattern(tuple(wanted))
    told = pattern.split(text) if pattern else [text]
    return [Piece(one, number % 2 == 1) for number, one in enumerate(told) if one]


def has_all(body: str, wanted: Sequence[str]) -> bool:
    """Tell whether each of some words stands in a text, at the beginning of one of its words."""
    return all(found is None or found.search(body) for found in map(_pattern, zip(wanted)))


@lru_cache(256)
def _pattern(wanted: tuple[str, ...]) -> re.Pattern[str] | None:
    """Return what finds words in any case, with or without accents, at the beginning of a word."""
    rows = [r"[\W_]+".join(map(_loosely, words(one))) for one in wanted if words(one)]
    if not rows:
        return None
    some = "|".join(f"(?:{row})" for row in sorted(set(rows), key=len, reverse=True))
    return re.compile(rf"((?<![^\W_])(?:{some})|(?<=[\u0e00-\uffff])(?:{some}))", re.IGNORECASE)


_FORMS = {
    base: f"[{base}{''.join(mark for mark in map(chr, range(0xC0, 0x250)) if plain(mark) == base)}]"
    for base in "abcdefghijklmnopqrstuvwxyz"
}


def _loosely(word: str) -> str:
    return "".join(_FORMS.get(mark) or re.escape(mark) for mark in word)

"""The allowed names, and the closest match for a misspelled one."""

from __future__ import annotations

import difflib
from functools import lru_cache
from typing import NamedTuple


class Words(NamedTuple):
    """The server's vocabulary: classes, elements (in lower case) and icons."""

    classes: frozenset[str]
    elements: frozenset[str]
    icons: frozenset[str]


@lru_cache(maxsize=4_000)
def nearest(word: str, known: frozenset[str]) -> str:
    """Return the known word that looks most like `word`, or "" when none comes close."""
    long = sorted(name for name in known if len(name) > 1)
    close = difflib.get_close_matches(word[:64], long, 1, 0.6)
    return close[0] if close else ""


def meant(word: str, known: frozenset[str]) -> str:
    """Return the fix for an unknown word."""
    close = nearest(word, known)
    return f"Did you mean “{close}”?" if close else "Remove it."

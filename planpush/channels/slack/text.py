"""People's text in Slack's syntax, kept plain."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_BREAK = re.compile("\r\n|[\r\x85\u2028\u2029]")
# What controls, halves of letters; embeddings, overrides and isolates of directions: invisible, and
# made to turn around what others wrote.
_TURN = "\u202a-\u202e\u2066-\u2069"
_HIDDEN = re.compile(f"[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\ud800-\\udfff{_TURN}]")
_TURNS = re.compile(f"[{_TURN}\u200e\u200f\u061c]")
_JOINER = "\u200d"
_LETTER = 40  # marks; whoever stacks more on one letter has it cut
_LEFT = frozenset(("R", "AL", "AN"))  # what is written from right to left
_OPEN, _CLOSE = "\u2068", "\u2069"  # what is between does not turn around its surroundings


def clean(text: str) -> str:
    """Return a text as people see it: lines and words, without what controls anything."""
    return _HIDDEN.sub("", _BREAK.sub("\n", text)).strip()


def line(text: str) -> str:
    """Return a text in one line."""
    return " ".join(clean(text).split())


def isolated(text: str, most: int) -> str:
    """Return a name of `most` marks in one line, for a sentence that may run the other way."""
    text = text[: most * 8]
    told = line(text)
    told = told if len(told) <= most else head(told, most).rstrip() + "…"
    turned = _TURNS.search(text) or any(unicodedata.bidirectional(mark) in _LEFT for mark in told)
    return f"{_OPEN}{told}{_CLOSE}" if turned else told


def is_visible(text: str) -> bool:
    """Tell whether there is anything to see in a text."""
    return any(unicodedata.category(mark)[0] in "LNPS" for mark in text)


def escaped(text: str) -> str:
    """Return a text in which nothing is markup or a mention for Slack."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def size(text: str) -> int:
    """Return how long a text is once escaped, in UTF-16: nobody counts more than that."""
    return len(escaped(text).encode("utf-16-le", "surrogatepass")) // 2


def head(text: str, most: int) -> str:
    """Return the longest beginning that is at most `most` long and ends with a whole letter."""
    room, at = most, 0
    while at < len(text) and (room := room - _size(text[at])) >= 0:
        at += 1
    end = at
    while 0 < end < len(text) and at - end < _LETTER and _joins(text, end):
        end -= 1
    return text[: end if end > 0 and not _joins(text, end) else at]


def shortened(text: str, most: int) -> str:
    """Return a text, escaped and at most `most` long, with "…" if something is left out."""
    if size(text) <= most:
        return escaped(text)
    return escaped(head(text, most - 1).rstrip()) + "…"


def split(text: str, most: int) -> Iterator[str]:
    """Give a text in pieces, escaped and each at most `most` long; best is an end of a line."""
    while text:
        piece = head(text, most)
        if len(piece) < len(text):
            at = max(piece.rfind("\n"), piece.rfind(" "))
            piece = piece[: at + 1] if at > len(piece) // 2 else piece
        text = text[len(piece) :]
        if is_visible(piece):
            yield escaped(piece)


def _joins(text: str, at: int) -> bool:
    """Tell whether the mark at `at` is seen as one with the one before it."""
    if at >= len(text):
        return False
    mark, before = text[at], text[at - 1]
    if unicodedata.category(mark)[0] == "M" or mark == _JOINER or before == _JOINER:
        return True
    if "\U0001f3fb" <= mark <= "\U0001f3ff" or "\U000e0020" <= mark <= "\U000e007f":
        return True  # the colour of a skin, the letters of a region's flag
    if _is_flag(mark):
        begin = at
        while begin > 0 and _is_flag(text[begin - 1]):
            begin -= 1
        return (at - begin) % 2 == 1
    return "\u1160" <= mark <= "\u11ff"  # a Korean syllable, letter by letter


def _is_flag(mark: str) -> bool:
    return "\U0001f1e6" <= mark <= "\U0001f1ff"


def _size(mark: str) -> int:
    return len(_ENTITIES.get(mark, mark)) + (mark > "\uffff")

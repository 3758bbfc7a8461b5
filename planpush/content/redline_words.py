"""The words of a run of text with inline markup, of code the lines; where two runs differ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rapidfuzz.distance import Indel

from planpush.content.alignment import common, numbers
from planpush.content.tokens import VOID

MOST = 100_000
"""Characters of a run, or of two together, that are compared word by word."""

_MATRIX = 40_000_000
_LEAST = 0.25  # of the letters must be the same, or the two are not mixed
_SVG = r"<svg\b.*?</svg>|<[^<>]*>"
_PIECE = re.compile(rf"{_SVG}|&[#\w]+;|\w+|\s+|[^\w\s<]", re.DOTALL)
_LINE = re.compile(rf"{_SVG}|\n|[^<\n]+", re.DOTALL)
_OPEN = re.compile(r"<([A-Za-z][^\s<>]*)")
_LINE_TAG = re.compile(r'<span(?: [^<>]*)? class="(?:[^"]* )?(?:a|d|hunk)(?: [^"]*)?"')
_BLANK = re.compile(r"(?:\s|&nbsp;|<br(?: [^<>]*)?>|<hr(?: [^<>]*)?>)+")


class Piece(NamedTuple):
    """A word or a tag as it stands; `stack` are the tags around a word. A tag has no key."""

    raw: str
    key: str
    stack: tuple[str, ...]


@dataclass(slots=True)
class Unit:
    """What is compared: a word, or of code a line."""

    key: str = ""
    pieces: list[Piece] = field(default_factory=list)


def pieces(raw: str, lines: bool) -> list[Piece]:
    """Return the words and tags of a run."""
    found: list[Piece] = []
    stack: tuple[str, ...] = ()
    for text in (_LINE if lines else _PIECE).findall(raw):
        if not text.startswith("<"):
            blank = not lines and (text.isspace() or text == "&nbsp;")
            found.append(Piece(text, " " if blank else text, stack))
        elif text.startswith(("<br", "<hr")):
            found.append(Piece(text, "\n" if lines else " ", stack))
        elif text.startswith("<img"):
            found.append(Piece(text, text, stack))
        else:
            found.append(Piece(text, "", stack))
            stack = stacked(stack, text)
    return found


def stacked(stack: tuple[str, ...], tag: str) -> tuple[str, ...]:
    """Return which tags are open behind a tag."""
    if tag.startswith("</"):
        return stack if tag == "</svg>" else stack[:-1]
    opened = _OPEN.match(tag)
    return stack if opened is None or opened[1] in (*VOID, "svg") else (*stack, tag)


def name_of(tag: str) -> str:
    """Return the name of a start tag."""
    opened = _OPEN.match(tag)
    return opened[1] if opened else ""


def units(found: Sequence[Piece], lines: bool) -> list[Unit]:
    """Return the words of a run, or its lines."""
    if not lines:
        return [Unit(piece.key, [piece]) for piece in found if piece.key]
    made, line = [], Unit()
    for piece in found:
        if piece.key:
            line.pieces.append(piece)
        ends = piece.key == "\n" or (not piece.key and _ends_line(piece))
        if ends and line.pieces:
            made.append(line)
            line = Unit()
    made += [line] if line.pieces else []
    for one in made:
        one.key = "".join(piece.key for piece in one.pieces).removesuffix("\n") or "\n"
    return made


def _ends_line(tag: Piece) -> bool:
    """Tell whether a tag starts or ends one of the lines of a diff, which are spans."""
    around = tag.stack[-1] if tag.raw.startswith("</") and tag.stack else tag.raw
    return bool(_LINE_TAG.match(around))


def before_line(stack: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tags around one of the lines of a diff."""
    return next((stack[:n] for n, tag in enumerate(stack) if _LINE_TAG.match(tag)), stack)


Step = tuple[int, int, int, int]


def steps(old: Sequence[Unit], new: Sequence[Unit]) -> list[Step]:
    """Return where units differ, as `(old from, old to, new from, new to)`."""
    a, b = [unit.key for unit in old], [unit.key for unit in new]
    head = 0
    while head < min(len(a), len(b)) and a[head] == b[head]:
        head += 1
    tail = 0
    while tail < min(len(a), len(b)) - head and a[-1 - tail] == b[-1 - tail]:
        tail += 1
    x, y = len(a) - tail, len(b) - tail
    if sum(map(len, a[head:x])) + sum(map(len, b[head:y])) > MOST:
        return [(head, x, head, y)]
    return [
        (head + i, head + j, head + k, head + n)
        for i, j, k, n in _joined(list(_gaps(a[head:x], b[head:y])), a[head:x])
    ]


def _gaps(a: list[str], b: list[str]) -> Iterator[Step]:
    """Yield the stretches that are not the same."""
    if len(a) * len(b) <= _MATRIX:
        blocks = [(m.a, m.b, m.size) for m in Indel.editops(a, b).as_matching_blocks()]
    else:
        blocks = [*((x, y, 1) for x, y in common(*numbers(a, b))), (len(a), len(b), 0)]
    x = y = 0
    for i, j, size in blocks:
        if i > x or j > y:
            yield x, i, y, j
        x, y = i + size, j + size


def _joined(gaps: list[Step], a: list[str]) -> list[Step]:
    """Return the gaps; a blank between two is part of them."""
    found: list[Step] = []
    for gap in gaps:
        last = found[-1] if found else None
        if last and all(_BLANK.fullmatch(key) for key in a[last[1] : gap[0]]):
            found[-1] = last[0], gap[1], last[2], gap[3]
        else:
            found.append(gap)
    return found


def are_alike(
    old: Sequence[Unit], new: Sequence[Unit], changed: Sequence[Step], around: int
) -> bool:
    """Tell whether enough is the same to read two as one; so many letters are `around`."""
    sizes = [
        around + sum(len(unit.key) for unit in side if unit.key.strip()) for side in (old, new)
    ]
    lost = sum(len(u.key) for a, b, _, _ in changed for u in old[a:b] if u.key.strip())
    return sizes[0] - lost >= _LEAST * max(sizes)

"""The elements of the drawings in canonical HTML: where their tags stand, what they refer to."""

from __future__ import annotations

import re
from itertools import accumulate

from planpush.content.tokens import TAG, VOID

ATTRIBUTE = re.compile(r' ([^\s=<>"]+)="([^"]*)"')
_NAME = re.compile(r"(d-[^%&]{0,150}?)(?:\.[0-9a-f]{24})*")
_URL = re.compile(r"url\(#([^()]*)\)")
_LINKED = ("use", "textPath", "linearGradient", "radialGradient", "pattern")
_HEAVY = 1_000


class Shape:
    """One element inside of an `<svg>`; `shapes[index:last]` is its subtree.

    `start` and `end` are the offsets of its start tag, `drawing` is its outermost `<svg>`,
    `references` are (attribute, plain name), `weight` grows with its markup and text.
    """

    __slots__ = (
        "attributes",
        "drawing",
        "end",
        "last",
        "name",
        "references",
        "start",
        "tag",
        "vertices",
        "weight",
    )

    def __init__(self, tag: str, attributes: str, start: int, end: int) -> None:
        self.tag, self.attributes, self.start, self.end = tag, attributes, start, end
        self.drawing = self.last = self.vertices = 0
        self.weight, self.name = 1, ""
        self.references: list[tuple[str, str]] = []
        for name, value in ATTRIBUTE.findall(attributes):
            if name == "id":
                self.name = plain(value)
            elif name in ("d", "points"):
                self.vertices = len(value)
            elif (target := referred(tag, name, value)) is not None:
                self.references.append((name, target))


def read(html: str) -> list[Shape]:
    """Return the elements of all drawings in document order."""
    shapes: list[Shape] = []
    stack: list[int] = []
    for match in TAG.finditer(html):
        closing, tag, attributes = match.groups()
        if closing:
            if stack:
                shapes[stack.pop()].last = len(shapes)
        elif (stack or tag == "svg") and tag not in VOID:
            shape = Shape(tag, attributes, match.start(), match.end())
            shape.drawing = stack[0] if stack else len(shapes)
            shape.weight += (html.find("<", shape.end) - shape.start) // _HEAVY
            stack.append(len(shapes))
            shapes.append(shape)
    for open_still in stack:
        shapes[open_still].last = len(shapes)
    return shapes


def plain(name: str) -> str:
    """Return an authored name without our mark, or "" for one that nothing may refer to."""
    match = _NAME.fullmatch(name)
    return match[1] if match else ""


def referred(tag: str, attribute: str, value: str) -> str | None:
    """Return the plain name that an attribute refers to ("" for none of ours), else None."""
    if attribute == "href" and tag in _LINKED:
        return None if value.startswith("#pp-i-") else plain(value[1:])
    match = _URL.fullmatch(value)
    return plain(match[1]) if match else None


class Sums:
    """Sums of one number over subtrees."""

    def __init__(self, shapes: list[Shape], numbers: list[int]) -> None:
        self.shapes, self.totals = shapes, [0, *accumulate(numbers)]

    def below(self, at: int) -> int:
        """Return the sum over the subtree of `shapes[at]`, itself included."""
        return self.totals[self.shapes[at].last] - self.totals[at]

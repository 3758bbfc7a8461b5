"""What the engine's drawing says and where: texts by line, boxes around shapes, points of edges."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from xml.etree.ElementTree import Element

from planpush.content.paint import MEASURED, classes, local

_MOVE = re.compile(r"translate\(\s*(-?[0-9.]+)(?:[\s,]+(-?[0-9.]+))?\s*\)")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?")
_LENGTH = re.compile(r"(-?[0-9.]+)(em|px)?")
_LOWER = 2  # our letters are smaller than those that the engine measured

Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text: the classes around it, where it starts or is centred, its baseline."""

    around: frozenset[str]
    x: float
    y: float
    words: str


def moved(element: Element) -> Point:
    """Return by how much an element moves its content."""
    found = _MOVE.search(element.get("transform", ""))
    return (_float(found[1]), _float(found[2] or "0")) if found else (0.0, 0.0)


def lines(
    element: Element, x: float = 0, y: float = 0, around: frozenset[str] = frozenset()
) -> list[Line]:
    """Return the lines of text inside an element, placed relative to it."""
    found: list[Line] = []
    for child in element:
        if local(child) == "text":
            found += _rows(child, x, y, around | classes(child))
        elif local(child) in ("g", "a", "svg"):
            dx, dy = moved(child)
            found += lines(child, x + dx, y + dy, around | classes(child))
    return [line for line in found if line.words]


def _rows(text: Element, x: float, y: float, around: frozenset[str]) -> Iterator[Line]:
    rows = [part for part in text if local(part) == "tspan"]
    if not rows or (text.text or "").strip():
        at = _px(text.get("y")) + _px(text.get("dy"))
        yield Line(around, x + _px(text.get("x")), y + at - _LOWER, _said(text))
        return
    at = _px(text.get("y")) + _px(text.get("dy"))
    for row in rows:
        if row.get("y") is not None:
            at = _px(row.get("y"))
        at += _px(row.get("dy"))
        yield Line(around, x + _px(row.get("x", text.get("x"))), y + at - _LOWER, _said(row))


def _said(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _px(value: str | None) -> float:
    found = _LENGTH.fullmatch(value or "0")
    if not found:
        return 0.0
    return _float(found[1]) * (MEASURED if found[2] == "em" else 1)


def _float(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        return 0.0
    return value if abs(value) < 1e6 else 0.0


def box(element: Element, x: float = 0, y: float = 0) -> Box | None:
    """Return left, top, right and bottom of the first shape in an element."""
    dx, dy = moved(element)
    x, y, tag = x + dx, y + dy, local(element)
    if tag in ("rect", "circle", "ellipse"):
        return _round_or_square(element, x, y)
    if tag == "path" and (dx or dy):  # arcs and relative steps, drawn around the middle
        return -abs(dx), -abs(dy), abs(dx), abs(dy)
    if tag in ("path", "polygon", "polyline"):
        written = element.get("d") or element.get("points") or ""
        found = [_float(n) for n in _NUMBER.findall(written)]
        if len(found) >= 4:
            across, down = found[0::2], found[1::2]
            return x + min(across), y + min(down), x + max(across), y + max(down)
    if tag in ("g", "a"):
        shapes = (c for c in element if local(c) != "text" and "label" not in classes(c))
        return next((found for found in (box(c, x, y) for c in shapes) if found), None)
    return None


def _round_or_square(element: Element, x: float, y: float) -> Box:
    def read(name: str) -> float:
        return _px(element.get(name))

    if local(element) == "rect":
        left, top = x + read("x"), y + read("y")
        return left, top, left + read("width"), top + read("height")
    wide, high = read("r") or read("rx"), read("r") or read("ry")
    x, y = x + read("cx"), y + read("cy")
    return x - wide, y - high, x + wide, y + high


def middle(path: Element) -> Point:
    """Return the point half way along an edge."""
    points = _points(path)
    steps = list(pairwise(points))
    sizes = [abs(b[0] - a[0]) + abs(b[1] - a[1]) for a, b in steps]
    left = sum(sizes) / 2
    for (a, b), size in zip(steps, sizes, strict=True):
        if size and left <= size:
            share = left / size
            return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share
        left -= size
    return points[0] if points else (0.0, 0.0)


def _points(path: Element) -> list[Point]:
    try:
        found = json.loads(base64.b64decode(path.get("data-points", "")))
        return [(float(p["x"]), float(p["y"])) for p in found]
    except (binascii.Error, ValueError, TypeError, KeyError):
        numbers = [_float(n) for n in _NUMBER.findall(path.get("d", ""))]
        return list(zip(numbers[0::2], numbers[1::2], strict=False))

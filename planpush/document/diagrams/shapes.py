"""Boxes, lines, text and stable keys shared by all kinds of diagrams."""

from __future__ import annotations

import base64
import binascii
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from xml.etree.ElementTree import Element

from planpush.document.diagrams import styles
from planpush.document.diagrams.styles import GEOMETRY, MEASURED, classes, label, local
from planpush.document.sanitizer.attributes import SLUG

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


SMALL = 12.5
"""Pixels of the letters on an edge."""

_PITCH = 16.0


def is_cluster(words: frozenset[str]) -> bool:
    """Tell whether an element is a box around nodes."""
    return bool(words & {"cluster", "statediagram-cluster", "note-cluster"})


def inline_styles(node: Element) -> str:
    """Return the literal colours that the author gave a node."""
    return next((s for s in (part.get("style", "") for part in node.iter()) if "fill:" in s), "")


def shapes(element: Element, colours: Mapping[str, str]) -> str:
    """Return the shapes inside an element, all but its texts."""
    drawn = []
    for child in element:
        words, tag = classes(child), local(child)
        if tag in GEOMETRY:
            drawn.append(styles.shape(child, _painted(child, words, colours)))
        elif tag in ("g", "a") and not words & {"label", "cluster-label"}:
            own = dict(colours)
            if "row-rect-even" in words:
                own["fill"] = "var(--sunken)"
            inner = shapes(child, own)
            move = styles.transform(child)
            drawn.append(f"<g{move}>{inner}</g>" if inner and move else inner)
    return "".join(drawn)


def _painted(shape: Element, words: frozenset[str], colours: Mapping[str, str]) -> str:
    if "fork-join" in words or "state-start" in words:
        return ' fill="var(--ink-2)" stroke="none"'
    if shape.get("stroke") == "none":
        return f' fill="{colours["fill"]}" stroke="none"'
    fill = "none" if shape.get("fill") == "none" else colours["fill"]
    corner = ' stroke-linejoin="round"' if local(shape) in ("polygon", "path") else ""
    return f' fill="{fill}" stroke="{colours["line"]}"{corner}'


def pseudo(which: str) -> str:
    """Return where a state machine starts or ends."""
    if which == "start":
        return '<circle cx="0" cy="0" r="7" fill="var(--ink-2)"></circle>'
    return (
        '<circle cx="0" cy="0" r="7.5" fill="var(--surface)" stroke="var(--ink-2)"></circle>'
        '<circle cx="0" cy="0" r="4" fill="var(--ink-2)"></circle>'
    )


def corner(node: Element) -> Point:
    """Return where the top right of a node's shape is, relative to the node."""
    inner = Element("g")
    inner.extend(list(node))
    found = box(inner)
    if found is None:
        return 0.0, 0.0
    first = next((s for s in node.iter() if local(s) in GEOMETRY), node)
    share = {"polygon": 0.5, "circle": 0.71, "ellipse": 0.71}.get(local(first), 1.0)
    across, down = (found[0] + found[2]) / 2, (found[1] + found[3]) / 2
    return across + (found[2] - across) * share, down + (found[1] - down) * share


def tag(at: Point, said: list[str]) -> str:
    """Return the label of an edge, on a ground of its own."""
    if not said:
        return ""
    wide = max(styles.width(line, SMALL) for line in said) + 8
    high = _PITCH * len(said) + 2
    n = styles.number
    ground = (
        f'<rect x="{n(at[0] - wide / 2)}" y="{n(at[1] - high / 2)}" width="{n(wide)}"'
        f' height="{n(high)}" rx="4" fill="var(--surface)"></rect>'
    )
    first = at[1] - high / 2 + 13
    return ground + "".join(
        label(at[0], first + _PITCH * row, words, ink="var(--ink-2)", size=SMALL)
        for row, words in enumerate(said)
    )


def paragraph(words: str, around: Box, at: Point, ink: str) -> str:
    """Return a text in the middle of a box, in as many lines as it takes; `at` moved the box."""
    most = around[2] - around[0] - 10
    rows = [""]
    for word in words.split():
        longer = f"{rows[-1]} {word}".strip()
        if rows[-1] and styles.width(longer, styles.SIZE) > most:
            rows.append(word)
        else:
            rows[-1] = longer
    x, y = (around[0] + around[2]) / 2 - at[0], (around[1] + around[3]) / 2 - at[1]
    first = y - (len(rows) - 1) * _PITCH / 2 + 5
    return "".join(label(x, first + _PITCH * n, row, ink=ink) for n, row in enumerate(rows))


_OTHER = re.compile(r"[^a-z0-9]+")
_LONGEST = 64
_WORDS = 24


class Keys:
    """Gives each part of one drawing a `data-anchor` that is unique in the section."""

    def __init__(self, prefix: str, taken: set[str]) -> None:
        self.prefix, self.taken = prefix, taken
        self.counts: dict[str, int] = {}

    def node(self, name: str) -> str:
        """Return the key of a node."""
        return self._unique(f"{self.prefix}-{_word(name)}", name)

    def edge(self, start: str, end: str, label: str = "") -> str:
        """Return the key of an edge; several between the same two are counted."""
        words = [_word(start), "to", _word(end)] if end else [_word(start)]
        if label:
            words.append(_word(label[:200]))
        return self._unique(f"{self.prefix}-{'-'.join(words)}", f"{start}\n{end}\n{label}")

    def _unique(self, key: str, name: str) -> str:
        if len(key) > _LONGEST - 5:
            key = f"{key[: _LONGEST - 16].rstrip('-')}-{_hash(key + name, 8)}"
        number, made = self.counts.get(key, 1), key
        if number > 1:
            made = f"{key}-{number}"
        while made in self.taken or not SLUG.fullmatch(made):
            number += 1
            made = f"{key}-{number}" if SLUG.fullmatch(key) else f"p-{_hash(key, 12)}-{number}"
        self.taken.add(made)
        self.counts[key] = number
        return made


def _word(name: str) -> str:
    """Return `name` as it can stand in a key; what had to change is told apart by a hash."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    word = _OTHER.sub("-", plain).strip("-")
    if word == name and len(word) <= _WORDS:
        return word
    return f"{word[:_WORDS].strip('-')}-{_hash(name, 4)}".strip("-")


def _hash(text: str, size: int) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:size]

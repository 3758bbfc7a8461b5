"""The shapes of a graph's nodes in our colours, their corners, and the tags on edges."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from planpush.content import paint
from planpush.content.drawing_text import Box, Point, box
from planpush.content.paint import GEOMETRY, classes, label, local

SMALL = 12.5
"""Pixels of the letters on an edge."""

_PITCH = 16.0


def is_cluster(words: frozenset[str]) -> bool:
    """Tell whether an element is a box around nodes."""
    return bool(words & {"cluster", "statediagram-cluster", "note-cluster"})


def styles(node: Element) -> str:
    """Return the literal colours that the author gave a node."""
    return next((s for s in (part.get("style", "") for part in node.iter()) if "fill:" in s), "")


def shapes(element: Element, colours: Mapping[str, str]) -> str:
    """Return the shapes inside an element, all but its texts."""
    drawn = []
    for child in element:
        words, tag = classes(child), local(child)
        if tag in GEOMETRY:
            drawn.append(paint.shape(child, _painted(child, words, colours)))
        elif tag in ("g", "a") and not words & {"label", "cluster-label"}:
            own = dict(colours)
            if "row-rect-even" in words:
                own["fill"] = "var(--sunken)"
            inner = shapes(child, own)
            move = paint.transform(child)
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
    wide = max(paint.width(line, SMALL) for line in said) + 8
    high = _PITCH * len(said) + 2
    n = paint.number
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
        if rows[-1] and paint.width(longer, paint.SIZE) > most:
            rows.append(word)
        else:
            rows[-1] = longer
    x, y = (around[0] + around[2]) / 2 - at[0], (around[1] + around[3]) / 2 - at[1]
    first = y - (len(rows) - 1) * _PITCH / 2 + 5
    return "".join(label(x, first + _PITCH * n, row, ink=ink) for n, row in enumerate(rows))

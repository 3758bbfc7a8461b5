"""Rebuilds the renderer's SVG from allowed shapes and text, in the app's colors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from xml.etree.ElementTree import Element, ParseError, fromstring

from planpush.document.diagrams import styles
from planpush.document.diagrams.graph import Graph
from planpush.document.diagrams.mermaid import NAMES
from planpush.document.diagrams.sequence import Sequence
from planpush.document.diagrams.shapes import Keys
from planpush.document.diagrams.styles import GEOMETRY, local

MOST_PARTS = 600

_LEAST = 0.8  # of its size: a narrower box scrolls
_HOLLOW = ("aggregation", "extension", "lollipop", "zeroOr")
_STROKED = ("onlyOne", "oneOrMore", "zeroOr", "cross", "stick", "crosshead")


@dataclass(frozen=True, slots=True)
class Drawing:
    """A finished `<svg>` ("" where there is none), with how many nodes and edges it shows.

    An empty `<svg>` behind it is as wide as it has to be to stay legible.
    """

    svg: str
    nodes: int = 0
    edges: int = 0


def redraw(
    svg: str, kind: str, keys: Keys, ends: Mapping[str, list[str]], name: str = ""
) -> Drawing:
    """Return the drawing of the engine's `svg`; `name` is what it is called."""
    if "<!DOCTYPE" in svg or "<!ENTITY" in svg:
        return Drawing("")
    try:
        root = fromstring(svg)  # noqa: S314 (no entities, and the engine wrote it)
    except ParseError:
        return Drawing("")
    artist: Graph | Sequence
    artist = Sequence(keys) if kind == "sequence" else Graph(kind, keys, ends)
    content = artist.draw(root)
    name = name or f"{NAMES[kind]} with {_counted(artist.nodes, artist.edges)}"
    markers = "".join(
        _marker(m, keys.prefix) for m in _markers(root) if m.get("id") in artist.markers
    )
    frame = _frame(root)
    start = f'<svg viewBox="{frame[0]}" width="{frame[1]}" height="{frame[2]}" role="group"'
    content = f"<defs>{markers}</defs>{content}" if markers else content
    done = f'{start} aria-label="{escape(name[:500])}">{content}</svg>'
    done += f'<svg width="{frame[3]}" height="0" aria-hidden="true"></svg>'
    return Drawing(done, artist.nodes, artist.edges)


def _counted(nodes: int, edges: int) -> str:
    ends = "" if nodes == 1 else "s"
    return f"{nodes} node{ends} and {edges} edge{'' if edges == 1 else 's'}"


def _frame(root: Element) -> tuple[str, str, str, str]:
    """Return the view box with room for pins, width, height, and the least width to show it in."""
    try:
        x, y, wide, high = (
            float(word) for word in root.get("viewBox", "").replace(",", " ").split()
        )
    except ValueError:
        x, y, wide, high = 0.0, 0.0, 600.0, 400.0
    x, y, wide, high = x - 4, y - 8, wide + 20, high + 12
    n = styles.number
    return f"{n(x)} {n(y)} {n(wide)} {n(high)}", n(wide), n(high), n(wide * _LEAST)


def _markers(root: Element) -> list[Element]:
    return [element for element in root.iter() if local(element) == "marker"]


def _marker(marker: Element, prefix: str) -> str:
    """Return an arrow head in our colours."""
    name = marker.get("id", "")
    hollow = any(word in name for word in _HOLLOW)
    shapes = ""
    for child in marker:
        if local(child) in GEOMETRY:
            open_line = local(child) == "path" and any(word in name for word in _STROKED)
            fill = "none" if open_line else "var(--surface)" if hollow else "var(--ink-3)"
            line = ' stroke="var(--ink-3)"' if open_line or hollow else ""
            shapes += styles.shape(child, f' fill="{fill}"{line}')
    wanted = ("viewBox", "refX", "refY", "markerWidth", "markerHeight", "markerUnits", "orient")
    given = "".join(f' {key}="{escape(marker.get(key, ""))}"' for key in wanted if marker.get(key))
    return f'<marker id="{prefix}-{name}"{given}>{shapes}</marker>'

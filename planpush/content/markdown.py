"""Stored sections as Markdown (GFM): every word, tables, code, diagrams' sources; no HTML but <br>.

Each element makes pieces of those inside it, the innermost first, so that nothing recurses.
"""

from __future__ import annotations

from collections.abc import Mapping

from planpush.content.element_tree import Element, parse
from planpush.content.markdown_elements import LEVEL, made
from planpush.content.markdown_leaves import HEADINGS, LEAVES
from planpush.content.markdown_parts import Block, Piece, blocks_of, joined


def section(html: str, base: str = "", notes: Mapping[int, str] | None = None) -> list[str]:
    """Return one stored section as lines.

    `base` is the document's address, which its inner links begin with; `notes` are references to
    put at blocks, by key.
    """
    elements = parse(html)
    _place(elements, notes or {})
    for element in reversed(elements):
        if not element.raw:
            element.pieces = _noted(element, made(element, base))
    return joined(blocks_of(elements[0].pieces))


def _place(elements: list[Element], notes: Mapping[int, str]) -> None:
    """Give each note to the element that it will stand in or behind."""
    for element in elements if notes else ():
        key = element.get("data-block")
        if key.isascii() and key.isdigit() and int(key) in notes:
            _target(element, elements).note += notes[int(key)]


def _target(element: Element, elements: list[Element]) -> Element:
    while element.raw and element.parent is not None:
        element = element.parent
    wanted = ("td", "th") if element.tag == "tr" else HEADINGS
    if element.tag == "tr" or (element.tag in LEVEL and element.tag not in LEAVES):
        inside = elements[element.index : element.last]
        return next((found for found in inside if found.tag in wanted), element)
    return element


def _noted(element: Element, pieces: list[Piece]) -> list[Piece]:
    """Return an element's pieces with its note behind, if no words of its own carry it."""
    if not element.note:
        return pieces
    return [*pieces, element.note if element.cell else Block([element.note])]

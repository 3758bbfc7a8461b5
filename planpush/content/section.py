"""A section as it is stored: its bytes, its blocks, and where in the bytes a pin may go."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from planpush.content.blocks import Block
from planpush.content.reading import Reading, words_of
from planpush.content.tokens import TAG, Node, pin_place

_KEY = re.compile(r' data-block="[^"<>]*"')
_ID = re.compile(r' id="[^"<>]*"')
_CLASS = re.compile(r' class="')
_ICON = re.compile(r'<use(?: [^<>]*)? href="#pp-i-([A-Za-z0-9-]+)"')
# What scrolls in its own box must be reachable by keyboard.
_SCROLLS = re.compile(
    r'<(?:pre|(?:section|div)(?=[^<>]* class="[^"<>]*\bpp-tablewrap\b))(?=[ >])(?![^<>]* tabindex=)'
)


@dataclass(frozen=True, slots=True)
class Section:
    """One stored section. `pins[k]` is the byte offset in `html` for the pin of block `k`."""

    anchor: str
    title: str
    html: bytes
    blocks: tuple[Block, ...]
    pins: tuple[int, ...]
    icons: tuple[str, ...]
    text: str


def build(anchor: str, html: str) -> Section:
    """Return the section made of sanitised `html`, wrapped in a root of its own if it needs one."""
    html = html.strip()
    if _KEY.search(html):
        html = TAG.sub(lambda tag: _KEY.sub("", tag[0]), html)
    html = _SCROLLS.sub(r'\g<0> tabindex="0"', html)
    reading = Reading(anchor, html)
    keyed = reading.keyed()
    blocks = tuple(reading.block(key, node) for key, node in enumerate(keyed))
    stored, pins = _stored(anchor, html, reading, keyed)
    title = reading.title or words_of(anchor)
    icons = tuple(sorted(set(_ICON.findall(html))))
    text = "\n".join(block.text for block in blocks if not block.element)
    return Section(anchor, title, stored, blocks, pins, icons, text)


def pack(blocks: Sequence[Block]) -> bytes:
    """Return `blocks` of one section as compact JSON; anchor chains and headings stand once."""
    paths: dict[tuple[str, ...], int] = {}
    rows = [
        [
            paths.setdefault(block.anchors, len(paths)),
            paths.setdefault(block.headings, len(paths)),
            block.key,
            block.tag,
            block.text,
            block.row,
            block.column,
            int(block.element),
        ]
        for block in blocks
    ]
    whole = [blocks[0].section if blocks else "", list(paths), rows]
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def unpack(packed: bytes) -> tuple[Block, ...]:
    """Return the blocks that `pack` wrote."""
    section, lists, rows = json.loads(packed)
    paths = [tuple(path) for path in lists]
    return tuple(
        Block(section, key, tag, text, paths[chain], paths[headings], row, column, bool(element))
        for chain, headings, key, tag, text, row, column, element in rows
    )


def _stored(
    anchor: str, html: str, reading: Reading, keyed: list[Node]
) -> tuple[bytes, tuple[int, ...]]:
    """Return the bytes with the keys written in, and the byte offset of each block's pin."""
    edits, tail = _root_edit(anchor, reading.root)
    for key, node in enumerate(keyed[1:], 1):
        place = node.start + 1 + len(node.tag)
        edits.append((place, place, f' data-block="{key}"'))
    pieces, at, bounds, grown, growth = [], 0, [], [], 0
    for start, end, written in edits:
        pieces += [html[at:start], written]
        growth += len(written.encode()) - (len(html[start:end].encode()) if end > start else 0)
        bounds.append(start)
        grown.append(growth)
        at = end
    stored = "".join([*pieces, html[at:], tail]).encode()
    places = [pin_place(node, reading.headings.get(node.index)) for node in keyed]
    size = _byte_sizes(html, places)
    return stored, tuple(size[p] + grown[bisect_right(bounds, p) - 1] for p in places)


def _root_edit(anchor: str, root: Node) -> tuple[list[tuple[int, int, str]], str]:
    """Return the edit that names the root, and what closes a root of our own."""
    key = escape(anchor)
    if not root.tag:
        start = f'<section id="s-{key}" class="pp-section" data-anchor="{key}" data-block="0">'
        return [(0, 0, start)], "</section>"
    attributes = f' id="s-{key}"'
    if root.tag == "section" and not _CLASS.search(root.attributes):
        attributes += ' class="pp-section"'
    attributes += _ID.sub("", root.attributes)
    if not root.anchor:
        attributes += f' data-anchor="{key}"'
    return [(root.start + 1 + len(root.tag), root.inner - 1, f'{attributes} data-block="0"')], ""


def _byte_sizes(html: str, places: list[int]) -> dict[int, int]:
    """Return how many bytes stand before each place."""
    sizes, at, size = {}, 0, 0
    for place in sorted(set(places)):
        size += len(html[at:place].encode())
        sizes[place] = size
        at = place
    return sizes

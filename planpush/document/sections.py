"""Sections: splitting a document, checking and storing each part."""

from __future__ import annotations

import json
import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from planpush.document.blocks import Block, Reading, normalise, words_of
from planpush.document.diagrams import draw
from planpush.document.findings import place
from planpush.document.html.elements import words
from planpush.document.html.tokens import TAG, Node, pin_place
from planpush.document.sanitizer import limits, sanitizer, svg
from planpush.errors import Finding, InvalidDocument

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
    for offset in sorted(set(places)):
        size += len(html[at:offset].encode())
        sizes[offset] = size
        at = offset
    return sizes


LONGEST = 64
"""Characters of an anchor."""

_NUMBERING = re.compile(r"\d{1,2}(?:\.\d{1,2})*[.)]?\s+(?=\S)")
_WORD = re.compile(r"[a-z0-9]+")


def kebab(title: str) -> str:
    """Return the words of a heading as an anchor, without its number."""
    folded = unicodedata.normalize("NFKD", _NUMBERING.sub("", title, count=1))
    words = _WORD.findall(folded.encode("ascii", "ignore").decode().lower())
    return "-".join(words)[:LONGEST].strip("-")


class Names:
    """The anchors of a document, and for each that was wanted the number to try next."""

    def __init__(self, used: set[str]) -> None:
        self.used = used
        self.numbers: dict[str, int] = {}

    def unused(self, anchor: str) -> str:
        """Return `anchor`, numbered if it is taken, and take it."""
        number, candidate = self.numbers.get(anchor, 1), anchor
        while candidate in self.used:
            number += 1
            suffix = f"-{number}"
            candidate = anchor[: LONGEST - len(suffix)].rstrip("-") + suffix
        self.numbers[anchor] = number
        self.used.add(candidate)
        return candidate


_WRAPPERS = words("body main div section article header footer aside")
_INVISIBLE = words("-comment head link meta script style template title")
_PICTURES = "img, svg, hr, input, table"
MOST_SECTIONS = 500
_MAINS = 100
_NO_ANCHORS = Finding(
    "no_anchors",
    "No element directly under body or main has a `data-anchor`: cut at the headings.",
    'Wrap each topic in <section class="pp-section" data-anchor="topic">.',
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One section to be: its anchor and its markup, not yet sanitised."""

    anchor: str
    html: str


@dataclass(frozen=True, slots=True)
class Cut:
    """A document in pieces, in their order."""

    title: str
    pieces: tuple[Piece, ...]
    warnings: tuple[Finding, ...] = ()


def cut(html: str) -> Cut:
    """Cut `html` into sections; what stands outside of them is `intro`, or joins the one before.

    Raises InvalidDocument for an anchor used twice and for too many sections. The caller has run
    `limits.check`.
    """
    tree = LexborHTMLParser(html)
    if (body := tree.body) is None:
        return Cut("", ())
    title = _title(tree)
    if path := _anchored_path(body):
        return Cut(title, _at_anchors(html, body, path))
    pieces = _at_headings(body)
    return Cut(title, pieces, (_NO_ANCHORS,) if pieces else ())


def _title(tree: LexborHTMLParser) -> str:
    node = tree.css_first("h1") or tree.css_first("title")
    return normalise(node.text())[:200] if node is not None else ""


def _anchored_path(body: LexborNode) -> set[int]:
    """The elements whose children are cut: body and main, or the one wrapper of all anchors."""
    parents = [body, *body.css("main")[:_MAINS]]
    if any(_anchor(child) for parent in parents for child in parent.iter()):
        return _chain(parents)
    outermost = _outermost(body)
    wrappers = {_parent(node).mem_id: _parent(node) for node in outermost}
    if len(wrappers) == 1 and all(node.tag in _WRAPPERS for node in outermost):
        return _chain(wrappers.values())
    return set()


def _outermost(body: LexborNode) -> list[LexborNode]:
    """Return the elements with an anchor that stand in no other such element."""
    found, inside = [], set()
    for node in body.traverse():
        parent = node.parent
        if parent is not None and parent.mem_id in inside:
            inside.add(node.mem_id)
        elif _anchor(node):
            inside.add(node.mem_id)
            found.append(node)
    return found


def _chain(nodes: Iterable[LexborNode]) -> set[int]:
    """The nodes and their ancestors, unless something other than a wrapper is among them."""
    path: set[int] = set()
    for node in nodes:
        ancestors = list(_ancestors(node))
        if all(n.tag in _WRAPPERS and not _anchor(n) for n in [node, *ancestors]):
            path.update(n.mem_id for n in [node, *ancestors])
    return path


def _at_anchors(html: str, body: LexborNode, path: set[int]) -> tuple[Piece, ...]:
    pieces: list[tuple[str, list[LexborNode]]] = []
    known: set[str] = set()
    for node in _flow(body, path):
        if anchor := _anchor(node):
            if anchor in known:
                raise _duplicate(html, anchor)
            known.add(anchor)
            _add(pieces, anchor, node)
        else:
            _join(pieces, node, lambda: Names(_anchors(body)).unused("intro"))
    return tuple(_anchored_piece(anchor, nodes) for anchor, nodes in pieces)


def _anchored_piece(anchor: str, nodes: list[LexborNode]) -> Piece:
    first, *rest = nodes
    if _anchor(first) != anchor:
        return _section(anchor, nodes)
    if not rest:
        return Piece(anchor, first.html or "")
    if first.tag not in _WRAPPERS:  # a paragraph or a table cannot take in what follows it
        del first.attrs["data-anchor"]
        return _section(anchor, nodes)
    markup, closing, _ = (first.html or "").rpartition("</")
    tail = "".join(node.html or "" for node in rest)
    return Piece(anchor, f"{markup}{tail}{closing}{first.tag}>")


def _at_headings(body: LexborNode) -> tuple[Piece, ...]:
    headings = body.css("h2") or body.css("h1")
    holds = _held(body, headings)
    path = _heading_path(body, holds, min(2, len(headings)))
    names = Names(_anchors(body))
    pieces: list[tuple[str, list[LexborNode]]] = []
    for node in _flow(body, path):
        if holds[node.mem_id]:
            heading = node if node.tag in ("h1", "h2") else node.css_first(headings[0].tag or "h2")
            words = normalise(heading.text(separator=" ")) if heading is not None else ""
            wanted = kebab(words) or f"section-{len(pieces) + 1}"
            _add(pieces, names.unused(wanted), node)
        else:
            _join(pieces, node, lambda: names.unused("intro"))
    return tuple(_section(anchor, nodes) for anchor, nodes in pieces)


def _held(body: LexborNode, headings: list[LexborNode]) -> Counter[int]:
    """Return how many headings each element is or holds."""
    holds = Counter(heading.mem_id for heading in headings)
    if headings:
        for node in reversed(list(body.traverse())):
            parent = node.parent
            if parent is not None and holds[node.mem_id]:
                holds[parent.mem_id] += holds[node.mem_id]
    return holds


def _heading_path(body: LexborNode, holds: Counter[int], least: int) -> set[int]:
    """Every wrapper above all headings, and below that each that holds several."""
    path = {body.mem_id}
    for node in body.traverse() if least else ():
        if node.tag in _WRAPPERS and holds[node.mem_id] >= least:
            parent = node.parent
            if parent is not None and parent.mem_id in path:
                path.add(node.mem_id)
    return path


def _flow(node: LexborNode, path: set[int]) -> Iterator[LexborNode]:
    for child in node.iter(include_text=True):
        if child.mem_id in path:
            yield from _flow(child, path)
        elif child.tag not in _INVISIBLE:
            yield child


def _add(pieces: list[tuple[str, list[LexborNode]]], anchor: str, node: LexborNode) -> None:
    if len(pieces) == MOST_SECTIONS:
        raise _too_many()
    pieces.append((anchor, [node]))


def _join(
    pieces: list[tuple[str, list[LexborNode]]], node: LexborNode, name: Callable[[], str]
) -> None:
    if pieces:
        pieces[-1][1].append(node)
    elif _visible(node):
        pieces.append((name(), [node]))


def _visible(node: LexborNode) -> bool:
    if node.tag == "-text":
        return bool((node.text() or "").strip())
    return bool(node.text().strip()) or bool(node.css(_PICTURES))


def _section(anchor: str, nodes: list[LexborNode]) -> Piece:
    inner = "".join(node.html or "" for node in nodes)
    opening = f'<section class="pp-section" data-anchor="{escape(anchor)}">'
    return Piece(anchor, f"{opening}{inner}</section>")


def _anchor(node: LexborNode) -> str:
    return (node.attributes.get("data-anchor") or "") if node.is_element_node else ""


def _anchors(body: LexborNode) -> set[str]:
    return {_anchor(node) for node in body.css("[data-anchor]")}


def _ancestors(node: LexborNode) -> Iterator[LexborNode]:
    while node.tag != "body" and (parent := node.parent) is not None:
        yield parent
        node = parent


def _parent(node: LexborNode) -> LexborNode:
    return next(_ancestors(node))


def _duplicate(html: str, anchor: str) -> InvalidDocument:
    places = list(re.finditer(rf"data-anchor\s*=\s*[\"']?{re.escape(anchor)}(?=[\"'\s>])", html))
    at = places[1].start() if len(places) > 1 else 0
    line, column = place(html, at)
    message = f"The anchor “{anchor[:LONGEST]}” is used twice."
    finding = Finding("duplicate_anchor", message, "Rename one of them.", "", line, column)
    return InvalidDocument(message, [finding])


def _too_many() -> InvalidDocument:
    message = f"The document has more than {MOST_SECTIONS:,} sections."
    finding = Finding("too_many_sections", message, "Wrap topics, not lines, in sections.")
    return InvalidDocument(message, [finding])


def finish(
    anchor: str, html: str, elements: int, budget: int, allowance: draw.Allowance | None = None
) -> tuple[str, int, list[Finding]]:
    """Return `html`, which has passed the limits, drawn and safe; its elements; warnings.

    What was drawn passes the limits again: a drawing can let out what an attribute hid.
    Raises `InvalidDocument`.
    """
    drawn, doubts = draw.draw(anchor, html, allowance)
    if drawn is not html:
        elements = limits.check(drawn, max_elements=max(budget, 0))
    return svg.settle(sanitizer.clean(drawn)), elements, doubts

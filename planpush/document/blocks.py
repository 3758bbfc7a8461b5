"""Blocks: the parts of a document that a comment can be attached to."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from typing import Literal

from planpush.document.html.tokens import HEADINGS, OWN, SEALED, Node, is_part, parse


def normalise(text: str) -> str:
    """Return `text` in the one form that anchors compare: NFC, runs of white space as one space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def has_controls(text: str, keep: str = "\n\r\t") -> bool:
    """Tell whether `text` has control characters (C0, C1, DEL) other than `keep`."""
    return any(unicodedata.category(mark) == "Cc" and mark not in keep for mark in text)


@dataclass(frozen=True, slots=True)
class Block:
    """A leaf of a section, or (key 0, or tag with its own `data-anchor`) an element as a whole.

    `key` is the number that the server wrote into `data-block`; it is unique in the section.
    `text` is normalised. `anchors` are the nearest `data-anchor` keys from the inside out, the
    section's last. `headings` is the heading path, outermost first. `row` and `column` are a table
    cell's headers. `element` marks a container (its text is its label), not a leaf.
    """

    section: str
    key: int
    tag: str
    text: str
    anchors: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    row: str = ""
    column: str = ""
    element: bool = False


LABEL = 80
"""Characters of text that name an element without a heading."""

_HEADER = 200
_NONE = ("", "")
_CHAIN = 8
_SCOPES = ("section", "article", "li", "aside", "figure", "td", "th", "blockquote", "details", "dd")
_SPAN = re.compile(r' colspan="([0-9]{1,3})"')
_ROW = re.compile(r' data-row="([^"]*)"')
_NAME = re.compile(r' aria-label="([^"]*)"')
_NUMBER = re.compile(r'\s*<span class="(?:[^"]* )?n(?: [^"]*)?">([^<]*)</span>')

_BADGE = re.compile(r'<span class="(?:[^"]* )?pill(?: [^"]*)?">([^<]*)</span>')


def words_of(anchor: str) -> str:
    """Return a section key as a title: `data-model` is "Data model"."""
    words = anchor.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]


class Reading:
    """The nodes of one section with their texts, anchor chains, heading paths and headers."""

    def __init__(self, anchor: str, html: str) -> None:
        self.html, self.nodes = html, parse(html)
        self.root = _root(anchor, self.nodes)
        self.texts = [_collapse(node.parts) if node.kind & OWN else "" for node in self.nodes]
        self.title = ""
        self.headings: dict[int, Node] = {}
        self.chains: list[tuple[str, ...]] = [(anchor,)] * len(self.nodes)
        self.paths: list[tuple[str, ...]] = [()] * len(self.nodes)
        self.headers: list[tuple[str, str]] = [_NONE] * len(self.nodes)
        self._trail: list[tuple[int, str, int]] = []
        self._path: tuple[str, ...] = ()
        if self.root.tag in HEADINGS:
            self.title = self._heading(self.root)
        elif self.root.tag == "table":
            self._read_table(self.root)
        for node in self.nodes[self.root.index + 1 :]:
            self._visit(node, node.index, node.parent.index if node.parent else 0)

    def keyed(self) -> list[Node]:
        """Return the nodes that are blocks, the root first."""
        inside = self.nodes[self.root.index + 1 :]
        return [self.root, *(n for n in inside if n.anchor or self.texts[n.index])]

    def block(self, key: int, node: Node) -> Block:
        """Return `node` as the block `key`."""
        at = node.index
        text, path, chain = self.texts[at], self.paths[at], self.chains[at]
        if key == 0 and self.title:
            path = (self.title,)
        row, column = self.headers[at]
        element = not text or is_part(node)
        if element:
            text = self._label(node)
        tag = node.tag or "section"
        return Block(chain[-1], key, tag, text, chain, path, row, column, element)

    def _label(self, node: Node) -> str:
        heading = self.headings.get(node.index)
        if heading is not None:
            return self._heading(heading)
        named = _NAME.search(node.attributes)
        if named and is_part(node):
            return _collapse([named[1]])[:_HEADER]
        said = self._words(node, LABEL) or (_collapse([named[1]])[:LABEL] if named else "")
        return said or words_of(node.anchor or self.chains[node.index][0])

    def _words(self, node: Node, limit: int) -> str:
        """Return the first `limit` characters of the text in and below `node`."""
        found, size = [], 0
        for text in self.texts[node.index : node.last]:
            if text:
                found.append(text)
                size += len(text) + 1
                if size > limit:
                    break
        return " ".join(found)[:limit].rstrip()

    def _visit(self, node: Node, at: int, above: int) -> None:
        chain = self.chains[above]
        if node.anchor:
            chain = (node.anchor, *chain[:-1][:_CHAIN], chain[-1])
        self.chains[at] = chain
        while self._trail and at >= self._trail[-1][2]:
            self._trail.pop()
            self._path = tuple(title for _, title, _ in self._trail)
        self.paths[at] = self._path
        if node.tag in HEADINGS:
            self._open_heading(node)
        elif node.tag == "table":
            self._read_table(node)
        if self.headers[at] is _NONE:
            self.headers[at] = self.headers[above]

    def _open_heading(self, node: Node) -> None:
        title = self._heading(node)
        if not title:
            return
        until = self._scope(node)
        if not self.title:
            self.title = title
            self.headings[self.root.index] = node
        level, trail = int(node.tag[1]), self._trail
        while trail and trail[-1][0] >= level and trail[-1][2] == until:
            if len(trail) == 1 and until == len(self.nodes):
                break
            trail.pop()
        self.paths[node.index] = tuple(title for _, title, _ in trail)
        trail.append((level, title, until))
        self._path = (*self.paths[node.index], title)

    def _scope(self, heading: Node) -> int:
        """Return where `heading` stops counting, and note it as its nearest element's own."""
        until, above, owned = len(self.nodes), heading.parent, False
        while above is not None and above is not self.root:
            if above.anchor and not owned:
                owned = True
                self.headings.setdefault(above.index, heading)
            if above.tag in _SCOPES and until == len(self.nodes):
                until = above.last
            above = above.parent
        return until

    def _heading(self, node: Node) -> str:
        """Return the text of a heading without its number before and its badges behind."""
        text = self.texts[node.index] or self._words(node, _HEADER)
        number = _NUMBER.match(self.html, node.inner, node.close)
        if number:
            text = text.removeprefix(_collapse([number[1]])).strip()
        for badge in reversed(_BADGE.findall(self.html, node.inner, node.close)):
            text = text.removesuffix(_collapse([badge])).strip() or text
        return text[:_HEADER].rstrip()

    def _read_table(self, table: Node) -> None:
        """Give every cell of `table` its row and column header."""
        columns: list[tuple[int, str]] = []
        head = _head_row(table)
        for row in ([head] if head else []) + [r for r in table.members if r is not head]:
            title, at = self._row_header(row), 0
            self.headers[row.index] = (title, "")
            for cell in row.members:
                if row is head:
                    columns.append((at, self._words(cell, _HEADER)))
                found = bisect_right(columns, at, key=lambda column: column[0]) - 1
                self.headers[cell.index] = (title, columns[found][1] if found >= 0 else "")
                span = _SPAN.search(cell.attributes)
                at += max(1, int(span[1])) if span else 1

    def _row_header(self, row: Node) -> str:
        key = _ROW.search(row.attributes)
        if key:
            return _collapse([key[1]])[:_HEADER]
        heads = [cell for cell in row.members if ' scope="row"' in cell.attributes]
        cell = next(iter(heads or row.members), None)
        return self._words(cell, _HEADER) if cell else ""


def _root(anchor: str, nodes: list[Node]) -> Node:
    """Return the one element that is the section, or the node around everything."""
    if len(nodes) < 2 or nodes[1].last != len(nodes) or "".join(nodes[0].parts).strip():
        return nodes[0]
    only = nodes[1]
    return only if only.anchor in ("", anchor) and only.kind & (OWN | SEALED) else nodes[0]


def _head_row(table: Node) -> Node | None:
    """Return the row that names the columns: the last of the thead, else a first row of th."""
    heads = [row for row in table.members if row.parent is not None and row.parent.tag == "thead"]
    if heads:
        return heads[-1]
    first = table.members[0] if table.members else None
    cells = first.members if first else []
    named = any(cell.tag == "th" and ' scope="row"' not in cell.attributes for cell in cells)
    return first if named else None


def _collapse(parts: list[str]) -> str:
    """Return pieces of markup without tags as one normalised text."""
    return normalise(unescape("".join(parts)))


Kind = Literal["document", "element", "text", "cell", "node", "edge"]

DRAWN = "g"
"""The tag of a part of a drawing."""

_TELLING = 80
_ARROW = re.compile(" → ")


def kind_of(block: Block, blocks: Sequence[Block]) -> Kind:
    """Return what `block` as a whole is, among all `blocks` of its document."""
    if block.tag == DRAWN and block.element:
        return "edge" if _joins(block, blocks) else "node"
    return "cell" if not block.element and (block.row or block.column) else "element"


def _joins(block: Block, blocks: Sequence[Block]) -> bool:
    """Tell an edge from a node: it is called after the two parts of its section that it joins."""
    if block.text == "Edge":
        return True
    arrows = [(found.start(), found.end()) for found in _ARROW.finditer(block.text)]
    if not arrows:
        return False
    names = {
        other.text
        for other in blocks
        if other.tag == DRAWN and other.section == block.section and other.key != block.key
    }
    return any(
        block.text[:start] in names and any(_ends(block.text[end:], name) for name in names)
        for start, end in arrows
    )


def _ends(words: str, name: str) -> bool:
    """Tell whether an edge that ends in `words` leads to `name`; its own words stand behind it.

    The name of an edge is cut where it gets too long.
    """
    cut = len(words) > _TELLING and name.startswith(words)
    return cut or words == name or words.startswith(f"{name}: ")

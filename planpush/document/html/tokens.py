"""Tags and text of canonical HTML with their offsets.

One regular expression is exact here because the input is a fixed point of the sanitiser: every
attribute is ` name="value"` with `&`, `"`, `<` and `>` escaped, void elements have no slash, and
comments, scripts and styles are gone.
"""

from __future__ import annotations

import re

TAG = re.compile(r"<(/?)([A-Za-z][^\s<>]*)([^<>]*)>")

OWN, LEVEL, SEALED, STRUCTURE = 1, 2, 4, 8
"""Owns its text; is block-level; takes no link inside; takes no link as a direct child."""

_VOID = "area base br col embed hr img input link meta source track wbr"
_LEVEL = (
    "p li td th h1 h2 h3 h4 h5 h6 pre dt dd figcaption blockquote div section article header footer"
    " aside nav main details figure caption address fieldset legend center"
)
_STRUCTURE = "ul ol menu dl table thead tbody tfoot tr colgroup hgroup"

VOID = frozenset(_VOID.split())
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
KINDS: dict[str, int] = {
    **dict.fromkeys(_LEVEL.split(), OWN | LEVEL),
    **dict.fromkeys(_STRUCTURE.split(), OWN | LEVEL | STRUCTURE),
    **dict.fromkeys(("button", "label", "summary"), OWN | SEALED),
    **dict.fromkeys(("a", "select", "svg"), SEALED),
    "text": OWN,
}

_ANCHOR = re.compile(r' data-anchor="([^"]*)"')
_MEMBERS = ("td", "th", "tr", "dt", "dd")
_MOVED_TSPAN = re.compile(r' (?:x|y|dy)="')


class Node:
    """One element that owns text, shapes where a pin may go, or carries a `data-anchor`.

    `start`, `inner`, `close` and `end` are offsets: of its start tag, behind it, of its end tag,
    behind that. `owner` is whose text a text directly inside is, `seal` the outermost ancestor or
    self that takes no link. `nodes[index:last]` of the whole list is its subtree. `spot` is inside
    the empty last group of a part of a drawing: a pin can stand there (-1: no such place).
    """

    __slots__ = (
        "anchor",
        "attributes",
        "close",
        "end",
        "first",
        "index",
        "inner",
        "kind",
        "last",
        "lead",
        "members",
        "owner",
        "parent",
        "parts",
        "seal",
        "spot",
        "start",
        "tag",
    )

    def __init__(self, tag: str, attributes: str, kind: int, parent: Node | None) -> None:
        self.tag, self.attributes, self.parent = tag, attributes, parent
        self.anchor = ""
        self.seal: Node | None = None
        self.lead: Node | None = None
        self.first: tuple[int, Node] | None = None
        if ' data-anchor="' in attributes and (anchor := _ANCHOR.search(attributes)):
            self.anchor = anchor[1]
            kind |= OWN
        if parent is None or kind & OWN or tag == "svg":
            self.owner: Node = self
            self.parts: list[str] = []
        else:
            self.owner = parent.owner
        if parent is not None:
            self.seal = parent.seal or (self if kind & SEALED else None)
            if tag == "div" and parent.tag == "dl":
                kind |= STRUCTURE
        if kind & STRUCTURE:
            self.members: list[Node] = []
        self.kind = kind
        self.start = self.inner = self.close = self.end = self.index = self.last = 0
        self.spot = -1


class _Tree:
    """Builds the list of nodes; the stack holds a node once more for every plain element in it."""

    def __init__(self) -> None:
        self.nodes = [Node("", "", OWN, None)]
        self.stack = [self.nodes[0]]

    def open(self, tag: str, attributes: str, start: int, end: int) -> None:
        """A start tag of an element that is not void and more than plain."""
        top = self.stack[-1]
        if tag == "tspan" and _MOVED_TSPAN.search(attributes):
            top.owner.parts.append(" ")
        kind = KINDS.get(tag, 0)
        if tag == "text" and is_part(top.owner):
            kind = 0
            top.owner.parts.append(" ")
        node = Node(tag, attributes, kind, top)
        node.start, node.inner, node.index = start, end, len(self.nodes)
        self.nodes.append(node)
        self.stack.append(node)
        if node.kind & OWN:
            top.owner.parts.append(" ")
            if kind & LEVEL and top.owner.first is None:
                top.owner.first = (start, top)
            self._enrol(node, top)

    def _enrol(self, node: Node, top: Node) -> None:
        """Let a table know its rows, a row its cells, a list its terms, a figure its caption."""
        tag = node.tag
        if tag == "tr" and top.parent is not None and top.tag != "table":
            top = top.parent
        if tag in _MEMBERS and top.kind & STRUCTURE:
            top.members.append(node)
        elif tag in ("figcaption", "summary") and top.lead is None:
            top.lead = node

    def close(self, start: int, end: int, is_empty: bool = False) -> None:
        """An end tag."""
        if len(self.stack) == 1:
            return
        node = self.stack.pop()
        top = self.stack[-1]
        if top is node:
            if is_empty and is_part(node) and node.seal and node.seal.tag == "svg":
                node.spot = start
            return
        node.close, node.end, node.last = start, end, len(self.nodes)
        if node.kind & OWN:
            top.owner.parts.append(" ")

    def closed(self, end: int) -> list[Node]:
        """Close what is still open at the end of a document; return all nodes."""
        while len(self.stack) > 1:
            self.close(end, end)
        whole = self.nodes[0]
        whole.close, whole.end, whole.last = end, end, len(self.nodes)
        return self.nodes


def parse(html: str) -> list[Node]:
    """Return the nodes of canonical `html` in document order; the first stands around them all."""
    tree = _Tree()
    stack, last, opened = tree.stack, 0, -1
    for match in TAG.finditer(html):
        start, end = match.span()
        if start > last:
            stack[-1].owner.parts.append(html[last:start])
        last = end
        closing, tag, attributes = match.groups()
        if closing:
            tree.close(start, end, start == opened)
        elif tag in VOID:
            stack[-1].owner.parts.append(" " if tag in ("br", "hr") else "")
        elif tag in KINDS or tag == "tspan" or len(stack) == 1 or ' data-anchor="' in attributes:
            tree.open(tag, attributes, start, end)
        else:
            stack.append(stack[-1])
            opened = end if tag == "g" else -1
    stack[-1].owner.parts.append(html[last:])
    return tree.closed(len(html))


def is_part(node: Node) -> bool:
    """Tell whether `node` is a part of a drawing that has a key: one block, its texts with it."""
    return node.tag == "g" and bool(node.anchor) and node.seal is not None


def pin_place(node: Node, heading: Node | None) -> int:
    """Return the offset where a link for `node` keeps the HTML valid; `heading` is its own."""
    if node.spot >= 0:
        return node.spot
    if heading is not None:
        return _outside(heading.end, heading.parent)
    if node.tag in ("tr", "hgroup") or (node.tag == "div" and node.kind & STRUCTURE):
        if node.members:
            return pin_place(node.members[0], None)
        return _outside(*(node.first or (node.close, node)))
    if node.tag == "figure" and node.lead is not None:
        return pin_place(node.lead, None)
    if node.tag == "details" and node.lead is not None:
        return _outside(node.lead.end, node)
    if node.kind & STRUCTURE:
        return _outside(node.end, node.parent)
    return _outside(*(node.first or (node.close, node)))


def _outside(place: int, parent: Node | None) -> int:
    """Move a place behind the outermost element that takes no link, and out of lists and tables."""
    if parent is not None and parent.seal is not None:
        place, parent = parent.seal.end, parent.seal.parent
    while parent is not None and parent.kind & STRUCTURE:
        place, parent = parent.end, parent.parent
    return place

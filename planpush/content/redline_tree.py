"""A stored section as the elements that a comparison moves, marks and mixes.

What holds no other block is not taken apart: the text of a block with its inline markup is a run,
a drawing is one element.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from planpush.content.tokens import KINDS, LEVEL, STRUCTURE, TAG, VOID

_BLOCKS = frozenset(tag for tag, kind in KINDS.items() if kind & (LEVEL | STRUCTURE)) | {
    "button",
    "label",
    "summary",
}
_KEY = re.compile(r' data-block="([0-9]+)"')
_DRAWING = re.compile(r' class="(?:[^"]* )?pp-drawing(?: [^"]*)?"')
_HIDDEN = ' aria-hidden="true"'


class Run(NamedTuple):
    """Text with its inline markup, from `start` to `end` of the HTML."""

    start: int
    end: int


class Element:
    """A block, or something around blocks; `start`, `inner`, `close`, `end` as in `tokens.Node`.

    `keys` are those of its own and, of a drawing (`atom`), of its parts. `linked` tells of a link
    around it.
    """

    __slots__ = (
        "atom",
        "attributes",
        "blocky",
        "children",
        "close",
        "end",
        "inner",
        "keys",
        "linked",
        "parent",
        "start",
        "tag",
        "tree",
    )

    def __init__(self, tree: Tree, tag: str, attributes: str, parent: Element | None) -> None:
        self.tree, self.tag, self.attributes, self.parent = tree, tag, attributes, parent
        self.children: list[Element] = []
        self.keys: list[int] = []
        self.start = self.inner = self.close = self.end = 0
        self.linked: bool = parent is not None and (parent.linked or parent.tag == "a")
        self.blocky = tag in _BLOCKS
        self.atom = False
        if ' data-block="' in attributes and (key := _KEY.search(attributes)):
            self.keys.append(int(key[1]))
            self.blocky = True

    def items(self, *, blanks: bool = False) -> Iterator[Element | Run]:
        """Yield what is in this element, in order; runs of nothing but `blanks` if they matter."""
        html, at = self.tree.html, self.inner
        for child in self.children:
            if child.start > at and (blanks or html[at : child.start].strip()):
                yield Run(at, child.start)
            yield child
            at = child.end
        if self.close > at and (blanks or html[at : self.close].strip()):
            yield Run(at, self.close)

    @property
    def is_root(self) -> bool:
        """Tell whether this is a section as a whole, or around it."""
        return self is self.tree.root or self.parent is None

    @property
    def is_section(self) -> bool:
        """Tell whether this is a section with blocks in it."""
        return self is self.tree.root and bool(self.children)

    @property
    def tags(self) -> tuple[str, str]:
        """The start tag and the end tag."""
        html = self.tree.html
        return html[self.start : self.inner], html[self.close : self.end]

    @property
    def html(self) -> str:
        """The whole element."""
        return self.tree.html[self.start : self.end]


class Tree:
    """The elements of one section; `root` is the section itself."""

    def __init__(self, anchor: str, html: str) -> None:
        self.anchor, self.html = anchor, html
        self.by_key: dict[int, Element] = {}
        self.root = self._parse()

    def _parse(self) -> Element:
        whole = Element(self, "", "", None)
        stack, drawn = [whole], 0
        for match in TAG.finditer(self.html):
            closing, tag, attributes = match.groups()
            if drawn:
                drawn += 0 if tag in VOID or tag != "svg" else -1 if closing else 1
                if drawn:
                    self._read_part(stack[-1], attributes)
                    continue
            if closing:
                self._close(stack, *match.span())
            elif tag not in VOID:
                element = Element(self, tag, attributes, stack[-1])
                element.start, element.inner = match.span()
                stack.append(element)
                drawn = int(tag == "svg")
        while len(stack) > 1:
            self._close(stack, len(self.html), len(self.html))
        return whole.children[0] if whole.children else whole

    def _read_part(self, drawing: Element, attributes: str) -> None:
        """Note the keys inside of a drawing."""
        if ' data-block="' in attributes and (key := _KEY.search(attributes)):
            drawing.keys.append(int(key[1]))

    def _close(self, stack: list[Element], start: int, end: int) -> None:
        if len(stack) == 1:
            return
        element = stack.pop()
        above = stack[-1]
        element.close, element.end = start, end
        if element.tag == "svg":
            element.atom = bool(element.keys) or _HIDDEN not in element.attributes
            element.blocky = element.atom
        elif element.children and _DRAWING.search(element.attributes):
            element.atom = True
            element.keys += [key for child in element.children for key in child.keys]
            element.children = []
        if element.blocky:
            above.blocky = True
            above.children.append(element)
            for key in element.keys:
                self.by_key[key] = element

    def raw(self, item: Element | Run) -> str:
        """Return the HTML of an item."""
        return self.html[item.start : item.end]

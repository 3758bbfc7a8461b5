"""A stored section as the elements that a comparison moves, marks and mixes.

What holds no other block is not taken apart: the text of a block with its inline markup is a run,
a drawing is one element.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
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


Plain = tuple[str, str, tuple[int, int]]
_FIRST = ' data-block="'
_NONE: tuple[Element, ...] = ()


class Element:
    """A block, or something around blocks; `start`, `inner`, `close`, `end` as in `tokens.Node`.

    `parts` are the keys inside of a drawing (`atom`). `linked` tells of a link around it.
    """

    __slots__ = (
        "atom",
        "attributes",
        "children",
        "close",
        "end",
        "inner",
        "linked",
        "parent",
        "parts",
        "start",
        "tag",
        "tree",
    )

    def __init__(
        self, tree: Tree, tag: str, attributes: str, parent: Element | None, span: tuple[int, int]
    ) -> None:
        self.tree, self.tag, self.attributes, self.parent = tree, tag, attributes, parent
        self.children: Sequence[Element] = _NONE
        self.parts: tuple[int, ...] = ()
        self.start, self.inner = span
        self.close = self.end = 0
        self.linked: bool = parent is not None and (parent.linked or parent.tag == "a")
        self.atom = False

    @property
    def keys(self) -> tuple[int, ...]:
        """The keys of its own and of what is drawn in it."""
        key = _key_of(self.attributes)
        return (key, *self.parts) if key >= 0 else self.parts

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
        whole = Element(self, "", "", None, (0, 0))
        stack: list[Element | Plain] = [whole]
        drawn = 0
        for match in TAG.finditer(self.html):
            closing, tag, attributes = match.groups()
            if drawn:
                drawn += 0 if tag in VOID or tag != "svg" else -1 if closing else 1
                if drawn:
                    self._read_part(stack, attributes)
                    continue
            if closing:
                self._close(stack, *match.span())
            elif tag in _BLOCKS or tag == "svg" or ' data-block="' in attributes:
                element = Element(self, tag, attributes, _above(stack), match.span())
                stack.append(element)
                if (key := _key_of(attributes)) >= 0:
                    self.by_key[key] = element
                drawn = int(tag == "svg")
            elif tag not in VOID:
                stack.append((tag, attributes, match.span()))
        while len(stack) > 1:
            self._close(stack, len(self.html), len(self.html))
        return whole.children[0] if whole.children else whole

    def _read_part(self, stack: list[Element | Plain], attributes: str) -> None:
        """Note the keys inside of a drawing."""
        drawing = stack[-1]
        if ' data-block="' in attributes and isinstance(drawing, Element):
            drawing.parts = (*drawing.parts, *map(int, _KEY.findall(attributes)))

    def _close(self, stack: list[Element | Plain], start: int, end: int) -> None:
        if len(stack) == 1:
            return
        element = stack.pop()
        if isinstance(element, Element):
            element.close, element.end = start, end
            if element.tag == "svg":
                element.atom = bool(element.keys) or _HIDDEN not in element.attributes
                if not element.atom:
                    return
            elif element.children and _DRAWING.search(element.attributes):
                element.atom = True
                element.parts = tuple(key for child in element.children for key in child.keys)
                element.children = _NONE
            self._keep(element)

    def _keep(self, element: Element) -> None:
        above = element.parent
        if element.parts:
            self.by_key |= dict.fromkeys(element.keys, element)
        if above is None:
            return
        if isinstance(above.children, list):
            above.children.append(element)
        else:
            above.children = [element]

    def raw(self, item: Element | Run) -> str:
        """Return the HTML of an item."""
        return self.html[item.start : item.end]


def _key_of(attributes: str) -> int:
    """Return the key among the attributes of a tag, or -1: it stands first, as it was written."""
    if attributes.startswith(_FIRST):
        return int(attributes[len(_FIRST) : attributes.index('"', len(_FIRST))])
    key = _KEY.search(attributes) if _FIRST in attributes else None
    return int(key[1]) if key else -1


def is_same_leaf(one: Element, other: Element) -> bool:
    """Tell whether two elements hold the same words in the same markup, and no blocks."""
    if one.children or other.children or one.atom or other.atom:
        return False
    said, says = (el.tree.html[el.inner : el.close] for el in (one, other))
    return said == says


def _above(stack: list[Element | Plain]) -> Element:
    """Return the element on top of a stack; what is plain so far is around a block then."""
    top = stack[-1]
    if isinstance(top, Element):
        return top
    at = len(stack) - 1
    while isinstance(stack[at], tuple):
        at -= 1
    for n in range(at + 1, len(stack)):
        plain, above = stack[n], stack[n - 1]
        if isinstance(plain, tuple) and isinstance(above, Element):
            tag, attributes, span = plain
            stack[n] = Element(above.tree, tag, attributes, above, span)
    top = stack[-1]
    assert isinstance(top, Element)
    return top

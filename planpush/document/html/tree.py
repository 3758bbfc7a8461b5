"""Canonical HTML as a tree, read and written without recursion.

The input is a fixed point of the sanitiser, as in `tokens`.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from planpush.document.html.tokens import TAG, VOID

_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
_SPACE = re.compile(r"[ \t\n\f\r]+")
MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "del": "~~", "s": "~~", "a": "<>"}
_RAW = frozenset(("pre", "code", "samp", "kbd", "svg"))
_CELLS = frozenset(("td", "th"))
_ITEMS = frozenset(("li", "td", "th", "dt", "dd", "blockquote", "summary"))
_INDENTS = frozenset(("li", "blockquote", "dd"))


class Element:
    """One element. Flags tell what it stands in; `pieces` is what a writer makes of it.

    `raw`: its text is taken as it is by an element around it. `cell`: in a table cell. `item`: in
    something too small for a heading. `indents`: how often its lines will be indented. `marks`: how
    its words are marked already. `within`: the components around it.
    """

    __slots__ = (
        "attributes",
        "cell",
        "children",
        "classes",
        "first",
        "indents",
        "index",
        "item",
        "last",
        "last_text",
        "marks",
        "note",
        "parent",
        "pieces",
        "raw",
        "tag",
        "texts",
        "within",
    )  # fmt: skip

    def __init__(self, tag: str, attributes: str, parent: Element | None, texts: list[str]) -> None:
        found = dict(_ATTRIBUTE.findall(attributes))
        self.tag, self.parent, self.texts, self.first = tag, parent, texts, len(texts)
        self.attributes = {name: unescape(value) for name, value in found.items()}
        self.classes = frozenset(found.get("class", "").split())
        self.children: list[Element | str] = []
        self.pieces: list[Any] = []
        self.note, self.index, self.last, self.last_text = "", 0, 0, 0
        self.raw = self.cell = self.item = False
        self.indents = 0
        self.marks: frozenset[str] = frozenset()
        self.within: frozenset[str] = frozenset()
        if parent is not None:
            self._stand_in(parent)

    def _stand_in(self, parent: Element) -> None:
        self.raw = parent.raw or parent.tag in _RAW
        self.cell = parent.cell or parent.tag in _CELLS
        self.item = parent.item or parent.tag in _ITEMS or "pp-callout" in parent.classes
        self.indents = parent.indents + (self.tag in _INDENTS or "pp-mock" in self.classes)
        mark = MARKS.get(parent.tag, "")
        self.marks = parent.marks | {mark} if mark and mark not in parent.marks else parent.marks
        new = {name for name in parent.classes if name.startswith("pp-")}
        self.within = parent.within if new <= parent.within else parent.within | new

    def get(self, name: str) -> str:
        """Return an attribute's value, or nothing."""
        return self.attributes.get(name, "")

    def said(self) -> list[str]:
        """Return the texts in this element as they stand."""
        return self.texts[self.first : self.last_text]

    def text(self) -> str:
        """Return this element's text as it stands."""
        return "".join(self.said())


def parse(html: str) -> list[Element]:
    """Return the elements of canonical `html` in document order; the first stands around all."""
    texts: list[str] = []
    elements = [Element("", "", None, texts)]
    stack, last = [elements[0]], 0
    for match in TAG.finditer(html):
        if match.start() > last:
            _say(stack[-1], unescape(html[last : match.start()]))
        last = match.end()
        closing, tag, attributes = match.groups()
        if closing:
            if len(stack) > 1:
                _close(stack.pop(), elements)
            continue
        element = _open(tag, attributes, stack[-1], elements)
        if tag not in VOID:
            stack.append(element)
            continue
        texts += ["\n"] if tag == "br" else []
        _close(element, elements)
    _say(stack[-1], unescape(html[last:]))
    while stack:
        _close(stack.pop(), elements)
    return elements


def collapse(text: str) -> str:
    """Return `text` with every run of white space as one space, as HTML shows it."""
    return _SPACE.sub(" ", text)


def _open(tag: str, attributes: str, parent: Element, elements: list[Element]) -> Element:
    element = Element(tag, attributes, parent, parent.texts)
    element.index = len(elements)
    elements.append(element)
    parent.children.append(element)
    return element


def _say(element: Element, text: str) -> None:
    element.texts.append(text)
    element.children.append(text)


def _close(element: Element, elements: list[Element]) -> None:
    element.last, element.last_text = len(elements), len(element.texts)

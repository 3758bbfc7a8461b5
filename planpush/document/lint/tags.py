"""Rules about a single tag: name, attributes, classes and what it loads."""

from __future__ import annotations

import re
from functools import partial

from planpush.document.html.elements import words
from planpush.document.lint.report import Report
from planpush.document.lint.tree import ROOTS, Node
from planpush.document.sanitizer import attributes
from planpush.document.vocabulary import CLASSES, ELEMENTS, ICONS, nearest

# Known to HTML, but not to documents: there is nothing that they were meant to be.
_FORBIDDEN = words(
    "script style link meta base title iframe object embed form select option textarea template"
    " noscript frame frameset math foreignobject audio video source canvas desc metadata animate"
    " set image dialog fieldset legend menu picture slot portal applet font center main"
)
_KEPT_DATA = words("data-anchor data-kind data-row")
_QUIET = ROOTS | {"main", "title"}  # of a page around the document
_OUTSIDE = re.compile(r"url\((?!\s*[\"']?#)", re.IGNORECASE)
_KNOWN = frozenset(map(str.lower, ELEMENTS))


class TagRules:
    """Checks one tag after another; what was right once is not looked at again."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.kept: set[str] = set()
        self.good: set[str] = set()
        self.foreign = 0  # where the SVG ends that a tag stands in

    def check(self, node: Node) -> None:
        """Check one element's tag."""
        if node.name not in self.good:
            self.element(node)
        if node.attributes:
            for name in node.attributes:
                if name not in self.kept:
                    self.attribute(node, name)
            for word in node.classes:
                if word not in CLASSES:
                    self.unknown_class(node, word)
        if node.name == "svg":
            self.foreign = max(self.foreign, node.end)
        if node.at < self.foreign and node.attributes:
            self.drawn(node)
        elif node.name == "a":
            self.link(node)
        elif node.name == "img":
            self.image(node)

    def element(self, node: Node) -> None:
        """Check the name of an element."""
        name = node.name
        if name in _KNOWN or name in _QUIET:
            if name not in ("img", "svg"):  # they are looked at without attributes too
                self.good.add(name)
        elif name in _FORBIDDEN:
            self.report.add("element_dropped", node.at, name[:32])
        else:
            fix = partial(_meant, name, _KNOWN)
            self.report.add("unknown_element", node.at, name[:32], fix=fix)

    def attribute(self, node: Node, name: str) -> None:
        """Check the name of an attribute."""
        if name.startswith("data-"):
            dropped = name not in _KEPT_DATA
        else:
            dropped = name in ("style", "srcset", "srcdoc") or name.startswith(("on", "hx-"))
        if not dropped:
            self.kept.add(name)
            return
        fix = "Use classes of the vocabulary." if name == "style" else ""
        self.report.add("attribute_dropped", node.at, name[:32], fix=fix)

    def unknown_class(self, node: Node, word: str) -> None:
        """A class that the server does not know does nothing."""
        fix = partial(_meant, word, CLASSES)
        self.report.add("unknown_class", node.at, word, fix=fix)

    def drawn(self, node: Node) -> None:
        """Drawings refer to what is inside of the document, and to our icons."""
        for name, value in node.attributes.items():
            if name in ("href", "xlink:href", "src") and node.name != "a":
                self.reference(node, name, value.strip())
            elif "(" in value and _OUTSIDE.search(value):
                self.report.add("external_url", node.at, name, value)
        if node.name == "a":
            self.link(node)

    def reference(self, node: Node, name: str, value: str) -> None:
        """Check what a drawing refers to."""
        if not value.startswith("#"):
            if node.name in _KNOWN:
                self.report.add("external_url", node.at, name, value)
        elif node.name == "use":
            for start in ("#i-", "#pp-i-"):
                icon = value[len(start) :]
                if value.startswith(start) and icon not in ICONS:
                    self.report.add("unknown_icon", node.at, icon, fix=partial(_meant, icon, ICONS))

    def link(self, node: Node) -> None:
        """Check where a link leads."""
        address = node.attributes.get("href", "#").strip()
        if address[:1] != "#" and attributes.link(address) is None:
            self.report.add("link_dropped", node.at, address)

    def image(self, node: Node) -> None:
        """Check that an image has words, and is part of the document."""
        if "alt" not in node.attributes:
            self.report.add("image_without_alt", node.at)
        source = node.attributes.get("src", "").strip()
        if not source.lower().startswith("data:"):
            self.report.add("remote_image", node.at)
        elif attributes.image(source) is None:
            self.report.add("image_unreadable", node.at)


def _meant(word: str, known: frozenset[str]) -> str:
    """Return the fix for an unknown word."""
    close = nearest(word, known)
    return f"Did you mean “{close}”?" if close else "Remove it."

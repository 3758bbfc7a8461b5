"""Rules about a single tag: name, attributes, classes and what it loads."""

from __future__ import annotations

import base64
import binascii
import re
from functools import partial

from .nodes import ROOTS, Node
from .report import Report
from .words import Words, meant

MAX_IMAGE_BYTES = 300 * 1024
# Known to HTML, but not to documents: there is nothing that they were meant to be.
FORBIDDEN = frozenset(
    [
        "script",
        "style",
        "link",
        "meta",
        "base",
        "title",
        "iframe",
        "object",
        "embed",
        "form",
        "select",
        "option",
        "textarea",
        "template",
        "noscript",
        "frame",
        "frameset",
        "math",
        "foreignobject",
        "audio",
        "video",
        "source",
        "canvas",
        "desc",
        "metadata",
        "animate",
        "set",
        "image",
        "dialog",
        "fieldset",
        "legend",
        "menu",
        "picture",
        "slot",
        "portal",
        "applet",
        "font",
        "center",
        "main",
    ]
)
_KEPT_DATA = frozenset(["data-anchor", "data-kind", "data-row"])
_QUIET = ROOTS | {"main", "title"}  # of a page around the document
_WEB = re.compile(r"https?://[^\s\"<>\\^`{|}\x00-\x20]{1,4000}", re.IGNORECASE)
_MAIL = re.compile(r"mailto:[\w.!#$%&'*+/=?^~@,;:-]{1,2000}", re.IGNORECASE | re.ASCII)
_OUTSIDE = re.compile(r"url\((?!\s*[\"']?#)", re.IGNORECASE)
_IMAGE = re.compile(r"data:image/(png|jpeg|gif|webp|avif);base64")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_MAGIC = {
    "png": (0, b"\x89PNG\r\n\x1a\n"),
    "jpeg": (0, b"\xff\xd8"),
    "gif": (0, b"GIF8"),
    "webp": (8, b"WEBP"),
    "avif": (4, b"ftyp"),
}


class TagRules:
    """Checks one tag after another; what was right once is not looked at again."""

    def __init__(self, report: Report, words: Words) -> None:
        self.report, self.words = report, words
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
                if word not in self.words.classes:
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
        if name in self.words.elements or name in _QUIET:
            if name not in ("img", "svg"):  # they are looked at without attributes too
                self.good.add(name)
        elif name in FORBIDDEN:
            self.report.add("element_dropped", node.at, name[:32])
        else:
            fix = partial(meant, name, self.words.elements)
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
        fix = partial(meant, word, self.words.classes)
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
            if node.name in self.words.elements:
                self.report.add("external_url", node.at, name, value)
        elif node.name == "use":
            for start in ("#i-", "#pp-i-"):
                icon = value[len(start) :]
                if value.startswith(start) and icon not in self.words.icons:
                    self.report.add(
                        "unknown_icon", node.at, icon, fix=partial(meant, icon, self.words.icons)
                    )

    def link(self, node: Node) -> None:
        """Check where a link leads."""
        address = node.attributes.get("href", "#").strip()
        if address[:1] != "#" and not _WEB.fullmatch(address) and not _MAIL.fullmatch(address):
            self.report.add("link_dropped", node.at, address)

    def image(self, node: Node) -> None:
        """An image has words, and is small and inside of the document."""
        if "alt" not in node.attributes:
            self.report.add("image_without_alt", node.at)
        source = node.attributes.get("src", "").strip()
        if not source.lower().startswith("data:"):
            self.report.add("remote_image", node.at)
        elif len(source) > MAX_IMAGE_BYTES * 3 // 2:
            self.too_large(node, len(source) * 3 // 4)
        else:
            self.embedded(node, source)

    def embedded(self, node: Node, source: str) -> None:
        """The first bytes of an image are what its type says."""
        head, _, body = source.partition(",")
        match, body = _IMAGE.fullmatch(head), "".join(body.split())
        try:
            given = match and _BASE64.fullmatch(body)
            content = base64.b64decode(body, validate=True) if given else b""
        except binascii.Error:
            content = b""
        offset, magic = _MAGIC[match[1]] if match else (0, b"-")
        if not content.startswith(magic, offset):
            self.report.add("image_unreadable", node.at)
        elif len(content) > MAX_IMAGE_BYTES:
            self.too_large(node, len(content))

    def too_large(self, node: Node, size: int) -> None:
        """Tell of an image that the server would drop."""
        self.report.add("image_too_large", node.at, f"{size:,} bytes", f"{MAX_IMAGE_BYTES:,}")

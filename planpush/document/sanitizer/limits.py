"""Size and nesting limits, checked in one linear pass before parsing.

HTML parsers are quadratic (or worse) in nesting, attributes of one tag, formatting that is never
closed, and characters that must be escaped. The scan splits the text as a browser's tokeniser does
and refuses, with the place, what would cost too much.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import NoReturn

from planpush.document.findings import place
from planpush.document.html import parse_cost
from planpush.document.html.elements import RAW, ROOTS
from planpush.document.html.parse_cost import OpenElements
from planpush.document.html.source import ATTRIBUTE, COMMENT_END, TOKEN, raw_end
from planpush.document.sanitizer import images
from planpush.document.sanitizer.attributes import strip_controls
from planpush.errors import Finding, InvalidDocument

MAX_ELEMENTS = 30_000
MAX_DEPTH = 200
MAX_ATTRIBUTES = 200
MAX_ALL_ATTRIBUTES = 200_000
MAX_REOPENED = 20
MAX_TAG_NAME = 64
MAX_ATTRIBUTE_VALUE = 450_000  # 300 KB of image as base64 is 400 KB
MAX_AMPERSAND_RUN = 1_000
MAX_AMPERSANDS = 50_000
# Escaping costs (characters to escape) x (length of their text node): about 0.15 s at this product.
MAX_ESCAPING = 2 * 10**10
MAX_ROOTS = 10

_SLOW = ("&", "\xa0")
_FAST = ("&lt;", "&gt;", "&quot;")
_AMPERSANDS = "&" * (MAX_AMPERSAND_RUN + 1)
_BARE_AMPERSAND = re.compile(r"&(?![a-zA-Z#])")
_HIDDEN_SCRIPT = re.compile(r"<!--.*<script[\t\n\f\r />]", re.IGNORECASE | re.DOTALL)


def check(html: str, *, max_elements: int = MAX_ELEMENTS) -> int:
    """Return the number of elements in `html`, or raise InvalidDocument where it costs too much.

    Elements that the parser adds (copies of unclosed formatting, stray end tags) count as well.
    """
    text = strip_controls(html)
    _check_ampersands(text)
    # So many tags are too many elements in any case; a list of them takes 50 times the text.
    known = parse_cost.elements(text) if text.count("<") <= 2 * max_elements else None
    if known is not None and known <= max_elements:
        return known
    return _Scan(text, max_elements).run()


def _check_ampersands(text: str) -> None:
    code, fix = "too_many_ampersands", "Write `&amp;`"
    if (run := text.find(_AMPERSANDS)) >= 0:
        _refuse(text, run, code, "A long run of bare `&`", fix)
    if text.count("&") > MAX_AMPERSANDS:
        for bare in islice(_BARE_AMPERSAND.finditer(text), MAX_AMPERSANDS, None):
            _refuse(text, bare.start(), code, "Too many bare `&`", fix)


def _refuse(text: str, at: int, code: str, message: str, fix: str) -> NoReturn:
    line, column = place(text, at)
    finding = Finding(code, f"{message}.", f"{fix}.", line=line, column=column)
    raise InvalidDocument(f"{message} (line {line}, column {column}).", [finding])


class _Scan:
    def __init__(self, text: str, max_elements: int) -> None:
        self.text, self.max_elements = text, max_elements
        self.tree = OpenElements()
        self.others = 0  # comments and stray end tags: work without an element
        self.attributes = 0
        self.roots = 0  # each adds its attributes to the one root that there is
        self.escaping = 0
        self.run_start = 0
        self.pixels = images.Pixels()

    def run(self) -> int:
        """Walk over all tokens; return the number of elements."""
        position = 0
        while token := TOKEN.search(self.text, position):
            if token.start() > position:
                self._text(position, token.start())
            position = self._token(token)
        self._text(position, len(self.text))
        self._escaping(len(self.text))
        self._caps(len(self.text))
        return self.tree.elements

    def _token(self, token: re.Match[str]) -> int:
        if token["tag"]:
            return self._tag(token)
        self.others += 1
        at = token.start()
        self._caps(at)
        if token["comment"]:
            return self._after(COMMENT_END.search(self.text, at + 4), at, "comment")
        if token["cdata"]:
            self._unambiguous(at)
            if " " in self.tree.top:
                return self._after(re.compile(r"\]\]>").search(self.text, at), at, "CDATA section")
        if token["broken"]:
            self._refuse(at, "unclosed_tag", "A tag without its closing `>`", "Close the tag")
        end = self.text.find(">", at)
        return len(self.text) if end < 0 else end + 1

    def _after(self, end: re.Match[str] | None, at: int, what: str) -> int:
        if end is None:
            self._refuse(at, "unclosed_tag", f"A {what} that never ends", f"Close the {what}")
        return end.end()

    def _tag(self, token: re.Match[str]) -> int:
        slash, name, attributes, closed = token.group("slash", "name", "attributes", "closed")
        at = token.start()
        if name.isascii():
            name = name.lower()
        if name in ("img", "image"):  # a parser reads the second as the first
            self._image(at, attributes)
        if token.end() - at > 2 * MAX_ATTRIBUTES:
            self._long_tag(token)
        if slash:
            self._end(name, at, token.end())
        else:
            self._escaping(at)
            self.run_start = at
            if name in ROOTS:
                self._root(at)
            self.tree.start(name, attributes, token[0], bool(closed))
        self._caps(at)
        if not slash and name in RAW and self.tree.top != f"svg {name}" and not self.tree.foreign():
            return self._raw(name, at, token.end())
        return token.end()

    def _root(self, at: int) -> None:
        self.roots += 1
        if self.roots > MAX_ROOTS:
            self._refuse(at, "too_many_elements", "Many <html> or <body>", "Write one of each")

    def _image(self, at: int, attributes: str) -> None:
        try:
            self.pixels.add(attributes)
        except images.Oversized as size:
            self._refuse(at, "image_too_large", f"An image is too large: {size}", "Scale it down")

    def _end(self, name: str, at: int, after: int) -> None:
        if self.tree.foreign() and name in ("p", "br"):
            self._ambiguous(at)
        if self.tree.end(name):
            self._escaping(at)
            self.run_start = after
        else:
            self.others += 1
            self.tree.elements += name in ("p", "br")  # a stray one makes an empty element

    def _raw(self, name: str, at: int, start: int) -> int:
        """Skip the text of an element that holds no markup."""
        self._unambiguous(at)
        if name == "plaintext":
            return len(self.text)
        end = raw_end(name).search(self.text, start)
        if end is None:
            self._refuse(at, "unclosed_tag", f"A <{name}> that never ends", "Close it or remove it")
        if name == "script" and _HIDDEN_SCRIPT.search(self.text, start, end.start()):
            self._ambiguous(at)
        return end.start()

    def _unambiguous(self, at: int) -> None:
        """Refuse where parsers disagree on what is text and what is markup."""
        labels = [label for label, _ in self.tree.stack[:-1]]
        if "select" in labels or (
            any(" " in label for label in labels) and not self.tree.foreign()
        ):
            self._ambiguous(at)

    def _ambiguous(self, at: int) -> NoReturn:
        self._refuse(
            at, "ambiguous_markup", "Markup that browsers read in different ways", "Remove it"
        )

    def _text(self, start: int, end: int) -> None:
        if end > start and not self.tree.active.is_open():
            self.tree.text(self.text[start:end].isspace())
            self._caps(start)

    def _long_tag(self, token: re.Match[str]) -> None:
        at, found = token.start("attributes"), 0
        if len(token["name"]) > MAX_TAG_NAME:
            self._refuse(token.start(), "tag_name_too_long", "A tag name too long", "Shorten it")
        for attribute in ATTRIBUTE.finditer(token["attributes"]):
            found += 1
            here = at + attribute.start()
            if found > MAX_ATTRIBUTES:
                self._refuse(here, "too_many_attributes", "Too many attributes", "Remove some")
            if attribute.end() - attribute.start() > MAX_ATTRIBUTE_VALUE:
                self._refuse(here, "attribute_too_long", "An attribute too long", "Shorten it")
        self.attributes += found
        if self.attributes > MAX_ALL_ATTRIBUTES:
            self._refuse(at, "too_many_attributes", "Too many attributes", "Remove some")

    def _escaping(self, end: int) -> None:
        start = self.run_start
        if end - start > 4_096:
            characters = sum(self.text.count(c, start, end) for c in _SLOW)
            characters -= sum(self.text.count(c, start, end) for c in _FAST)
            self.escaping += characters * (end - start)
            if self.escaping > MAX_ESCAPING:
                self._refuse(
                    start, "too_many_ampersands", "Too many `&` in one text", "Divide the text"
                )

    def _caps(self, at: int) -> None:
        tree = self.tree
        if len(tree.stack) > MAX_DEPTH:
            self._refuse(at, "too_deep", f"Elements nested over {MAX_DEPTH} deep", "Flatten them")
        if tree.elements > self.max_elements or self.others > MAX_ELEMENTS:
            self._refuse(at, "too_many_elements", "Too many elements", "Divide the document")
        if tree.reopened > MAX_REOPENED or (tree.copied > max(65_536, len(self.text))):
            self._refuse(
                at, "unclosed_formatting", "Formatting such as <b> is never closed", "Close it"
            )

    def _refuse(self, at: int, code: str, message: str, fix: str) -> NoReturn:
        _refuse(self.text, at, code, message, fix)

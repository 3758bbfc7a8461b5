"""What is wrong with a draft before the server sees it: a part of the server's own lint."""

from __future__ import annotations

import difflib
import json
import os
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Dict, List, Optional, Sequence, Set, Tuple

ANCHOR = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")  # as the server has it
POSITIONAL = re.compile(r"(?:section|part|chapter|step|block|item)?-?\d+")
LARGEST_SECTION = 1024 * 1024
FORBIDDEN = set(
    "script style link meta base iframe object embed form select textarea template frame frameset"
    " math foreignobject audio video portal".split()
)
DRAWN = {"img", "svg", "hr", "input"}  # elements that make a section say something without text
SCHEMES = ("http:", "https:", "mailto:")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Finding:
    """One thing to fix. Errors stop a draft; warnings stop a push unless they are allowed."""

    anchor: str
    line: int
    column: int
    code: str
    message: str
    fix: str
    error: bool = True

    def __str__(self) -> str:
        kind = "" if self.error else "warning "
        at = f"{self.anchor} {self.line}:{self.column}"
        return f"{kind}{at} {self.code} {self.message} → {self.fix}"


def vocabulary() -> Dict[str, List[str]]:
    """Return the classes, elements and icons that the server knows."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "vocabulary.json")
    with open(path, encoding="utf-8") as file:
        return dict(json.load(file))


def document(sections: Sequence[Tuple[str, Optional[str]]]) -> List[Finding]:
    """Check the sections that are here as text, and that no anchor is used twice."""
    found: List[Finding] = []
    owner: Dict[str, str] = {anchor: anchor for anchor, _html in sections}
    for anchor, html in sections:
        if html is None:
            continue
        reader = read(anchor, html)
        found += reader.found
        for inner, (line, column) in reader.inner.items():
            if owner.setdefault(inner, anchor) != anchor:  # its own repeats are in `found`
                found.append(duplicate(anchor, line, column, inner))
    return found


def section(anchor: str, html: str) -> List[Finding]:
    """Check one section."""
    return read(anchor, html).found


def read(anchor: str, html: str) -> Reader:
    """Return a reader that has been through the section."""
    reader = Reader(anchor)
    size = len(html.encode("utf-8", "replace"))
    if size > LARGEST_SECTION:
        fix = "split it in two sections"
        reader.say("section_too_large", f"{size} bytes, at most {LARGEST_SECTION}", fix, at=(1, 1))
        return reader
    odd = CONTROL.search(html)
    if odd:
        line = html.count("\n", 0, odd.start()) + 1
        column = odd.start() - html.rfind("\n", 0, odd.start())
        message = f"control character U+{ord(odd.group()):04X}"
        reader.say("control_character", message, "remove it", at=(line, column))
    reader.check_anchor(anchor, (1, 1))
    reader.feed(html)
    reader.close()
    reader.finish()
    return reader


def duplicate(anchor: str, line: int, column: int, inner: str) -> Finding:
    """Return the finding for an anchor that the document has already."""
    message = f"data-anchor {inner} is used twice"
    return Finding(anchor, line, column, "duplicate_anchor", message, "give one another name")


class Reader(HTMLParser):
    """Walks one section and collects findings and the anchors inside it."""

    known: Dict[str, Set[str]] = {name: set(words) for name, words in vocabulary().items()}

    def __init__(self, anchor: str) -> None:
        super().__init__(convert_charrefs=True)
        self.anchor = anchor
        self.found: List[Finding] = []
        self.inner: Dict[str, Tuple[int, int]] = {}
        self.root = False
        self.text = False
        self.content = False
        self.heading = 0  # how many headings are open: their words alone are no content

    def say(
        self,
        code: str,
        message: str,
        fix: str,
        error: bool = True,
        at: Optional[Tuple[int, int]] = None,
    ) -> None:
        """Add a finding, at the tag being read unless told where."""
        line, column = at or (self.getpos()[0], self.getpos()[1] + 1)
        self.found.append(Finding(self.anchor, line, column, code, message, fix, error))

    def handle_starttag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        """Check an element."""
        values = {name: value or "" for name, value in attrs}
        if not self.root:
            self.root = True
            self.check_root(values)
        elif values.get("data-anchor"):
            self.check_inner(values["data-anchor"])
        if tag in FORBIDDEN:
            fix = "remove it; components need no script or style"
            self.say("forbidden_element", f"<{tag}> is not allowed", fix)
        else:
            self.check_word("elements", tag, error=False)
        self.content = self.content or tag in DRAWN
        self.heading += tag in ("h1", "h2")
        for name, value in values.items():
            self.check_attribute(tag, name, value)
        for name in values.get("class", "").split():
            self.check_word("classes", name, error=name.startswith("pp-"))

    def handle_startendtag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        """Check an element that closes itself."""
        self.handle_starttag(tag, attrs)
        self.heading -= tag in ("h1", "h2")

    def handle_endtag(self, tag: str) -> None:
        """Leave a heading."""
        if tag in ("h1", "h2"):
            self.heading = max(0, self.heading - 1)

    def handle_data(self, data: str) -> None:
        """Note whether there is content outside the heading."""
        if not data.strip():
            return
        if not self.root:
            self.check_root({})
            self.root = True
        self.text = True
        self.content = self.content or not self.heading

    def check_root(self, values: Dict[str, str]) -> None:
        """The section's first element carries its anchor."""
        given = values.get("data-anchor", "")
        if given != self.anchor:
            code = "anchor_mismatch" if given else "missing_anchor"
            message = f"the first element says {given}" if given else "no data-anchor at the start"
            fix = f'begin with <section class="pp-section" data-anchor="{self.anchor}">'
            self.say(code, message, fix)

    def check_inner(self, name: str) -> None:
        """An anchor inside the section is well-formed and used once."""
        line, column = self.getpos()
        self.check_anchor(name, (line, column + 1))
        if name == self.anchor or name in self.inner:
            self.found.append(duplicate(self.anchor, line, column + 1, name))
        self.inner.setdefault(name, (line, column + 1))

    def check_anchor(self, name: str, at: Tuple[int, int]) -> None:
        """An anchor is a few kebab-case topic words."""
        if not ANCHOR.fullmatch(name):
            fix = "use kebab-case topic words such as data-model, at most 64 characters"
            self.say("malformed_anchor", f"anchor {name!r} is not kebab-case", fix, at=at)
        elif POSITIONAL.fullmatch(name):
            fix = "name the topic: positions change, and comments hang on the name"
            self.say("positional_anchor", f"anchor {name} is a position", fix, False, at)

    def check_attribute(self, tag: str, name: str, value: str) -> None:
        """No style, no handlers, nothing that loads or runs from elsewhere."""
        if name == "style" or name.startswith(("on", "hx-", "data-hx-")):
            fix = "use a pp- component" if name == "style" else "remove it"
            self.say("forbidden_attribute", f"{name}= is not allowed", fix)
        if tag == "use" and name == "href" and value.startswith("#i-"):
            self.check_word("icons", value[3:], error=False)
        if name not in ("href", "src", "xlink:href", "srcset", "poster") or value.startswith("#"):
            return
        address = re.sub(r"[\x00-\x20]", "", value).lower()
        if name == "href" and tag == "a":
            if ":" in address.split("/")[0] and not address.startswith(SCHEMES):
                self.say(
                    "forbidden_url", f"{address[:40]} as a link", "use https, mailto or #anchor"
                )
        elif not address.startswith("data:image/"):
            fix = "draw it as inline SVG or use a data: image"
            self.say("external_url", f"{name} loads {address[:40]}", fix)

    def check_word(self, kind: str, name: str, error: bool) -> None:
        """A class, element or icon that the server does not know is dropped by it."""
        if name in self.known[kind]:
            return
        near = difflib.get_close_matches(name, sorted(self.known[kind]), 1, 0.6)
        fix = f"did you mean {near[0]}?" if near else "remove it; the skill lists what there is"
        one = {"classes": "class", "elements": "element", "icons": "icon"}[kind]
        self.say(f"unknown_{one}", f"{one} {name} is not in the vocabulary", fix, error)

    def finish(self) -> None:
        """A section says something."""
        if not self.root:
            self.check_root({})
        if not self.text:
            self.say("empty_section", "there is no text", "write it or `rm` it", at=(1, 1))
        elif not self.content:
            fix = "write it or `rm` it"
            self.say("empty_section", "nothing but a heading", fix, False, (1, 1))

"""What a rendered comparison says of either version, read by a second parser."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lxml import html as parser

from planpush.document.blocks import normalise
from planpush.document.diff.comparison import Part, compare
from planpush.document.diff.render import Redlined, redline
from planpush.document.html.tokens import KINDS, OWN
from planpush.document.sanitizer import sanitizer, svg
from planpush.document.sections import Section, build

MARK = "data-diff"


def reverted(page: str, side: str) -> str:
    """Return a comparison as the "old" or the "new" version that it was made of."""
    body = parser.document_fromstring(f"<body>{page}").find("body")
    if side == "old":
        _put_back(body)
    for element in [*body.iter()]:
        state = element.get(MARK) if isinstance(element.tag, str) else None
        if state == ("removed" if side == "new" else "added") or state == "from":
            element.drop_tree()
    return parser.tostring(body, encoding="unicode")


def _put_back(body: Any) -> None:
    named = {element.get("id"): element for element in body.iter() if element.get("id")}
    for place in body.xpath(f"//*[@{MARK}='from']"):
        [link] = place.xpath(".//a") or [None]
        moved = named[link.get("href")[1:]]
        tail, moved.tail = moved.tail, None
        _leave(moved, tail)
        moved.tail, place.tail = place.tail, None
        place.getparent().replace(place, moved)


def _leave(element: Any, tail: str | None) -> None:
    """Put what stood behind an element where it stood."""
    before, above = element.getprevious(), element.getparent()
    above.remove(element)
    if tail and before is not None:
        before.tail = (before.tail or "") + tail
    elif tail:
        above.text = (above.text or "") + tail


def texts(page: str) -> str:
    """Return all visible words in order; blocks are apart."""
    body = parser.document_fromstring(f"<body>{page}").find("body")
    return normalise("".join(_said(body)))


def _said(element: Any) -> Iterator[str]:
    if not isinstance(element.tag, str):
        return
    is_block = bool(KINDS.get(element.tag, 0) & OWN) or bool(element.get("data-block"))
    apart = is_block or element.tag in ("br", "hr")
    yield " " if apart else ""
    yield element.text or ""
    for child in element:
        yield from _said(child)
        yield child.tail or ""
    yield " " if apart else ""


def stored(anchor: str, html: str) -> str:
    """Return a section as a push stores it."""
    return made(anchor, html).html.decode()


def made(anchor: str, html: str) -> Section:
    """Return the section that a push makes."""
    return build(anchor, svg.settle(sanitizer.clean(html)))


def compared(old: Mapping[str, str], new: Mapping[str, str]) -> list[Redlined]:
    """Compare documents, given as the HTML of their sections by anchor."""
    before, after = ({a: made(a, html) for a, html in side.items()} for side in (old, new))
    return of_sections(before, after)


def of_sections(before: Mapping[str, Section], after: Mapping[str, Section]) -> list[Redlined]:
    """Compare documents, given as their sections by anchor."""
    parts = [
        [Part(anchor, one.title, one.html, one.blocks) for anchor, one in side.items()]
        for side in (before, after)
    ]
    old, new = ({a: one.html.decode() for a, one in side.items()} for side in (before, after))
    return redline(compare(*parts), old, new, list(old))

"""Words, marks, links, code and drawings as pieces of Markdown."""

from __future__ import annotations

import re

from planpush.content.element_tree import MARKS, Element
from planpush.content.markdown_parts import Block, Piece, flowing
from planpush.content.markdown_text import code, emphasise, escape, fence, glue, link, words

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
LEAVES = frozenset(("p", "li", "td", "th", "dt", "dd", "figcaption", "summary", "caption", "label",
                    "button", "address", *HEADINGS))  # fmt: skip
_SUFFIX = re.compile(r"\.([A-Za-z0-9]{1,8})\b")


def inside(element: Element) -> list[Piece]:
    """Return the pieces of what stands in an element, and its note behind the first words."""
    in_link = element.tag == "a" or "<>" in element.marks
    pieces = list[Piece]()
    for child in element.children:
        if isinstance(child, Element):
            pieces += child.pieces
        else:
            pieces.append(words(child) if in_link else escape(child))
    if element.note:
        _put_note(element, pieces)
    return _compact(pieces)


def _put_note(element: Element, pieces: list[Piece]) -> None:
    """Put an element's note behind its first words, if it has any."""
    ends = (n for n, piece in enumerate(pieces) if not isinstance(piece, str))
    place = next(ends, len(pieces))
    while place > 0 and not str(pieces[place - 1]).strip():
        place -= 1
    if place or element.tag in LEAVES:
        pieces.insert(place, element.note)
        element.note = ""


def _compact(pieces: list[Piece]) -> list[Piece]:
    """Return pieces with runs of plain words as one: what is passed up stays few."""
    kept, run = list[Piece](), list[str]()
    for piece in pieces:
        if type(piece) is str:
            run.append(piece)
            continue
        kept += ["".join(run)] if run else []
        run = []
        kept.append(piece)
    return [*kept, "".join(run)] if run else kept


def badge(element: Element) -> list[Piece]:
    """Return a badge as its words in brackets."""
    text = flowing(inside(element))
    return [f" \\[{text}\\] "] if text else []


def linked(element: Element, base: str) -> list[Piece]:
    """Return a link."""
    pieces = inside(element)
    if any(not isinstance(piece, str) for piece in pieces):
        return pieces
    return [link(glue(p for p in pieces if isinstance(p, str)), element.get("href"), base)]


def heading(element: Element) -> list[Piece]:
    """Return a heading; a bold lead where a heading cannot stand."""
    text = flowing(inside(element))
    if not text:
        return []
    if element.item or element.cell:
        return [*(["\n"] if element.cell else []), *emphasise(text, "**"), " "]
    bare = text.rstrip("#")
    if bare != text:
        text = f"{bare}\\{text[len(bare) :]}"
    return [Block([f"{'#' * int(element.tag[1])} {text}"])]


def emphasis(element: Element) -> list[Piece]:
    """Return marked words."""
    pieces, mark = inside(element), MARKS[element.tag]
    if mark in element.marks or any(not isinstance(piece, str) for piece in pieces):
        return pieces
    marked = emphasise(glue(piece for piece in pieces if isinstance(piece, str)), mark)
    # A component shows its bold lead apart from what follows.
    return [*marked, " "] if element.within and element.tag == "b" else [*marked]


def span(element: Element) -> list[Piece]:
    """Return a code span."""
    return list(code(element.text(), cell=element.cell))


def block(element: Element) -> list[Piece]:
    """Return a code block."""
    if element.cell:
        lines = [code(line, cell=True) for line in element.text().split("\n")]
        return ["\n", *(piece for line in lines for piece in (*line, "\n"))]
    if element.get("data-kind") == "mermaid":
        return [Block(fence(element.text(), "mermaid"))]
    if "pp-diff" in element.within:
        return [Block(fence(_diff(element), "diff"))]
    if "pp-term" in element.classes:
        return [Block(fence(element.text(), "console"))]
    return [Block(fence(element.text(), _language(element)))]


def _diff(element: Element) -> str:
    lines = list[str]()
    for child in element.children:
        if not isinstance(child, Element):
            lines += [f"  {line}" for line in child.split("\n") if line.strip()]
            continue
        mark = "+ " if "a" in child.classes else "- " if "d" in child.classes else "  "
        mark = "" if "hunk" in child.classes else mark
        lines += [mark + line for line in child.text().split("\n")]
    return "\n".join(lines)


def _language(element: Element) -> str:
    """Return the suffix of the file that a code block's head names."""
    beside = element.parent.children if element.parent else []
    for child in beside:
        if isinstance(child, Element) and "h" in child.classes:
            found = _SUFFIX.search(next(iter(child.said()), ""))
            return found[1].lower() if found else ""
    return ""


def drawing(element: Element) -> list[Piece]:
    """Return a drawing's name and the words in it; a diagram's source says the same better."""
    drawn = "pp-diagram" in element.within
    if drawn or "i" in element.classes or element.get("aria-hidden") == "true":
        return []
    said = [escape(text).strip() for text in element.said() if text.strip()]
    name = escape(element.get("aria-label"))
    text = " · ".join([*([f"\\[Figure: {name}\\]"] if name else []), *said])
    own = text and not element.cell and not (element.marks or element.item)
    return [Block([text])] if own else [f" {text} "] if text else []


def image(element: Element) -> list[Piece]:
    """Return the words that stand for a picture."""
    alt = escape(element.get("alt"))
    return [f"\\[Image: {alt}\\]" if alt.strip() else "\\[Image\\]"]


def checkbox(element: Element) -> list[Piece]:
    """Return a task's box."""
    if element.get("type") != "checkbox":
        return []
    return ["[x] " if "checked" in element.attributes else "[ ] "]

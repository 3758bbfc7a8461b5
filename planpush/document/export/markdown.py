"""Converts sections to GitHub-flavored Markdown.

Each element makes pieces of those inside it, the innermost first, so that nothing recurses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from planpush.document.export.markdown_syntax import (
    Block,
    Cell,
    Item,
    Items,
    Part,
    Piece,
    Row,
    blocks_of,
    celled,
    code,
    definitions,
    emphasise,
    escape,
    fence,
    flowing,
    glue,
    joined,
    link,
    quoted,
    table,
    words,
)
from planpush.document.html.tree import MARKS, Element, parse

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


_DEEP = 10  # lists and quotes in each other that are indented
LEVEL = frozenset(("div", "section", "article", "header", "footer", "aside", "main", "nav",
                   "figure", "figcaption", "details", "address", "fieldset", "legend", "center",
                   "hgroup", "p", "caption"))  # fmt: skip
_BADGES = frozenset(("pill", "tag", "pp-key", "pp-m", "pp-admin", "st", "pp-fake", "state"))
_APART = frozenset(("n", "id", "end", "d", "pp-delta", "url", "v", "ic"))
_SPREAD = frozenset(("pp-touch", "pp-eyebrow", "foot", "pp-chrome", "hd", "ln", "h",
                     "pp-entity-h", "f"))  # fmt: skip
_ARROWS = (("both up", "↕"), ("both down", "↕"), ("both", "↔"), ("down", "↓"), ("up", "↑"),
           ("left", "←"), ("", "→"))  # fmt: skip


def made(element: Element, base: str) -> list[Piece]:
    """Return what one element is in Markdown; `base` is where links inside the document begin."""
    if element.tag == "a":
        return linked(element, base)
    for name in sorted(element.classes & _BY_CLASS.keys()):
        found = _BY_CLASS[name](element)
        if found is not None:
            return found
    make = _BY_TAG.get(element.tag, _other)
    return make(element)


def _other(element: Element) -> list[Piece]:
    pieces = inside(element)
    if element.cell and (element.tag in LEVEL or element.tag in HEADINGS):
        return ["\n", *pieces, "\n"]
    if element.tag in LEVEL:
        return list(blocks_of(pieces))
    if element.classes & _BADGES:
        return badge(element)
    if element.classes & _APART or (element.parent and element.parent.classes & _SPREAD):
        return [" ", *pieces, " "]
    return pieces


def _list(element: Element) -> list[Piece]:
    pieces = inside(element)
    if element.cell:
        return ["\n", *pieces, "\n"]
    if element.indents >= _DEEP:
        return list(blocks_of(pieces))
    items, stray = list[Item](), list[Piece]()
    for piece in [*pieces, None]:
        if isinstance(piece, Item) or piece is None:
            items += [Item(stray)] if blocks_of(stray) else []
            items += [piece] if isinstance(piece, Item) else []
            stray = []
        else:
            stray.append(piece)
    said = element.get("start")
    start = int(said) if said.isascii() and said.isdigit() and len(said) < 9 else 1
    return [Items(items, start if element.tag == "ol" else None)] if items else []


def _item(element: Element) -> list[Piece]:
    pieces = inside(element)
    if "pp-edge" in element.classes:
        pieces = [f"{_arrow(element)} ", *pieces]
    if element.parent and "pp-checks" in element.parent.classes:
        pieces = [f"[{'x' if 'done' in element.classes else ' '}] ", *pieces]
    if element.cell:
        return ["\n• ", *pieces, "\n"]
    listed = element.parent is not None and element.parent.tag in ("ul", "ol", "menu")
    if not listed or element.parent is None or element.parent.indents >= _DEEP:
        return list(blocks_of(pieces))
    return [Item(pieces)]


def _arrow(element: Element) -> str:
    return next(sign for names, sign in _ARROWS if set(names.split()) <= element.classes)


def _definitions(element: Element) -> list[Piece]:
    pieces = inside(element)
    if element.cell:
        return ["\n", *pieces, "\n"]
    items = definitions([piece for piece in pieces if isinstance(piece, Part)])
    return [Items(items, None)] if items else []


def _part(element: Element) -> list[Piece]:
    pieces, term = inside(element), element.tag == "dt"
    if element.cell:
        return ["\n", *pieces, "\n"]
    if not term:
        return [Part(pieces, term=False)]
    return [Part(emphasise(flowing(pieces), "**"), term=True)]


def _wrapped(element: Element) -> list[Piece]:
    """Return a row of a definition list as its terms, any other `div` as usual."""
    if element.parent is not None and element.parent.tag == "dl":
        return inside(element)
    return _other(element)


def _table(element: Element) -> list[Piece]:
    pieces = inside(element)
    if element.cell:
        return ["\n", *pieces, "\n"]
    rows = [piece for piece in pieces if isinstance(piece, Row)]
    return [*blocks_of(p for p in pieces if not isinstance(p, Row)), *table(rows)]


def _row(element: Element) -> list[Piece]:
    pieces = inside(element)
    if element.cell:
        return ["\n", *pieces]
    return [Row(pieces, head=element.parent is not None and element.parent.tag == "thead")]


def _cell(element: Element) -> list[Piece]:
    pieces = inside(element)
    if element.cell:
        return [*pieces, " "]
    columns, rows = element.get("colspan"), element.get("rowspan")
    return [Cell(celled(pieces), columns=columns, rows=rows, head=element.tag == "th")]


def _quote(element: Element) -> list[Piece]:
    pieces = inside(element)
    if element.cell:
        return ["\n", *pieces, "\n"]
    if element.indents > _DEEP:
        return list(blocks_of(pieces))
    return [*quoted(pieces)]


def _title(element: Element) -> list[Piece] | None:
    if element.cell or element.tag != "p":
        return None
    return [Block(emphasise(flowing(inside(element)), "**"))]


def _summary(element: Element) -> list[Piece]:
    if "pp-diagram" in element.within:
        return []
    text = emphasise(flowing(inside(element)), "**")
    return ["\n", *text, "\n"] if element.cell else [Block(text)]


def _tabs(element: Element) -> list[Piece] | None:
    """Return every panel behind its label."""
    if element.cell:
        return None
    found = [child for child in element.children if isinstance(child, Element)]
    labels = [child for child in found if child.tag == "label"]
    panels = [child for child in found if child.tag not in ("label", "input")]
    pieces = list[Piece]()
    for n in range(max(len(labels), len(panels))):
        pieces += [Block(emphasise(flowing(labels[n].pieces), "**"))] if n < len(labels) else []
        pieces += panels[n].pieces if n < len(panels) else []
    return pieces


def _unseen(element: Element) -> list[Piece] | None:
    """A checklist says in Markdown's own way what it says to who cannot see it."""
    return [] if "pp-checks" in element.within else None


def _break(_element: Element) -> list[Piece]:
    return ["\n"]


def _rule(element: Element) -> list[Piece]:
    return ["\n"] if element.cell else [Block(["---"])]


def _around(before: str, behind: str) -> Callable[[Element], list[Piece]]:
    return lambda element: [before, *inside(element), behind]


_BY_CLASS: dict[str, Callable[[Element], list[Piece] | None]] = {
    "pp-callout": _quote,
    "pp-mock": _quote,
    "pp-tabs": _tabs,
    "sr": _unseen,
    "t": _title,
}
_BY_TAG: dict[str, Callable[[Element], list[Piece]]] = {
    **dict.fromkeys(HEADINGS, heading),
    **dict.fromkeys(("strong", "b", "em", "i", "del", "s"), emphasis),
    **dict.fromkeys(("code", "samp", "kbd"), span),
    **dict.fromkeys(("ul", "ol", "menu"), _list),
    **dict.fromkeys(("td", "th"), _cell),
    **dict.fromkeys(("dt", "dd"), _part),
    **dict.fromkeys(("thead", "tbody", "tfoot", "colgroup"), inside),
    "pre": block,
    "li": _item,
    "dl": _definitions,
    "div": _wrapped,
    "table": _table,
    "tr": _row,
    "blockquote": _quote,
    "summary": _summary,
    "svg": drawing,
    "img": image,
    "input": checkbox,
    "button": badge,
    "q": _around("“", "”"),
    "sup": _around("^", ""),
    "br": _break,
    "hr": _rule,
}


def section(html: str, base: str = "", notes: Mapping[int, str] | None = None) -> list[str]:
    """Return one stored section as lines.

    `base` is the document's address, which its inner links begin with; `notes` are references to
    put at blocks, by key.
    """
    elements = parse(html)
    _place(elements, notes or {})
    for element in reversed(elements):
        if not element.raw:
            element.pieces = _noted(element, made(element, base))
    return joined(blocks_of(elements[0].pieces))


def _place(elements: list[Element], notes: Mapping[int, str]) -> None:
    """Give each note to the element that it will stand in or behind."""
    for element in elements if notes else ():
        key = element.get("data-block")
        if key.isascii() and key.isdigit() and int(key) in notes:
            _target(element, elements).note += notes[int(key)]


def _target(element: Element, elements: list[Element]) -> Element:
    while element.raw and element.parent is not None:
        element = element.parent
    wanted = ("td", "th") if element.tag == "tr" else HEADINGS
    if element.tag == "tr" or (element.tag in LEVEL and element.tag not in LEAVES):
        inside = elements[element.index : element.last]
        return next((found for found in inside if found.tag in wanted), element)
    return element


def _noted(element: Element, pieces: list[Piece]) -> list[Piece]:
    """Return an element's pieces with its note behind, if no words of its own carry it."""
    if not element.note:
        return pieces
    return [*pieces, element.note if element.cell else Block([element.note])]

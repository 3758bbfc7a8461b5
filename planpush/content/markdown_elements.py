"""Each element of a document as Markdown, made of what its children became."""

from __future__ import annotations

from collections.abc import Callable

from planpush.content.element_tree import Element
from planpush.content.markdown_leaves import (
    HEADINGS,
    badge,
    block,
    checkbox,
    drawing,
    emphasis,
    heading,
    image,
    inside,
    linked,
    span,
)
from planpush.content.markdown_parts import (
    Block,
    Cell,
    Item,
    Items,
    Part,
    Piece,
    Row,
    blocks_of,
    celled,
    definitions,
    flowing,
    quoted,
    table,
)
from planpush.content.markdown_text import emphasise

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

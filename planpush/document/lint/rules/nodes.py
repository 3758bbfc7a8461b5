"""Elements of a source, and which tags HTML lets an author leave out."""

from __future__ import annotations

MAX_DEPTH = 200  # as the server has it
VOID = frozenset(
    [
        "area",
        "base",
        "basefont",
        "bgsound",
        "br",
        "col",
        "embed",
        "frame",
        "hr",
        "image",
        "img",
        "input",
        "keygen",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    ]
)
# Their end tag may be left out.
OPTIONAL = frozenset(
    [
        "body",
        "caption",
        "colgroup",
        "dd",
        "dt",
        "head",
        "html",
        "li",
        "optgroup",
        "option",
        "p",
        "rp",
        "rt",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
    ]
)
ROOTS = frozenset(["html", "head", "body"])
CLOSES_P = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "hr",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "ul",
    ]
)
_GROUPS = frozenset(["tbody", "thead", "tfoot"])
_CELLS = frozenset(["td", "th"])
WALLS = _CELLS | {"caption", "svg"}  # an end tag inside does not reach what is outside
_LISTS = frozenset(["ul", "ol", "menu"])
# A start tag ends what is open of the first set, up to an element of the second.
ENDS = {
    "li": (frozenset(["li"]), _LISTS),
    "dt": (frozenset(["dt", "dd"]), frozenset(["dl"])),
    "dd": (frozenset(["dt", "dd"]), frozenset(["dl"])),
    "td": (_CELLS, frozenset(["table"])),
    "th": (_CELLS, frozenset(["table"])),
    "tr": (_CELLS | {"tr", "caption", "colgroup"}, frozenset(["table"])),
    **dict.fromkeys(
        _GROUPS, (_GROUPS | _CELLS | {"tr", "caption", "colgroup"}, frozenset(["table"]))
    ),
}
# What a part of a table may hold; all else is moved out of it.
HOLDS = {
    "table": _GROUPS | _CELLS | {"tr", "caption", "colgroup", "col"},
    "tr": _CELLS,
    **dict.fromkeys(_GROUPS, _CELLS | {"tr"}),
}
TABLE_PARTS = frozenset(["tr", "td", "th", "tbody", "thead", "tfoot"])
ANYWHERE = frozenset(["script", "style", "template"])


# Most elements hold no other; one list for all of them spares the collector of garbage much work.
_NONE: list[Node] = []


class Node:
    """An element. `text` tells whether it says anything, `size` counts words outside of code."""

    __slots__ = ("at", "attributes", "children", "classes", "end", "name", "parent", "size", "text")

    def __init__(self, name: str, at: int, attributes: dict[str, str], parent: Node | None):
        self.name, self.at, self.end = name, at, at
        self.attributes, self.parent = attributes, parent
        given = attributes.get("class")
        self.classes = tuple(given.split()) if given else ()
        self.children = _NONE
        self.text, self.size = False, 0

    def take(self, child: Node) -> Node:
        """Hold one more element."""
        if self.children:
            self.children.append(child)
        else:
            self.children = [child]
        return child

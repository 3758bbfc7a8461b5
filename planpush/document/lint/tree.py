"""The element tree of a source as written, and what a parser would repair in it."""

from __future__ import annotations

from collections import Counter

from planpush.document.html.elements import CLOSES_P, ROW_GROUPS, VOID, words
from planpush.document.lint.report import Report
from planpush.document.lint.tokens import END, START, Token, tokens

ROOTS = words("html head body")
# Their end tag may be left out.
_OPTIONAL = ROOTS | words(
    "caption colgroup dd dt li optgroup option p rp rt tbody td tfoot th thead tr"
)
_CELLS = words("td th")
_WALLS = _CELLS | words("caption svg")  # an end tag inside does not reach what is outside
_CLOSES_P = CLOSES_P | {"table"}
_LISTS = words("ul ol menu")
_TABLE = words("table")
# A start tag ends what is open of the first set, up to an element of the second.
_ENDS = {
    "li": (words("li"), _LISTS),
    "dt": (words("dt dd"), words("dl")),
    "dd": (words("dt dd"), words("dl")),
    "td": (_CELLS, _TABLE),
    "th": (_CELLS, _TABLE),
    "tr": (_CELLS | words("tr caption colgroup"), _TABLE),
    **dict.fromkeys(ROW_GROUPS, (ROW_GROUPS | _CELLS | words("tr caption colgroup"), _TABLE)),
}
# What a part of a table may hold; all else is moved out of it.
_HOLDS = {
    "table": ROW_GROUPS | _CELLS | words("tr caption colgroup col"),
    "tr": _CELLS,
    **dict.fromkeys(ROW_GROUPS, _CELLS | {"tr"}),
}
_TABLE_PARTS = ROW_GROUPS | _CELLS | {"tr"}
_ANYWHERE = words("script style template")


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


class Tree:
    """Reads a source and reports what a parser would repair. `nodes` are in its order."""

    def __init__(self, report: Report) -> None:
        self.report, self.html = report, report.html
        self.top = self.node = Node("", 0, {}, None)
        self.nodes: list[Node] = []
        self.open: Counter[str] = Counter()
        self.cut: Counter[str] = Counter()  # told already: their late end tags are no news
        self.loose: int | None = None  # where words stand outside of any element
        for token in tokens(self.html):
            kind, at, end, name, _, _ = token
            if kind == START:
                self.start(token)
            elif kind == END:
                self.stop(name, at, end)
            else:
                self.say(at, end)
        self.pop_to(self.top, len(self.html), "the end")
        for node in reversed(self.nodes):
            if node.parent is not None:
                node.parent.size += node.size

    def start(self, token: Token) -> None:
        """Open an element below those that it does not end."""
        _, at, end, name, attributes, closed = token
        if name in ROOTS and self.open[name]:
            return
        if self.open["p"] and name in _CLOSES_P and not self.open["svg"]:
            self.end_paragraph(name, at)
        if name in _ENDS:
            self.end_siblings(name, at)
        parent = self.node
        if name in _TABLE_PARTS or parent.name in _HOLDS:
            self.check_place(name, at)
        node = Node(name, at, attributes, parent)
        self.nodes.append(parent.take(node))
        node.end = end
        if name in VOID or (closed and (self.open["svg"] or name == "svg")):
            return
        self.node = node
        self.open[name] += 1

    def end_paragraph(self, name: str, at: int) -> None:
        """A block ends an open paragraph; inside of <b> and its like it cuts them in two."""
        node: Node | None = self.node
        inner = ""
        while node is not None and node.name != "p":
            if node.name in _WALLS or node.name in ("button", "table"):
                return
            inner = inner or node.name
            node = node.parent
        if node is None:
            return
        if inner:
            fix = f"Close </{inner}></p>."
            self.report.add("tag_misplaced", at, f"<{name}>", "p", fix=fix)
            self.forgive(node)
        self.pop_to(node.parent or self.top, at, "")

    def forgive(self, last: Node) -> None:
        """Do not tell again of the elements up to `last`, which one flaw cuts off."""
        node = self.node
        while True:
            self.cut[node.name] += 1
            if node is last or node.parent is None:
                return
            node = node.parent

    def end_siblings(self, name: str, at: int) -> None:
        """A list item, a cell or a row ends the one before."""
        ended, walls = _ENDS[name]
        node: Node | None = self.node
        last = None
        while node is not None and node.name not in walls:
            if node.name in ended:
                last = node
                if name in ("li", "dt", "dd"):
                    break
            node = node.parent
        if last is not None:
            self.pop_to(last.parent or self.top, at, f"<{name}>")

    def check_place(self, name: str, at: int) -> None:
        """Parts of tables stand in tables, and nothing else directly in theirs."""
        parent = self.node.name
        if parent in _HOLDS:
            if name not in _HOLDS[parent] and name not in _ANYWHERE:
                self.misplaced(f"<{name}>", parent, at)
        elif name in _TABLE_PARTS and parent != "template":
            fix = "Write <table> around its rows."
            self.report.add("tag_misplaced", at, f"<{name}>", parent or "nothing", fix=fix)

    def misplaced(self, what: str, parent: str, at: int) -> None:
        """Note what a parser moves out of a table."""
        self.report.add("tag_misplaced", at, what, parent, fix="Put it in a cell: <td>…</td>.")

    def stop(self, name: str, at: int, end: int) -> None:
        """Close an element, and what is still open in it."""
        node = self.node
        if self.open[name]:
            while node.name != name and node.name not in _WALLS and node.parent is not None:
                node = node.parent
            if node.name != name and name in _HOLDS:
                while node.name != name and node.parent is not None:
                    node = node.parent
            if node.name == name:
                self.pop_to(node, at, f"</{name}>")
                self.pop()
                node.end = end
                return
        if self.cut[name]:
            self.cut[name] -= 1
        elif name not in ROOTS:
            self.report.add("tag_unopened", at, name)

    def pop_to(self, node: Node, at: int, before: str) -> None:
        """Close what is open below `node`; tell of what should have been closed."""
        while self.node is not node and self.node is not self.top:
            name = self.node.name
            left = before and name not in _OPTIONAL
            if left and not (before == "the end" and self.node.parent is self.top):
                self.report.add("tag_unclosed", self.node.at, name, before)
                self.cut[name] += 1
            self.node.end = at
            self.pop()

    def pop(self) -> None:
        """Leave the innermost element."""
        self.open[self.node.name] -= 1
        self.node = self.node.parent or self.top

    def say(self, at: int, end: int) -> None:
        """Take a text in."""
        text = self.html[at:end]
        if text.isspace():
            return
        node = self.node
        if not (self.open["svg"] or self.open["pre"]):
            node.size += len(text.split())
        if node.name in _HOLDS:
            self.misplaced("Text", node.name, at + len(text) - len(text.lstrip()))
        if node is self.top and self.loose is None:
            self.loose = at + len(text) - len(text.lstrip())
        teller: Node | None = node
        while teller is not None and not teller.text:
            teller.text = True
            teller = teller.parent

"""The element tree as written, and what a parser would repair."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from .markup import BROKEN, END, START, tokens
from .nodes import (
    ANYWHERE,
    CLOSES_P,
    ENDS,
    HOLDS,
    MAX_DEPTH,
    OPTIONAL,
    ROOTS,
    TABLE_PARTS,
    VOID,
    WALLS,
    Node,
)

if TYPE_CHECKING:
    from .markup import Token


class Tree:
    """Reads a source. `nodes` are in its order; a flaw is a code, a place and words."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.top = self.node = Node("", 0, {}, None)
        self.nodes: list[Node] = []
        self.flaws: list[tuple[Any, ...]] = []
        self.open: Counter[str] = Counter()
        self.cut: Counter[str] = Counter()  # told already: their late end tags are no news
        self.depth = 0
        self.loose: int | None = None  # where words stand outside of any element
        self.broken = False
        for token in tokens(html):
            if not self.take(token):
                self.broken = True
                break
        self.pop_to(self.top, len(html), "" if self.broken else "the end")
        for node in reversed(self.nodes):
            if node.parent is not None:
                node.parent.size += node.size

    def take(self, token: Token) -> bool:
        """Read one token; tell whether to go on."""
        kind, at, end, name, _, _ = token
        if kind == START:
            return self.start(token)
        if kind == END:
            self.stop(name, at, end)
        elif kind == BROKEN:
            self.flaws.append(("unclosed_tag", at, name))
        else:
            self.say(at, end)
        return kind != BROKEN

    def start(self, token: Token) -> bool:
        """Open an element below those that it does not end."""
        _, at, end, name, attributes, closed = token
        if name in ROOTS and self.open[name]:
            return True
        if self.open["p"] and name in CLOSES_P and not self.open["svg"]:
            self.end_paragraph(name, at)
        if name in ENDS:
            self.end_siblings(name, at)
        parent = self.node
        if name in TABLE_PARTS or parent.name in HOLDS:
            self.check_place(name, at)
        node = Node(name, at, attributes, parent)
        self.nodes.append(parent.take(node))
        node.end = end
        if name in VOID or (closed and (self.open["svg"] or name == "svg")):
            return True
        self.node = node
        self.open[name] += 1
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.flaws.append(("too_deep", at, MAX_DEPTH))
        return self.depth <= MAX_DEPTH

    def end_paragraph(self, name: str, at: int) -> None:
        """A block ends an open paragraph; inside of <b> and its like it cuts them in two."""
        node: Node | None = self.node
        inner = ""
        while node is not None and node.name != "p":
            if node.name in WALLS or node.name in ("button", "table"):
                return
            inner = inner or node.name
            node = node.parent
        if node is None:
            return
        if inner:
            self.flaws.append(("tag_misplaced", at, f"<{name}>", "p", f"Close </{inner}></p>."))
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
        ended, walls = ENDS[name]
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
        if parent in HOLDS:
            if name not in HOLDS[parent] and name not in ANYWHERE:
                self.misplaced(f"<{name}>", parent, at)
        elif name in TABLE_PARTS and parent != "template":
            fix = "Write <table> around its rows."
            self.flaws.append(("tag_misplaced", at, f"<{name}>", parent or "nothing", fix))

    def misplaced(self, what: str, parent: str, at: int) -> None:
        """Note what a parser moves out of a table."""
        self.flaws.append(("tag_misplaced", at, what, parent, "Put it in a cell: <td>…</td>."))

    def stop(self, name: str, at: int, end: int) -> None:
        """Close an element, and what is still open in it."""
        node = self.node
        if self.open[name]:
            while node.name != name and node.name not in WALLS and node.parent is not None:
                node = node.parent
            if node.name != name and name in HOLDS:
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
            self.flaws.append(("tag_unopened", at, name))

    def pop_to(self, node: Node, at: int, before: str) -> None:
        """Close what is open below `node`; tell of what should have been closed."""
        while self.node is not node and self.node is not self.top:
            name = self.node.name
            left = before and name not in OPTIONAL
            if left and not (before == "the end" and self.node.parent is self.top):
                self.flaws.append(("tag_unclosed", self.node.at, name, before))
                self.cut[name] += 1
            self.node.end = at
            self.pop()

    def pop(self) -> None:
        """Leave the innermost element."""
        self.open[self.node.name] -= 1
        self.depth -= 1
        self.node = self.node.parent or self.top

    def say(self, at: int, end: int) -> None:
        """Take a text in."""
        text = self.html[at:end]
        if text.isspace():
            return
        node = self.node
        if not (self.open["svg"] or self.open["pre"]):
            node.size += len(text.split())
        if node.name in HOLDS:
            self.misplaced("Text", node.name, at + len(text) - len(text.lstrip()))
        if node is self.top and self.loose is None:
            self.loose = at + len(text) - len(text.lstrip())
        teller: Node | None = node
        while teller is not None and not teller.text:
            teller.text = True
            teller = teller.parent

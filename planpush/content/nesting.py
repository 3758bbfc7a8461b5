"""The stack of open elements as an HTML parser would keep it, to price a document before parsing.

A model of the tree construction rules of the HTML standard: names only, no nodes. Where it is not
exact it errs to the deeper stack, so that a document costs at most what the model says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container

from planpush.content.elements import (
    BLOCKS,
    BREAKOUT,
    BUTTON_SCOPE,
    CLOSES_P,
    FORMATTING,
    HEADINGS,
    INTEGRATION,
    KEEPS_FORMATTING,
    LIST_SCOPE,
    MARKERS,
    OUTSIDE_TABLE,
    ROOTS,
    ROW_GROUPS,
    RUBY,
    SCOPE,
    SPECIAL,
    TABLE_PARTS,
    TABLE_SCOPE,
    VOID,
)
from planpush.content.formatting import ActiveFormatting, Formatting


class OpenElements:
    """Follows start tags, end tags and text; counts the elements and copied bytes they cost."""

    def __init__(self) -> None:
        self.stack: list[tuple[str, Formatting | None]] = []
        self.active = ActiveFormatting()
        self.open: Counter[str] = Counter()
        self.elements = 0
        self.copied = 0
        self.reopened = 0

    @property
    def top(self) -> str:
        """The innermost open element; foreign ones as `svg name` or `math name`."""
        return self.stack[-1][0] if self.stack else ""

    def foreign(self) -> bool:
        """Whether a start tag now would make an SVG or MathML element."""
        top = self.top
        return " " in top and top not in INTEGRATION

    def start(self, name: str, attributes: str, markup: str, self_closed: bool) -> None:
        """Open an element as the parser would, closing what it implies."""
        self.elements += 1
        if self.foreign():
            if not self._breaks_out(name, attributes):
                if not self_closed:
                    self._push(f"{self.top.split()[0]} {name}")
                return
            while self.foreign():
                self._pop()
        if name not in KEEPS_FORMATTING:
            self.reconstruct()
        if name in ("svg", "math"):
            if not self_closed:
                self._push(f"{name} {name}")
        elif name in TABLE_PARTS:
            self._table_part(name)
        elif name not in ROOTS:
            self._html(name, markup)

    def end(self, name: str) -> bool:
        """Close an element; False if there was none to close."""
        if self.stack and self.stack[-1][0] == name:
            _, entry = self.stack[-1]
            self._pop()
            if entry is not None:
                self.active.forget(entry)
            return True
        for index in range(len(self.stack) - 1, -1, -1):
            label = self.stack[index][0]
            if " " not in label:
                break
            if label.split()[1] == name:
                self._pop_to(index)
                return True
        if name in FORMATTING:
            return self._end_formatting(name)
        return self._close(HEADINGS if name in HEADINGS else (name,), self._barrier(name))

    def text(self, blank: bool) -> None:
        """Take text in: it opens formatting elements again."""
        if not self.foreign() and not (blank and self.top in TABLE_PARTS | {"table"}):
            self.reconstruct()

    def reconstruct(self) -> None:
        """Open the active formatting elements again that a block has closed."""
        if self.active.is_open():
            return
        closed = self.active.closed()
        for entry in closed:
            entry.open = True
            self._push(entry.name, entry)
            self._copies(1, entry)
        self.reopened = max(self.reopened, len(closed))

    def _html(self, name: str, markup: str) -> None:
        if self.open["p"] and name in CLOSES_P:
            self._close(("p",), BUTTON_SCOPE)
        if name in ("li", "dd", "dt"):
            self._close_item(("li",) if name == "li" else ("dd", "dt"))
        elif name in FORMATTING:
            self._start_formatting(name, markup)
            return
        elif name == "table":
            self._close(("table",), MARKERS | INTEGRATION | {"select"})
        elif name == "button" and self._close(("button",), SCOPE):
            self.reconstruct()
        elif self._closed_by_sibling(name):
            self._pop()
            self.reconstruct()
        if name not in VOID and not (name == "select" and self._find(("select",), ()) >= 0):
            self._push(name)

    def _closed_by_sibling(self, name: str) -> bool:
        if name in HEADINGS:
            return self.top in HEADINGS
        if name in RUBY:
            return self.top in RUBY and self._find(("ruby",), SCOPE) >= 0
        return name in ("option", "optgroup") and self.top == "option"

    def _close_item(self, names: tuple[str, ...]) -> None:
        if not any(self.open[name] for name in names):
            return
        for index in range(len(self.stack) - 1, -1, -1):
            label = self.stack[index][0]
            if label in names:
                self._pop_to(index)
                return
            if label in SPECIAL and label not in ("address", "div", "p"):
                return

    def _table_part(self, name: str) -> None:
        if self._find(("table",), OUTSIDE_TABLE) < 0:
            return
        parents = {"td": ("tr",), "th": ("tr",), "tr": ROW_GROUPS, "col": ("colgroup",)}
        wanted: Container[str] = parents.get(name, ())
        while self.top != "table" and self.top not in wanted:
            self._pop()
        if name in ("td", "th", "tr") and self.top == "table":
            self._push("tbody")
            self.elements += 1
        if name in ("td", "th") and self.top != "tr":
            self._push("tr")
            self.elements += 1
        self.elements += name == "col"
        if name != "col":
            self._push(name)

    def _start_formatting(self, name: str, markup: str) -> None:
        if name in ("a", "nobr") and self.active.last(name):
            self._end_formatting(name)
            self.reconstruct()
        entry = self.active.add(name, markup)
        self._push(name, entry)

    def _end_formatting(self, name: str) -> bool:
        entry = self.active.last(name)
        if entry is None:
            return self._close((name,), SPECIAL)
        if not entry.open:
            self.active.forget(entry)
            return False
        index = next(i for i in range(len(self.stack) - 1, -1, -1) if self.stack[i][1] is entry)
        above = [label for label, _ in self.stack[index + 1 :]]
        if any(label in SCOPE for label in above):
            return False
        blocks = sum(label in SPECIAL for label in above)
        if not blocks:
            self._pop_to(index)
        else:
            self._copies(4 * min(8, blocks), entry)
            if blocks <= 8:
                del self.stack[index]
                self.open[name] -= 1
        if blocks <= 8:
            self.active.forget(entry)
        return True

    def _breaks_out(self, name: str, attributes: str) -> bool:
        if name == "font":
            words = attributes.lower().replace("/", " ").replace("=", " ").split()
            return not {"color", "face", "size"}.isdisjoint(words)
        return name in BREAKOUT

    def _barrier(self, name: str) -> Container[str]:
        if name in TABLE_PARTS or name == "table":
            return TABLE_SCOPE - {name}
        if name == "p":
            return BUTTON_SCOPE
        if name == "li":
            return LIST_SCOPE
        return SCOPE - {name} if name in BLOCKS or name == "select" else SPECIAL - {name}

    def _close(self, names: Collection[str], barrier: Container[str]) -> bool:
        index = self._find(names, barrier)
        if index >= 0:
            self._pop_to(index)
        return index >= 0

    def _find(self, names: Collection[str], barrier: Container[str]) -> int:
        if not any(self.open[name] for name in names):
            return -1
        for index in range(len(self.stack) - 1, -1, -1):
            label = self.stack[index][0]
            if label in names:
                return index
            if label in barrier:
                return -1
        return -1

    def _push(self, label: str, entry: Formatting | None = None) -> None:
        self.stack.append((label, entry))
        self.open[label] += 1
        if label in MARKERS:
            self.active.mark()

    def _pop_to(self, index: int) -> None:
        while len(self.stack) > index:
            self._pop()

    def _pop(self) -> None:
        label, entry = self.stack.pop()
        self.open[label] -= 1
        if entry is not None:
            entry.open = False
        elif label in MARKERS:
            self.active.clear_to_mark()

    def _copies(self, count: int, entry: Formatting) -> None:
        self.elements += count
        self.copied += count * len(entry.markup)

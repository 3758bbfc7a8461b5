"""Estimates the cost of parsing a document before it is parsed.

A model of the tree construction rules of the HTML standard: names only, no nodes. Where it is not
exact it errs to the deeper stack, so that a document costs at most what the model says.

Plain is a source whose tags all close in turn, stand where a parser leaves them, and are written as
the vocabulary shows them. Such a source costs a parser what its length and its tags cost, so that
of all limits only the number of elements, and the size of a tag and a text, are left to look at.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Container
from dataclasses import dataclass

from planpush.document.html.elements import (
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
    words,
)

_SAME = 3  # of one kind are kept; the standard calls this the Noah's Ark clause


@dataclass(slots=True, eq=False)
class Formatting:
    """An element that parsers open a copy of again in every block that follows, until it ends."""

    name: str
    markup: str
    open: bool = True


class ActiveFormatting:
    """Formatting elements not yet ended, outermost first, with a mark (None) at each table cell."""

    def __init__(self) -> None:
        self._entries: list[Formatting | None] = []

    def add(self, name: str, markup: str) -> Formatting:
        """Append an element that was just opened."""
        if self._entries:
            same = [entry for entry in self._since_mark() if entry.markup == markup]
            if len(same) >= _SAME:
                self.forget(same[-1])
        entry = Formatting(name, markup)
        self._entries.append(entry)
        return entry

    def forget(self, entry: Formatting) -> None:
        """Take an element off the list, if it is there."""
        if self._entries and self._entries[-1] is entry:
            self._entries.pop()
        else:
            self._entries = [known for known in self._entries if known is not entry]

    def last(self, name: str) -> Formatting | None:
        """The innermost element of that name since the mark."""
        return next((entry for entry in self._since_mark() if entry.name == name), None)

    def is_open(self) -> bool:
        """Whether nothing has to be opened again."""
        entry = self._entries[-1] if self._entries else None
        return entry is None or entry.open

    def closed(self) -> list[Formatting]:
        """The elements at the end of the list that a block has closed, outermost first."""
        found: list[Formatting] = []
        for entry in self._since_mark():
            if entry.open:
                break
            found.append(entry)
        return found[::-1]

    def mark(self) -> None:
        """Begin a scope, such as a table cell."""
        self._entries.append(None)

    def clear_to_mark(self) -> None:
        """End the innermost scope."""
        while self._entries and self._entries.pop() is not None:
            pass

    def _since_mark(self) -> list[Formatting]:
        found: list[Formatting] = []
        for entry in reversed(self._entries):
            if entry is None:
                break
            found.append(entry)
        return found


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


LONGEST = 400
"""Characters of a plain tag; with the text behind it, it may have ten times as many."""
DEEPEST = 100

_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)((?: [A-Za-z-]+=\"[^\"<>]*\")*) ?(/?)>")
_VOID = words("br hr input wbr")
_BRIEF = words("abbr bdi bdo cite data del dfn ins kbd label mark q samp span sub sup time var")
_BRIEF |= (FORMATTING & words("a b code em i s small strong u")) | {"br", "input", "wbr", "svg"}
_WIDE = words(
    "address article aside blockquote details div dl figcaption figure footer header hr nav ol p"
    " pre section summary table ul"
)
_WHOLE = _BRIEF | _WIDE | HEADINGS
_DRAWN = words(
    "circle defs ellipse g line marker path pattern polygon polyline rect stop svg symbol text"
    " tspan use"
)
_ROWS = words("tbody tfoot thead tr")
_INSIDE = {
    **dict.fromkeys(_BRIEF - _VOID, _BRIEF),
    **dict.fromkeys(HEADINGS | {"p", "pre"}, _BRIEF),
    **dict.fromkeys(_WIDE - _VOID - {"p", "pre"}, _WHOLE),
    **dict.fromkeys(_DRAWN, _DRAWN),
    **dict.fromkeys(("td", "th", "li", "dd", "dt", "caption"), _WHOLE),
    **dict.fromkeys(("ul", "ol"), words("li")),
    **dict.fromkeys(("tbody", "tfoot", "thead"), words("tr")),
    "dl": words("dd dt div"),
    "table": _ROWS | {"caption"},
    "tr": words("td th"),
}
"""What each element may hold so that a parser moves, closes and repeats nothing."""
_BODY, _GROUP = "table ", "div "  # with the <tbody> that the parser adds; of the terms of a list
_INSIDE |= {_BODY: words("tr"), _GROUP: words("dd dt")}


def elements(text: str) -> int | None:
    """Return how many elements a parser makes of a plain source; None: it is not plain."""
    tags = _TAG.findall(text)
    if text.count("<") != len(tags) or _is_long(text):
        return None
    count, stack, inside = 0, [""], _WHOLE
    for slash, name, attributes, closed in tags:
        if slash:
            last = stack.pop()
            if attributes or closed or last not in (name, f"{name} "):
                return None
            inside = _INSIDE[stack[-1]] if len(stack) > 1 else _WHOLE
            continue
        if name not in inside or len(attributes) > LONGEST - 20 or _is_alone(name, stack):
            return None
        count += 1
        if name == "tr" and stack[-1] == "table":
            count, stack[-1] = count + 1, _BODY
        if closed or name in _VOID:
            if closed and inside is not _DRAWN and name not in _VOID and name != "svg":
                return None
            continue
        stack.append(_GROUP if name == "div" and stack[-1] == "dl" else name)
        inside = _INSIDE[stack[-1]]
    return count if len(stack) == 1 else None


def _is_long(text: str) -> bool:
    return max(map(len, text.split("<"))) >= 10 * LONGEST


def _is_alone(name: str, stack: list[str]) -> bool:
    """Tell whether an element must not stand here, however far below another of its name."""
    if name in ("a", "table") and (name in stack or _BODY in stack):
        return True
    return len(stack) > DEEPEST

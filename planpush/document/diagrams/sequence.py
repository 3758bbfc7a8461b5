"""Sequence diagrams."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree.ElementTree import Element

from planpush.document.diagrams import styles
from planpush.document.diagrams.shapes import Keys, Line, box, lines
from planpush.document.diagrams.styles import GEOMETRY, classes, label, local

_MARKER = re.compile(r"url\(#([\w-]+)\)")
_BOX = ' fill="var(--raised)" stroke="var(--line-2)"'
_MAN = ' fill="var(--raised)" stroke="var(--ink-3)" stroke-width="1.5"'
_NOTE = ' fill="var(--warn-soft)" stroke="var(--warn-line)"'
_LIFE = ' stroke="var(--line-2)" stroke-dasharray="3 4"'
_FRAME = ' fill="none" stroke="var(--line-control)" stroke-dasharray="4 3"'
_HIT = ' fill="none" stroke="var(--surface)" stroke-opacity="0" stroke-width="14"'
_MESSAGE = ' fill="none" stroke="var(--ink-3)" stroke-width="1.5"'
_DOWN = 5.0  # from the middle of a line of text to its baseline


class Sequence:
    """Draws the engine's picture of a sequence anew, part by part."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self.markers: set[str] = set()
        self.nodes = self.edges = 0
        self._said: dict[str, str] = {}
        self._words: list[Element] = []
        self._numbers: list[str] = []
        self._ground: list[str] = []

    def draw(self, root: Element) -> str:
        """Return what is drawn, without the `<svg>` around it: lines below, parts above."""
        for element in root.iter():
            if element.get("data-et") == "participant":
                self._said[element.get("data-id", "")] = _text(element)
        below: list[str] = []
        above: list[str] = []
        self._walk(root, below, above)
        above += self._rest()
        return "".join(self._ground + below + above + self._numbers)

    def _walk(self, element: Element, below: list[str], above: list[str]) -> None:
        for child in element:
            tag, words, what = local(child), classes(child), child.get("data-et", "")
            if tag in ("defs", "style", "symbol", "marker", "filter"):
                continue
            if what == "life-line":
                below.insert(0, styles.shape(child, _LIFE))
            elif what == "participant":
                above.append(self._participant(child))
            elif what == "note":
                above.append(self._note(child))
            elif what == "message":
                above.append(self._message(child))
            elif what == "control-structure":
                below.append(_frame(child))
            elif "actor-man" in words:
                above.append(_figure(child))
            elif tag in ("g", "a"):
                self._walk(child, below, above)
            elif tag == "text":
                self._hear(child, words, above)
            elif tag in GEOMETRY:
                self._plain(child, words, below, above)

    def _hear(self, text: Element, words: frozenset[str], above: list[str]) -> None:
        """Keep the words of a message until its line comes."""
        if "messageText" in words:
            self._words.append(text)
        elif "sequenceNumber" in words:
            said = lines(_group(text))
            for line in said:
                self._numbers.append(_badge(line))
        else:
            above += [_line(line, "var(--ink)") for line in lines(_group(text))]

    def _plain(
        self, shape: Element, words: frozenset[str], below: list[str], above: list[str]
    ) -> None:
        if "actor-bottom" in words or "actor-top" in words:
            above.append(styles.shape(shape, f'{_BOX} rx="6"' if not shape.get("rx") else _BOX))
        elif any(word.startswith("activation") for word in words):
            below.append(
                styles.shape(shape, ' fill="var(--accent-soft)" stroke="var(--accent-line)"')
            )
        elif "rect" in words:
            self._ground.append(styles.shape(shape, ' fill="var(--sunken)" stroke="var(--line)"'))
        elif "marker-start" not in shape.attrib and local(shape) != "line":
            below.append(styles.shape(shape, ' fill="var(--sunken)" stroke="var(--line-2)"'))

    def _participant(self, group: Element) -> str:
        name = group.get("data-id", "")
        self.nodes += 1
        is_man = "actor-man" in classes(group)
        content = _shapes(group, _MAN if is_man else _BOX)
        said = lines(group)
        lift = 0 if not is_man else 4
        content += "".join(
            _line(line, "var(--ink)", weight=600, down=_DOWN + lift) for line in said
        )
        found = box(group) or (0.0, 0.0, 0.0, 0.0)
        said_name = self._said.get(name) or name
        spot = found[2], found[1]
        return styles.part(self.keys.node(name), said_name, content, spot, styles.FOCUS)

    def _note(self, group: Element) -> str:
        said = _text(group)
        self.nodes += 1
        content = _shapes(group, _NOTE)
        content += "".join(_line(line, "var(--ink)", size=13) for line in lines(group))
        found = box(group) or (0.0, 0.0, 0.0, 0.0)
        return styles.part(
            self.keys.edge("note", "text", said), said, content, (found[2], found[1])
        )

    def _message(self, path: Element) -> str:
        start, end = path.get("data-from", ""), path.get("data-to", "")
        self.edges += 1
        said = [line for text in self._words for line in lines(_group(text))]
        self._words = []
        words = " ".join(line.words for line in said)
        style = ""
        if "messageLine1" in classes(path):
            style = ' stroke-dasharray="4 4"'
        for place in ("marker-start", "marker-end"):
            found = _MARKER.fullmatch(path.get(place, ""))
            if found:
                self.markers.add(found[1])
                style += f' {place}="url(#{self.keys.prefix}-{found[1]})"'
        content = styles.shape(path, _HIT) + styles.shape(path, _MESSAGE + style)
        content += "".join(_message_line(line) for line in said)
        name = f"{self._said.get(start, start)} → {self._said.get(end, end)}"
        wide = max((styles.width(line.words, 13) for line in said), default=0)
        at = (said[0].x + wide / 2 + 9, said[0].y - 2) if said else _middle(path)
        key = self.keys.edge(start, end, words)
        return styles.part(key, f"{name}: {words}" if words else name, content, at)

    def _rest(self) -> list[str]:
        return [_line(line, "var(--ink)") for text in self._words for line in lines(_group(text))]


def _group(text: Element) -> Element:
    group = Element("g")
    group.append(text)
    return group


def _text(element: Element) -> str:
    return " ".join(line.words for line in lines(element))


def _shapes(element: Element, look: str) -> str:
    return _each(element, lambda shape: styles.shape(shape, look))


def _each(element: Element, draw: Callable[[Element], str]) -> str:
    drawn = ""
    for child in element:
        if local(child) in GEOMETRY:
            drawn += draw(child)
        elif local(child) in ("g", "a"):
            inner, move = _each(child, draw), styles.transform(child)
            drawn += f"<g{move}>{inner}</g>" if move and inner else inner
    return drawn


def _line(
    line: Line, ink: str, size: float = styles.SIZE, weight: int = 0, down: float = _DOWN
) -> str:
    return label(line.x, line.y + 2 + down, line.words, ink=ink, size=size, weight=weight)


def _message_line(line: Line) -> str:
    wide = styles.width(line.words, 13) + 6
    n = styles.number
    ground = (
        f'<rect x="{n(line.x - wide / 2)}" y="{n(line.y - 7)}" width="{n(wide)}" height="17"'
        ' rx="3" fill="var(--surface)" fill-opacity="0.85"></rect>'
    )
    return ground + label(line.x, line.y + 2 + _DOWN, line.words, ink="var(--ink)", size=13)


def _badge(line: Line) -> str:
    n = styles.number
    return (
        f'<circle cx="{n(line.x)}" cy="{n(line.y - 2)}" r="9" fill="var(--ink-2)"></circle>'
        + label(line.x, line.y + 2, line.words, ink="var(--surface)", size=11.5, weight=600)
    )


def _frame(group: Element) -> str:
    """Return a loop, an alternative and their like, with the words on it."""

    def draw(shape: Element) -> str:
        if "labelBox" in classes(shape):
            return styles.shape(shape, ' fill="var(--sunken)" stroke="var(--line-control)"')
        return styles.shape(shape, _FRAME)

    said = lines(group)
    return _each(group, draw) + "".join(
        _line(
            line,
            "var(--ink-2)",
            size=12.5,
            weight=600 if "labelText" in line.around else 0,
            down=3 if "labelText" in line.around else 0,
        )
        for line in said
    )


def _figure(group: Element) -> str:
    """Return the bottom copy of a stick figure."""
    said = "".join(_line(line, "var(--ink)", weight=600) for line in lines(group))
    return _shapes(group, _MAN) + said


def _middle(path: Element) -> tuple[float, float]:
    found = box(path)
    if found:
        return (found[0] + found[2]) / 2, found[1] - 6
    ends = [float(path.get(name, "0") or 0) for name in ("x1", "x2", "y1")]
    return (ends[0] + ends[1]) / 2, ends[2] - 6

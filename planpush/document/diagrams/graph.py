"""Flowcharts, state, class and entity diagrams."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree.ElementTree import Element

from planpush.document.diagrams import shapes, styles
from planpush.document.diagrams.shapes import Keys, Line, Point, box, lines, middle, moved
from planpush.document.diagrams.styles import classes, label, local

_NODE = re.compile(r"(?:flowchart|state|entity|classId)-(.*?)(?:-[0-9]+)?", re.DOTALL)
_CLUSTER = re.compile(r"(?:state-(.*?)-[0-9]+|(.*))", re.DOTALL)
_MARKER = re.compile(r"url\(#([\w-]+)\)")
_PSEUDO = re.compile(r".*_(start|end)[0-9]*")
_NOTE = re.compile(r"(.*----note)-[0-9]+", re.DOTALL)
_LINE = ' fill="none" stroke="var(--ink-3)" stroke-width="1.5"'
_HIT = ' fill="none" stroke="var(--surface)" stroke-opacity="0" stroke-width="14"'
_ROWS = ("attribute-", "members-group", "methods-group")


class Graph:
    """Draws the engine's picture of a graph anew, part by part."""

    def __init__(self, kind: str, keys: Keys, ends: Mapping[str, list[str]]) -> None:
        self.kind, self.keys, self.ends = kind, keys, ends
        self.drawing = ""
        self.names: dict[str, str] = {}
        self.said: dict[str, str] = {}
        self.markers: set[str] = set()
        self.nodes = self.edges = 0
        self._labels: dict[str, list[tuple[Point, list[str]]]] = {}

    def draw(self, root: Element) -> str:
        """Return what is drawn, without the `<svg>` around it."""
        self.drawing = root.get("id", "") + "-"
        self._read(root, 0, 0)
        return self._layer(root)

    def _read(self, element: Element, x: float, y: float) -> None:
        """Note what nodes are called, before the edges between them are drawn."""
        for child in element:
            words = classes(child)
            dx, dy = moved(child)
            if "node" in words or shapes.is_cluster(words):
                name = self._name(child)
                self.names.setdefault(self._id(child), name)
                self.said.setdefault(name, self._label_of(child, name))
                if shapes.is_cluster(words):
                    self._read(child, x + dx, y + dy)
            elif "edgeLabel" in words:
                self._read_label(child)
            elif local(child) in ("g", "a"):
                self._read(child, x + dx, y + dy)

    def _read_label(self, group: Element) -> None:
        for inner in group.iter():
            if inner.get("data-id"):
                said = [line.words for line in lines(group)]
                if said:
                    self._labels.setdefault(inner.get("data-id", ""), []).append(
                        (moved(group), said)
                    )
                return

    def _id(self, node: Element) -> str:
        return node.get("id", "").removeprefix(self.drawing)

    def _name(self, node: Element) -> str:
        given = node.get("data-id")
        pattern = _CLUSTER if shapes.is_cluster(classes(node)) else _NODE
        found = pattern.fullmatch(self._id(node))
        return given or next((name for name in (found.groups() if found else ()) if name), "part")

    def _label_of(self, node: Element, name: str) -> str:
        said = lines(node)
        if self.kind in ("er", "class"):
            said = [line for line in said if line.around & {"name", "label-group"}] or said[:1]
        pseudo = _PSEUDO.fullmatch(name)
        if not said and pseudo:
            return pseudo[1].capitalize()
        return " ".join(line.words for line in said) or name

    def _layer(self, element: Element) -> str:
        drawn = []
        for child in element:
            words = classes(child)
            if "node" in words:
                drawn.append(self._node(child))
            elif shapes.is_cluster(words):
                drawn.append(self._cluster(child))
            elif child.get("data-edge") == "true":
                drawn.append(self._edge(child))
            elif "edgeTerminals" in words:
                drawn.append(self._terminal(child))
            elif local(child) in ("g", "a") and "edgeLabel" not in words:
                inner = self._layer(child)
                move = styles.transform(child)
                drawn.append(f"<g{move}>{inner}</g>" if inner and move else inner)
        return "".join(drawn)

    def _node(self, node: Element) -> str:
        name = self._name(node)
        self.nodes += 1
        words = classes(node)
        tone = styles.family(sorted(words - {"node", "default"}), shapes.inline_styles(node))
        colours = styles.node_paint(tone, "note" if "statediagram-note" in words else "")
        pseudo = _PSEUDO.fullmatch(name) if self.kind == "state" and not lines(node) else None
        if pseudo:
            content, spot = shapes.pseudo(pseudo[1]), (9.0, -9.0)
        else:
            content = shapes.shapes(node, colours) + self._words(node, colours["ink"])
            spot = shapes.corner(node)
        return styles.part(
            self.keys.node(name),
            self.said[name],
            content,
            spot,
            styles.FOCUS + styles.transform(node),
        )

    def _words(self, node: Element, ink: str) -> str:
        said = lines(node)
        found = box(node) if self.kind == "state" and len(said) == 1 else None
        if found:  # the engine makes room for several lines there, but writes one
            return shapes.paragraph(said[0].words, found, moved(node), ink)
        return "".join(self._line(line, ink) for line in said)

    def _line(self, line: Line, ink: str) -> str:
        x, anchor, weight, size = line.x, "middle", 0, float(styles.SIZE)
        if self.kind == "state":
            x = 0
        elif self.kind in ("er", "class"):
            if not any(word.startswith(_ROWS) for word in line.around):
                x, size = 0, 13.5
                weight = 0 if line.around & {"annotation-group", "noteLabel"} else 600
            else:
                anchor, size = "start", 13
            if line.around & {"attribute-type", "attribute-comment", "annotation-group"}:
                ink = "var(--ink-2)"
        return label(x, line.y, line.words, ink=ink, size=size, anchor=anchor, weight=weight)

    def _cluster(self, cluster: Element) -> str:
        name = self._name(cluster)
        outline = ' fill="var(--sunken)" stroke="var(--line-2)" stroke-dasharray="4 3"'
        if "note-cluster" in classes(cluster):
            return ""
        rects = [shape for shape in cluster.iter() if local(shape) == "rect"]
        outlines = "".join(styles.shape(rect, outline) for rect in rects[:1])
        found = box(cluster) or (0.0, 0.0, 0.0, 0.0)
        centre = (found[0] + found[2]) / 2
        if not lines(cluster):  # one of several regions: the engine's own, without a name
            return outlines + self._inside(cluster)
        said = "".join(
            label(centre, line.y + 4, line.words, ink="var(--ink-2)", size=13, weight=600)
            for line in lines(cluster)
        )
        self.nodes += 1
        spot = found[2] - 6, found[1] + 4
        part = styles.part(self.keys.node(name), self.said[name], outlines + said, spot)
        return part + self._inside(cluster)

    def _inside(self, cluster: Element) -> str:
        return "".join(self._layer(child) for child in cluster if "nodes" in classes(child))

    def _edge(self, path: Element) -> str:
        self.edges += 1
        known = path.get("data-id", "")
        start, end = self._ends_of(known)
        at, said = self._label_at(known, path)
        name = f"{self.said.get(start, start)} → {self.said.get(end, end)}".strip(" →")
        words = " ".join(said)
        content = styles.shape(path, _HIT) + styles.shape(path, _LINE + self._style(path))
        content += shapes.tag(at, said)
        wide = max((styles.width(line, shapes.SMALL) for line in said), default=-10)
        spot = at[0] + wide / 2 + 9, at[1] - 8 * len(said)
        key = self.keys.edge(start or known, end)
        return styles.part(key, ": ".join(filter(None, (name, words))) or "Edge", content, spot)

    def _label_at(self, known: str, path: Element) -> tuple[Point, list[str]]:
        waiting = self._labels.get(known)
        return waiting.pop(0) if waiting else (middle(path), [])

    def _ends_of(self, known: str) -> tuple[str, str]:
        """Return the names of the nodes that an edge joins, from the engine or from its id."""
        if known in self.ends:
            start, end = (_NOTE.sub(r"\1", name) for name in self.ends[known][:2])
            return start, end
        body = re.sub(r"^(?:L|id)_|_[0-9]+$|-[0-9]+$", "", known)
        for at in (found.start() for found in re.finditer("[_-]", body)):
            left, right = body[:at], body[at + 1 :]
            for names in (self.names, {name: name for name in self.said}):
                if left in names and right in names:
                    return names[left], names[right]
        return "", ""

    def _style(self, path: Element) -> str:
        words, drawn = " ".join(classes(path)), ""
        if "thickness-invisible" in words:
            return ' stroke-opacity="0"'
        if "thickness-thick" in words:
            drawn += ' stroke-linecap="round"'
        if "pattern-dotted" in words or "pattern-dashed" in words or "dashed-line" in words:
            drawn += ' stroke-dasharray="4 4"'
        for end in ("marker-start", "marker-end"):
            if found := _MARKER.fullmatch(path.get(end, "")):
                self.markers.add(found[1])
                drawn += f' {end}="url(#{self.keys.prefix}-{found[1]})"'
        return drawn

    def _terminal(self, group: Element) -> str:
        dx, dy = moved(group)
        said = [line.words for line in lines(group)]
        return "".join(label(dx, dy + 4, words, ink="var(--ink-2)", size=12) for words in said)

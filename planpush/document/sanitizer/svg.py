"""SVG drawings: where their elements are and what they refer to, with bounded expansion.

A drawing of a few kilobytes whose parts refer to each other, each twice to the next, has more
shapes than any browser can draw. So references do not nest, and their product is bounded.
"""

from __future__ import annotations

import re
from hashlib import sha256
from itertools import accumulate

from planpush.document.html.tokens import TAG, VOID
from planpush.errors import Finding, InvalidDocument

ATTRIBUTE = re.compile(r' ([^\s=<>"]+)="([^"]*)"')
_NAME = re.compile(r"(d-[^%&]{0,150}?)(?:\.[0-9a-f]{24})*")
_URL = re.compile(r"url\(#([^()]*)\)")
_LINKED = ("use", "textPath", "linearGradient", "radialGradient", "pattern")
_HEAVY = 1_000


class Shape:
    """One element inside of an `<svg>`; `shapes[index:last]` is its subtree.

    `start` and `end` are the offsets of its start tag, `drawing` is its outermost `<svg>`,
    `references` are (attribute, plain name), `weight` grows with its markup and text.
    """

    __slots__ = (
        "attributes",
        "drawing",
        "end",
        "last",
        "name",
        "references",
        "start",
        "tag",
        "vertices",
        "weight",
    )

    def __init__(self, tag: str, attributes: str, start: int, end: int) -> None:
        self.tag, self.attributes, self.start, self.end = tag, attributes, start, end
        self.drawing = self.last = self.vertices = 0
        self.weight, self.name = 1, ""
        self.references: list[tuple[str, str]] = []
        for name, value in ATTRIBUTE.findall(attributes):
            if name == "id":
                self.name = plain(value)
            elif name in ("d", "points"):
                self.vertices = len(value)
            elif (target := referred(tag, name, value)) is not None:
                self.references.append((name, target))


def read(html: str) -> list[Shape]:
    """Return the elements of all drawings in document order."""
    shapes: list[Shape] = []
    stack: list[int] = []
    for match in TAG.finditer(html):
        closing, tag, attributes = match.groups()
        if closing:
            if stack:
                shapes[stack.pop()].last = len(shapes)
        elif (stack or tag == "svg") and tag not in VOID:
            shape = Shape(tag, attributes, match.start(), match.end())
            shape.drawing = stack[0] if stack else len(shapes)
            shape.weight += (html.find("<", shape.end) - shape.start) // _HEAVY
            stack.append(len(shapes))
            shapes.append(shape)
    for open_still in stack:
        shapes[open_still].last = len(shapes)
    return shapes


def plain(name: str) -> str:
    """Return an authored name without our mark, or "" for one that nothing may refer to."""
    match = _NAME.fullmatch(name)
    return match[1] if match else ""


def referred(tag: str, attribute: str, value: str) -> str | None:
    """Return the plain name that an attribute refers to ("" for none of ours), else None."""
    if attribute == "href" and tag in _LINKED:
        return None if value.startswith("#pp-i-") else plain(value[1:])
    match = _URL.fullmatch(value)
    return plain(match[1]) if match else None


class Sums:
    """Sums of one number over subtrees."""

    def __init__(self, shapes: list[Shape], numbers: list[int]) -> None:
        self.shapes, self.totals = shapes, [0, *accumulate(numbers)]

    def below(self, at: int) -> int:
        """Return the sum over the subtree of `shapes[at]`, itself included."""
        return self.totals[self.shapes[at].last] - self.totals[at]


MOST = 20_000
"""Shapes that all references of a section may draw."""

_FLAT = ("clipPath", "marker", "mask", "pattern", "filter", "linearGradient", "radialGradient")
_PAINTED = ("clipPath", "marker", "mask", "pattern", "filter")
_INHERITED = ("fill", "stroke", "marker-start", "marker-mid", "marker-end")


def settle(html: str) -> str:
    """Return sanitised `html` of one section with only such references as are safe to draw.

    A reference without a target in the section goes. Targets are named after their drawing's
    content, so that no other section (or version, beside it) can put its own in their place.
    Raises InvalidDocument (`nested_references`, `too_many_references`).
    """
    if "<svg" not in html:
        return html
    shapes = read(html)
    targets: dict[str, int] = {}
    for at, shape in enumerate(shapes):
        if shape.name:
            targets.setdefault(shape.name, at)
    for shape in shapes:
        shape.references = [link for link in shape.references if link[1] in targets]
    _Check(shapes, targets).run()
    used = {name for shape in shapes for _, name in shape.references}
    bare = [_rewritten(shape, targets, {}) for shape in shapes]
    marks = _marks(html, shapes, bare)
    names = {name: f"{name}.{marks[shapes[targets[name]].drawing]}" for name in used}
    return _joined(html, shapes, [_rewritten(shape, targets, names) for shape in shapes])


def _rewritten(shape: Shape, targets: dict[str, int], names: dict[str, str]) -> str:
    """Return the attributes of `shape` with plain names replaced by `names`."""

    def change(match: re.Match[str]) -> str:
        attribute, value = match.groups()
        if attribute == "id":
            name = plain(value)
            return f' id="{names.get(name, name) or value}"'
        found = referred(shape.tag, attribute, value)
        if found is None:
            return match[0]
        if found not in targets:
            return "" if attribute == "href" else f' {attribute}="none"'
        name = names.get(found, found)
        return f' href="#{name}"' if attribute == "href" else f' {attribute}="url(#{name})"'

    if "#" not in shape.attributes and ' id="' not in shape.attributes:
        return shape.attributes
    return ATTRIBUTE.sub(change, shape.attributes)


def _marks(html: str, shapes: list[Shape], attributes: list[str]) -> dict[int, str]:
    """Return a mark of the content of each drawing."""
    marks = {}
    at = 0
    while at < len(shapes):
        last = shapes[at].last
        end = shapes[last].start if last < len(shapes) else len(html)
        close = html.rfind("</svg>", shapes[at].start, end)
        span = shapes[at].start, close if close >= 0 else end
        text = _joined(html, shapes[at:last], attributes[at:last], *span)
        marks[at] = sha256(text.encode()).hexdigest()[:24]
        at = last
    return marks


def _joined(
    html: str, shapes: list[Shape], attributes: list[str], at: int = 0, end: int | None = None
) -> str:
    """Return `html[at:end]` with other attributes on its shapes."""
    parts = []
    for shape, text in zip(shapes, attributes, strict=True):
        parts += [html[at : shape.start], f"<{shape.tag}{text}>"]
        at = shape.end
    return "".join([*parts, html[at:end]])


class _Check:
    """The references of one section, all with a target, being judged."""

    def __init__(self, shapes: list[Shape], targets: dict[str, int]) -> None:
        self.shapes, self.targets = shapes, targets
        self.uses = [self._target(shape) if shape.tag == "use" else -1 for shape in shapes]
        self.used_below = Sums(shapes, [int(at >= 0) for at in self.uses])
        self.links_below = Sums(
            shapes, [sum(a != "href" for a, _ in shape.references) for shape in shapes]
        )
        self.weight = Sums(shapes, [shape.weight for shape in shapes])
        self.vertices = Sums(shapes, [shape.vertices for shape in shapes])
        self.drawn = Sums(shapes, self._drawn(self.weight, [shape.weight for shape in shapes]))
        self.dots = Sums(shapes, self._drawn(self.vertices, [shape.vertices for shape in shapes]))

    def run(self) -> None:
        """Refuse what nests, then what is too much."""
        self._check_scopes()
        for at, shape in enumerate(self.shapes):
            for attribute, name in shape.references:
                if attribute == "href":
                    self._check_link(shape, self.targets[name])
                elif shape.drawing != self.shapes[self.targets[name]].drawing and self.inside[at]:
                    raise _nested()
        if self._cost() > MOST:
            message = "The references of the section's drawings draw too many shapes."
            raise _refused("too_many_references", message, "Draw less, or refer to smaller parts.")

    def _target(self, shape: Shape) -> int:
        return next((self.targets[n] for a, n in shape.references if a == "href"), -1)

    def _drawn(self, sums: Sums, own: list[int]) -> list[int]:
        """Return the numbers of the shapes with what a `use` draws in its place added."""
        return [
            number + (sums.below(at) if at >= 0 else 0)
            for number, at in zip(own, self.uses, strict=True)
        ]

    def _check_scopes(self) -> None:
        """Note how often each shape is drawn by uses; refuse references in what others paint."""
        self.inside = [0] * (len(self.shapes) + 1)
        for at in self.uses:
            if at >= 0:
                self.inside[at] += 1
                self.inside[self.shapes[at].last] -= 1
        heirs = 0  # up to here shapes inherit a reference
        for at, shape in enumerate(self.shapes):
            self.inside[at] += self.inside[at - 1] if at else 0
            if any(attribute in _INHERITED for attribute, _ in shape.references):
                heirs = max(heirs, shape.last)
            if shape.tag in _PAINTED and at < heirs:
                raise _nested()
            if shape.tag in _FLAT and self.links_below.below(at):
                raise _nested()
            if shape.tag in _FLAT and self.used_below.below(at):
                self._check_flat(at)

    def _check_flat(self, at: int) -> None:
        """A `use` in a clip path and its like may only draw what refers to nothing."""
        for inner in range(at, self.shapes[at].last):
            used = self.uses[inner]
            if used >= 0 and (
                self.links_below.below(used)
                or self.shapes[used].drawing != self.shapes[inner].drawing
            ):
                raise _nested()

    def _check_link(self, shape: Shape, target: int) -> None:
        """Refuse a `use` of a `use`, and a gradient or pattern that takes from one that takes."""
        other = self.shapes[target]
        if shape.tag == "use" and self.used_below.below(target):
            raise _nested()
        if shape.tag in _FLAT and (other.references or other.drawing != shape.drawing):
            raise _nested()

    def _cost(self) -> int:
        """Return how many shapes all references draw."""
        total = 0
        for at, shape in enumerate(self.shapes):
            for attribute, name in shape.references:
                target = self.targets[name]
                times = self._times(at, attribute) * (1 + self.inside[at])
                total += times * (self.drawn.below(target) + self._taken(target))
        return total

    def _times(self, at: int, attribute: str) -> int:
        """Return how many shapes take what an attribute refers to."""
        if attribute == "marker-mid":
            return self.dots.below(at) + 1
        return self.drawn.below(at) if attribute in _INHERITED else 1

    def _taken(self, at: int) -> int:
        """Return the shapes that a pattern takes from another."""
        shape = self.shapes[at]
        target = self._target(shape) if shape.tag in _FLAT else -1
        return self.drawn.below(target) if target >= 0 else 0


def _nested() -> InvalidDocument:
    message = "A drawing refers to a part that refers to another."
    fix = "Let what <use>, clip paths, markers, patterns and gradients refer to stand for itself."
    return _refused("nested_references", message, fix)


def _refused(code: str, message: str, fix: str) -> InvalidDocument:
    return InvalidDocument(message, [Finding(code, message, fix)])

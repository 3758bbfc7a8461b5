"""Pairs and aligns the elements of two versions.

What holds no other block is not taken apart: the text of a block with its inline markup is a run,
a drawing is one element.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from planpush.document.diff.alignment import Pair, common, numbers
from planpush.document.diff.blocks import Went
from planpush.document.html.tokens import KINDS, LEVEL, STRUCTURE, TAG, VOID

_BLOCKS = frozenset(tag for tag, kind in KINDS.items() if kind & (LEVEL | STRUCTURE)) | {
    "button",
    "label",
    "summary",
}
_KEY = re.compile(r' data-block="([0-9]+)"')
_DRAWING = re.compile(r' class="(?:[^"]* )?pp-drawing(?: [^"]*)?"')
_HIDDEN = ' aria-hidden="true"'


class Run(NamedTuple):
    """Text with its inline markup, from `start` to `end` of the HTML."""

    start: int
    end: int


Plain = tuple[str, str, tuple[int, int]]
_FIRST = ' data-block="'
_NONE: tuple[Element, ...] = ()


class Element:
    """A block, or something around blocks; `start`, `inner`, `close`, `end` as in `tokens.Node`.

    `parts` are the keys inside of a drawing (`atom`). `linked` tells of a link around it.
    """

    __slots__ = (
        "atom",
        "attributes",
        "children",
        "close",
        "end",
        "inner",
        "linked",
        "parent",
        "parts",
        "start",
        "tag",
        "tree",
    )

    def __init__(
        self, tree: Tree, tag: str, attributes: str, parent: Element | None, span: tuple[int, int]
    ) -> None:
        self.tree, self.tag, self.attributes, self.parent = tree, tag, attributes, parent
        self.children: Sequence[Element] = _NONE
        self.parts: tuple[int, ...] = ()
        self.start, self.inner = span
        self.close = self.end = 0
        self.linked: bool = parent is not None and (parent.linked or parent.tag == "a")
        self.atom = False

    @property
    def keys(self) -> tuple[int, ...]:
        """The keys of its own and of what is drawn in it."""
        key = _key_of(self.attributes)
        return (key, *self.parts) if key >= 0 else self.parts

    def items(self, *, blanks: bool = False) -> Iterator[Element | Run]:
        """Yield what is in this element, in order; runs of nothing but `blanks` if they matter."""
        html, at = self.tree.html, self.inner
        for child in self.children:
            if child.start > at and (blanks or html[at : child.start].strip()):
                yield Run(at, child.start)
            yield child
            at = child.end
        if self.close > at and (blanks or html[at : self.close].strip()):
            yield Run(at, self.close)

    @property
    def is_root(self) -> bool:
        """Tell whether this is a section as a whole, or around it."""
        return self is self.tree.root or self.parent is None

    @property
    def is_section(self) -> bool:
        """Tell whether this is a section with blocks in it."""
        return self is self.tree.root and bool(self.children)

    @property
    def tags(self) -> tuple[str, str]:
        """The start tag and the end tag."""
        html = self.tree.html
        return html[self.start : self.inner], html[self.close : self.end]

    @property
    def html(self) -> str:
        """The whole element."""
        return self.tree.html[self.start : self.end]


class Tree:
    """The elements of one section; `root` is the section itself."""

    def __init__(self, anchor: str, html: str) -> None:
        self.anchor, self.html = anchor, html
        self.by_key: dict[int, Element] = {}
        self.root = self._parse()

    def _parse(self) -> Element:
        whole = Element(self, "", "", None, (0, 0))
        stack: list[Element | Plain] = [whole]
        drawn = 0
        for match in TAG.finditer(self.html):
            closing, tag, attributes = match.groups()
            if drawn:
                drawn += 0 if tag in VOID or tag != "svg" else -1 if closing else 1
                if drawn:
                    self._read_part(stack, attributes)
                    continue
            if closing:
                self._close(stack, *match.span())
            elif tag in _BLOCKS or tag == "svg" or ' data-block="' in attributes:
                element = Element(self, tag, attributes, _above(stack), match.span())
                stack.append(element)
                if (key := _key_of(attributes)) >= 0:
                    self.by_key[key] = element
                drawn = int(tag == "svg")
            elif tag not in VOID:
                stack.append((tag, attributes, match.span()))
        while len(stack) > 1:
            self._close(stack, len(self.html), len(self.html))
        return whole.children[0] if whole.children else whole

    def _read_part(self, stack: list[Element | Plain], attributes: str) -> None:
        """Note the keys inside of a drawing."""
        drawing = stack[-1]
        if ' data-block="' in attributes and isinstance(drawing, Element):
            drawing.parts = (*drawing.parts, *map(int, _KEY.findall(attributes)))

    def _close(self, stack: list[Element | Plain], start: int, end: int) -> None:
        if len(stack) == 1:
            return
        element = stack.pop()
        if isinstance(element, Element):
            element.close, element.end = start, end
            if element.tag == "svg":
                element.atom = bool(element.keys) or _HIDDEN not in element.attributes
                if not element.atom:
                    return
            elif element.children and _DRAWING.search(element.attributes):
                element.atom = True
                element.parts = tuple(key for child in element.children for key in child.keys)
                element.children = _NONE
            self._keep(element)

    def _keep(self, element: Element) -> None:
        above = element.parent
        if element.parts:
            self.by_key |= dict.fromkeys(element.keys, element)
        if above is None:
            return
        if isinstance(above.children, list):
            above.children.append(element)
        else:
            above.children = [element]

    def raw(self, item: Element | Run) -> str:
        """Return the HTML of an item."""
        return self.html[item.start : item.end]


def _key_of(attributes: str) -> int:
    """Return the key among the attributes of a tag, or -1: it stands first, as it was written."""
    if attributes.startswith(_FIRST):
        return int(attributes[len(_FIRST) : attributes.index('"', len(_FIRST))])
    key = _KEY.search(attributes) if _FIRST in attributes else None
    return int(key[1]) if key else -1


def is_same_leaf(one: Element, other: Element) -> bool:
    """Tell whether two elements hold the same words in the same markup, and no blocks."""
    if one.children or other.children or one.atom or other.atom:
        return False
    said, says = (el.tree.html[el.inner : el.close] for el in (one, other))
    return said == says


def _above(stack: list[Element | Plain]) -> Element:
    """Return the element on top of a stack; what is plain so far is around a block then."""
    top = stack[-1]
    if isinstance(top, Element):
        return top
    at = len(stack) - 1
    while isinstance(stack[at], tuple):
        at -= 1
    for n in range(at + 1, len(stack)):
        plain, above = stack[n], stack[n - 1]
        if isinstance(plain, tuple) and isinstance(above, Element):
            tag, attributes, span = plain
            stack[n] = Element(above.tree, tag, attributes, above, span)
    top = stack[-1]
    assert isinstance(top, Element)
    return top


ENOUGH = 32  # votes after which what is around two elements has been told often enough
_EMPTY = re.compile(r">\s*</(?:td|th|li|dd|dt|p)>")
_RIGID = re.compile(r' class="(?:[^"]* )?pp-(?:flow|tabs|bars)(?: [^"]*)?"')


class Pairs:
    """The elements of two versions that are the same, both ways; sections are known by anchor."""

    def __init__(self, old: Mapping[str, Tree], new: Mapping[str, Tree], went: Went) -> None:
        self.old, self.new = old, new
        self.after: dict[Element, Element] = {}
        self.before: dict[Element, Element] = {}
        self._moved: set[Element] = set()
        self._weights: dict[Element, int] = {}
        self._pair_blocks(went)

    def note_moves(self, moved: Iterable[tuple[str, int]]) -> None:
        """Note the blocks that moved: they do not keep their place if others can."""
        trees = self.new
        self._moved = {trees[s].by_key[k] for s, k in moved if s in trees and k in trees[s].by_key}

    def weight(self, now: Element) -> int:
        """Return how much speaks for an element to have kept its place."""
        known = self._weights.get(now)
        if known is None:
            known = sum(map(self.weight, now.children)) + (1 if now in self._moved else 1_000)
            self._weights[now] = known
        return known

    def pair(self, one: Element, other: Element) -> None:
        """Note that two elements are the same, unless one of them is another already."""
        if one not in self.after and other not in self.before and one.atom == other.atom:
            self.after[one], self.before[other] = other, one

    def _pair_blocks(self, went: Went) -> None:
        for section, places in went.items():
            before = self.old[section].by_key
            for key, (anchor, now) in places.items():
                one = before.get(key)
                other = self.new[anchor].by_key.get(now) if anchor in self.new else None
                if one and other and not (one.is_section or other.is_section):
                    self.pair(one, other)

    def pair_sections(self, old: Tree, new: Tree) -> None:
        """Pair what is around paired blocks in a section, and then what can only be the same."""
        for one in (old.root, self.before.get(new.root)):
            if one is not None and (other := self.after.pop(one, None)) is not None:
                self.before.pop(other)
        self.pair(old.root, new.root)
        votes: Counter[tuple[Element, Element]] = Counter()
        for one in old.by_key.values():
            other = self.after.get(one)
            if other is not None and other.tree is new:
                self._vote(one, other, votes)
        for (one, other), _ in votes.most_common():
            self.pair(one, other)
        if _EMPTY.search(old.html) or _EMPTY.search(new.html):
            self._pair_empty(old.root)
        if "<svg" in old.html and "<svg" in new.html:
            self._pair_drawings(old.root)
        if _RIGID.search(old.html) or _RIGID.search(new.html):
            self._settle_rigid(old.root)

    def _vote(self, one: Element, other: Element, votes: Counter[tuple[Element, Element]]) -> None:
        """Count that two paired elements stand in these; one may have more around it."""
        a, b = one.parent, other.parent
        while a and b and not (a.is_root or b.is_root):
            if a.tag != b.tag and b.parent and b.parent.tag == a.tag and not b.parent.is_root:
                b = b.parent
            elif a.tag != b.tag and a.parent and a.parent.tag == b.tag and not a.parent.is_root:
                a = a.parent
            if a not in self.after and b not in self.before:
                votes[a, b] += 1
                if votes[a, b] > ENOUGH:
                    return
            a, b = a.parent, b.parent

    def _pair_empty(self, root: Element) -> None:
        """Pair what says nothing, which has no key: by its place between what has a partner."""
        work = [root]
        while work:
            one = work.pop()
            other = self.after.get(one)
            work += one.children
            if other is not None and one.children and other.children:
                lefts = _between(one, self.after, other), _between(other, self.before, one)
                for behind, olds in lefts[0].items():
                    news = lefts[1].get(self.after[behind] if behind else None, [])
                    self._pair_alike(olds, news)

    def _pair_alike(self, olds: list[Element], news: list[Element]) -> None:
        """Pair empty elements in order; if as many are there as were, also filled or emptied."""
        if len(olds) != len(news):
            olds, news = [[e for e in side if _is_empty(e)] for side in (olds, news)]
        for was, now in zip(olds, news, strict=False):
            if was.tag == now.tag and (_is_empty(was) or _is_empty(now)):
                self.pair(was, now)

    def _pair_drawings(self, root: Element) -> None:
        """Pair drawings without words: the first of an element with the first, and so on."""
        work = [root]
        while work:
            one = work.pop()
            other = self.after.get(one)
            work += one.children
            if other is not None:
                olds = [c for c in one.children if c.atom and c not in self.after]
                news = [c for c in other.children if c.atom and c not in self.before]
                for was, now in zip(olds, news, strict=False):
                    self.pair(was, now)

    def _settle_rigid(self, root: Element) -> None:
        """Keep what cannot hold more or fewer than it does as a whole, if that is what changed."""
        work = [root]
        while work:
            one = work.pop()
            other = self.after.get(one)
            if not any(_RIGID.search(side.attributes) for side in (one, other or one)):
                work += one.children
            elif other is None:
                self._part(one)
            elif not self._pair_places(one, other):
                one.atom = other.atom = True
                self._part(one)
                self._part(other)

    def _pair_places(self, one: Element, other: Element) -> bool:
        """Pair what has no partner by its place; tell whether all have the same place then."""
        if [was.tag for was in one.children] == [now.tag for now in other.children]:
            for was, now in zip(one.children, other.children, strict=True):
                self.pair(was, now)
        return len(one.children) == len(other.children) and all(
            self.after.get(was) is now
            for was, now in zip(one.children, other.children, strict=True)
        )

    def _part(self, whole: Element) -> None:
        """Undo all pairs inside of an element."""
        work = list(whole.children)
        while work:
            inside = work.pop()
            work += inside.children
            for mine, theirs in ((self.after, self.before), (self.before, self.after)):
                other = mine.pop(inside, None)
                if other is not None:
                    theirs.pop(other, None)


def _between(
    one: Element, paired: Mapping[Element, Element], other: Element
) -> dict[Element | None, list[Element]]:
    """Return the leaves in `one` without a partner, by the partnered one they stand behind."""
    found: dict[Element | None, list[Element]] = {}
    last = None
    for child in one.children:
        partner = paired.get(child)
        if partner is not None and partner.parent is other:
            last = child
        elif partner is None and not child.children and not child.atom:
            found.setdefault(last, []).append(child)
    return found


def _is_empty(leaf: Element) -> bool:
    return not leaf.tree.html[leaf.inner : leaf.close].strip()


def heaviest(pairs: Sequence[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """Return those `(x, y, weight)` that rise in both and weigh most; `x` rises already."""
    ys = sorted({y for _, y, _ in pairs})
    best: list[tuple[int, int]] = [(0, -1)] * (len(ys) + 1)
    sums: list[tuple[int, int]] = []
    for at, (_, y, weight) in enumerate(pairs):
        rank = bisect_right(ys, y)
        total, before, k = 0, -1, rank - 1
        while k > 0:
            if best[k][0] > total:
                total, before = best[k]
            k -= k & -k
        sums.append((total + weight, before))
        k = rank
        while k <= len(ys):
            if best[k][0] < total + weight:
                best[k] = total + weight, at
            k += k & -k
    at = max(range(len(sums)), key=lambda one: sums[one][0], default=-1)
    found: list[tuple[int, int]] = []
    while at >= 0:
        found.append(pairs[at][:2])
        at = sums[at][1]
    return found[::-1]


@dataclass(frozen=True, slots=True)
class Edge:
    """The start or the end of an element around others that has no partner itself."""

    element: Element
    is_start: bool


Item = Element | Run | Edge
Step = tuple[int, int]


class Aligner:
    """Aligns the contents of paired elements."""

    def __init__(self, pairs: Pairs) -> None:
        self.pairs = pairs
        self._known: dict[Element, bool] = {}

    def news(self, element: Element) -> Iterator[Item]:
        """Yield what is in a newer element; what is around paired ones only, as its edges."""
        for item in element.items(blanks=True):
            if isinstance(item, Element) and self._is_around(item, self.pairs.before):
                yield Edge(item, is_start=True)
                yield from self.news(item)
                yield Edge(item, is_start=False)
            else:
                yield item

    def olds(self, element: Element) -> Iterator[Element | Run]:
        """Yield what was in an older element, without what was around paired ones only."""
        for item in element.items():
            if isinstance(item, Element) and self._is_around(item, self.pairs.after):
                yield from self.olds(item)
            else:
                yield item

    def _is_around(self, element: Element, paired: dict[Element, Element]) -> bool:
        """Tell whether an element has no partner, and one in it has."""
        return element not in paired and not element.atom and self._holds(element, paired)

    def _holds(self, element: Element, paired: dict[Element, Element]) -> bool:
        known = self._known.get(element)
        if known is None:
            known = any(child in paired or self._holds(child, paired) for child in element.children)
            self._known[element] = known
        return known

    def steps(
        self, old: Tree, new: Tree, olds: Sequence[Element | Run], news: Sequence[Item]
    ) -> Iterator[Step]:
        """Yield which old and which new item are written next, and whether (-1: not) together.

        What is gone is written before what came in its place.
        """
        at = {item: y for y, item in enumerate(news) if isinstance(item, Element)}
        found = []
        for x, item in enumerate(olds):
            after = self.pairs.after.get(item) if isinstance(item, Element) else None
            if after is not None and after in at:
                found.append((x, at[after], self.pairs.weight(after)))
        kept = [(-1, -1), *heaviest(found), (len(olds), len(news))]
        together = [
            pair
            for (a, b), (c, d) in pairwise(kept)
            for pair in [*_runs(old, new, olds, news, (a, b, c, d)), (c, d)]
        ]
        for (a, b), (c, d) in pairwise([(-1, -1), *together]):
            yield from ((x, -1) for x in range(a + 1, c))
            yield from ((-1, y) for y in range(b + 1, d))
            if d < len(news):
                yield c, d


def _runs(
    old: Tree,
    new: Tree,
    olds: Sequence[Element | Run],
    news: Sequence[Item],
    gap: tuple[int, int, int, int],
) -> list[Pair]:
    """Return which runs between two kept elements are the same, or were reworded."""
    a, b, c, d = gap
    before = [x for x in range(a + 1, c) if isinstance(olds[x], Run)]
    after = [y for y in range(b + 1, d) if isinstance(news[y], Run) and not _is_blank(new, news[y])]
    if not before or not after:
        return []
    if len(before) == len(after) == 1:
        return [(before[0], after[0])]
    texts = [old.raw(olds[x]) for x in before], [new.raw(news[y]) for y in after]  # type: ignore[arg-type]
    same = common(*numbers(*texts))
    found: list[Pair] = []
    for (p, q), (r, s) in pairwise([(-1, -1), *same, (len(before), len(after))]):
        found += zip(before[p + 1 : r], after[q + 1 : s], strict=False)
        found += [(before[r], after[s])] if r < len(before) else []
    return found


def _is_blank(tree: Tree, item: Item) -> bool:
    return isinstance(item, Run) and not tree.raw(item).strip()

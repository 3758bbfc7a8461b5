"""Matches the blocks of two versions by key, order, text and similarity."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal

from planpush.document.anchoring.duplicates import MARGIN, TELLING, is_short, said, told_apart
from planpush.document.blocks import Block
from planpush.document.diff.alignment import Pair, common, doubtful, numbers, unique
from planpush.document.diff.words import Index, overlap, ratio, words

_TELLING = 24
_MOST = 10_000


def pieces(
    old: Sequence[Block], new: Sequence[Block], before: Sequence[int], after: Sequence[int]
) -> Iterator[tuple[float, int, int]]:
    """Yield (share, old, new) of blocks of which one has all words of the other in a row."""
    if len(before) * len(after) > _MOST:
        return
    for i in before:
        for j in after:
            short, long = sorted((old[i].text, new[j].text), key=len)
            if len(short) >= _TELLING and short in long:
                yield len(short) / len(long), i, j


_SHARED = 0.34
_HOME = 0.03
_MOST_PLACES = (
    200_000  # places of words that one search for likes looks at: few documents need as many
)

Scored = tuple[float, int, int]


class Likeness:
    """The words of two versions; `home` tells whether two blocks stand in the same place."""

    def __init__(
        self, old: Sequence[Block], new: Sequence[Block], home: Callable[[int, int], bool]
    ) -> None:
        self.old, self.new, self.home = old, new, home
        self._known: dict[str, frozenset[str]] = {}

    def pairs(
        self, old: Sequence[int], new: Sequence[int], least: float, near: bool
    ) -> list[Scored]:
        """Return alike pairs as (score, old, new), looking at few candidates for each."""
        scored = []
        texts = [self._words(self.new[j]) for j in new]
        index = Index(texts)
        for at, i in enumerate(old):
            if index.work > _MOST_PLACES:
                break
            said, text = self._words(self.old[i]), self.old[i].text
            for b in index.candidates(said, at * len(new) // len(old) if near else -1):
                if said.isdisjoint(texts[b]):  # the cheap answer of nearly all
                    continue
                if overlap(said, texts[b]) >= _SHARED and self._may_be(i, new[b]):
                    score = ratio(text, self.new[new[b]].text, least)
                    if score:
                        scored.append((score + _HOME * self.home(i, new[b]), i, new[b]))
        return scored

    def telling(self, scored: list[Scored]) -> list[Scored]:
        """Return the pairs whose new block is not as alike to another old one: those tell nothing.

        The others count even if it is known what became of them: a text that looks like many was
        written after one pattern.
        """
        if not scored:
            return []
        leaves = [i for i, block in enumerate(self.old) if not block.element]
        asked = frozenset[str]().union(*(self._words(self.new[j]) for _, _, j in scored))
        index = Index([self._words(self.old[i]) & asked for i in leaves])

        def is_rivalled(score: float, i: int, j: int) -> bool:
            text, mine = self.new[j].text, self.old[i].text
            found = index.candidates(self._words(self.new[j]), -1)
            others = (self.old[leaves[n]].text for n in found)
            return any(other != mine and ratio(other, text, score - MARGIN) for other in others)

        return [one for one in scored if not is_rivalled(*one)]

    def _may_be(self, i: int, j: int) -> bool:
        """Tell whether likeness means anything: not between short cells of different places."""
        one, other = self.old[i], self.new[j]
        short = is_short(one) or is_short(other)
        return not short or (one.row, one.column) == (other.row, other.column)

    def _words(self, block: Block) -> frozenset[str]:
        found = self._known.get(block.text)
        if found is None:
            found = self._known[block.text] = words(block.text)
        return found


_RENAMED_SHARED = 0.25


def renamed(old: Sequence[Block], new: Sequence[Block], known: Mapping[str, str]) -> dict[str, str]:
    """Return which vanished section keys are which new ones, those that are `known` left out.

    Two sections are one if they share a quarter of what tells them, and clearly more of it than
    either shares with any other.
    """
    before, there = {block.section for block in old}, {block.section for block in new}
    gone = {key for key in before if known.get(key, key) not in there}
    come = there - before - {known.get(key, key) for key in before}
    if not gone or not come:
        return {}
    olds, news = _marks(old, gone), _marks(new, come)
    sizes = _sizes(olds), _sizes(news)
    shared: Counter[tuple[str, str]] = Counter()
    after = unique(news)
    for mark, section in unique(olds).items():
        if mark in after:
            shared[section, after[mark]] += len(mark)
    likeness = {pair: n / max(sizes[0][pair[0]], sizes[1][pair[1]]) for pair, n in shared.items()}
    return dict(_clear(likeness))


def _marks(blocks: Sequence[Block], sections: set[str]) -> list[tuple[str, str]]:
    """Return what tells a section, each with the section: texts, names of cells and elements."""
    found = []
    for block in blocks:
        if block.section in sections and block.key:
            mark = block.anchors[0] if block.element else block.text
            mark = f"{block.row} × {block.column}" if block.row and block.column else mark
            if block.element or len(mark) >= TELLING:
                found.append((mark, block.section))
    return found


def _sizes(marks: Iterable[tuple[str, str]]) -> Counter[str]:
    sizes: Counter[str] = Counter()
    for mark, section in marks:
        sizes[section] += len(mark)
    return sizes


def _clear(likeness: Mapping[tuple[str, str], float]) -> Iterable[tuple[str, str]]:
    """Yield the pairs that are each other's best by a margin."""
    sides: dict[tuple[int, str], list[float]] = defaultdict(list)
    for pair, value in likeness.items():
        for side in (0, 1):
            sides[side, pair[side]].append(value)
    for values in sides.values():
        values.sort(reverse=True)
    for (a, b), value in likeness.items():
        rivals = [*sides[0, a][1:2], *sides[1, b][1:2]]
        best = value == sides[0, a][0] == sides[1, b][0]
        if value >= _RENAMED_SHARED and best and value - max(rivals, default=0.0) >= MARGIN:
            yield a, b


_LEAST = {"row": 0.60, "column": 0.85}
_COMPARED = 200_000_000  # characters of all lines x all lines

Axis = Literal["row", "column"]
Section = Callable[[Block], str]
Left = tuple[Sequence[int], Sequence[int]]


class Cells:
    """The cells of two versions; `section` returns the key of an old block as it is now."""

    def __init__(self, old: Sequence[Block], new: Sequence[Block], section: Section) -> None:
        self.old, self.new, self.section = old, new, section

    def pairs(self, left: Callable[[], Left]) -> Iterator[tuple[int, int]]:
        """Yield cells that are the same; `left` returns what no pair before has taken."""
        if not any(block.row or block.column for block in self.old):
            return
        yield from self._by_key(left(), titled=True)
        yield from self._by_key(left(), titled=False)
        yield from self._by_line(left(), "row")
        yield from self._by_line(left(), "column")

    def _by_key(self, left: Left, titled: bool) -> Iterator[tuple[int, int]]:
        """Yield the cells that alone have their row and column below a heading, or in a section."""
        olds = unique(
            (self._key(self.old[i], self.section(self.old[i]), titled), i) for i in left[0]
        )
        news = unique((self._key(self.new[j], self.new[j].section, titled), j) for j in left[1])
        return ((i, news[key]) for key, i in olds.items() if key is not None and key in news)

    def _key(self, block: Block, section: str, titled: bool) -> Hashable:
        if not (block.row or block.column) or block.element:
            return None
        return section, block.headings[-1:] * titled, block.tag, block.row, block.column

    def _by_line(self, left: Left, axis: Axis) -> Iterator[tuple[int, int]]:
        """Yield the cells of rows or columns that got another name and say nearly the same."""
        olds = self._lines(self.old, left[0], axis, self.section)
        news = self._lines(self.new, left[1], axis, lambda block: block.section)
        for section in (key for key in olds if key in news):
            before, after = olds[section], news[section]
            said, says = _texts(self.old, before), _texts(self.new, after)
            for a, b in _alike(said, says, _LEAST[axis]):
                yield from self._across(before[a], after[b], axis)

    def _lines(
        self, blocks: Sequence[Block], left: Sequence[int], axis: Axis, section: Section
    ) -> dict[str, list[list[int]]]:
        """Return the cells of each section, those of one row or one column together."""
        found: dict[str, dict[Hashable, list[int]]] = defaultdict(dict)
        for at in left:
            block = blocks[at]
            if block.row and block.column and not block.element:
                name = block.headings[-1:], block.row if axis == "row" else block.column
                found[section(block)].setdefault(name, []).append(at)
        return {key: list(lines.values()) for key, lines in found.items()}

    def _across(self, one: list[int], other: list[int], axis: Axis) -> Iterator[tuple[int, int]]:
        """Yield the cells of two lines that have the same column, or the same row."""

        def name(block: Block) -> str:
            return block.column if axis == "row" else block.row

        news = unique((name(self.new[j]), j) for j in other)
        for key, i in unique((name(self.old[i]), i) for i in one).items():
            if key in news:
                yield i, news[key]


def _texts(blocks: Sequence[Block], lines: list[list[int]]) -> list[str]:
    return [" ".join(blocks[at].text for at in line) for line in lines]


def _alike(said: list[str], says: list[str], least: float) -> Iterator[tuple[int, int]]:
    """Yield the lines that are each other's best by a margin, unless there are too many."""
    if len(said) * len(says) > _MOST or sum(map(len, said)) * sum(map(len, says)) > _COMPARED:
        return
    fit = [[ratio(one, other) for other in says] for one in said]
    for a, row in enumerate(fit):
        b = max(range(len(row)), key=row.__getitem__)
        rivals = [value for at, value in enumerate(row) if at != b]
        rivals += [line[b] for at, line in enumerate(fit) if at != a]
        telling = min(len(said[a]), len(says[b])) >= TELLING
        if telling and row[b] >= least and row[b] - max(rivals, default=0.0) >= MARGIN:
            yield a, b


_KEYED = 0.30
_PLACED = 0.45
_ALIKE = 0.55
_VERY_ALIKE = 0.70


class Matcher:
    """The state of one mapping: what became of each old block, which new ones are taken."""

    def __init__(
        self, old: Sequence[Block], new: Sequence[Block], renames: Mapping[str, str]
    ) -> None:
        self.old, self.new, self.told = old, new, renames
        self.renames = {**renames, **renamed(old, new, renames)}
        self.targets = [-1] * len(old)
        self.relations = ["gone"] * len(old)
        self.claimed: set[int] = set()
        self.likeness = Likeness(old, new, self._same_place)

    def claim(self, i: int, j: int, relation: str) -> None:
        """Record that old block `i` became new block `j`."""
        self.targets[i], self.relations[i] = j, relation
        self.claimed.add(j)

    def section(self, block: Block) -> str:
        """Return the section key of an old block as it is called now."""
        return self.renames.get(block.section, block.section)

    def left(self) -> tuple[list[int], list[int]]:
        """Return the leaves that have no partner yet."""
        old = [i for i, b in enumerate(self.old) if self.targets[i] < 0 and not b.element]
        new = [j for j, b in enumerate(self.new) if j not in self.claimed and not b.element]
        return old, new

    def match_keys(self) -> None:
        """Pair what has a key of its own: elements, and cells by row and column."""
        names = self.renames
        before = {
            (names.get(s, s), names.get(a, a) if a == s else a): i
            for (s, a), i in owners(self.old).items()
        }
        after = owners(self.new)
        for key, i in before.items():
            j = after.get(key)
            if j is not None:
                self._pair_key(i, j)
        for i, j in Cells(self.old, self.new, self.section).pairs(self.left):
            self._claim_text(i, j)

    def _claim_text(self, i: int, j: int) -> None:
        """Record a pair of leaves by what they say and where they stand."""
        same, stays = self.old[i].text == self.new[j].text, self._stays(i, j)
        self.claim(i, j, ("same" if stays else "moved") if same else "edited")

    def _stays(self, i: int, j: int) -> bool:
        section = self.old[i].section
        return self.told.get(section, section) == self.new[j].section

    def _pair_key(self, i: int, j: int) -> None:
        one, other = self.old[i], self.new[j]
        if one.element or other.element:
            if one.element and other.element:
                self.claim(i, j, "same" if one.text == other.text else "edited")
        elif one.text == other.text:
            self.claim(i, j, "same")
        elif one.tag == other.tag and ratio(one.text, other.text) >= _KEYED:
            self.claim(i, j, "edited")

    def match_order(self) -> list[Pair]:
        """Pair equal texts in order: first under the same heading, then in the gaps between."""
        old, new = self.left()
        full = numbers(
            [(self._near(self.old[i], self.section(self.old[i])), said(self.old[i])) for i in old],
            [(self._near(self.new[j], self.new[j].section), said(self.new[j])) for j in new],
        )
        pairs = self._claim_order(old, new, common(*full), full)
        text = numbers([said(self.old[i]) for i in old], [said(self.new[j]) for j in new])
        more: list[Pair] = []
        for (a, b), (c, d) in pairwise([(-1, -1), *pairs, (len(old), len(new))]):
            if c - a > 1 and d - b > 1:
                part = text[0][a + 1 : c], text[1][b + 1 : d]
                inner = common(*part)
                more += self._claim_order(old[a + 1 : c], new[b + 1 : d], inner, part, a + 1, b + 1)
        return [(old[a], new[b]) for a, b in sorted(pairs + more)]

    def _near(self, block: Block, section: str) -> Hashable:
        return block.anchors[:-1][:1] or section, block.headings[-1:]

    def _claim_order(
        self,
        old: Sequence[int],
        new: Sequence[int],
        pairs: list[Pair],
        keys: tuple[list[int], list[int]],
        a0: int = 0,
        b0: int = 0,
    ) -> list[Pair]:
        doubts = doubtful(*keys, pairs)
        for a, b in pairs:
            i, j = old[a], new[b]
            relation = "same" if self._stays(i, j) else "moved"
            self.claim(i, j, "unsure" if (a, b) in doubts else relation)
        return [(a + a0, b + b0) for a, b in pairs]

    def match_unique(self) -> None:
        """Pair texts that are left once on each side."""
        old, new = self.left()
        olds = unique((said(self.old[i]), i) for i in old)
        news = unique((said(self.new[j]), j) for j in new)
        for key, i in olds.items():
            j = news.get(key)
            telling = len(self.old[i].text) >= TELLING
            if j is not None and (telling or self._same_place(i, j)):
                self.claim(i, j, "moved")

    def _same_place(self, i: int, j: int) -> bool:
        one, other = self.old[i], self.new[j]
        return (
            self.section(one) == other.section
            and one.tag == other.tag
            and one.headings[-1:] == other.headings[-1:]
        )

    def match_anchors(self) -> None:
        """Pair what is the only one of its tag in an element that kept its key."""
        old, new = self.left()
        olds = unique((self._role(self.old[i], self.section(self.old[i])), i) for i in old)
        news = unique((self._role(self.new[j], self.new[j].section), j) for j in new)
        for role, i in olds.items():
            j = news.get(role)
            nested = self.old[i].anchors[:1] != self.old[i].anchors[-1:]
            if j is not None and nested and self._alike(i, j) >= _PLACED:
                self.claim(i, j, "edited")

    def _alike(self, i: int, j: int) -> float:
        return ratio(self.old[i].text, self.new[j].text)

    def _role(self, block: Block, section: str) -> Hashable:
        return section, block.anchors[:-1], block.headings[-1:], block.tag

    def match_gaps(self, pairs: list[Pair]) -> None:
        """Pair alike blocks that stand between the same neighbours."""
        old, new = self.left()
        lefts, rights = [a for a, _ in pairs], sorted(b for _, b in pairs)
        gaps: dict[int, list[int]] = defaultdict(list)
        for j in new:
            gaps[bisect_left(rights, j)].append(j)
        scored: list[Scored] = []
        parts: list[Scored] = []
        groups: dict[int, list[int]] = defaultdict(list)
        for i in old:
            groups[bisect_left(lefts, i)].append(i)
        for gap, members in groups.items():
            others = gaps.get(gap, [])
            if others:
                scored += self.likeness.pairs(members, others, _ALIKE, near=True)
                parts += pieces(self.old, self.new, members, others)
        self._take(scored, "edited")
        self._take(parts, "edited")

    def match_anywhere(self) -> None:
        """Pair very alike blocks wherever they stand, unless others were as alike before."""
        old, new = self.left()
        scored = self.likeness.pairs(old, new, _VERY_ALIKE, near=False)
        self._take(self.likeness.telling(scored), "rewritten")

    def _take(self, scored: list[Scored], relation: str) -> None:
        for _, i, j in sorted(scored, key=lambda s: (-s[0], s[1], s[2])):
            if self.targets[i] < 0 and j not in self.claimed:
                self.claim(i, j, relation)

    def settle_doubts(self) -> None:
        """Tell equal texts apart by their neighbours, or leave them without a partner."""
        texts = {said(b) for b, r in zip(self.old, self.relations, strict=True) if r == "unsure"}
        doubts = [
            i
            for i, block in enumerate(self.old)
            if said(block) in texts
            and self.relations[i] in ("unsure", "gone")
            and not block.element
        ]
        for i in doubts:
            self.claimed.discard(self.targets[i])
            self.targets[i], self.relations[i] = -1, "unsure"
        free = [j for j, b in enumerate(self.new) if j not in self.claimed and not b.element]
        for i, j in told_apart(self.old, self.new, doubts, free):
            self._claim_text(i, j)


def owners(blocks: Sequence[Block]) -> dict[tuple[str, str], int]:
    """Return the block that each `data-anchor` key of a section stands on."""
    found: dict[tuple[str, str], int] = {}
    for index, block in enumerate(blocks):
        if block.anchors:
            found.setdefault((block.section, block.anchors[0]), index)
    return found

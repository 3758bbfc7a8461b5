"""Pairs the blocks of two versions: by key, in order, by text, by likeness, best first."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from itertools import pairwise

from planpush.content.alignment import Pair, common, doubtful, numbers, unique
from planpush.content.blocks import Block
from planpush.content.cells import Cells
from planpush.content.equals import TELLING, said, told_apart
from planpush.content.likeness import Likeness, Scored
from planpush.content.pieces import pieces
from planpush.content.renamed import renamed
from planpush.content.words import ratio

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

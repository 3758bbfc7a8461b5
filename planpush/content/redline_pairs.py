"""Which elements of two versions are the same: what blocks are, and what is around most of them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from planpush.content.pairing import Went
from planpush.content.redline_tree import Element, Tree

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

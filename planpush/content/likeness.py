"""Which blocks of two versions look alike, found without comparing each with each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from planpush.content.blocks import Block
from planpush.content.equals import MARGIN, is_short
from planpush.content.words import Index, overlap, ratio, words

_SHARED = 0.34
_HOME = 0.03
_MOST = 200_000  # places of words that one search for likes looks at: few documents need as many

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
            if index.work > _MOST:
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

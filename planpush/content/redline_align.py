"""What is in an element before and after, in the order in which it is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from planpush.content.alignment import Pair, common, numbers
from planpush.content.redline_pairs import Pairs, heaviest
from planpush.content.redline_tree import Element, Run, Tree


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

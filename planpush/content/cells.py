"""Table cells of two versions, told by row and column: short ones say the same everywhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Literal

from planpush.content.alignment import unique
from planpush.content.blocks import Block
from planpush.content.equals import MARGIN, TELLING
from planpush.content.words import ratio

_LEAST = {"row": 0.60, "column": 0.85}
_MOST = 10_000
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
